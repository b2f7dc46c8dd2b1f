import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from '../../../src/host/plant/plant.ts'
import { readPoint, writePoint } from '../../../src/host/plant/points.ts'
import { substation } from '../../../src/host/plant/substation/index.ts'
import type { SubstationState } from '../../../src/host/plant/substation/state.ts'
import { alarmsIn, identityOf, NOON, plantAt } from './plant-at.ts'

const { points } = substation
const writable = points.all.filter((point) => point.writable)
const seeds = fc.integer({ min: 0, max: 255 })
const commands = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 600 }),
    point: fc.constantFrom(...writable),
    value: fc.oneof(fc.double(), fc.integer({ min: -10, max: 120 })),
  }),
  { maxLength: 12 },
)
const closed = 2
const open = 1

/** What flows into a busbar section of the lower voltage over transformer and coupler, and out over its feeders. */
function section({ transformers, mvCoupler, feeders, balance }: SubstationState, n: 0 | 1): { in: number; out: number } {
  const own = n === 0 ? balance.own : 0
  const coupler = n === 0 ? -mvCoupler.power : mvCoupler.power
  return {
    in: transformers[n]!.low.power + coupler,
    out: own + feeders.slice(n * 3, n * 3 + 3).reduce((sum, feeder) => sum + feeder.power, 0),
  }
}

describe('the substation', () => {
  it('neither makes nor loses power, whatever is commanded: lines = feeders + own supply + losses, at every busbar too', () => {
    fc.assert(
      fc.property(seeds, commands, (seed, list) => {
        const model = substation.open(identityOf(seed))
        let state = model.stateAt(NOON)
        for (const { after, point, value } of list) {
          if (model.permits(state, point.tag, Number(value !== 0))) writePoint(state, point, value)
          state = advance(state, model, state.at + after)
          const { balance } = state
          expect(balance.in).toBeCloseTo(balance.out + balance.own + balance.losses, 6)
          expect(balance.losses).toBeGreaterThanOrEqual(-1e-9)
          const second = section(state, 1)
          if (state.mvCoupler.breaker.position === open) expect(second.in).toBeCloseTo(second.out, 6)
        }
      }),
      { numRuns: 25 },
    )
  })

  it('shows finite values within the span of each instrument, whatever is commanded', () => {
    fc.assert(
      fc.property(seeds, commands, (seed, list) => {
        const model = substation.open(identityOf(seed))
        let state = model.stateAt(NOON)
        for (const { after, point, value } of list) {
          writePoint(state, point, value)
          state = advance(state, model, state.at + after)
          for (const one of points) {
            const read = readPoint(state, one)
            expect(read, one.tag).toBeGreaterThanOrEqual(one.range[0])
            expect(read, one.tag).toBeLessThanOrEqual(one.range[1])
          }
        }
      }),
      { numRuns: 25 },
    )
  })

  it('has currents that agree with power and voltage', () => {
    const { plant } = plantAt('substation')
    for (const [bay, bus] of [
      ['F1', 'MA_U'],
      ['F4', 'MB_U'],
      ['T2', 'HB_U'],
      ['L1', 'HA_U'],
    ]) {
      const apparent = Math.hypot(plant.read(`${bay}_P`), plant.read(`${bay}_Q`))
      expect(plant.read(`${bay}_I`)).toBeCloseTo((apparent * 1000) / (Math.sqrt(3) * plant.read(bus!)), 6)
    }
  })

  it('comes to the same state in one go and in many', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 10 }), (seed, waits) => {
        const model = substation.open(identityOf(seed))
        const start = model.stateAt(NOON)
        const end = NOON + waits.reduce((sum, wait) => sum + wait, 0)
        const inSteps = waits.reduce((state, wait) => advance(state, model, state.at + wait), start)
        expect(advance(start, model, end)).toEqual(inSteps)
      }),
      { numRuns: 20 },
    )
  })

  it('runs through three days by itself without an alarm, held at its voltage by the tap changers, on every install', () => {
    for (let seed = 0; seed < 8; seed++) {
      const model = substation.open(identityOf(seed))
      const state = advance(model.stateAt(NOON), model, NOON + 2 * 3600)
      const powers: number[] = []
      const voltages: number[] = []
      const alarms = alarmsIn(model, state, 3 * 86_400, ({ balance, busbars }) => {
        powers.push(balance.in)
        voltages.push(busbars.mediumA / model.design.mv)
      })
      expect(alarms, `seed ${seed}`).toEqual([])
      expect(Math.max(...voltages)).toBeLessThan(1.06)
      // The second that lightning has opened a feeder for moves it no further.
      expect(Math.min(...voltages)).toBeGreaterThan(0.99)
      expect(Math.max(...powers) / Math.min(...powers), `seed ${seed}`).toBeGreaterThan(1.5)
      expect(state.transformers[0]!.operations).toBeGreaterThan(model.stateAt(NOON).transformers[0]!.operations)
    }
  })

  it('carries all feeders with one transformer', () => {
    const { plant, wait } = plantAt('substation')
    const before = plant.read('P_OUT')
    plant.write('MBC_Q0_CMD', 1)
    wait(120)
    plant.write('T2L_Q0_CMD', 0)
    plant.write('T2_Q0_CMD', 0)
    wait(300)
    expect(plant.read('P_OUT')).toBeGreaterThan(before * 0.9)
    expect(plant.read('T2_P')).toBe(0)
    expect(plant.read('T1_P')).toBeGreaterThan(before * 0.9)
    expect(plant.read('YA_TRIP')).toBe(0)
    const oil = plant.read('T1_OIL')
    wait(2 * 3600)
    expect(plant.read('T1_OIL')).toBeGreaterThan(oil + 3)
    expect(plant.read('T2_OIL')).toBeLessThan(plant.read('T1_OIL'))
  })

  it('differs from install to install', () => {
    const sites = new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(substation.open(identityOf(seed)).design)))
    expect(sites.size).toBe(20)
  })

  it('catches up with a month in a few seconds', () => {
    const model = substation.open(identityOf(3))
    const startedAt = performance.now()
    advance(model.stateAt(NOON), model, NOON + 400 * 86_400)
    expect(performance.now() - startedAt).toBeLessThan(8000)
  })
})

