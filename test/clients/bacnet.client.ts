import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import bacnet from '../../src/emulators/bacnet/index.ts'
import { Commands } from '../../src/emulators/bacnet/objects.ts'
import { plantOf } from '../../src/host/plant/plant.ts'
import { MemoryState, type Playing, play } from '../harness.ts'
import { python } from './python.ts'
import { ran } from './ran.ts'

const shared = { identity: new Identity(Buffer.alloc(32, 4)), state: new MemoryState() }
let playing: Playing

beforeAll(async () => {
  playing = await play(bacnet, { persona: 'debian-web', ...shared })
})
afterAll(() => playing.stop())

describe('nmap', () => {
  const isRoot = process.getuid?.() === 0

  it.runIf(isRoot)('bacnet-info reads nine fields, and the number of the vendor is the one of its name', async () => {
    const { stdout } = await ran('nmap', ['-Pn', '-n', '-sU', '-p', String(playing.port()), '--script', '+bacnet-info', '127.0.0.1'])
    const [, name, number] = /Vendor ID: (.+) \((\d+)\)/.exec(stdout) ?? []
    expect(number).toBeDefined()
    expect(stdout).toContain(`Vendor Name: ${name}`)
    for (const field of ['Object-identifier', 'Firmware', 'Application Software', 'Object Name', 'Model Name', 'Description', 'Location']) {
      expect(stdout).toMatch(new RegExp(`${field}: \\S`))
    }
  })
})

describe('BAC0', () => {
  interface Seen {
    model: string
    several: string[]
    values: [measured: number, setpoint: number]
    written: number
  }

  it('reads points of the plant, several properties at once, and writes a setpoint that the plant then has', async () => {
    const plant = plantOf(shared)
    const objects = new Commands(plant, new MemoryState())
    const before = plant.read('LS_START')
    const [measured, setpoint] = [objects.named('LT101'), objects.named('LS_START')]
    const points = [`analogInput:${measured?.instance}`, `analogValue:${setpoint?.instance}`]
    const seen = await python<Seen>('bac0.py', playing.port(), ...points)
    expect(seen.model).toMatch(/^[A-Z0-9]/)
    expect(seen.several).toEqual(['LT101', 'meters'])
    expect(Math.abs(seen.values[0] - plant.read('LT101'))).toBeLessThan(0.05)
    expect(seen.values[1]).toBeCloseTo(before, 4)
    expect(seen.written).toBeCloseTo(before + 0.25, 4)
    expect(plant.read('LS_START')).toBeCloseTo(before + 0.25, 4)
  })
})
