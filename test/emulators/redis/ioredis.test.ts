import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import redis from '../../../src/emulators/redis/index.ts'
import { FakeHosts } from '../../fake-hosts.ts'
import { type Playing, play } from '../../harness.ts'

describe('ioredis', () => {
  let playing: Playing
  let client: Redis
  beforeAll(async () => {
    playing = await play(redis, {
      persona: 'plain',
      prompts: 'test/fixtures/prompts',
      hosts: new FakeHosts(),
      options: { profile: 'modern7' },
    })
    client = new Redis(playing.port(), '127.0.0.1')
  })
  afterAll(async () => {
    client.disconnect()
    await playing.stop()
  })

  it('connects, checks readiness by INFO and works with keys', async () => {
    await client.set('name', 'ü€', 'EX', 60)
    expect(await client.get('name')).toBe('ü€')
    expect(await client.ttl('name')).toBe(60)
    await client.hset('hash', { a: '1', b: '2' })
    expect(await client.hgetall('hash')).toEqual({ a: '1', b: '2' })
  })

  it('keeps bytes as they are', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    await client.set('bytes', bytes)
    expect(await client.getBuffer('bytes')).toEqual(bytes)
  })

  it('pipelines a thousand commands and gets their answers in order', async () => {
    const pipeline = client.pipeline()
    for (let i = 0; i < 1000; i++) pipeline.incr('counter')
    const results = (await pipeline.exec()) ?? []
    expect(results.map(([, value]) => value)).toEqual(Array.from({ length: 1000 }, (_, i) => i + 1))
  })

  it('runs transactions, scripts and subscriptions', async () => {
    expect(await client.multi().set('a', '1').incr('a').exec()).toEqual([
      [null, 'OK'],
      [null, 2],
    ])
    expect(await client.eval('return {KEYS[1], ARGV[1]}', 1, 'k', 'v')).toEqual(['k', 'v'])
    const subscriber = client.duplicate()
    await subscriber.subscribe('channel')
    const heard = new Promise((resolve) => subscriber.once('message', (...args) => resolve(args)))
    await client.publish('channel', 'hello')
    expect(await heard).toEqual(['channel', 'hello'])
    subscriber.disconnect()
  })
})
