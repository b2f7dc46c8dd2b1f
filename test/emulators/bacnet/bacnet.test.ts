import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { Device } from '../../../src/emulators/bacnet/device.ts'
import bacnet from '../../../src/emulators/bacnet/index.ts'
import { Commands } from '../../../src/emulators/bacnet/objects.ts'
import { plantOf } from '../../../src/host/plant/plant.ts'
import { MemoryState, type Playing, play } from '../../harness.ts'
import { ask } from '../ntp/ask.ts'

const identity = new Identity(Buffer.alloc(32, 11))
const state = new MemoryState()
let playing: Playing

beforeAll(async () => {
  playing = await play(bacnet, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    identity,
    state,
    settings: { udp: { floodPackets: 1000 } },
  })
})
afterAll(() => playing.stop())

const id = (type: number, instance: number): string => (type * 2 ** 22 + instance).toString(16).padStart(8, '0')
const objects = new Commands(plantOf({ identity, state }), new MemoryState())
const at = (tag: string): string => {
  const { type, instance } = objects.named(tag)!
  return id(type, instance)
}

/** Sends an APDU in a unicast frame; the APDUs of the answers, in hex. */
async function apdu(hex: string, { expected = 1, npdu = '0104', quietMs = 400 } = {}): Promise<string[]> {
  const body = Buffer.from((npdu + hex).replaceAll(' ', ''), 'hex')
  const frame = Buffer.concat([Buffer.from([0x81, 0x0a, 0, body.length + 4]), body])
  const answers = await ask(playing.port(), frame, { expected, quietMs })
  return answers.map((one) => one.subarray(6).toString('hex'))
}

async function read(object: string, property: string, index = ''): Promise<string> {
  return (await apdu(`0005 07 0c 0c ${object} 19 ${property} ${index}`))[0]!
}

async function write(object: string, value: string, priority = ''): Promise<string> {
  return (await apdu(`0005 08 0f 0c ${object} 19 55 3e ${value} 3f ${priority}`))[0]!
}

describe('who is there', () => {
  it('answers Who-Is to the asker alone, within the range only', async () => {
    const [iAm] = await apdu('1008', { npdu: '0120ffff00ff', quietMs: 5000 })
    expect(iAm).toMatch(/^1000c402.{6}2204009103(21|22)/)
    expect(await apdu('1008 0900 1901')).toEqual([])
    expect(await apdu('1008 0900 1b3fffff')).toEqual([iAm])
  })

  it('answers Who-Has by name and by number', async () => {
    const [have] = await apdu(`1007 3d 06 00 ${Buffer.from('LT101').toString('hex')}`)
    expect(have).toMatch(new RegExp(`^1001c402.{6}c4${at('LT101')}7506004c54313031$`))
    expect(await apdu('1007 2c 00000fff')).toEqual([])
  })

  it('is no broadcast manager, and no router', async () => {
    const answer = async (frame: string): Promise<string | undefined> =>
      (await ask(playing.port(), Buffer.from(frame, 'hex')))[0]?.toString('hex')
    expect(await answer('81050006003c')).toBe('810000060030')
    expect(await answer('81020004')).toBe('810000060020')
    expect(await answer('810b00070180' + '00')).toBeUndefined()
    expect(await apdu('1008', { npdu: '0120000100ff' })).toEqual([])
  })
})

describe('reading', () => {
  it('takes the wildcard instance for this device', async () => {
    expect(await read('023fffff', '4d')).toMatch(/^30070c0c02.{6}194d3e75/)
    expect(await read(id(8, 5), '4d')).toBe('50070c9101911f')
  })

  it('lists its objects, whole and by index', async () => {
    expect(await read('023fffff', '4c', '2900')).toMatch(/29003e2158.*3f$|29003e21..3f$/)
    expect(await read('023fffff', '4c', '2902')).toMatch(/29023ec4000000013f$/)
    expect(await read('023fffff', '4c', '2aff00')).toBe('50070c9102912a')
    expect(await read(at('LT101'), '55', '2901')).toBe('50070c91029132')
    expect(await read(at('LT101'), '57')).toBe('50070c91029120')
  })

  it('shows the level that the plant has', async () => {
    const answer = Buffer.from(await read(at('LT101'), '55'), 'hex')
    const level = answer.readFloatBE(answer.length - 5)
    expect(Math.abs(level - plantOf({ identity, state }).read('LT101'))).toBeLessThan(0.01)
  })

  it('reads several at once, errors among them, and aborts what would not fit', async () => {
    const [answer] = await apdu(`0005 09 0e 0c ${at('LT101')} 1e 0955 0957 1f 0c 00000fff 1e 0955 1f`)
    expect(answer).toContain('29575e910291205f1f')
    expect(answer).toContain('29555e9101911f5f1f')
    const all = Array.from({ length: 20 }, (_, i) => `0c ${id(0, i + 1)} 1e 0908 1f`).join('')
    expect(await apdu(`0005 0a 0e ${all}`)).toEqual(['710a04'])
  })
})

