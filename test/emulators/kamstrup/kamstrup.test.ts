import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { decodeFrame, encodeFrame, encodeValue, KmpError, START } from '../../../src/emulators/kamstrup/codec.ts'
import kamstrup from '../../../src/emulators/kamstrup/index.ts'
import { Meter } from '../../../src/emulators/kamstrup/meter.ts'
import { MemoryState, type Playing, play } from '../../harness.ts'

const identity = new Identity(Buffer.alloc(32, 11))
const state = new MemoryState()
let playing: Playing

beforeAll(async () => {
  playing = await play(kamstrup, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, state })
})
afterAll(() => playing.stop())

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const manage = async (...lines: string[]): Promise<string> =>
  (await playing.exchange(lines.map((line) => `${line}\r\n`).join(''), { port: playing.port(1), quietMs: 250 })).toString('latin1')

describe('the codec', () => {
  it('has the checksum of recorded frames', () => {
    expect(decodeFrame(hex('803f1001041e7abb0d'))).toEqual({ address: 0x3f, command: 0x10, data: hex('01041e') })
    expect(decodeFrame(hex('403f10041e21020000e4f8240d')).data.toString('hex')).toBe('041e21020000e4')
    expect(encodeFrame(START.request, { address: 0x3f, command: 0x10, data: hex('01041e') }).toString('hex')).toBe('803f1001041e7abb0d')
  })

  it('reads back every frame, stuffed or not, and throws nothing but its own error', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b))
    fc.assert(
      fc.property(bytes, (data) => {
        const encoded = encodeFrame(START.response, { address: 0x3f, command: 0x10, data })
        expect(encoded.subarray(1, -1).includes(0x0d)).toBe(false)
        expect(decodeFrame(encoded)).toEqual({ address: 0x3f, command: 0x10, data })
        try {
          decodeFrame(data)
        } catch (error) {
          expect(error).toBeInstanceOf(KmpError)
        }
      }),
    )
  })

  it('writes a value as unit, length, exponent, number', () => {
    expect(encodeValue(2, 4, 1, 1234.5).toString('hex')).toBe('02044100003039')
    expect(encodeValue(33, 4, 0, 228).toString('hex')).toBe('210400000000e4')
  })
})

describe('the meter', () => {
  it('counts what is drawn, and keeps it over a restart', () => {
    const clock = { at: 1_790_000_000 }
    const kept = new MemoryState()
    const meter = new Meter(identity, kept, () => clock.at)
    const before = meter.energy
    const power = meter.phases().reduce((sum, phase) => sum + phase.power, 0)
    clock.at += 60
    expect(meter.energy - before).toBeCloseTo(power / 60, 1)
    clock.at += 86_400
    const grown = meter.energy
    expect(grown).toBeGreaterThan(before + 10)
    expect(new Meter(identity, kept, () => clock.at).energy).toBeCloseTo(grown, 3)
    for (const { voltage, current, power: kilowatts } of meter.phases()) {
      expect(voltage).toBeGreaterThan(215)
      expect((kilowatts * 1000) / (voltage * current)).toBeCloseTo(0.94, 1)
    }
  })

  it('answers registers that it has, its type and serial, and is silent to other addresses', async () => {
    const answer = await playing.exchange(hex('803f1001041e7abb0d'), { quietMs: 300 })
    const { data } = decodeFrame(answer)
    expect(data.subarray(0, 5).toString('hex')).toBe('041e210400')
    expect(data.readUInt32BE(5)).toBeGreaterThan(215)
    const serial = await playing.exchange(encodeFrame(START.request, { address: 0x3f, command: 2, data: Buffer.alloc(0) }), {
      quietMs: 300,
    })
    expect(decodeFrame(serial).data.readUInt32BE()).toBe(new Meter(identity, new MemoryState()).serial)
    const other = encodeFrame(START.request, { address: 0x01, command: 2, data: Buffer.alloc(0) })
    expect(await playing.exchange(other, { quietMs: 200 })).toHaveLength(0)
  })

  it('acknowledges a clock that is set, by either command, and nothing that a seal protects', async () => {
    const u32 = (...values: number[]): Buffer =>
      Buffer.concat(
        values.map((value) => {
          const bytes = Buffer.alloc(4)
          bytes.writeUInt32BE(value)
          return bytes
        }),
      )
    const ask = async (command: number, data: Buffer): Promise<Buffer> =>
      playing.exchange(encodeFrame(START.request, { address: 0x3f, command, data }), { quietMs: 300 })
    const register = async (id: number): Promise<number> =>
      decodeFrame(await ask(0x10, Buffer.of(1, id >> 8, id & 0xff))).data.readUInt32BE(5)
    expect((await ask(0x09, u32(310506, 70809))).toString('hex')).toBe('06')
    expect(await register(1003)).toBe(310506)
    expect(Math.abs((await register(1002)) - 70809)).toBeLessThan(100)
    expect((await ask(0x11, Buffer.concat([hex('03eb'), encodeValue(48, 4, 0, 320607)]))).toString('hex')).toBe('06')
    expect(await register(1003)).toBe(320607)
    expect(await ask(0x09, u32(311306, 70809))).toHaveLength(0)
    expect(await ask(0x11, Buffer.concat([hex('0001'), encodeValue(2, 4, 1, 0)]))).toHaveLength(0)
    expect(decodeFrame(await ask(0x9b, Buffer.alloc(0))).data.toString('hex')).toBe('0000')
    const events = playing.events.filter((e) => e.type === 'kamstrup.request')
    expect(events.find((e) => e.data.name === 'SetClock')).toMatchObject({ data: { answered: true }, tags: ['attack:T0836'] })
    expect(new Meter(identity, state).clock().getUTCFullYear()).toBe(2032)
  })

  it('says nothing to a wrong checksum, and goes on', async () => {
    const answer = await playing.exchange(hex('803f1001041e7abc0d 803f1001041e7abb0d'), { quietMs: 300 })
    expect(decodeFrame(answer).command).toBe(0x10)
    expect(playing.data('kamstrup.malformed')).toHaveLength(1)
  })
})

describe('the module', () => {
  it('greets, helps, shows and keeps its settings', async () => {
    expect(await manage('H')).toMatch(/^\r\nWelcome\.\.\.\r\nConnected to \[00:13:EA:/)
    expect(await manage('!GV')).toContain('Software Version: ')
    expect(await manage('!SD PUMPHOUSE', '!GC')).toMatch(/Device Name +: PUMPHOUSE/)
    expect(await manage('!GC')).toContain('PUMPHOUSE')
    expect(await manage('!XX')).toContain('? Command not found.')
  })

  it('restarts, and the meter behind it is not to be reached for a while', async () => {
    const ask = async (): Promise<number> => (await playing.exchange(hex('803f1001041e7abb0d'), { quietMs: 300 }).catch(() => '')).length
    expect(await manage('!RR')).toContain('Restarting')
    expect(await ask()).toBe(0)
    await expect.poll(ask, { timeout: 8000, interval: 300 }).toBeGreaterThan(0)
  })

  it('is told whom to connect to, and dials nobody', async () => {
    expect(await manage('!RC 203.0.113.9 50')).toContain('Status: 0100')
    const event = playing.events.filter((e) => e.type === 'kamstrup.management').at(-1)!
    expect(event).toMatchObject({ data: { line: '!RC 203.0.113.9 50', action: 'write' } })
    expect(event.tags).toContain('attack:T0836')
    expect(playing.deadLetters).toEqual([])
  })
})
