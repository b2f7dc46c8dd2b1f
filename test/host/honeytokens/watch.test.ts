import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { EventBus } from '../../../src/events/bus.ts'
import type { SundewEvent } from '../../../src/events/schema.ts'
import { uuid7 } from '../../../src/events/uuid7.ts'
import { HoneytokenMint } from '../../../src/host/honeytokens/mint.ts'
import { sightingsIn, watchHoneytokens } from '../../../src/host/honeytokens/watch.ts'
import { MemoryState } from '../../harness.ts'

const mint = HoneytokenMint.of({ identity: new Identity(Buffer.alloc(32, 7)), state: new MemoryState() })
const place = { owner: 'debian-web', place: '/var/www/.env' }
const password = mint.mint({ ...place, kind: 'password', name: 'tw_portal' }, '192.0.2.1', 1000)
const secret = mint.mint({ ...place, kind: 'aws-secret', name: 'backup' }, '192.0.2.1', 1000)

describe('a secret that comes back', () => {
  const ways: [string, string, Record<string, unknown>, string, string][] = [
    ['as a password', 'login', { method: 'password', username: 'root', password, accepted: false }, 'login', 'password'],
    ['on a command line', 'turn', { kind: 'shell', input: `mysql -p'${password}'` }, 'command', 'input'],
    [
      'in bytes that are no text',
      'redis.command',
      { args: ['SET', { base64: Buffer.from(`\xff${password}`, 'latin1').toString('base64') }] },
      'redis.command',
      'args.1',
    ],
    ['in a header', 'http.request', { headers: [['Authorization', `Basic ${btoa(`a:${password}`)}`]] }, 'request', 'headers.0.1'],
    ['in a query', 'http.request', { target: `/?key=${encodeURIComponent(secret)}` }, 'request', 'target'],
    ['in a body', 'http.request', { body: `{"key":"${secret}"}` }, 'request', 'body'],
  ]
  it.each(ways)('%s is seen', (_name, type, data, how, field) => {
    expect(sightingsIn({ type, data }, mint)).toMatchObject([{ how, field }])
  })

  it('is not taken from our own answers', () => {
    expect(sightingsIn({ type: 'turn', data: { kind: 'shell', input: 'cat .env', output: password } }, mint)).toEqual([])
    expect(sightingsIn({ type: 'artifact', data: { name: password } }, mint)).toEqual([])
  })

  it('is published once a session and way, with whom it was minted for', () => {
    const bus = new EventBus('test')
    bus.register({})
    const events: SundewEvent[] = []
    bus.subscribe((event) => events.push(event))
    const stop = watchHoneytokens(bus, mint)
    const session = uuid7()
    const login = { method: 'password', username: 'tw_portal', password, accepted: false }
    const draft = { session, lure: 'ssh', srcIp: '198.51.100.9', type: 'login', data: login }
    const first = bus.publish(draft)
    bus.publish(draft)
    stop()
    bus.publish({ ...draft, session: uuid7() })
    const returned = events.filter(({ type }) => type === 'honeytoken.returned')
    expect(returned).toMatchObject([
      {
        session,
        lure: 'ssh',
        srcIp: '198.51.100.9',
        tags: ['canary:password'],
        data: {
          kind: 'password',
          name: 'tw_portal',
          place: '/var/www/.env',
          mintedFor: '192.0.2.1',
          mintedAt: 1000,
          how: 'login',
          seenIn: first.id,
        },
      },
    ])
    expect(bus.deadLetters).toBe(0)
  })
})
