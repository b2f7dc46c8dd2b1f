import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import secretsMaze from '../../src/emulators/secrets-maze/index.ts'
import { type Playing, play } from '../harness.ts'
import { MemoryHosts } from '../http/memory-hosts.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)
let playing: Playing
let folder: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'secrets-maze-client-'))
  playing = await play(secretsMaze, {
    persona: 'debian-web',
    hosts: new MemoryHosts(),
    settings: { limits: { connectionsPerSource: 400 } },
  })
})

afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (path: string): string => `http://127.0.0.1:${playing.port()}${path}`
const curl = async (agent: string, ...args: string[]): Promise<string> =>
  (await run('curl', ['-sS', '-A', agent, ...args], { maxBuffer: 2 ** 22 }).catch((error: { stdout: string }) => error)).stdout

describe('curl', () => {
  it('is let go at once at first, and held longer and longer', async () => {
    const times: number[] = []
    for (let n = 0; n < 5; n++) times.push(Number(await curl('growing', '-o', '/dev/null', '-w', '%{time_total}', url('/a.json'))))
    expect(Math.max(...times.slice(0, 3))).toBeLessThan(1)
    expect(times[3]).toBeGreaterThan(1)
    expect(times[4]).toBeGreaterThan(2)
    expect(JSON.parse((await ran('jq', ['-c', 'length'], await curl('with jq', url('/a.json')))).stdout)).toBeGreaterThan(1)
  }, 30_000)

  it('gets documents that parse', async () => {
    expect(JSON.parse(await curl('reads', url('/config/app.json'))).length).toBeGreaterThan(1)
    expect(await curl('reads', '-X', 'POST', '-d', 'a=1', url('/.env'))).toContain('APP_ENV=production')
    writeFileSync(join(folder, 'web.config'), await curl('reads', url('/web.config')))
    const parsed = await run('python3', [
      '-c',
      `import xml.dom.minidom as m; print(len(m.parse('${join(folder, 'web.config')}').getElementsByTagName('service')))`,
    ])
    expect(Number(parsed.stdout)).toBeGreaterThan(1)
    writeFileSync(join(folder, 'app.toml'), await curl('toml', url('/app.toml')))
    const toml = await run('python3', [
      '-c',
      `import tomllib; print(len(tomllib.load(open('${join(folder, 'app.toml')}','rb'))['service']))`,
    ])
    expect(Number(toml.stdout)).toBeGreaterThan(1)
    writeFileSync(join(folder, 'db.ini'), await curl('toml', url('/db.ini')))
    const ini = await run('python3', [
      '-c',
      `import configparser as c; p=c.ConfigParser(interpolation=None); p.read('${join(folder, 'db.ini')}'); print(len(p.sections()))`,
    ])
    expect(Number(ini.stdout)).toBeGreaterThan(1)
  }, 30_000)

  it.each([
    ['app.yaml', 'import sys,yaml; print(len(str(yaml.safe_load(sys.stdin))))'],
    ['dump.csv', 'import csv,sys; rows=list(csv.reader(sys.stdin)); assert len({len(r) for r in rows}) == 1; print(len(rows))'],
    [
      'dump.sql',
      "import sqlite3,sys; db=sqlite3.connect(':memory:'); db.executescript(sys.stdin.read()); print(db.execute('select count(distinct email) from users').fetchone()[0])",
    ],
    [
      'prod.tfvars',
      'import re,sys; lines=sys.stdin.read().splitlines(); assert all(re.fullmatch(r\'[a-z]\\w* = "[^"\\\\]*"\', l) for l in lines); print(len(lines))',
    ],
    [
      'application.properties',
      "import configparser,sys; p=configparser.ConfigParser(interpolation=None); p.read_string('[all]\\n'+sys.stdin.read()); print(len(p['all']))",
    ],
    [
      '.env',
      "import subprocess,sys; print(len(subprocess.run(['sh','-c','set -a; . /dev/stdin; env'],input=sys.stdin.buffer.read(),capture_output=True,check=True).stdout))",
    ],
  ])(
    'gets %s whole in its format',
    async (name, program) => {
      const { stdout } = await ran('python3', ['-c', program], await curl('formats', url(`/${name}`)))
      expect(Number(stdout)).toBeGreaterThan(1)
    },
    30_000,
  )

  it('is known by its socket, and what it posts is kept', async () => {
    await curl('posts', '-X', 'POST', '-H', 'X-Forwarded-For: 1.2.3.4', '-d', 'a=1', url('/backup.sql'))
    const posted = playing.events.findLast((event) => event.type === 'secrets-maze.request')
    expect(posted).toMatchObject({ srcIp: '127.0.0.1', data: { method: 'POST', body: 'a=1' } })
  }, 30_000)

  it('is told a handful of bytes a second when it is held', async () => {
    for (let n = 0; n < 12; n++) await curl('slow', '--max-time', '0.4', '-o', '/dev/null', url('/x.sql'))
    const told = (await curl('slower', '-N', '--max-time', '1', url('/x.sql'))).length
    expect(told).toBeGreaterThan(0)
    const before = playing.data('secrets-maze.held').length
    for (let n = 0; n < 3; n++) await curl('drip', '-o', '/dev/null', url('/x.sql'))
    const bytes = (await curl('drip', '-N', '--max-time', '0.9', url('/x.sql'))).length
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(400)
    await expect.poll(() => playing.data('secrets-maze.held').length).toBeGreaterThanOrEqual(before + 4)
  }, 60_000)

  it('with a timeout is ended just before it from the fourth time on', async () => {
    for (let n = 0; n < 3; n++) await curl('hasty', '-o', '/dev/null', url('/a.json'))
    const hasty = (): Promise<string> =>
      curl('hasty', '--max-time', '2', '-o', '/dev/null', '-w', '%{http_code} %{time_total}', url('/a.json'))
    const before = playing.data('secrets-maze.held').length
    for (let n = 0; n < 10; n++) await hasty()
    const held = playing.data<{ complete: boolean }>('secrets-maze.held').slice(before)
    // Three departures are needed to know; then it stays a customer.
    expect(held.filter(({ complete }) => !complete).length).toBeGreaterThanOrEqual(3)
    expect(held.at(-1)?.complete).toBe(true)
  }, 60_000)
})

