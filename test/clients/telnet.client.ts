import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serve } from '../emulators/telnet/conversation.ts'
import type { Playing } from '../harness.ts'

const run = promisify(execFile)
const LIST = { login: { policy: 'list', accept: [{ user: 'root', password: 'vizxv' }] } }

let debian: Playing
let router: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'telnet-client-'))
  ;[debian, router] = await Promise.all([serve('debian-web', LIST), serve('openwrt-router', LIST)])
})
afterAll(async () => {
  await Promise.all([debian.stop(), router.stop()])
  rmSync(folder, { recursive: true, force: true })
})

/** Types lines into telnet on a terminal, each when the text before it was shown; gives all that was shown. */
async function type(playing: Playing, script: [shown: string, typed: string][]): Promise<string> {
  const steps = script.map(([shown, typed]) => `expect -ex {${shown}} {} timeout { exit 3 } eof { exit 4 }\nsend -- "${typed}\\r"`)
  const file = join(folder, 'typed.exp')
  writeFileSync(file, `set timeout 8\nspawn telnet 127.0.0.1 ${playing.port()}\n${steps.join('\n')}\nexpect eof\n`)
  const { stdout } = await run('expect', [file], { env: { ...process.env, TERM: 'xterm' } })
  return stdout
}

describe("Debian's telnet", () => {
  it.each(['debian', 'router'])('logs in, works and leaves: %s', async (which) => {
    const shown = await type(which === 'debian' ? debian : router, [
      ['login: ', 'root'],
      ['Password: ', 'wrong'],
      ['login: ', 'root'],
      ['Password: ', 'vizxv'],
      ['# ', 'uname -n; expr 40 + 2'],
      ['42', 'exit'],
    ])
    expect(shown).toContain('Login incorrect')
    expect(shown).not.toContain('vizxv')
    expect(shown).toContain('Connection closed by foreign host.')
  })

  it('is let in nowhere where the daemon only listens, and every pair is kept', async () => {
    const strict = await serve('openwrt-router', { ...LIST, authOnly: true })
    const tries: [string, string][] = ['vizxv', 'admin', 'x'].flatMap((password) => [
      ['login: ', 'root'],
      ['Password: ', password],
    ])
    expect(await type(strict, tries)).toMatch(/(?:Login incorrect[\s\S]*){3}Connection closed by foreign host\./)
    const logins = strict.data<{ password: string; accepted: boolean }>('login')
    expect(logins.map(({ password, accepted }) => [password, accepted])).toEqual([
      ['vizxv', false],
      ['admin', false],
      ['x', false],
    ])
    await strict.stop()
  })

  it('-l names the user', async () => {
    const client = spawn('telnet', ['-l', 'maris', '127.0.0.1', String(debian.port())])
    const shown = await new Promise<string>((resolve) => {
      let all = ''
      client.stdout.on('data', (bytes: Buffer) => {
        all += bytes
        if (all.includes('Password: ')) resolve(all)
      })
    })
    client.kill()
    expect(shown).not.toContain('login: ')
    expect(debian.data('telnet.environment')).toContainEqual({ type: 'VAR', name: 'USER', value: 'maris' })
  })
})

/** Passwords that hydra finds with a connection for each: after a wrong one it loses count of a real login's prompts. */
async function hydra(playing: Playing, ...passwords: string[]): Promise<string[]> {
  const list = join(folder, 'passwords')
  writeFileSync(list, `${passwords.join('\n')}\n`)
  const tasks = String(passwords.length)
  const { stdout } = await run('hydra', ['-I', '-l', 'root', '-P', list, '-t', tasks, '-s', String(playing.port()), '127.0.0.1', 'telnet'])
  return Array.from(stdout.matchAll(/login: root\s+password: (\S+)/g), ([, password]) => password as string)
}

describe('hydra', () => {
  it('finds exactly the password of the policy on the router', async () => {
    const slow = await serve('openwrt-router', { ...LIST, delays: true })
    expect(await hydra(slow, '111111', 'vizxv', 'xc3511')).toEqual(['vizxv'])
    expect(slow.data('login').filter(({ accepted }) => accepted)).toHaveLength(1)
    await slow.stop()
  })
})

describe('nmap', () => {
  it('-sV takes both for a telnetd, and for no honeypot', async () => {
    const ports = `${debian.port()},${router.port()}`
    const { stdout } = await run('nmap', ['-Pn', '-sV', '--version-light', '-p', ports, '127.0.0.1'])
    expect(stdout.match(/open\s+telnet/g)).toHaveLength(2)
    expect(stdout).not.toMatch(/cowrie|honeypot/i)
  })
})
