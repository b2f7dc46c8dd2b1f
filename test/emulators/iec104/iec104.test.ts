import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { decodeTime, encodeTime } from '../../../src/emulators/iec104/asdu.ts'
import { U } from '../../../src/emulators/iec104/frame.ts'
import iec104 from '../../../src/emulators/iec104/index.ts'
import { Station } from '../../../src/emulators/iec104/station.ts'
import { plantOf } from '../../../src/host/plant/plant.ts'
import { MemoryState, type Playing, play } from '../../harness.ts'
import { Master } from './master.ts'

const identity = new Identity(Buffer.alloc(32, 11))
const state = new MemoryState()
const plant = plantOf({ identity, state })
const station = new Station(identity, plant)
let playing: Playing
let master: Master

beforeAll(async () => {
  playing = await play(iec104, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, state })
})
afterAll(() => playing.stop())
afterEach(() => master.close())

const le = (value: number, bytes: number): string => {
  const buffer = Buffer.alloc(bytes)
  buffer.writeUIntLE(value, 0, bytes)
  return buffer.toString('hex')
}
const CA = le(station.commonAddress, 2)
const commandAt = (tag: string, kind: string): string =>
  le([...station.commanded.values()].find((one) => one.point.tag === tag && one.kind === kind)!.address, 3)

