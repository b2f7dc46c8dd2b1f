import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { createHosts } from '../../src/host/hosts.ts'
import http from '../../src/http/lure.ts'
import { makeAsset } from '../../src/http/site/page-assets.ts'
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
    // The form came without its token.
    expect(posted).toBe('419')
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

describe('Chromium, page by page,', () => {
  it('shows every page without an error in its console or a broken image, and sends a form', async () => {
    const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] })
    try {
      const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
      const troubles: string[] = []
      page.on('console', (message) => message.type() === 'error' && troubles.push(message.text()))
      page.on('pageerror', (error) => troubles.push(String(error)))
      page.on('requestfailed', (request) => troubles.push(`${request.url()} failed`))
      for (const path of [
        '/',
        '/windows/',
        '/doors/',
        '/workshop/',
        '/news/',
        '/contact/',
        '/quote/',
        '/portal/',
        '/privacy/',
        '/info.php',
      ]) {
        await page.goto(url(path), { waitUntil: 'load' })
        const broken = await page.evaluate('[...document.images].filter((image) => image.naturalWidth === 0).map((image) => image.src)')
        expect({ path, broken, troubles }).toEqual({ path, broken: [], troubles: [] })
      }
      const made = ['a.png', 'a.jpg', 'a.gif', 'a.svg', 'a.ico'].map((name) => makeAsset(`/${name}`, 300, 120).toString('base64'))
      const types = ['png', 'jpeg', 'gif', 'svg+xml', 'x-icon']
      await page.setContent(made.map((data, n) => `<img src="data:image/${types[n]};base64,${data}">`).join(''), { waitUntil: 'load' })
      const sizes = await page.evaluate("[...document.images].map((image) => image.naturalWidth + 'x' + image.naturalHeight)")
      expect(sizes).toEqual(['300x120', '300x120', '300x120', '300x120', '32x32'])
      await page.goto(url('/contact/'))
      await page.fill('[name=name]', 'Ada')
      await page.fill('[name=email]', 'ada@b.example')
      await page.fill('[name=message]', 'Do you make round windows?')
      await page.click('main form button')
      await page.waitForURL('**/contact.php')
      expect(await page.textContent('main')).toContain('within two working days')
      expect((await page.screenshot()).length).toBeGreaterThan(10_000)
    } finally {
      await browser.close()
    }
  }, 60_000)
})

describe('ffuf', () => {
  it('finds what the site has among five thousand names, and no pattern to leave out', async () => {
    const known = ['contact', 'portal', '.env', 'info.php', 'robots.txt', 'uploads', 'windows']
    const names = Array.from({ length: 5_000 }, (_, i) =>
      createHash('sha256')
        .update(`${i}`)
        .digest('hex')
        .slice(0, 4 + (i % 12)),
    )
    writeFileSync(join(folder, 'names'), [...names, ...known].join('\n'))
    const output = join(folder, 'ffuf.json')
    await run('ffuf', ['-u', url('/FUZZ'), '-w', join(folder, 'names'), '-ac', '-t', '20', '-s', '-o', output, '-of', 'json'], {
      timeout: 110_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    const { results } = JSON.parse(readFileSync(output, 'utf8')) as { results: { input: { FUZZ: string } }[] }
    expect(results.map(({ input }) => input.FUZZ).sort()).toEqual(known.sort())
  }, 120_000)
})

describe('git', () => {
  it('clones the repository that lies on the site, whose settings have a token of this visitor', async () => {
    await run('git', ['clone', '-q', url('/.git'), join(folder, 'clone')], { timeout: 30_000 })
    const { stdout } = await run('git', ['-C', join(folder, 'clone'), 'log', '--format=%s', '--', '.env.example'])
    expect(stdout).toBe('settings move to .env, password changed\n')
    expect(await curl(url('/.git/config'))).toMatch(/url = https:\/\/deploy:glpat-[\w-]{20}@git\./)
  })
})

describe('sqlmap', () => {
  it('tests a form to its end and finds nothing to inject', async () => {
    const args = [
      '-u',
      url('/portal/login.php'),
      '--data',
      'user=1107&pass=x',
      '--batch',
      '--disable-coloring',
      '--output-dir',
      join(folder, 'sqlmap'),
      '--flush-session',
      '--technique',
      'BEU',
      '--level',
      '1',
      '-v',
      '1',
    ]
    const { stdout } = await run('sqlmap', args, { timeout: 170_000, maxBuffer: 16 * 1024 * 1024 })
    expect(stdout).toMatch(/all tested parameters do not appear to be injectable/)
    expect(stdout).not.toMatch(/CRITICAL\] (?!all tested)/)
  }, 180_000)
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
