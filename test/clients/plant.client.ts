/** The libraries that tools of the trade are built on, all at one plant: each of them sees what the plant has, and acts on it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import bacnet from '../../src/emulators/bacnet/index.ts'
import { Commands } from '../../src/emulators/bacnet/objects.ts'
import enip from '../../src/emulators/enip/index.ts'
import iec104 from '../../src/emulators/iec104/index.ts'
import { Station } from '../../src/emulators/iec104/station.ts'
import modbus from '../../src/emulators/modbus/index.ts'
import s7 from '../../src/emulators/s7/index.ts'
import { type Plant, plantOf } from '../../src/host/plant/plant.ts'
import { MemoryState, type Playing, play } from '../harness.ts'
import { python } from './python.ts'
import { ran } from './ran.ts'

/** A plant and where the protocols have a measurement of it and a setpoint. */
const PLANTS = [
  {
    persona: 'debian-web',
    kind: 'water-works',
    measured: { tag: 'LT101', input: 0, scale: 1000, db: [1, 0] },
    setpoint: { tag: 'LS_START', db: [2, 4] },
    command: 'INTLK',
  },
  {
    persona: 'substation-gateway',
    kind: 'substation',
    measured: { tag: 'FREQ', input: 4, scale: 100, db: [1, 16] },
    setpoint: { tag: 'L1_IPU', db: [2, 0] },
    command: 'F1_Q0_CMD',
  },
  {
    persona: 'fuel-terminal',
    kind: 'tank-farm',
    measured: { tag: 'TT001', input: 5, scale: 100, db: [1, 20] },
    setpoint: { tag: 'LAHH101_SP', db: [2, 12] },
    command: 'INTLK',
  },
] as const

const LURES = { modbus, s7, enip, bacnet, iec104 }
type Name = keyof typeof LURES

interface SeenOverS7 {
  order: string
  serial: string
  pdu: number
  lists: number[]
  leds: number
  counts: Record<string, number>
  blocks: number[]
  block: { name: string; bytes: number }
  uploaded: number
  values: number[]
  written: number
  states: string[]
  clock: string
  set: string
}
interface SeenOverEnip {
  adapter: Record<string, string | number>
  controller: Record<string, string | number>
  tags: string[]
  refused: string[]
  values: number[]
  wrote: string
  written: number
  unknown: boolean
  year: number
}
interface SeenOverBacnet {
  device: number
  vendor: [number, number, string]
  objects: string[]
  named: Record<string, string>
  first: string
  values: number[]
  written: number
  slots: (number | null)[]
  released: boolean
}
interface SeenOverIec104 {
  interrogated: boolean
  points: [address: number, type: string, value: number][]
  wrong: boolean
  clock: boolean
  switched: boolean
  told: [heard: boolean, value: number]
  unselected: boolean
}