describe('a controlling station', () => {
  it('is confirmed what it tests, starts and stops, and gets no data before', async () => {
    master = await Master.open(playing.port(), { start: false })
    master.control(U.testAct)
    await master.until((frame) => frame.kind === 'U' && frame.function === U.testCon)
    master.asdu(`64 01 0600 ${CA} 000000 14`)
    master.control(U.stopAct)
    await master.until((frame) => frame.kind === 'U' && frame.function === U.stopCon)
    expect(master.asdus).toEqual([])
  })

  it('interrogates all signals, with confirmation and termination around them', async () => {
    master = await Master.open(playing.port())
    master.asdu('64 01 0600 ffff 000000 14')
    await master.asduOf(100, 10)
    const [first, ...rest] = master.asdus
    expect(first).toMatchObject({ type: 100, cause: 7, negative: false, commonAddress: station.commonAddress })
    const data = rest.filter((one) => one.cause === 20)
    expect(data.reduce((sum, one) => sum + one.count, 0)).toBe(station.monitored.filter((one) => one.type !== 15).length)
    const level = data.find((one) => one.type === 13)!
    expect(Math.abs(level.body.readFloatLE(0) - plant.read('LT101'))).toBeLessThan(0.01)
  })

  it('reads counters, freezes them, reads one object, sets the clock', async () => {
    master = await Master.open(playing.port())
    master.asdu(`65 01 0600 ${CA} 000000 45`)
    master.asdu(`65 01 0600 ${CA} 000000 05`)
    const counters = await master.asduOf(15, 37)
    expect(counters.count).toBeGreaterThan(5)
    master.asdu(`66 01 0500 ${CA} ${le(station.monitored.find((one) => one.point.tag === 'PT201')!.address, 3)}`)
    expect((await master.asduOf(13, 5)).body.readFloatLE(0)).toBeCloseTo(plant.read('PT201'), 0)
    master.asdu(`67 01 0600 ${CA} 000000 ${encodeTime(0).toString('hex')}`)
    expect((await master.asduOf(103, 7)).negative).toBe(false)
    expect((await playing.seen('iec104.asdu', 5)).data).toMatchObject({
      action: 'time',
      time: '1970-01-01T00:00:00.000'.replace('1970', '2070'),
    })
  })

  it('commands a pump, and the plant obeys', async () => {
    master = await Master.open(playing.port())
    master.asdu(`2d 01 0600 ${CA} ${commandAt('P102_CMD', 'single')} 01`)
    await master.asduOf(45, 10)
    expect(master.asdus.map((one) => [one.type, one.cause])).toEqual([
      [45, 7],
      [1, 11],
      [45, 10],
    ])
    expect(plant.read('P102_CMD')).toBe(1)
    expect(plant.read('P102_AUTO')).toBe(0)
    const event = playing.events.filter((e) => e.type === 'iec104.asdu').at(-1)!
    expect(event.data).toMatchObject({ name: 'C_SC_NA_1', tag: 'P102_CMD', value: 1, result: 'ok' })
    expect(event.tags).toContain('attack:T0855')
  })

  it('must select a valve before it moves it', async () => {
    master = await Master.open(playing.port())
    const valve = commandAt('V101_SP', 'double')
    master.asdu(`2e 01 0600 ${CA} ${valve} 01`)
    expect((await master.asduOf(46, 7)).negative).toBe(true)
    expect(plant.read('V101_SP')).toBe(100)
    master.asdu(`2e 01 0600 ${CA} ${valve} 81`)
    master.asdu(`2e 01 0600 ${CA} ${valve} 01`)
    await master.asduOf(46, 10)
    expect(plant.read('V101_SP')).toBe(0)
    // The valve travels for 45 seconds; that it has left its end is told without being asked for.
    const moving = await master.asduOf(31, 3)
    expect(moving.body[0]! & 3).toBe(0)
    plant.write('V101_SP', 100)
  })

  it('enters set points in all three forms, and refuses what is out of range', async () => {
    master = await Master.open(playing.port())
    const at = commandAt('PC201_SP', 'setpoint')
    const float = Buffer.alloc(4)
    float.writeFloatLE(3.25)
    master.asdu(`32 01 0600 ${CA} ${at} ${float.toString('hex')} 00`)
    await master.asduOf(50, 10)
    expect(plant.read('PC201_SP')).toBe(3.25)
    master.asdu(`31 01 0600 ${CA} ${at} 0400 00`)
    await master.asduOf(49, 10)
    expect(plant.read('PC201_SP')).toBe(4)
    master.asdu(`31 01 0600 ${CA} ${at} e803 00`)
    master.asdu(`30 01 0600 ${CA} ${at} 0040 00`)
    await master.asduOf(48, 10)
    expect(plant.read('PC201_SP')).toBe(5)
    expect(master.asdus.filter((one) => one.type === 49).map((one) => one.negative)).toEqual([false, false, true])
  })

  it.each([
    ['an unknown type', `7d 01 0600 ${CA} 000000 00`, 44],
    ['an unknown cause', `64 01 0500 ${CA} 000000 14`, 45],
    ['another common address', '64 01 0600 fefe 000000 14', 46],
    ['an unknown object', `2d 01 0600 ${CA} 0f0f0f 01`, 47],
  ])('is told of %s', async (_, asdu, cause) => {
    master = await Master.open(playing.port())
    master.asdu(asdu)
    expect((await master.asduOf(Number.parseInt(asdu.slice(0, 2), 16), cause)).negative).toBe(true)
  })

  it('is told what changes, with times, while data transfer is started', async () => {
    master = await Master.open(playing.port())
    await master.asduOf(36, 3)
    expect(decodeTime(master.asdus.find((one) => one.type === 36)!.body.subarray(5))).toBeGreaterThan(0)
  })

  it('sets its clock, by which it tells what changes, and is confirmed the time that it had', async () => {
    master = await Master.open(playing.port())
    const set = async (at: number): Promise<number> => {
      const before = master.asdus.length
      master.asdu(`67 01 0600 ${CA} 000000 ${encodeTime(at).toString('hex')}`)
      await master.until(() => master.asdus.slice(before).some((one) => one.type === 103))
      return decodeTime(master.asdus.slice(before).find((one) => one.type === 103)!.body)!
    }
    const at = Date.UTC(2031, 4, 6, 7, 8, 9)
    const was = await set(at)
    const told = master.asdus.length
    await master.until(() => master.asdus.slice(told).some((one) => one.type === 36))
    const shown = decodeTime(
      master.asdus
        .slice(told)
        .find((one) => one.type === 36)!
        .body.subarray(5),
    )!
    expect(shown - at).toBeGreaterThanOrEqual(0)
    expect(shown - at).toBeLessThan(60_000)
    expect((await set(was)) - at).toBeLessThan(120_000)
  })

  it('cannot break off an interrogation that has ended, nor any other function', async () => {
    master = await Master.open(playing.port())
    master.asdu(`64 01 0800 ${CA} 000000 14`)
    expect((await master.asduOf(100, 9)).negative).toBe(true)
    master.asdu(`66 01 0800 ${CA} 010000`)
    expect((await master.asduOf(102, 45)).negative).toBe(true)
    expect(master.asdus.filter((one) => one.cause === 20)).toEqual([])
  })

  it('executes only the value that it has selected, and may take a selection back', async () => {
    master = await Master.open(playing.port())
    const valve = commandAt('V101_SP', 'double')
    const outcome = async (hex: string): Promise<[cause: number, negative: boolean]> => {
      const before = master.asdus.length
      master.asdu(hex)
      await master.until(() => master.asdus.slice(before).some((one) => one.type === 46))
      const { cause, negative } = master.asdus.slice(before).find((one) => one.type === 46)!
      return [cause, negative]
    }
    expect(await outcome(`2e 01 0600 ${CA} ${valve} 81`)).toEqual([7, false])
    expect(await outcome(`2e 01 0600 ${CA} ${valve} 02`)).toEqual([7, true])
    expect(await outcome(`2e 01 0800 ${CA} ${valve} 81`)).toEqual([9, false])
    expect(await outcome(`2e 01 0800 ${CA} ${valve} 81`)).toEqual([9, true])
    expect(await outcome(`2e 01 0600 ${CA} ${valve} 01`)).toEqual([7, true])
    expect(plant.read('V101_SP')).toBe(100)
  })

  it('restarts it, which ends the connection and is told to the next', async () => {
    master = await Master.open(playing.port())
    master.asdu(`69 01 0600 ${CA} 000000 01`)
    await master.until(() => false, 5000)
    expect(master.asdus.at(-1)).toMatchObject({ type: 105, cause: 7 })
    master = await Master.open(playing.port())
    expect((await master.asduOf(70, 4)).commonAddress).toBe(station.commonAddress)
  })

  it('loses the connection by a gap in its numbers, a false acknowledgement, or what is no frame', async () => {
    for (const bytes of ['680e060000006401060001000000' + '0014', '680401000a00', 'ffffff']) {
      master = await Master.open(playing.port())
      master.write(Buffer.from(bytes, 'hex'))
      await master.until(() => false, 5000)
      expect(master.closed).toBe(true)
    }
    expect(playing.deadLetters).toEqual([])
  })
})
