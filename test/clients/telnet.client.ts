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
  const steps = script.map(([shown, typed]) => `expect { -ex {${shown}} {} timeout { exit 3 } eof { exit 4 } }\nsend -- "${typed}\\r"`)
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
      ['\n42', 'exit'],
    ])
    expect(shown).toContain('Login incorrect')
    expect(shown).not.toContain('vizxv')
    expect(shown).toContain('Connection closed by foreign host.')
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

describe('hydra', () => {
  it.each(['debian', 'router'])('finds exactly the password of the policy: %s', async (which) => {
    const playing = which === 'debian' ? debian : router
    const list = join(folder, 'passwords')
    writeFileSync(list, '123456\nvizxv\nxc3511\n')
    const { stdout } = await run('hydra', ['-I', '-l', 'root', '-P', list, '-t', '1', '-s', String(playing.port()), '127.0.0.1', 'telnet'])
    expect(stdout).toMatch(/host: 127\.0\.0\.1\s+login: root\s+password: vizxv/)
    expect(stdout).toMatch(/1 valid password found/)
  })
})

describe('nmap', () => {
  it.each(['debian', 'router'])('-sV takes it for a telnetd, not for a honeypot: %s', async (which) => {
    const { stdout } = await run('nmap', ['-Pn', '-sV', '-p', String((which === 'debian' ? debian : router).port()), '127.0.0.1'])
    expect(stdout).toMatch(/open\s+telnet/)
    expect(stdout).not.toMatch(/cowrie|honeypot/i)
  })
})
