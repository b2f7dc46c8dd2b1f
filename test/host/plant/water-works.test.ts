import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { advance, Plant, plantOf } from '../../../src/host/plant/plant.ts'
import { readPoint, writePoint } from '../../../src/host/plant/points.ts'
import { waterWorks } from '../../../src/host/plant/water-works/index.ts'
import { MemoryState } from '../../harness.ts'

const NOON = 1_800_000_000
const identity = (n: number): Identity => new Identity(Buffer.alloc(32, n))
const { points } = waterWorks
const writable = points.all.filter((point) => point.writable)

/** A plant whose clock the test moves. */
function plantAt(seed = 7, store = new MemoryState()): { plant: Plant; wait(seconds: number): void; store: MemoryState } {
  let now = NOON
  const plant = new Plant({ identity: identity(seed), state: store }, () => now)
  return {
    plant,
    store,
    wait: (seconds) => {
      now += seconds
    },
  }
}

const seeds = fc.integer({ min: 0, max: 255 })
const commands = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 900 }),
    point: fc.constantFrom(...writable),
    value: fc.oneof(fc.double(), fc.integer({ min: -10, max: 120 })),
  }),
  { maxLength: 12 },
)

describe('the water works', () => {
  it('neither makes nor loses water, whatever is commanded', () => {
    fc.assert(
      fc.property(seeds, commands, (seed, list) => {
        const works = waterWorks.open(identity(seed))
        let state = works.stateAt(NOON)
        for (const { after, point, value } of list) {
          writePoint(state, point, value)
          state = advance(state, works, state.at + after)
          const { total, tank } = state
          expect(total.in - total.out - total.overflow).toBeCloseTo(tank.volume, 3)
          expect(tank.volume).toBeGreaterThanOrEqual(0)
          expect(tank.level).toBeLessThanOrEqual(works.design.tankHeight + 1e-9)
        }
      }),
      { numRuns: 60 },
    )
  })

  it('shows finite values within the span of each instrument, whatever is commanded', () => {
    fc.assert(
      fc.property(seeds, commands, (seed, list) => {
        const works = waterWorks.open(identity(seed))
        let state = works.stateAt(NOON)
        for (const { after, point, value } of list) {
          writePoint(state, point, value)
          state = advance(state, works, state.at + after)
          for (const one of points) {
            const read = readPoint(state, one)
            expect(read, one.tag).toBeGreaterThanOrEqual(one.range[0])
            expect(read, one.tag).toBeLessThanOrEqual(one.range[1])
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('comes to the same state in one go and in many', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 10 }), (seed, waits) => {
        const works = waterWorks.open(identity(seed))
        const start = works.stateAt(NOON)
        const end = NOON + waits.reduce((sum, wait) => sum + wait, 0)
        const inSteps = waits.reduce((state, wait) => advance(state, works, state.at + wait), start)
        expect(advance(start, works, end)).toEqual(inSteps)
      }),
      { numRuns: 30 },
    )
  })

  it('runs through three days by itself without an alarm of level or pressure, on every install', () => {
    for (let seed = 0; seed < 12; seed++) {
      const works = waterWorks.open(identity(seed))
      const state = advance(works.stateAt(NOON), works, NOON + 2 * 3600)
      const levels: number[] = []
      for (let hour = 0; hour < 3 * 24; hour++) {
        for (let i = 0; i < 360; i++) works.step(state, 10)
        levels.push(state.tank.level)
        expect(state.alarms, `seed ${seed}, hour ${hour}, level ${state.tank.level}, pressure ${state.pressure}`).toMatchObject({
          levelHighHigh: { active: 0 },
          levelLowLow: { active: 0 },
          pressureLow: { active: 0 },
          pressureHigh: { active: 0 },
          chlorineLow: { active: 0 },
          pumpFault: { active: 0 },
        })
      }
      expect(Math.max(...levels) - Math.min(...levels), `seed ${seed}`).toBeGreaterThan(0.5)
    }
  })

  it('differs from install to install', () => {
    const sites = new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(waterWorks.open(identity(seed)).design)))
    expect(sites.size).toBe(20)
  })
})