describe('260 curls at once', () => {
  it('are all answered, those above the bound at once, and none is forgotten', async () => {
    const before = playing.data('secrets-maze.held').length
    const heap = process.memoryUsage().heapUsed
    const config = join(folder, 'curls')
    writeFileSync(config, Array.from({ length: 260 }, (_, n) => `url = "${url(`/many/${n}.json`)}"\noutput = "/dev/null"\n`).join(''))
    await ran('curl', ['-sS', '-Z', '--parallel-immediate', '--parallel-max', '260', '--max-time', '6', '-A', 'many', '-K', config])
    await expect.poll(() => playing.data('secrets-maze.held').length, { timeout: 10_000 }).toBe(before + 260)
    // Hundreds of clients cost what their events do, not what they were told.
    expect((process.memoryUsage().heapUsed - heap) / 2 ** 20).toBeLessThan(150)
    expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
  }, 60_000)
})

describe('FTP', () => {
  const ftp = (path: string): string => `ftp://backup:anything@127.0.0.1:${playing.port(2)}${path}`

  it('curl sees the same listing each time, and gets a document whole', async () => {
    const first = await curl('-', ftp('/'))
    expect(first).toMatch(/^drwxr-xr-x +2 1001 +1001 +4096 \w{3} \d\d +20\d\d [\w.-]+\r?\n/)
    expect(await curl('-', ftp('/'))).toBe(first)
    expect(JSON.parse(await curl('-', ftp('/config.json'))).length).toBeGreaterThan(1)
  }, 30_000)

  it('hydra takes the first password for the right one, and it is written down', async () => {
    const list = join(folder, 'passwords')
    writeFileSync(list, 'first\nsecond\n')
    const port = String(playing.port(2))
    const { stdout } = await run('hydra', ['-l', 'admin', '-P', list, '-t', '1', '-s', port, '127.0.0.1', 'ftp'], { timeout: 60_000 })
    expect(stdout).toMatch(/login: admin +password: first/)
    expect(playing.data('login')).toContainEqual(expect.objectContaining({ method: 'ftp', username: 'admin', password: 'first' }))
  }, 70_000)
})

describe('ffuf', () => {
  it('is slowed, and finds nothing by chance', async () => {
    const list = join(folder, 'words')
    writeFileSync(list, Array.from({ length: 40 }, (_, n) => `nothing${n}`).join('\n'))
    const startedAt = performance.now()
    const { stdout } = await run('ffuf', ['-u', url('/FUZZ'), '-w', list, '-t', '5', '-s', '-mc', '200'], { timeout: 120_000 })
    expect(stdout.trim()).toBe('')
    expect(performance.now() - startedAt).toBeGreaterThan(8_000)
  }, 130_000)
})

describe('nmap', () => {
  it('names the server', async () => {
    const { stdout } = await run(
      'nmap',
      ['-n', '-Pn', '-sT', '-sV', '--script', 'http-title,http-robots.txt', '-p', String(playing.port()), '127.0.0.1'],
      {
        timeout: 170_000,
      },
    )
    expect(stdout).toMatch(/http +nginx 1\.22\.1/)
    expect(stdout).toMatch(/http-title: Index of \//)
    expect(playing.deadLetters).toEqual([])
  }, 180_000)
})