describe('writing', () => {
  it('commands by priority; the strongest one wins and is given back', async () => {
    const pressure = at('PC201_SP')
    expect(await write(pressure, '4440500000', '4908')).toBe('20080f')
    expect(await write(pressure, '4440800000')).toBe('20080f')
    expect(plantOf({ identity, state }).read('PC201_SP')).toBe(3.25)
    expect(await read(pressure, '57', '2908')).toMatch(/3e44405000003f$/)
    expect(await write(pressure, '00', '4908')).toBe('20080f')
    expect(plantOf({ identity, state }).read('PC201_SP')).toBe(4)
  })

  it('refuses what a real stack refuses, with its class and code', async () => {
    const pressure = at('PC201_SP')
    expect(await write(pressure, '2103')).toBe('50080f91029109')
    expect(await write(pressure, '44447a0000')).toBe('50080f91029125')
    expect(await write(pressure, '4440500000', '4911')).toBe('50080f91029125')
    expect(await write(at('LT101'), '4440500000')).toBe('50080f91029128')
  })

  it('is written down with object, value, priority and techniques', async () => {
    await write(at('V201_SP'), '4400000000', '4908')
    const event = playing.events.filter((e) => e.type === 'bacnet.request').at(-1)!
    expect(event.data).toMatchObject({ service: 'WriteProperty', action: 'write', value: '0', priority: 8, result: 'ack' })
    expect(event.tags).toEqual(expect.arrayContaining(['attack:T0855', 'attack:T0836']))
    expect(plantOf({ identity, state }).read('V201_SP')).toBe(0)
    await write(at('V201_SP'), '00', '4908')
    await write(at('V201_SP'), '4442c80000')
  })
})

describe('the other services', () => {
  it('takes a subscription, tells the value once, and sends nothing later by itself', async () => {
    const answers = await apdu(`0005 0b 05 0901 1c ${at('LT101')} 2900 393c`, { expected: 3 })
    expect(answers).toHaveLength(2)
    expect(answers[0]).toBe('200b05')
    expect(answers[1]).toMatch(/^10020901/)
  })

  it('asks a subscriber to confirm who wants to, and knows one who stays for ever and one who leaves', async () => {
    const [, confirmed] = await apdu(`0005 0b 05 0901 1c ${at('LT101')} 2901 393c`, { expected: 3 })
    expect(confirmed).toMatch(new RegExp(`^0004..010901 1c02.{6}2c${at('LT101')}393c`.replaceAll(' ', '')))
    const [, endless] = await apdu(`0005 0b 05 0901 1c ${at('LT101')} 2900`, { expected: 3 })
    expect(endless).toMatch(/^10020901.*3900/)
    expect(await apdu(`0005 0b 05 0901 1c ${at('LT101')}`, { expected: 2 })).toEqual(['200b05'])
    expect(await apdu('0005 0b 05 0901 1c 023fffff 2900 393c')).toEqual(['500b059101912d'])
  })

  it('says which of several writes failed, and has no files', async () => {
    const writes = `0c ${at('PC201_SP')} 1e 0955 2e 4440800000 2f 1f 0c ${at('LT101')} 1e 0955 2e 4440800000 2f 1f`
    expect(await apdu(`0005 0b 10 ${writes}`)).toEqual([`500b100e910291280f1e0c${at('LT101')}19551f`])
    expect(plantOf({ identity, state }).read('PC201_SP')).toBe(4)
    expect(await apdu(`0005 0b 06 c4 ${id(10, 1)} 0e 3100 21ff 0f`)).toEqual(['500b069101911f'])
  })

  it('lists the services that it serves', async () => {
    const answer = await read('023fffff', '61')
    const bytes = Buffer.from(/3e8506(?:..)(.{12})3f$|3e850707(.{12})3f$/.exec(answer)?.slice(1).find(Boolean) ?? '', 'hex')
    const served = Array.from({ length: 41 }, (_, i) => i).filter((i) => (bytes[i >> 3]! >> (7 - (i & 7))) & 1)
    // AtomicReadFile is 6, UTCTimeSynchronization 36, GetEventInformation 39.
    expect(served).toEqual([3, 5, 6, 12, 14, 15, 16, 17, 20, 32, 33, 34, 36, 39])
  })

  it('lets its clock be set', async () => {
    const date = async (): Promise<string> => (await read('023fffff', '38')).slice(-10, -2)
    // 5 May 2031, 10:20, a Monday.
    expect(await apdu('10 06 a4 83050501 b4 0a140000', { expected: 0 })).toEqual([])
    expect(await date()).toBe('83050501')
    expect((await read('023fffff', '39')).slice(-10, -6)).toBe('0a14')
    expect(await apdu('10 06 a4 ff050501 b4 0a140000', { expected: 0 })).toEqual([])
    expect(await date()).toBe('83050501')
  })

  it('refuses every password, and keeps it', async () => {
    expect(await apdu('0005 0c 11 1901 2d 08 00 6c65746d65696e')).toEqual(['500c119104911a'])
    expect(playing.data('login').at(-1)).toMatchObject({ method: 'bacnet-password', password: 'letmein', accepted: false })
  })

  it('rejects a service that it does not have, and a request that is none', async () => {
    expect(await apdu('0005 0d 1a')).toEqual(['600d09'])
    expect(await apdu('0005 0e 0c 19')).toEqual(['600e04'])
    expect(await apdu('0005 0f 1d')).toEqual(['300f1d0e0f1900'])
    expect(playing.deadLetters).toEqual([])
  })
})

it.each([
  ['substation', [178, 222]],
  ['tank-farm', [8, 10]],
] as const)('a %s has controllers of its own kind', (plant, vendors) => {
  const drawn = Array.from({ length: 6 }, (_, seed) => {
    const [identity, state] = [new Identity(Buffer.alloc(32, seed)), new MemoryState()]
    return new Device(identity, plantOf({ identity, state, persona: { plant } }), state).controller.id
  })
  expect([...new Set(drawn)].sort((a, b) => a - b)).toEqual(vendors)
})
