import { once } from 'node:events'
import type { Client } from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Message } from '../../src/ssh/transport/message-numbers.ts'
import { WireWriter } from '../../src/ssh/transport/wire.ts'
import { call, connectClient, exec } from './client.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

let ssh: PlayingSsh
beforeAll(async () => {
  ssh = await playSsh()
})
afterAll(() => ssh.stop())

interface Internals {
  _sock: NodeJS.WritableStream & { destroy(): void }
  _protocol: {
    _packetRW: { write: { alloc(length: number): Buffer; allocStart: number; finalize(packet: Buffer): Buffer } }
    _cipher: { encrypt(packet: Buffer): void }
  }
}

/** Sends a message under the keys of an authenticated connection. */
function send(client: Client, payload: Buffer): void {
  const { _packetRW, _cipher } = (client as unknown as Internals)._protocol
  const packet = _packetRW.write.alloc(payload.length)
  packet.set(payload, _packetRW.write.allocStart)
  _cipher.encrypt(_packetRW.write.finalize(packet))
}

/** The text of the DISCONNECT that answers a message. */
async function disconnected(payload: Buffer): Promise<string> {
  const client = await connectClient(ssh.port)
  const failed = once(client, 'error') as Promise<[Error]>
  send(client, payload)
  const [error] = await failed
  return error.message
}

/** A small generator, so that a failure can be repeated. */
function noise(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

describe('after authentication', () => {
  // channels.c and serverloop.c of OpenSSH 9.2.
  it.each([
    [
      'data for a channel that is not there',
      new WireWriter(Message.CHANNEL_DATA).uint32(7).string('x'),
      'data packet referred to nonexistent channel 7',
    ],
    [
      'a request on a channel that is not there',
      new WireWriter(Message.CHANNEL_REQUEST).uint32(3).string('shell').boolean(true),
      'server_input_channel_req: unknown channel 3',
    ],
  ])('%s ends the connection, with a reason', async (_, message, text) => {
    expect(await disconnected(message.done())).toBe(text)
  })

  it('a session after no-more-sessions is taken for an attack', async () => {
    const client = await connectClient(ssh.port)
    await call((done) => client.openssh_noMoreSessions(done))
    const failed = once(client, 'error') as Promise<[Error]>
    send(client, new WireWriter(Message.CHANNEL_OPEN).string('session').uint32(0).uint32(1000).uint32(1000).done())
    expect((await failed)[0].message).toBe('Possible attack: attempt to open a session after additional sessions disabled')
  })

  it('input beyond the window is dropped, as OpenSSH drops it', async () => {
    const client = await connectClient(ssh.port)
    const opened = call((done) => client.exec('wait', done))
    await opened
    for (let i = 0; i < 80; i++) send(client, new WireWriter(Message.CHANNEL_DATA).uint32(0).string(Buffer.alloc(32_000)).done())
    expect((await exec(client, 'both')).code).toBe(3)
    client.end()
  })

  it('no message of random content does more than end its own connection', async () => {
    const draw = noise(4711)
    for (let round = 0; round < 60; round++) {
      const client = await connectClient(ssh.port)
      const gone = once((client as unknown as Internals)._sock, 'close')
      for (let i = 0; i < 10; i++) {
        const type = [5, 7, 20, 30, 50, 61, 80, 90, 90, 93, 94, 95, 96, 97, 98, 98, 98, 150][draw(18)]!
        const body = Buffer.from(Array.from({ length: draw(60) }, (_, at) => (at % 4 < 3 && draw(3) ? 0 : draw(256))))
        send(client, Buffer.concat([Buffer.of(type), body]))
      }
      client.end()
      await gone
    }
    expect(ssh.playing.data('lure.fault')).toEqual([])
    const client = await connectClient(ssh.port)
    expect((await exec(client, 'both')).code).toBe(3)
    client.end()
  })
})
