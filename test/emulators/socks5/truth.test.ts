import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import socks5 from '../../../src/emulators/socks5/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { connect, MemoryState, noEngine, type Playing, play } from '../../harness.ts'
import recording from './dante-1.4.2.json' with { type: 'json' }

const players = new Map<string, Playing>()
beforeAll(async () => {
  for (const methods of ['username', 'username none']) {
    const identity = new Identity(Buffer.alloc(32, 7))
    const state = new MemoryState()
    const hosts = createHosts({ identity, engine: noEngine, state })
    const options = { methods: methods.split(' '), login: { policy: 'list', accept: [{ user: 'dante1', password: 'secret1' }] } }
    players.set(methods, await play(socks5, { persona: 'debian-web', identity, state, hosts, options }))
  }
})
afterAll(() => Promise.all([...players.values()].map((playing) => playing.stop())))

/** The port that a server dialled from is another each time; so is its address behind the address translation of a test. */
function masked(reply: string): string {
  if (/^050[05]0001/.test(reply) || /^05010001/.test(reply)) return `${reply.slice(0, 16)}port`
  return /^005a/.test(reply) || /^005b.{4}7f000001$/.test(reply) ? `${reply.slice(0, 4)}port${reply.slice(8)}` : reply
}

describe('Dante 1.4.2', () => {
  it.each(recording.dialogues)('$methods: $name', async ({ methods, send, reply, closes }) => {
    const socket = await connect(players.get(methods)!.port())
    const got: string[] = []
    let closed = false
    socket.once('end', () => (closed = true))
    for (const step of send) {
      socket.write(Buffer.from(step, 'hex'))
      got.push(await next(socket))
    }
    expect(got.map(masked)).toEqual(reply.map(masked))
    if (!closed && closes) await new Promise((resolve) => socket.once('end', resolve))
    expect(closed).toBe(closes)
    socket.destroy()
  })
})

/** The next bytes in hex, or nothing when the server hangs up. */
function next(socket: Awaited<ReturnType<typeof connect>>): Promise<string> {
  return new Promise((resolve) => {
    const done = (text: string): void => {
      socket.off('data', onData)
      socket.off('end', onEnd)
      resolve(text)
    }
    const onData = (bytes: Buffer): void => done(bytes.toString('hex'))
    const onEnd = (): void => done('')
    socket.on('data', onData)
    socket.on('end', onEnd)
  })
}
