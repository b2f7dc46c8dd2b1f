import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { FakeHosts } from '../fake-hosts.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'clerk', password: 'letmein' }] }
const AUTH = [
  { path: '/', schemes: ['digest', 'basic'], realm: 'Staff' },
  { path: '/windows/', schemes: ['ntlm'] },
  { path: '/basic/', schemes: ['basic'], realm: 'Staff' },
  { path: '/robots.txt', schemes: ['form'], realm: 'Staff' },
]

let playing: Playing
let strict: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'http-auth-'))
  writeFileSync(join(folder, 'words'), 'admin\n123456\nletmein\n')
  const given = { persona: 'debian-web', hosts: new FakeHosts() }
  playing = await play(http, { ...given, options: { auth: AUTH, login: LOGIN } })
  strict = await play(http, { ...given, options: { auth: AUTH, login: LOGIN, authOnly: true } })
})
afterAll(async () => {
  await Promise.all([playing.stop(), strict.stop()])
  rmSync(folder, { recursive: true, force: true })
})

const curl = async (p: Playing, path: string, ...args: string[]): Promise<string> => {
  const { stdout } = await ran('curl', ['-sS', '-o', '/dev/null', '-w', '%{http_code}', ...args, `http://127.0.0.1:${p.port()}${path}`])
  return stdout
}
const last = (p: Playing): unknown => p.data('login').at(-1)

describe('curl', () => {
  it('gets in by Basic, Digest and NTLM with the right password alone', async () => {
    const methods: [path: string, ...args: string[]][] = [
      ['/', '--basic'],
      ['/', '--digest'],
      ['/', '--anyauth'],
      ['/windows/', '--ntlm'],
    ]
    for (const [path, ...args] of methods) {
      expect(await curl(playing, path, ...args, '-u', 'clerk:wrong')).toBe('401')
      expect(last(playing)).toMatchObject({ username: 'clerk', accepted: false })
      expect(await curl(playing, path, ...args, '-u', 'clerk:letmein')).not.toBe('401')
      expect(last(playing)).toMatchObject({ username: 'clerk', accepted: true })
    }
    expect(await curl(playing, '/', '-X', 'POST', '-u', 'clerk:x')).toBe('401')
  })

  it('leaves what hashcat reads', () => {
    const logins = playing.data<{ method: string; hash?: { mode: number } }>('login')
    const kinds = logins.map(({ method, hash }) => `${method} ${hash?.mode ?? 'clear'}`)
    expect([...new Set(kinds)].sort()).toEqual(['basic clear', 'digest 11400', 'ntlmv2 5600'])
  })

  it('gets in nowhere where the lure only listens', async () => {
    for (const scheme of ['--basic', '--digest']) expect(await curl(strict, '/', scheme, '-u', 'clerk:letmein')).toBe('401')
    expect(await curl(strict, '/windows/', '--ntlm', '-u', 'clerk:letmein')).toBe('401')
    expect(strict.data<{ accepted: boolean }>('login').map(({ accepted }) => accepted)).toEqual([false, false, false])
  })
})

describe('hydra', () => {
  const hydra = async (service: string): Promise<string> => {
    const args = ['-l', 'clerk', '-P', join(folder, 'words'), '-t', '1', '-s', String(playing.port()), '127.0.0.1', ...service.split(' ')]
    return (await ran('hydra', args)).stdout
  }

  it.each([
    'http-get /basic/',
    'http-post-form /robots.txt:username=^USER^&password=^PASS^:Invalid',
  ])('finds the password by %s', async (service) => {
    const before = playing.data('login').length
    expect(await hydra(service)).toMatch(/login: clerk {3}password: letmein/)
    const tried = playing.data<{ password: string }>('login').slice(before)
    expect(tried.map(({ password }) => password)).toEqual(['admin', '123456', 'letmein'])
  })
})

it('nmap is told the name of the machine by NTLM', async () => {
  const args = [
    '-n',
    '-Pn',
    '-p',
    String(playing.port()),
    '--script',
    '+http-ntlm-info',
    '--script-args',
    'http-ntlm-info.root=/windows/',
    '127.0.0.1',
  ]
  const { stdout } = await ran('nmap', args, undefined, 60_000)
  expect(stdout).toMatch(
    /NetBIOS_Computer_Name: [A-Z0-9-]+\n[\s\S]*DNS_Computer_Name: \S+\.tarnholt-weir\.internal\n[\s\S]*Product_Version: 6\.1/,
  )
})
