import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import ciscoAsa from '../../src/emulators/cisco-asa/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cisco-asa-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(ciscoAsa, {
    persona: 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
    // ike-version of nmap runs on port 500 alone, and asks from it.
    ports: [0, 500, 0, 0],
    settings: { limits: { connectionsPerSource: 400 } },
  })
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `https://127.0.0.1:${playing.port()}${path}`
const curl = async (...args: string[]): Promise<string> =>
  (await run('curl', ['-ksS', '--path-as-is', ...args], { maxBuffer: 2 ** 22 })).stdout

describe('curl', () => {
  it('reads files, lists sessions and tries passwords over TLS', async () => {
    const lua = await curl(
      url('/+CSCOT+/oem-customization?app=AnyConnect&type=oem&platform=..&resource-type=..&name=%2bCSCOE%2b/portal_inc.lua'),
    )
    expect(lua).toMatch(/INTERNAL_PASSWORD_ENABLED[\s\S]*CONF_VIRTUAL_KEYBOARD/)
    expect(await curl(url('/+CSCOU+/../+CSCOE+/files/file_list.json?path=/sessions'))).toContain('///sessions')
    expect(await curl('-d', 'tgroup=&username=u&password=p&Login=Login', url('/+webvpn+/index.html'))).toContain('reason=1')
    expect(playing.data('login')).toContainEqual(expect.objectContaining({ username: 'u', password: 'p', accepted: false }))
  })
})

describe('openssl', () => {
  it('sees the certificate of an appliance and HTTP/1.0', async () => {
    const command = `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -ign_eof -connect 127.0.0.1:${playing.port()} 2>/dev/null`
    const { stdout } = await run('sh', ['-c', command], { timeout: 20_000 })
    expect(stdout).toMatch(/^subject=CN ?= ?ASA Temporary Self Signed Certificate/m)
    expect(stdout).toContain('HTTP/1.0 200 OK')
  }, 30_000)
})

describe('openconnect', () => {
  it('as AnyConnect is refused, and its user, password and group are written down', async () => {
    const address = `127.0.0.1:${playing.port()}`
    const command = `openssl s_client -connect ${address} </dev/null 2>/dev/null | openssl x509 -pubkey -noout | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64`
    const { stdout: pin } = await ran('sh', ['-c', command])
    const alias = groupsOf()[0]?.alias ?? ''
    const args = ['--authenticate', '--non-inter', '--servercert', `pin-sha256:${pin.trim()}`, '--authgroup', alias]
    const { code, stderr } = await ran('openconnect', [...args, '-u', 'anna', '--passwd-on-stdin', address], 'summer\n', 20_000)
    expect([code > 0, stderr]).toEqual([true, expect.stringMatching(/Please enter your username and password\.[\s\S]*Login failed\./)])
    expect(playing.data('login')).toContainEqual(
      expect.objectContaining({ method: 'anyconnect', username: 'anna', password: 'summer', accepted: false }),
    )
    expect(playing.data('cisco-asa.anyconnect')).toContainEqual(
      expect.objectContaining({ type: 'init', version: expect.stringMatching(/^v?\d/), deviceId: 'linux-64' }),
    )
  }, 40_000)
})

describe('200 clients that say nothing after their handshake', () => {
  it('keep nobody else waiting', async () => {
    const idle = await Promise.all(Array.from({ length: 200 }, () => handshaken(playing.port())))
    const startedAt = performance.now()
    expect(await curl('-o', '/dev/null', '-w', '%{http_code}', url('/'))).toBe('200')
    expect(performance.now() - startedAt).toBeLessThan(1_000)
    for (const socket of idle) socket.destroy()
  }, 60_000)
})

describe('hydra', () => {
  it('finds no valid pair, and every try is written down', async () => {
    const list = join(folder, 'passwords')
    writeFileSync(list, 'cisco\nPassw0rd\nwelcome\n')
    const form = '/+webvpn+/index.html:username=^USER^&password=^PASS^&group_list=x:reason='
    const { stdout } = await run(
      'hydra',
      ['-l', 'admin', '-P', list, '-t', '2', '-s', String(playing.port()), '127.0.0.1', 'https-post-form', form],
      {
        timeout: 60_000,
      },
    )
    expect(stdout).toContain('0 valid password')
    const tried = playing.data<{ password: string }>('login').map(({ password }) => password)
    expect(tried).toEqual(expect.arrayContaining(['cisco', 'Passw0rd', 'welcome']))
  }, 70_000)
})

