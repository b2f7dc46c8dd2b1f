import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import httpProxy from '../../src/emulators/http-proxy/index.ts'
import smtp from '../../src/emulators/smtp/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, type Ran, ran } from './ran.ts'

let open: Playing
let basic: Playing
let digest: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'http-proxy-'))
  writeFileSync(join(folder, 'words'), 'one\ntwo\nletmein\n')
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const given = { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }), beside: [http, smtp] }
  const login = { policy: 'list', accept: [{ user: 'squid', password: 'letmein' }] }
  open = await play(httpProxy, { ...given, ports: [3128, 8118] })
  basic = await play(httpProxy, { ...given, ports: [0, 0], options: { auth: 'basic', login } })
  digest = await play(httpProxy, { ...given, ports: [0, 0], options: { auth: 'digest', login } })
})
afterAll(async () => {
  await Promise.all([open, basic, digest].map((one) => one.stop()))
  rmSync(folder, { recursive: true, force: true })
})

const curl = (p: Playing, url: string, ...args: string[]): Promise<Ran> =>
  ran('curl', ['-sSk', '--max-time', '20', '-x', `http://127.0.0.1:${p.port()}`, ...args, url])

describe('curl', () => {
  it('fetches a page and a page behind TLS, which are our own', async () => {
    const { stdout: plain } = await curl(open, 'http://www.example.com/', '-i')
    expect(plain).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\nVia: 1\.1 \S+ \(squid\/5\.7\)\r\n[\s\S]*<html/)
    expect((await curl(open, 'https://www.example.com/')).stdout).toContain('<html')
    expect(open.data('http-proxy.request')[0]).toMatchObject({ host: 'www.example.com' })
    expect(open.data('http-proxy.tunnel')[0]).toMatchObject({ host: 'www.example.com', port: 443 })
  })

  it('speaks to a mail server behind CONNECT', async () => {
    const { stderr } = await curl(open, 'smtp://mx.example.net:25/me.example.org', '-p', '-v', '-X', 'NOOP')
    expect(stderr).toMatch(/< 220 \S+ ESMTP/)
  })

  it.each([
    ['basic', '--proxy-basic'],
    ['digest', '--proxy-digest'],
  ])('is asked for a login by %s, and every pair is kept', async (kind, scheme) => {
    const p = kind === 'basic' ? basic : digest
    const { stdout } = await curl(p, 'http://www.example.com/', '-i')
    expect(stdout).toMatch(new RegExp(`^HTTP/1\\.1 407 [\\s\\S]*Proxy-Authenticate: ${kind} realm=`, 'i'))
    const status = (pair: string): Promise<Ran> =>
      curl(p, 'http://www.example.com/', scheme, '-U', pair, '-o', '/dev/null', '-w', '%{http_code}')
    expect((await status('squid:wrong')).stdout).toBe('407')
    expect((await status('squid:letmein')).stdout).toBe('200')
    expect((await curl(p, 'https://www.example.com/', scheme, '-U', 'squid:wrong')).code).toBe(56)
    expect(p.data<{ accepted: boolean }>('login').map(({ accepted }) => accepted)).toEqual([false, true, false])
  })
})

it('hydra finds the password and tries each once', async () => {
  const before = basic.data('login').length
  const args = ['-l', 'squid', '-P', join(folder, 'words'), '-t', '1', '-s', String(basic.port()), '127.0.0.1', 'http-proxy']
  expect((await ran('hydra', args)).stdout).toMatch(/login: squid {3}password: letmein/)
  const tried = basic.data<{ password: string }>('login').slice(before)
  expect(tried.map(({ password }) => password)).toEqual(['one', 'two', 'letmein'])
})

it('nmap names Squid', async () => {
  expect(await nmapNames(3128, '--version-light')).toBe('http-proxy Squid http proxy 5.7')
}, 130_000)
