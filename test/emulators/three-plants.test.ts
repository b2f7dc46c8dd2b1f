import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { PLANT_NAMES } from '../../src/config/persona.ts'
import { HEADER_BYTES } from '../../src/emulators/enip/encapsulation.ts'
import { decodeAsdu, TYPE } from '../../src/emulators/iec104/asdu.ts'
import { perform } from '../../src/emulators/iec104/commands.ts'
import { Station } from '../../src/emulators/iec104/station.ts'
import { ControllerMemory } from '../../src/emulators/modbus/memory.ts'
import { PROGRAMS } from '../../src/emulators/s7/memory.ts'
import { Plant } from '../../src/host/plant/plant.ts'
import { MemoryState } from '../harness.ts'
import { PlantClients, PROTOCOLS } from './plant-clients.ts'

const identity = new Identity(Buffer.alloc(32, 11))

describe.each([
  { plant: 'substation', persona: 'substation-gateway', shown: 'MA_U', written: 'T1_U_SP', value: 14.25 },
  { plant: 'tank-farm', persona: 'fuel-terminal', shown: 'STOCK', written: 'LAH101_SP', value: 10.75 },
] as const)('a $plant', ({ plant: name, persona, shown, written, value }) => {
  let clients: PlantClients
  beforeAll(async () => {
    clients = await PlantClients.open({ persona, prompts: 'prompts', identity, state: new MemoryState() }, name)
  }, 60_000)
  afterAll(() => clients.stop())

  it('is the same over each protocol', async () => {
    const readings = await Promise.all(PROTOCOLS.map((protocol) => clients.read(protocol, shown)))
    for (const reading of readings) expect(Math.abs(reading / readings[0]! - 1)).toBeLessThan(0.01)
    expect(readings[0]).toBeGreaterThan(5)
  })

  it('obeys a command over one, and shows it over the others', async () => {
    expect((await clients.write(written, value)).subarray(HEADER_BYTES).toString('hex')).toMatch(/cd000000$/)
    for (const protocol of PROTOCOLS) expect(await clients.read(protocol, written)).toBeCloseTo(value, 5)
  })
})

describe.each(PLANT_NAMES)('the tables of a %s', (name) => {
  const plant = new Plant({ identity, state: new MemoryState(), persona: { plant: name } })

  it('name points that there are, each with another path and tag', () => {
    const all = [...plant.kind.points]
    expect(new Set(all.map(({ tag }) => tag)).size).toBe(all.length)
    for (const { tag, moves } of all) {
      expect(Number.isFinite(plant.read(tag)), tag).toBe(true)
      if (moves) expect(plant.kind.points.has(moves), moves).toBe(true)
    }
    for (const { tag } of PROGRAMS[name].signals) expect(plant.kind.points.has(tag), tag).toBe(true)
    const memory = new ControllerMemory(plant, new MemoryState())
    for (const space of ['inputs', 'holdings'] as const) expect(memory.readRegisters(space, 0, 125)).toHaveLength(125)
  })

  it('give every object of IEC 104 an address of its own', () => {
    const { monitored, commanded } = new Station(identity, plant)
    const addresses = [...monitored.map(({ address }) => address), ...commanded.keys()]
    expect(new Set(addresses).size).toBe(addresses.length)
  })
})

it('a switching command that interlocks forbid is refused over IEC 104, one that they permit is confirmed with the position', () => {
  const plant = new Plant({ identity, state: new MemoryState(), persona: { plant: 'substation' } })
  const station = new Station(identity, plant)
  const order = (tag: string, select: boolean): Buffer => {
    const { address } = [...station.commanded.values()].find(({ point, kind }) => point.tag === tag && kind === 'double')!
    const bytes = Buffer.from([TYPE.doubleCommand, 1, 6, 0, 0, 0, 0, 0, 0, select ? 0x81 : 0x01])
    bytes.writeUInt16LE(station.commonAddress, 4)
    bytes.writeUIntLE(address, 6, 3)
    return bytes
  }
  const give = (tag: string): ReturnType<typeof perform> => {
    const desk = {}
    perform(decodeAsdu(order(tag, true)), order(tag, true), station, desk)
    return perform(decodeAsdu(order(tag, false)), order(tag, false), station, desk)
  }
  const refused = give('L1_Q1_CMD')
  expect(refused.result).toBe('interlocked')
  expect(refused.answers[0]![2]! & 0x40).toBe(0x40)
  const done = give('F1_Q0_CMD')
  expect(done.result).toBe('ok')
  expect(done.answers.map((answer) => answer[0])).toEqual([TYPE.doubleCommand, TYPE.double, TYPE.doubleCommand])
})