describe('ike-scan', () => {
  const scan = async (...args: string[]): Promise<string> =>
    (await run('ike-scan', ['--sport=0', '--dport=500', ...args, '127.0.0.1'], { timeout: 30_000 })).stdout

  it('names Cisco in main mode', async () => {
    const stdout = await scan('-M')
    expect(stdout).toMatch(/Main Mode Handshake returned[\s\S]*SA=\(Enc=3DES Hash=SHA1/)
    expect(stdout.match(/SA=\(/g)).toHaveLength(1)
    expect(stdout).toMatch(
      /VID=12f5f28c457168a9702d9fe274cc0100 \(Cisco Unity\)\s+VID=09002689dfd6b712 \(XAUTH\)\s+VID=4048b7d5\w+ \(IKE Fragmentation\)\s+VID=1f07f70eaa6514d3b0fa96542a/,
    )
  }, 40_000)

  it('gets a handshake in aggressive mode for any group', async () => {
    expect(await scan('-M', '-A', '--id=vpn')).toMatch(/Aggressive Mode Handshake returned[\s\S]*Cisco Unity/)
    expect(playing.data('cisco-asa.ike')).toContainEqual(expect.objectContaining({ exchange: 'aggressive', group: 'vpn' }))
  }, 40_000)

  it('has in aggressive mode what psk-crack cracks into the key of the group', async () => {
    const group = groupsOf()[0]?.group ?? ''
    const file = join(folder, 'psk')
    expect(await scan('-M', '-A', `--id=${group}`, `--pskcrack=${file}`)).toMatch(
      /Aggressive Mode Handshake returned[\s\S]*Hash\(20 bytes\)/,
    )
    const words = join(folder, 'words')
    writeFileSync(
      words,
      `nothing\n${JSON.parse(readFileSync(new URL('../../src/emulators/cisco-asa/facts/groups.json', import.meta.url), 'utf8')).keys.join('\n')}\n`,
    )
    expect((await run('psk-crack', ['-d', words, file])).stdout).toMatch(/key "[^"]+" matches SHA1 hash/)
  }, 40_000)

  it('speaks IKEv2', async () => {
    expect(await scan('-M', '--ikev2')).toMatch(/IKEv2 SA_INIT Handshake returned|Notify message 16390/)
  }, 40_000)
})

describe('nmap', () => {
  it('names the firewall, its version and its groups', async () => {
    const { stdout } = await run(
      'nmap',
      ['-n', '-Pn', '-sT', '-sV', '--script', 'http-cisco-anyconnect,ssl-cert,http-title', '-p', String(playing.port()), '127.0.0.1'],
      {
        timeout: 170_000,
      },
    )
    expect(stdout).toMatch(/ssl\/http +Cisco ASA firewall http config[\s\S]*Device: firewall/)
    expect(stdout).toMatch(/http-cisco-anyconnect:[\s\S]*version: 9\.\d\(\d\)[\s\S]*tunnel-group: [\w-]+[\s\S]*config-hash: \d+/)
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 180_000)

  it('names Cisco by its vendor ids', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sU', '-sV', '--script', 'ike-version', '-p', '500', '127.0.0.1'], {
      timeout: 170_000,
    })
    expect(stdout).toMatch(/ike-version:[\s\S]*Cisco/)
    expect(stdout).toMatch(/XAUTH[\s\S]*Cisco Unity|Cisco Unity[\s\S]*XAUTH/)
  }, 180_000)
})

function handshaken(port: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false }, () => resolve(socket))
    socket.once('error', reject)
  })
}

function groupsOf(): { alias: string; group: string }[] {
  const all = JSON.parse(readFileSync(new URL('../../src/emulators/cisco-asa/facts/groups.json', import.meta.url), 'utf8')) as {
    sets: { alias: string; group: string }[][]
  }
  return new Identity(Buffer.alloc(32, 7)).pick('cisco-asa/groups', all.sets)
}
