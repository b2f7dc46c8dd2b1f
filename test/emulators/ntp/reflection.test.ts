import { createSocket } from 'node:dgram'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import type { Persona } from '../../../src/config/persona.ts'
import { decodeNtp } from '../../../src/emulators/ntp/codec.ts'
import ntp from '../../../src/emulators/ntp/index.ts'
import { NtpServer } from '../../../src/emulators/ntp/server-state.ts'
import { type Playing, play } from '../../harness.ts'
import { ask } from './ask.ts'

const MONLIST = Buffer.from('1700032a00000000', 'hex')
const TIME = Buffer.concat([Buffer.from([0x23]), Buffer.alloc(47, 1)])
const READVAR = Buffer.from('160200010000000000000000', 'hex')

let playing: Playing
async function serve(settings: Record<string, unknown> = {}, options: Record<string, unknown> = {}): Promise<void> {
  playing = await play(ntp, { persona: 'plain', prompts: 'test/fixtures/prompts', settings, options })
}
afterEach(() => playing.stop())

/** Sends all of them at once from one address, as a victim's spoofed packets come, and counts what it gets. */
async function flood(packets: readonly Buffer[]): Promise<{ answers: number; bytes: number }> {
  const socket = createSocket('udp4')
  let [answers, bytes] = [0, 0]
  socket.on('message', (answer) => {
    answers++
    bytes += answer.length
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  for (const packet of packets) {
    socket.send(packet, playing.port(), '127.0.0.1')
    await new Promise(setImmediate)
  }
  await new Promise((resolve) => setTimeout(resolve, 150))
  socket.close()
  return { answers, bytes }
}

describe('under the governor', () => {
  beforeEach(() => serve({ udp: { governLoopback: true } }))

  it('a hundred monlist requests get at most three answers, and less than they brought in', async () => {
    const { answers, bytes } = await flood(new Array<Buffer>(100).fill(MONLIST))
    expect(answers).toBeLessThanOrEqual(3)
    expect(bytes).toBeLessThanOrEqual(3 * 440)
    await playing.seen('flood.start')
    await playing.stop()
    expect(playing.data('flood.end')).toMatchObject([
      { vector: 'ntp', request: 'MON_GETLIST_1', victim: '127.0.0.1', packets: 100, potentialBytes: 4_400_000, amplification: 5500 },
    ])
  })

  it('the hosts of one network get six at most, and are one attack on the network', async () => {
    const sockets = Array.from({ length: 64 }, () => createSocket('udp4'))
    let answers = 0
    await Promise.all(
      sockets.map(async (socket, host) => {
        socket.on('message', () => answers++)
        await new Promise<void>((resolve) => socket.bind(0, `127.5.5.${host + 1}`, resolve))
        socket.send(MONLIST, playing.port(), '127.0.0.1')
      }),
    )
    await playing.seen('flood.start')
    await new Promise((resolve) => setTimeout(resolve, 150))
    for (const socket of sockets) socket.close()
    await playing.stop()
    expect(answers).toBeLessThanOrEqual(6)
    expect(playing.data('flood.end')).toMatchObject([{ victim: '127.5.5.0/24', request: 'MON_GETLIST_1', packets: 49 }])
  })

  it('one honest question does not open the door for a hundred others', async () => {
    const { answers } = await flood([TIME, ...new Array<Buffer>(100).fill(MONLIST)])
    expect(answers).toBeLessThanOrEqual(3)
  })
})

describe('monlist of 4.2.6', () => {
  beforeEach(() => serve())

  it('is one packet of at most six clients, the asker first, and says what it could have been', async () => {
    await ask(playing.port(), TIME)
    const [answer] = await ask(playing.port(), MONLIST)
    const packet = decodeNtp(answer!)
    if (packet.kind !== 'private') throw new Error('no private packet')
    expect(answer!.length).toBeLessThanOrEqual(440)
    expect(packet).toMatchObject({ isResponse: true, hasMore: false, error: 0 })
    expect(packet.items.length).toBeGreaterThan(3)
    expect([...packet.items[0]!.subarray(16, 20)]).toEqual([127, 0, 0, 1])
    expect(playing.data('ntp.request').at(-1)).toMatchObject({ kind: 'private', name: 'MON_GETLIST_1', potentialBytes: 44_000 })
  })

  it('names nobody outside of the persona’s network', async () => {
    const packet = decodeNtp((await ask(playing.port(), MONLIST))[0]!)
    if (packet.kind !== 'private') throw new Error('no private packet')
    const networks = new Set(packet.items.map((item) => [...item.subarray(16, 19)].join('.')))
    const own = new Set(packet.items.map((item) => [...item.subarray(20, 23)].join('.')))
    expect([...networks].filter((network) => network !== '127.0.0')).toEqual([...own])
  })
})

describe('time', () => {
  beforeEach(() => serve())

  it('is right to some milliseconds, and echoes what the client sent', async () => {
    const packet = decodeNtp((await ask(playing.port(), TIME))[0]!)
    if (packet.kind !== 'time') throw new Error('no time packet')
    const seconds = Number(packet.transmit >> 32n) - 2_208_988_800 + Number(packet.transmit & 0xffffffffn) / 2 ** 32
    expect(Math.abs(seconds * 1000 - Date.now())).toBeLessThan(50)
    expect(packet.origin).toBe(0x0101010101010101n)
    expect(packet.transmit - packet.receive).toBeGreaterThan(0n)
  })

  it('comes after a reference that stays until the next poll', async () => {
    const references = []
    for (let i = 0; i < 3; i++) {
      const packet = decodeNtp((await ask(playing.port(), TIME))[0]!)
      if (packet.kind === 'time') references.push(packet.reference)
    }
    expect(new Set(references).size).toBe(1)
  })
})

it('follows other servers on another install, with a clock of its own', () => {
  const persona = { os: { kernel: { release: '5.10' } }, network: { interfaces: [{ address: '10.0.0.2/24' }] } } as unknown as Persona
  const drawn = Array.from({ length: 12 }, (_, seed) => new NtpServer(new Identity(Buffer.alloc(32, seed)), persona, '4.2.6p5'))
  expect(new Set(drawn.map(({ referenceAddress }) => referenceAddress)).size).toBeGreaterThan(3)
  expect(new Set(drawn.map(({ frequency }) => frequency)).size).toBe(12)
  expect(
    new Set(
      drawn.map((server) =>
        server
          .monitored('192.0.2.1')
          .map(({ address }) => address)
          .join(),
      ),
    ).size,
  ).toBe(12)
})

describe('a server that is looked after', () => {
  beforeEach(() => serve({}, { noquery: true }))

  it('tells the time and nothing else', async () => {
    expect(await ask(playing.port(), TIME)).toHaveLength(1)
    expect(await ask(playing.port(), READVAR, { expected: 0 })).toHaveLength(0)
    expect(await ask(playing.port(), MONLIST, { expected: 0 })).toHaveLength(0)
  })
})
