import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import smtp from '../../src/emulators/smtp/index.ts'
import socks5 from '../../src/emulators/socks5/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)

let playing: Playing
let guarded: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'socks5-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const given = { persona: 'debian-web', identity, state, hosts }
  const login = { policy: 'list', accept: [{ user: 'squid', password: 'letmein' }] }
  playing = await play(socks5, { ...given, options: { login }, beside: [http, smtp] })
  guarded = await play(socks5, { ...given, options: { login, methods: ['username'] }, ports: [0] })
})
afterAll(async () => {
  await Promise.all([playing, guarded].map((one) => one.stop()))
  rmSync(folder, { recursive: true, force: true })
})

const curl = (...args: string[]): Promise<{ stdout: string }> => run('curl', ['-sk', '--max-time', '20', ...args])

describe('curl', () => {
  it.each(['socks5', 'socks5h', 'socks4', 'socks4a'])('fetches over %s', async (scheme) => {
    const host = scheme.endsWith('h') || scheme.endsWith('a') ? 'www.example.com' : '192.0.2.80'
    const { stdout } = await curl('-x', `${scheme}://127.0.0.1:${playing.port()}`, `http://${host}/`)
    expect(stdout).toContain('<html')
    expect(playing.data('socks5.request').at(-1)).toMatchObject({ host, port: 80, lure: 'http' })
  })

  it('speaks TLS and SMTP through it', async () => {
    const proxy = `socks5h://127.0.0.1:${playing.port()}`
    expect((await curl('-x', proxy, 'https://www.example.com/')).stdout).toContain('<html')
    await curl('-x', proxy, 'smtp://mx.example.net:25/me.example.org', '-X', 'NOOP')
    expect(playing.data('socks5.request').at(-1)).toMatchObject({ host: 'mx.example.net', lure: 'smtp' })
  })

  it('is told what is wrong', async () => {
    const wrong = (url: string, who = ''): Promise<unknown> => curl('-x', `socks5h://${who}127.0.0.1:${guarded.port()}`, url)
    await expect(wrong('http://www.example.com/', 'u:p@')).rejects.toMatchObject({ code: 97 })
    await expect(wrong('http://www.example.com/')).rejects.toMatchObject({ code: 97 })
    expect(guarded.data('login')).toEqual([{ method: 'socks5', username: 'u', password: 'p', accepted: false }])
  })
})

describe('hydra', () => {
  it('tries every pair once and finds the right one', async () => {
    const list = join(folder, 'passwords')
    writeFileSync(list, 'one\ntwo\nletmein\n')
    const before = guarded.data('login').length
    const { stdout } = await run('hydra', ['-l', 'squid', '-P', list, '-t', '1', '-s', String(guarded.port()), 'socks5://127.0.0.1'])
    expect(stdout).toContain('login: squid   password: letmein')
    expect(
      guarded
        .data<{ password: string }>('login')
        .slice(before)
        .map(({ password }) => password),
    ).toEqual(['one', 'two', 'letmein'])
  })
})

describe('nmap', () => {
  it('names the service and its methods', async () => {
    const nmap = async (playingOne: Playing, script: string): Promise<string> =>
      (await run('nmap', ['-n', '-Pn', '-sT', '-sV', '--version-all', '--script', script, '-p', String(playingOne.port()), '127.0.0.1']))
        .stdout
    expect(await nmap(guarded, 'socks-auth-info')).toMatch(/open\s+socks5\s+\(Username\/password authentication required\)/)
    expect(await nmap(playing, 'socks-auth-info,socks-open-proxy')).toMatch(/Username and password/)
  })
})
