import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import webApp from '../../src/emulators/web-app/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing
let base: string
const folder = mkdtempSync(join(tmpdir(), 'web-app-client-'))

beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(webApp, {
    persona: 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
    settings: { limits: { connectionsPerSource: 200 } },
  })
  base = `http://127.0.0.1:${playing.port()}`
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

async function curl(...args: string[]): Promise<string> {
  return (await ran('curl', ['-sS', '-g', ...args])).stdout
}

describe('curl', () => {
  it.each([
    ['/index.php?file=../../../../etc/passwd', 'root:x:0:0'],
    ['/?x=%3Bid', 'uid=33'],
    ['/?p={{7*7}}', '>49'],
    ['/?a=phpinfo();', 'PHP Version'],
    ['/?c=%3Cscript%3Ealert(1)%3C/script%3E', '<script>alert(1)</script>'],
  ])('%s', async (target, expected) => {
    expect(await curl('--path-as-is', base + target)).toContain(expected)
  })

  it('an address that is near is written down and not fetched', async () => {
    expect(await curl(`${base}/?f=http://127.0.0.1:22/`)).not.toContain('SSH-2.0')
    expect(playing.data<{ value: unknown }>('indicator').map(({ value }) => value)).toContain('http://127.0.0.1:22/')
  })

  it('a version of HTTP that there is not is refused as nginx does', async () => {
    const { stdout } = await ran('sh', [
      '-c',
      `printf 'GET / HTTP/1337\\r\\nHost: x\\r\\n\\r\\n' | timeout 5 nc -q 2 127.0.0.1 ${playing.port()}`,
    ])
    expect(stdout).toMatch(/^HTTP\/1\.1 (?:400|505) [\s\S]*nginx/)
    expect(stdout).not.toMatch(/aiohttp|Python/)
  }, 20_000)

  it('a header that a parameter brings; no cookie that names a decoy', async () => {
    const head = await curl('-D', '-', '-o', '/dev/null', `${base}/?u=x%0d%0aX-Test:1`)
    expect(head).toMatch(/\r\nX-Test: 1\r\n/)
    expect(head).not.toMatch(/sess_uuid|aiohttp/)
  })
})

describe('sqlmap', () => {
  // Left alone it tells the two pages apart by the shortest word that only one has, 45 or 34 here, and looks for that in the head as
  // well: in each second, or minute, that has this number in Date it takes every answer for yes.
  const target = (): string[] => ['-u', `${base}/index.php?id=1`, '-p', 'id', '--string=Add to cart']
  const sqlmap = (...args: string[]): Promise<{ stdout: string }> =>
    ran('sqlmap', [...target(), '--batch', '--flush-session', '--output-dir', folder, '--disable-coloring', ...args], undefined, 240_000)

  it('finds every technique, names the server, and dumps the users', async () => {
    // A delay counts that exceeds the usual time by seven times its deviation, which is large on a busy machine.
    const { stdout } = await sqlmap('--technique=BEUT', '--time-sec=2', '-D', 'shop', '-T', 'users', '--dump')
    for (const type of ['boolean-based blind', 'error-based', 'time-based blind', 'UNION query']) expect(stdout).toContain(`Type: ${type}`)
    expect(stdout).toMatch(/back-end DBMS: MySQL >= [\d.]+ \(MariaDB fork\)/)
    const [host = ''] = readdirSync(folder).filter((name) => name.startsWith('127'))
    const rows = readFileSync(join(folder, host, 'dump/shop/users.csv'), 'utf8')
      .trim()
      .split('\n')
    expect(rows).toHaveLength(88)
    expect(rows[1]).toMatch(/admin/)
    expect(playing.data<{ class: string }>('web-app.attack').filter((one) => one.class === 'sql').length).toBeGreaterThan(30)
  }, 260_000)

  it('lists tables one bit at a time', async () => {
    const { stdout } = await sqlmap('--technique=B', '-D', 'shop', '--tables', '--threads=4')
    for (const name of ['categories', 'comments', 'orders', 'products', 'settings', 'users']) expect(stdout).toContain(`| ${name}`)
  }, 260_000)
})

describe('searches for paths', () => {
  it('ffuf finds what is there and nothing else', async () => {
    const words = join(folder, 'words')
    writeFileSync(words, ['admin/', 'login.php', 'robots.txt', 'nothing', 'phpmyadmin/', 'cart.php', 'zzz'].join('\n'))
    const { stdout } = await ran('ffuf', ['-u', `${base}/FUZZ`, '-w', words, '-ac', '-s'])
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim())
        .sort(),
    ).toEqual(['admin/', 'cart.php', 'login.php', 'robots.txt'])
  })
})

describe('nmap', () => {
  it('names the web server', async () => {
    expect(await nmapNames(playing.port())).toMatch(/nginx|Apache httpd/)
  }, 130_000)

  it('finds where SQL can be injected, and what nobody links to', async () => {
    const args = ['-n', '-Pn', '-sT', '-p', String(playing.port()), '--script', '+http-sql-injection,+http-enum', '127.0.0.1']
    const { stdout } = await ran('nmap', args, undefined, 100_000)
    expect(stdout).toMatch(/Possible sqli for queries:[\s\S]*category\.php\?cat=\d+%27%20OR%20sqlspider/)
    expect([...stdout.matchAll(/^\|[_ ] {2}(\/\S+): /gm)].map(([, path]) => path).sort()).toEqual(
      expect.arrayContaining(['/admin/upload.php', '/api/', '/intranet/', '/login.php', '/robots.txt']),
    )
  }, 110_000)
})

describe('Chromium', () => {
  it('shows the shop', async () => {
    const picture = join(folder, 'shop.png')
    await ran(
      'chromium',
      [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        '--window-size=1280,900',
        `--user-data-dir=${folder}/profile`,
        `--screenshot=${picture}`,
        `${base}/`,
      ],
      undefined,
      60_000,
    )
    expect(statSync(picture).size).toBeGreaterThan(30_000)
  }, 70_000)
})