describe('a command', () => {
  it('that stops the intake lets the tank fall to its low alarms, and the interlock then stops the boosters', () => {
    const { plant, wait } = plantAt()
    plant.write('P101_CMD', 0)
    plant.write('P102_CMD', 0)
    const before = plant.read('LT101')
    wait(3 * 3600)
    expect(plant.read('LT101')).toBeLessThan(before)
    expect(plant.read('FT101')).toBe(0)
    expect(plant.alarms().map((alarm) => alarm.name)).toContain('levelLow')
    for (let i = 0; i < 8 && plant.read('LALL101') === 0; i++) {
      plant.write('P101_CMD', 0)
      wait(3600)
    }
    expect(plant.read('LALL101')).toBe(1)
    wait(60)
    expect(plant.read('P201_RUN')).toBe(0)
    expect(plant.read('PAL201')).toBe(1)
  })

  it('that closes the outlet takes a valve time, cuts the flow and trips the pumps behind it', () => {
    const { plant, wait } = plantAt()
    plant.write('V201_SP', 0)
    wait(10)
    expect(plant.read('V201_POS')).toBeGreaterThan(50)
    wait(50)
    expect(plant.read('V201_POS')).toBe(0)
    expect(plant.read('FT201')).toBe(0)
    wait(120)
    expect(plant.read('P201_FLT')).toBe(1)
    expect(plant.read('YA102')).toBe(1)
    plant.write('V201_SP', 100)
    wait(120)
    expect(plant.read('P201_FLT')).toBe(1)
    plant.write('P201_RST', 1)
    wait(60)
    expect(plant.read('P201_RUN')).toBe(1)
  })

  it('that stops the controller stops the pumps and says so', () => {
    const { plant, wait } = plantAt()
    plant.write('CPU_RUN', 0)
    const beat = plant.read('HEARTBEAT')
    wait(60)
    expect(plant.read('P201_RUN')).toBe(0)
    expect(plant.read('YA103')).toBe(1)
    expect(plant.read('HEARTBEAT')).toBe(beat)
  })

  it('that raises the chlorine dose is tasted within hours', () => {
    const { plant, wait } = plantAt()
    plant.write('CL_SP', 20)
    wait(2 * 3600)
    expect(plant.read('AT101')).toBeGreaterThan(1.5)
    expect(plant.read('AAH101')).toBe(1)
  })

  it('is put right by the people of the site after a shift', () => {
    const { plant, wait } = plantAt()
    plant.write('CPU_RUN', 0)
    plant.write('V201_SP', 0)
    wait(9 * 3600)
    expect(plant.read('CPU_RUN')).toBe(1)
    expect(plant.read('V201_SP')).toBe(100)
  })

  it('to a measurement changes nothing', () => {
    const { plant } = plantAt()
    const before = plant.read('LT101')
    expect(plant.write('LT101', 0)).toBeUndefined()
    expect(plant.read('LT101')).toBe(before)
  })

  it('outlives a restart', () => {
    const { plant, store } = plantAt()
    plant.write('PC201_SP', 3.2)
    expect(plantAt(7, store).plant.read('PC201_SP')).toBe(3.2)
  })
})

describe('an installation', () => {
  it('has one plant for all its lures', () => {
    const setup = { identity: identity(1), state: new MemoryState() }
    expect(plantOf(setup)).toBe(plantOf(setup))
    expect(plantOf({ ...setup, state: new MemoryState() })).not.toBe(plantOf(setup))
  })

  it('catches up with a month in less than a second', () => {
    const works = waterWorks.open(identity(3))
    const startedAt = performance.now()
    advance(works.stateAt(NOON), works, NOON + 400 * 86_400)
    expect(performance.now() - startedAt).toBeLessThan(1000)
  })
})