describe.each(PLANTS)('$kind', ({ persona, kind, measured, setpoint, command }) => {
  const shared = { identity: new Identity(Buffer.alloc(32, 4)), state: new MemoryState(), persona, prompts: 'prompts' }
  const playing = {} as Record<Name, Playing>
  let plant: Plant

  beforeAll(async () => {
    for (const [name, lure] of Object.entries(LURES)) playing[name as Name] = await play(lure, shared)
    plant = plantOf({ ...shared, persona: { plant: kind } })
  })
  afterAll(async () => {
    await Promise.all(Object.values(playing).map((one) => one.stop()))
  })

  /** Both values are the plant's own, as far as one moves meanwhile, and the measurement is the one that Modbus has. */
  async function expectPlant([read, set]: readonly number[], wasSet: number): Promise<void> {
    const script = `
import sys
from pymodbus.client import ModbusTcpClient
client = ModbusTcpClient('127.0.0.1', port=int(sys.argv[1]))
client.connect()
print(client.read_input_registers(int(sys.argv[2]), 1, slave=1).registers[0])
`
    const { stdout } = await ran('/usr/bin/python3', ['-c', script, String(playing.modbus.port()), String(measured.input)])
    const overModbus = Number(stdout) / measured.scale
    const moves = Math.max(0.05, Math.abs(overModbus) * 0.02)
    expect(Math.abs(read! - overModbus)).toBeLessThan(moves)
    expect(Math.abs(read! - plant.read(measured.tag))).toBeLessThan(moves)
    expect(set).toBeCloseTo(wasSet, 4)
  }

  it('snap7 reads the nameplate, lists and blocks, writes a setpoint, stops and starts the CPU, sets the clock', async () => {
    const before = plant.read(setpoint.tag)
    const seen = await python<SeenOverS7>('s7.py', playing.s7.port(), ...measured.db, ...setpoint.db)
    await expectPlant(seen.values, before)
    expect(seen.order).toMatch(kind === 'tank-farm' ? /^6ES7 41[246]-\d[A-Z]{2}06-0AB0$/ : /^6ES7 31[478]-\w{5}-0AB0$/)
    expect(seen.serial).toMatch(/^S C-[A-Z]\dU[A-Z]\d{8}$/)
    expect(seen.pdu).toBe(kind === 'tank-farm' ? 480 : 240)
    expect(seen.lists).toEqual(expect.arrayContaining([0x11, 0x1c]))
    expect(seen.leds).toBeGreaterThan(3)
    expect(seen.counts).toMatchObject({ DB: seen.blocks.length, OB: 5 })
    expect(seen.blocks).toEqual(expect.arrayContaining([1, 2, 3]))
    expect(seen.block.name).toBe('MEASURE')
    // The whole block came, header and all.
    expect(seen.uploaded).toBe(0)
    expect(seen.written).toBeCloseTo(before + 0.25, 4)
    expect(plant.read(setpoint.tag)).toBeCloseTo(before + 0.25, 4)
    expect(seen.states).toEqual(['Run', 'Stop', 'Run'])
    expect(Math.abs(Date.parse(`${seen.clock}Z`) - Date.now())).toBeLessThan(13 * 3_600_000)
    expect(seen.set).toMatch(/^2031-05-06T07:08:(09|1\d)$/)
  })

  it('pycomm3 reads the identities and every tag, and writes a setpoint', async () => {
    const before = plant.read(setpoint.tag)
    const seen = await python<SeenOverEnip>('enip.py', playing.enip.port(), measured.tag, setpoint.tag)
    await expectPlant(seen.values, before)
    expect(seen.adapter).toMatchObject({ product_type: 'Communications Adapter', serial: expect.stringMatching(/^[\da-f]{8}$/) })
    expect(seen.controller).toMatchObject({ product_type: 'Programmable Logic Controller', keyswitch: 'REMOTE RUN' })
    expect(seen.controller.name).toBe(`${plant.design.site.replace(/[^A-Za-z]/g, '_')}_${plant.kind.code}`)
    expect(seen.tags).toEqual(expect.arrayContaining([measured.tag, setpoint.tag]))
    expect(seen.refused).toEqual([])
    expect(seen.wrote).toBe('ok')
    expect(seen.written).toBeCloseTo(before + 0.25, 4)
    expect(plant.read(setpoint.tag)).toBeCloseTo(before + 0.25, 4)
    expect(seen.unknown).toBe(true)
    expect(Math.abs(seen.year - new Date().getUTCFullYear())).toBeLessThan(2)
  })

  it('bacpypes3 finds the device and its objects, commands a setpoint at a priority and takes it back', async () => {
    const before = plant.read(setpoint.tag)
    const seen = await python<SeenOverBacnet>('bacnet.py', playing.bacnet.port(), measured.tag, setpoint.tag)
    await expectPlant(seen.values, before)
    const objects = new Commands(plant, new MemoryState())
    expect(seen.objects).toHaveLength(objects.objects.length + 1)
    expect(seen.objects[0]).toBe(`device,${seen.device}`)
    expect(seen.named[setpoint.tag]).toBe(`analog-value,${objects.named(setpoint.tag)?.instance}`)
    expect(seen.first).toBe(objects.objects[0]?.point.tag)
    expect(seen.vendor[0]).toBe(seen.vendor[1])
    expect(seen.written).toBeCloseTo(before + 0.25, 4)
    expect(plant.read(setpoint.tag)).toBeCloseTo(before + 0.25, 4)
    expect(seen.slots.map((value) => value !== null)).toEqual(Array.from({ length: 16 }, (_, i) => i === 7))
    expect(seen.released).toBe(true)
  })

  it('c104 interrogates the station, sets its clock, selects and executes a command, and is told what it did', async () => {
    const station = new Station(shared.identity, plant)
    const commanded = [...station.commanded.values()].find(({ point }) => point.tag === command)!
    const monitored = station.monitored.find(({ point }) => point.tag === (commanded.point.moves ?? command))!
    const shown = station.monitored.filter(({ type }) => type !== COUNTER)
    const addresses = [commanded.address, monitored.address]
    const seen = await python<SeenOverIec104>(
      'iec104.py',
      playing.iec104.port(),
      station.commonAddress,
      shown.length,
      commanded.kind,
      ...addresses,
    )
    expect(seen).toMatchObject({ interrogated: true, wrong: false, clock: true })
    const valueAt = new Map(seen.points.map(([address, , value]) => [address, value]))
    expect([...valueAt.keys()].sort()).toEqual(shown.map(({ address }) => address).sort())
    const at = (tag: string): number => valueAt.get(shown.find(({ point }) => point.tag === tag)!.address)!
    await expectPlant([at(measured.tag), at(setpoint.tag)], plant.read(setpoint.tag))
    // Off, and told so with its time. A double command is refused without a selection.
    const isDouble = commanded.kind === 'double'
    expect(seen).toMatchObject({ switched: true, told: [true, isDouble ? 1 : 0], unselected: !isDouble })
    expect(plant.read(command)).toBe(0)
  })
})

/** M_IT_NA_1, which an interrogation leaves out. */
const COUNTER = 15
