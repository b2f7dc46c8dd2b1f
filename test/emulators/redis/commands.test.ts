import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { commandTable } from '../../../src/emulators/redis/commands/index.ts'
import redis from '../../../src/emulators/redis/index.ts'
import { releaseOf } from '../../../src/emulators/redis/release.ts'
import { FakeHosts } from '../../fake-hosts.ts'
import { type Playing, play } from '../../harness.ts'
import { Conversation } from './conversation.ts'

let playing: Playing
let client: Conversation

beforeAll(async () => {
  playing = await play(redis, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts: new FakeHosts(),
    options: { profile: 'modern7' },
  })
})
afterAll(() => playing.stop())
beforeEach(async () => {
  client?.end()
  client = await Conversation.with(playing.port())
  await client.ask('FLUSHALL')
})

/** Sends commands written as one line each, and gives their replies without the wire's length marks. */
async function run(...commands: string[]): Promise<string[]> {
  const replies: string[] = []
  for (const command of commands) replies.push(plain(await client.ask(...command.split(' '))))
  return replies
}

function plain(reply: string): string {
  return reply
    .split('\r\n')
    .filter((line) => !/^[$*%~>]\d+$/.test(line))
    .join(' ')
    .trim()
}

describe('every command of COMMAND', () => {
  it.each([5, 6, 7] as const)('has a handler in release %i', (major) => {
    const { commands } = releaseOf(major)
    const names = [...commands.values()].flatMap(({ name, subcommands }) => (subcommands.size ? [...subcommands.keys()] : [name]))
    const missing = names.filter((name) => !commandTable[name] && !name.endsWith('|help') && !name.startsWith('cluster|'))
    expect(missing.filter((name) => !['quit', 'post', 'host:'].includes(name))).toEqual([])
  })

  it('is described in the 90,181 bytes of the real server', async () => {
    const described = await client.ask('COMMAND')
    expect(described).toHaveLength(90_181)
    expect(await client.ask('COMMAND', 'DOCS')).toHaveLength(172_298)
  })
})

describe('strings', () => {
  it('count in 64 bits and no further', async () => {
    expect(await run('SET n 9223372036854775806', 'INCR n', 'INCR n', 'GET n')).toEqual([
      '+OK',
      ':9223372036854775807',
      '-ERR increment or decrement would overflow',
      '9223372036854775807',
    ])
  })

  it('take conditions and expiry', async () => {
    expect(
      await run('SET k a NX', 'SET k b NX', 'SET k c XX GET', 'SET k d EX 100', 'TTL k', 'SET k e KEEPTTL', 'TTL k', 'SET k f', 'TTL k'),
    ).toEqual(['+OK', '$-1', 'a', '+OK', ':100', '+OK', ':100', '+OK', ':-1'])
  })

  it('add fractions without noise', async () => {
    expect(await run('SET f 0.1', 'INCRBYFLOAT f 0.2')).toEqual(['+OK', '0.3'])
  })

  it('grow to a bound', async () => {
    expect(await run('SETRANGE k 6 x', 'STRLEN k', 'SETRANGE k 500000000 x')).toEqual([
      ':7',
      ':7',
      "-OOM command not allowed when used memory > 'maxmemory'.",
    ])
  })
})