describe('a command to the switchgear', () => {
  it('opens a breaker at once, and the feeder is dead', () => {
    const { plant, wait } = plantAt('substation')
    const before = plant.read('P_IN')
    const fed = plant.read('F1_P')
    plant.write('F1_Q0_CMD', 0)
    wait(1)
    expect(plant.read('F1_Q0_POS')).toBe(open)
    expect(plant.read('F1_I')).toBe(0)
    wait(2)
    expect(before - plant.read('P_IN')).toBeGreaterThan(fed * 0.9)
    plant.write('F1_Q0_CMD', 1)
    wait(1)
    expect(plant.read('F1_P')).toBeGreaterThan(fed * 0.8)
  })

  it('is refused by interlocks: no disconnector under load, no earth onto voltage, no breaker onto earth', () => {
    const { plant, wait } = plantAt('substation')
    expect(plant.write('L1_Q1_CMD', 0)).toBeUndefined()
    expect(plant.write('F1_Q8_CMD', 1)).toBeUndefined()
    expect(plant.write('F1_Q0_CMD', 0)).toBe(0)
    wait(1)
    expect(plant.write('F1_Q8_CMD', 1)).toBe(1)
    wait(3)
    expect(plant.read('F1_Q8_POS')).toBe(0)
    wait(6)
    expect(plant.read('F1_Q8_POS')).toBe(closed)
    expect(plant.write('F1_Q0_CMD', 1)).toBeUndefined()
    expect(plant.read('YA_TRIP')).toBe(0)
  })

  it('that opens a disconnector under load with the interlocks off draws an arc, and the busbar protection clears the section', () => {
    const { plant, wait } = plantAt('substation')
    plant.write('INTLK', 0)
    expect(plant.write('L1_Q1_CMD', 0)).toBe(0)
    wait(10)
    for (const bay of ['L1', 'HBC', 'T1']) {
      expect(plant.read(`${bay}_Q0_POS`), bay).toBe(open)
      expect(plant.read(`${bay}_TRIP`), bay).toBe(1)
    }
    expect(plant.read('MA_U')).toBe(0)
    expect(plant.read('F1_P')).toBe(0)
    expect(plant.read('MB_U')).toBeGreaterThan(1)
    expect(plant.read('YA_TRIP')).toBe(1)
    expect(plant.read('YA_UVA')).toBe(1)
    expect(plant.write('HBC_Q0_CMD', 1)).toBeUndefined()
    plant.write('HBC_RST', 1)
    wait(1)
    expect(plant.write('HBC_Q0_CMD', 1)).toBe(1)
  })

  it('that lowers an overcurrent pickup trips the feeder after its delay', () => {
    const { plant, wait } = plantAt('substation')
    plant.write('F2_IPU', 20)
    wait(5)
    expect(plant.read('F2_TRIP')).toBe(1)
    expect(plant.read('F2_P')).toBe(0)
  })

  it('that opens both lines takes the whole town down, and the battery begins to empty', () => {
    const { plant, wait } = plantAt('substation')
    plant.write('L1_Q0_CMD', 0)
    plant.write('L2_Q0_CMD', 0)
    wait(60)
    expect(plant.read('P_OUT')).toBe(0)
    expect(plant.read('YA_SUP')).toBe(1)
    expect(plant.read('BAT_U')).toBeLessThan(121)
  })

  it('to a tap changer moves one step by hand, and moves the voltage', () => {
    const { plant, wait } = plantAt('substation')
    const [tap, voltage] = [plant.read('T1_TAP'), plant.read('MA_U')]
    for (let i = 0; i < 4; i++) {
      plant.write('T1_RAISE', 1)
      wait(2)
    }
    expect(plant.read('T1_TAP')).toBe(tap + 4)
    expect(plant.read('T1_TAP_AUTO')).toBe(0)
    expect(plant.read('MA_U')).toBeGreaterThan(voltage * 1.03)
  })

  it('does nothing while the controller is stopped, but protection still works', () => {
    const { plant, wait } = plantAt('substation')
    plant.write('CPU_RUN', 0)
    expect(plant.write('F1_Q0_CMD', 0)).toBeUndefined()
    plant.write('F1_IPU', 20)
    wait(5)
    expect(plant.read('F1_TRIP')).toBe(1)
    expect(plant.read('YA_CPU')).toBe(1)
  })

  it('is put right by the people of the site after a shift', () => {
    const { plant, wait } = plantAt('substation')
    plant.write('INTLK', 0)
    plant.write('L1_Q1_CMD', 0)
    wait(9 * 3600)
    expect(plant.read('INTLK')).toBe(1)
    for (const bay of ['L1', 'HBC', 'T1']) expect(plant.read(`${bay}_Q0_POS`), bay).toBe(closed)
    expect(plant.read('L1_Q1_POS')).toBe(closed)
    expect(plant.alarms()).toEqual([])
  })

  it('outlives a restart', () => {
    const { plant, store } = plantAt('substation')
    plant.write('UV_SP', 12.5)
    expect(plantAt('substation', 7, store).plant.read('UV_SP')).toBe(12.5)
  })
})

describe('lightning', () => {
  it('opens a feeder for a second now and then, and automatic reclosing closes it', () => {
    const model = substation.open(identityOf(5))
    const state = model.stateAt(NOON)
    const before = state.feeders.map(({ recloses }) => recloses)
    const opened = new Set<number>()
    for (let s = 0; s < 20 * 86_400; s += 60) {
      model.step(state, 60)
      for (const [i, { breaker }] of state.feeders.entries()) if (breaker.position === open) opened.add(i)
    }
    expect(state.feeders.every(({ recloses }, i) => recloses > before[i]!)).toBe(true)
    expect(state.feeders.every(({ breaker, trip }) => breaker.position === closed && trip === 0)).toBe(true)
    expect(opened.size).toBeGreaterThan(0)
  })
})
