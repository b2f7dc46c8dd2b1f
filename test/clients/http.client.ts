import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'http-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(http, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `http://127.0.0.1:${playing.port()}${path}`
const secureUrl = (path: string): string => `https://127.0.0.1:${playing.port(1)}${path}`
const curl = async (...args: string[]): Promise<string> => (await run('curl', ['-sS', ...args], { encoding: 'latin1' })).stdout

describe('curl', () => {
  it('decodes what it asked to be compressed', async () => {
    const page = await curl('--compressed', '-D', join(folder, 'head'), url('/'))
    expect(page).toBe(await curl(url('/')))
    expect(readFileSync(join(folder, 'head'), 'latin1')).toMatch(/Content-Encoding: gzip\r\n/)
  })

  it('gets the same head for HEAD as for GET', async () => {
    const undated = (head: string): string => head.replace(/Date: .*/, '')
    const got = await curl('-o', '/dev/null', '-D', '-', url('/news/'))
    expect(undated(await curl('-I', url('/news/')))).toBe(undated(got))
  })

  it('is answered and closed in HTTP/1.0', async () => {
    expect(await curl('--http1.0', '-i', url('/'))).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*Connection: close\r\n/)
  })

  it('puts a file together again from its ranges', async () => {
    const whole = await curl(url('/assets/img/logo.svg'))
    const halves = await Promise.all(['0-99', '100-'].map((range) => curl('-r', range, url('/assets/img/logo.svg'))))
    expect(halves.join('')).toBe(whole)
  })

  it('is spared what it has already', async () => {
    const tag = /ETag: (.*)\r/.exec(await curl('-I', url('/')))![1]!
    expect(await curl('-o', '/dev/null', '-w', '%{http_code} %{size_download}', '-H', `If-None-Match: ${tag}`, url('/'))).toBe('304 0')
  })

  it('uploads with Expect, keeps one connection for ten requests, and speaks TLS without HTTP/2', async () => {
    const file = join(folder, 'upload.bin')
    writeFileSync(file, Buffer.alloc(900_000, 'u'))
    const posted = await curl(
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '-H',
      'Expect: 100-continue',
      '-F',
      `f=@${file}`,
      url('/contact.php'),
    )
    expect(posted).toBe('404')
    expect(playing.data('artifact')).toMatchObject([{ name: 'upload.bin', size: 900_000 }])
    const many = await curl(
      '-o',
      '/dev/null',
      '-w',
      '%{num_connects}\n',
      ...Array.from({ length: 10 }, () => url('/')).flatMap((u) => [u, '-o', '/dev/null']),
    )
    expect(
      many
        .trim()
        .split('\n')
        .reduce((sum, n) => sum + Number(n), 0),
    ).toBe(1)
    expect(await curl('-k', '-o', '/dev/null', '-w', '%{http_version} %{http_code}', secureUrl('/'))).toBe('1.1 200')
    expect(playing.data<{ kind: string }>('fingerprint').map(({ kind }) => kind)).toContain('ja4')
  })
})

describe('wget', () => {
  it('mirrors the site without a broken link', async () => {
    const { stderr } = await run('wget', ['-r', '-l', '3', '-np', '-P', folder, '-nv', '-e', 'robots=off', url('/')]).catch(
      (error: { stderr: string }) => error,
    )
    const missing = [...stderr.matchAll(/(http\S+):\n.*ERROR (\d+)/g)].map(
      ([, link, status]) => `${link!.replace(/^http:\/\/[^/]+/, '')} ${status}`,
    )
    // Pages of the application, which has no model here.
    expect(missing.filter((line) => !/^\/(portal|contact|quote|admin|api)[/.]/.test(line))).toEqual([])
  })
})

describe('Chromium', () => {
  it('renders the page with its style sheet, script and images', async () => {
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${join(folder, 'profile')}`,
      '--virtual-time-budget=3000',
      '--dump-dom',
    ]
    const { stdout } = await run('chromium', [...args, url('/')], { timeout: 45_000 })
    expect(stdout).toContain('Tarnholt')
    const targets = playing.data<{ target: string; status: number }>('http.request').slice(-12)
    expect(targets.filter(({ target }) => target.startsWith('/assets/')).map(({ status }) => status)).not.toContain(404)
    expect(targets.some(({ target }) => target.startsWith('/assets/css/'))).toBe(true)
  })
})

describe('nmap', () => {
  it('names the server of the persona on both ports', async () => {
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '-sV', '-p', `${playing.port()},${playing.port(1)}`, '127.0.0.1'], {
      timeout: 120_000,
    })
    expect(stdout).toMatch(new RegExp(`${playing.port()}/tcp +open +http +nginx 1\\.22\\.1`))
    expect(stdout).toMatch(new RegExp(`${playing.port(1)}/tcp +open +ssl/http +nginx 1\\.22\\.1`))
    expect(playing.data('lure.fault')).toEqual([])
    expect(playing.deadLetters).toEqual([])
  }, 130_000)

  it('runs its http scripts to the end', async () => {
    // The plus runs a script though the port is not known for HTTP.
    const names = 'http-title,http-headers,http-methods,http-robots.txt,http-enum,http-server-header,http-date'
    const scripts = names.replace(/http-/g, '+http-')
    const { stdout } = await run('nmap', ['-n', '-Pn', '-sT', '--script', scripts, '-p', String(playing.port()), '127.0.0.1'], {
      timeout: 120_000,
    })
    expect(stdout).toMatch(/http-title: .*Tarnholt/)
    expect(stdout).toMatch(/http-robots\.txt: 3 disallowed entries/)
    expect(stdout).toMatch(/http-server-header: nginx\/1\.22\.1/)
    expect(stdout).not.toMatch(/http-enum[\s\S]*(wordpress|phpmyadmin|tomcat)/i)
  }, 130_000)
})
