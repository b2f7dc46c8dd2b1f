import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CoapFormatError, decodeCoap, encodeCoap } from '../../../src/emulators/coap/codec.ts'
import coap from '../../../src/emulators/coap/index.ts'
import { type Playing, play } from '../../harness.ts'

/** coap-server of libcoap 4.3.1, Debian 12: one message after the other. */
const recorded: readonly { name: string; send: string; reply: string | null }[] = JSON.parse(
  readFileSync(new URL('./recorded.json', import.meta.url), 'utf8'),
)

let playing: Playing
beforeAll(async () => {
  playing = await play(coap, { persona: 'plain', prompts: 'test/fixtures/prompts' })
})
afterAll(() => playing.stop())

async function ask(request: Buffer, withinMs = 2000): Promise<Buffer | undefined> {
  const socket = createSocket('udp4')
  const timer = setTimeout(() => socket.close(), withinMs)
  socket.send(request, playing.port(), '127.0.0.1')
  const [reply] = (await Promise.race([once(socket, 'message'), once(socket, 'close')])) as [Buffer | undefined]
  clearTimeout(timer)
  if (reply) socket.close()
  return reply
}

describe('the CoAP server', () => {
  it('says byte for byte what libcoap said', async () => {
    for (const { name, send, reply } of recorded) {
      const answer = await ask(Buffer.from(send, 'hex'), reply === null ? 100 : 2000)
      // The clock has gone on since.
      const still = (hex: string | undefined): string | undefined => (name.startsWith('time') ? hex?.slice(0, 18) : hex)
      expect([name, still(answer?.toString('hex'))]).toEqual([name, still(reply ?? undefined)])
    }
  })

  it('writes down what was put, and keeps it', async () => {
    const put = await playing.seen('coap.request', 11)
    expect(put.data).toMatchObject({ confirmable: true, method: 'PUT', path: '/example_data', code: '2.04', payload: 'hello' })
    await ask(
      encodeCoap({ kind: 0, code: 3, id: 99, token: Buffer.of(1), options: pathOf('example_data'), payload: Buffer.alloc(64, 'x') }),
    )
    expect([...playing.artifacts.kept.values()]).toEqual([Buffer.alloc(64, 'x')])
  })

  it('reads what it wrote, and throws its own error only', () => {
    const option = fc.record({
      number: fc.integer({ min: 0, max: 2000 }),
      value: fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
    })
    const message = fc.record({
      kind: fc.integer({ min: 0, max: 3 }),
      code: fc.integer({ min: 0, max: 255 }),
      id: fc.integer({ min: 0, max: 65_535 }),
      token: fc.uint8Array({ maxLength: 8 }).map((b) => Buffer.from(b)),
      options: fc.array(option, { maxLength: 6 }).map((all) => all.sort((a, b) => a.number - b.number)),
      payload: fc.uint8Array({ maxLength: 100 }).map((b) => Buffer.from(b)),
    })
    fc.assert(fc.property(message, (one) => void expect(decodeCoap(encodeCoap(one))).toEqual(one)))
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          decodeCoap(Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(CoapFormatError)
        }
      }),
    )
  })
})

function pathOf(path: string) {
  return [{ number: 11, value: Buffer.from(path) }]
}