describe('collections', () => {
  it('lists push, trim, insert and move', async () => {
    expect(
      await run(
        'RPUSH l a b c d',
        'LTRIM l 1 -1',
        'LINSERT l BEFORE c x',
        'LREM l 0 b',
        'LMOVE l m LEFT RIGHT',
        'LRANGE l 0 -1',
        'LRANGE m 0 -1',
      ),
    ).toEqual([':4', '+OK', ':4', ':1', 'x', 'c d', 'x'])
  })

  it('an emptied collection is no key any more', async () => {
    expect(await run('SADD s a', 'SREM s a', 'EXISTS s', 'HSET h f v', 'HDEL h f', 'TYPE h')).toEqual([
      ':1',
      ':1',
      ':0',
      ':1',
      ':1',
      '+none',
    ])
  })

  it('sorted sets order by score, then by member', async () => {
    expect(
      await run(
        'ZADD z 2 b 1 c 2 a',
        'ZRANGE z 0 -1',
        'ZRANGEBYSCORE z (1 +inf WITHSCORES',
        'ZREVRANGE z 0 0',
        'ZRANK z b',
        'ZADD z GT CH 1 b',
        'ZINCRBY z 0.5 c',
      ),
    ).toEqual([':3', 'c a b', 'a 2 b 2', 'b', ':2', ':0', '1.5'])
  })

  it('sets intersect, unite and differ', async () => {
    expect(await run('SADD a 1 2 3', 'SADD b 2 3 4', 'SINTER a b', 'SDIFF a b', 'SUNIONSTORE c a b', 'SCARD c')).toEqual([
      ':3',
      ':3',
      '2 3',
      '1',
      ':4',
      ':4',
    ])
  })

  it('streams give ids in order and refuse smaller ones', async () => {
    expect(await run('XADD s 5-1 f v', 'XADD s 5-1 f v', 'XADD s 5-* f w', 'XRANGE s - + COUNT 1', 'XLEN s')).toEqual([
      '5-1',
      '-ERR The ID specified in XADD is equal or smaller than the target stream top item',
      '5-2',
      '5-1 f v',
      ':2',
    ])
  })

  it('bits are set, counted and joined', async () => {
    expect(
      await run(
        'SETBIT b 7 1',
        'SETBIT b 7 1',
        'BITCOUNT b',
        'BITFIELD b GET u4 4 INCRBY u8 0 255',
        'SET x abc',
        'BITOP NOT y x',
        'BITPOS x 1',
      ),
    ).toEqual([':0', ':1', ':1', ':1 :0', '+OK', ':3', ':1'])
  })

  it('places are as far apart as the documentation says', async () => {
    expect(
      await run(
        'GEOADD Sicily 13.361389 38.115556 Palermo 15.087269 37.502669 Catania',
        'GEODIST Sicily Palermo Catania',
        'GEOHASH Sicily Palermo Catania',
        'ZSCORE Sicily Palermo',
        'GEORADIUS Sicily 15 37 100 km',
      ),
    ).toEqual([':2', '166274.1516', 'sqc8b49rny0 sqdtr74hyu0', '3479099956230698', 'Catania'])
  })

  it('a scan sees every key once', async () => {
    const names = Array.from({ length: 57 }, (_, i) => `key:${i}`)
    for (const name of names) await client.ask('SET', name, 'x')
    const seen: string[] = []
    let cursor = '0'
    do {
      const [next = '', ...keys] = plain(await client.ask('SCAN', cursor, 'COUNT', '10')).split(' ')
      seen.push(...keys)
      cursor = next
    } while (cursor !== '0')
    expect(seen.sort()).toEqual(names.sort())
  })
})

describe('time', () => {
  it('takes keys away when they have expired', async () => {
    expect(await run('PSETEX k 30 v', 'EXISTS k')).toEqual(['+OK', ':1'])
    await new Promise((resolve) => setTimeout(resolve, 40))
    expect(await run('EXISTS k', 'TTL k', 'DBSIZE')).toEqual([':0', ':-2', ':0'])
  })

  it('wakes a client that waits for a list', async () => {
    const other = await Conversation.with(playing.port())
    other.send('BLPOP', 'jobs', '5')
    await other.quiet(30)
    await client.ask('RPUSH', 'jobs', 'one')
    expect(await other.replies()).toBe('*2\r\n$4\r\njobs\r\n$3\r\none\r\n')
    other.end()
  })

  it('ends the wait of a client that closes its side', async () => {
    const other = await Conversation.with(playing.port())
    other.send('BLPOP', 'none', '0')
    await other.quiet(30)
    const before = playing.data('session.close').length
    other.socket.end()
    await playing.seen('session.close', before + 1)
  })
})

describe('clients of one source', () => {
  it('hear each other through channels and patterns', async () => {
    const listener = await Conversation.with(playing.port())
    listener.send('SUBSCRIBE', 'news')
    listener.send('PSUBSCRIBE', 'n*')
    await listener.replies(2)
    expect(await client.ask('PUBLISH', 'news', 'hi')).toBe(':2\r\n')
    expect(await listener.replies(2)).toBe(
      '*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$2\r\nhi\r\n*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$2\r\nhi\r\n',
    )
    listener.end()
  })

  it('are shown to MONITOR as they send', async () => {
    const monitor = await Conversation.with(playing.port())
    await monitor.ask('MONITOR')
    await client.ask('SET', 'k', 'a"b\n')
    expect(await monitor.replies()).toMatch(/^\+\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "k" "a\\"b\\n"\r\n$/)
    monitor.end()
  })

  it('lose a transaction when another wrote what they watch', async () => {
    const other = await Conversation.with(playing.port())
    await run('SET k 1', 'WATCH k', 'MULTI', 'SET k 2')
    await other.ask('SET', 'k', '3')
    expect(await run('EXEC', 'GET k')).toEqual(['*-1', '3'])
    other.end()
  })

  it('see their own writes when they play replica', async () => {
    const replica = await Conversation.with(playing.port())
    await replica.ask('SYNC')
    await client.ask('SET', 'k', 'v')
    expect(await replica.replies(2)).toBe('*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n')
    replica.end()
  })
})
