import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { advance } from '../../../src/host/plant/plant.ts'
import { readPoint, writePoint } from '../../../src/host/plant/points.ts'
import { tankFarm } from '../../../src/host/plant/tank-farm/index.ts'
import { alarmsIn, identityOf, NOON, plantAt } from './plant-at.ts'

const { points } = tankFarm
const writable = points.all.filter((point) => point.writable)
const seeds = fc.integer({ min: 0, max: 255 })
const commands = fc.array(
  fc.record({
    after: fc.integer({ min: 1, max: 900 }),
    point: fc.constantFrom(...writable),
    value: fc.oneof(fc.double(), fc.integer({ min: -10, max: 120 })),
  }),
  { maxLength: 12 },
)

describe('the tank farm', () => {
  it('neither makes nor loses mass, whatever is commanded', () => {
    fc.assert(
      fc.property(seeds, commands, (seed, list) => {
        const model = tankFarm.open(identityOf(seed))
        let state = model.stateAt(NOON)
        for (const { after, point, value } of list) {
          writePoint(state, point, value)
          state = advance(state, model, state.at + after)
          const { total, tanks } = state
          expect(total.received - total.loaded - total.spilled).toBeCloseTo(total.stock, 3)
          for (const [i, tank] of tanks.entries()) {
            const { area, height } = model.design.tanks[i]!
            expect(tank.mass).toBeGreaterThanOrEqual(0)
            expect(tank.level).toBeLessThanOrEqual(height + 1e-9)
            expect(tank.volume).toBeCloseTo(tank.level * area, 6)
            expect(tank.tonnes * 1000).toBeCloseTo(tank.volume * tank.density, 4)
          }
        }
      }),
      { numRuns: 40 },
    )
  })

  it('shows finite values within the span of each instrument, whatever is commanded', () => {
    fc.assert(
      fc.property(seeds, commands, (seed, list) => {
        const model = tankFarm.open(identityOf(seed))
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
      { numRuns: 40 },
    )
  })

  it('comes to the same state in one go and in many', () => {
    fc.assert(
      fc.property(seeds, fc.array(fc.integer({ min: 1, max: 300 }), { maxLength: 10 }), (seed, waits) => {
        const model = tankFarm.open(identityOf(seed))
        const start = model.stateAt(NOON)
        const end = NOON + waits.reduce((sum, wait) => sum + wait, 0)
        const inSteps = waits.reduce((state, wait) => advance(state, model, state.at + wait), start)
        expect(advance(start, model, end)).toEqual(inSteps)
      }),
      { numRuns: 20 },
    )
  })

  it('runs through ten days by itself without an alarm, with trucks every day and ships now and then, on every install', () => {
    for (let seed = 0; seed < 5; seed++) {
      const model = tankFarm.open(identityOf(seed))
      const state = advance(model.stateAt(NOON), model, NOON + 2 * 3600)
      const before = { ships: state.ship.ships, trucks: state.bays.map(({ trucks }) => trucks) }
      expect(alarmsIn(model, state, 10 * 86_400), `seed ${seed}`).toEqual([])
      expect(state.ship.ships, `seed ${seed}`).toBeGreaterThan(before.ships)
      for (const [i, { trucks }] of state.bays.entries()) expect(trucks - before.trucks[i]!).toBeGreaterThan(30)
    }
  })

  it('differs from install to install', () => {
    const sites = new Set(Array.from({ length: 20 }, (_, seed) => JSON.stringify(tankFarm.open(identityOf(seed)).design)))
    expect(sites.size).toBe(20)
  })

  it('catches up with a month in a few seconds', () => {
    const model = tankFarm.open(identityOf(3))
    const startedAt = performance.now()
    advance(model.stateAt(NOON), model, NOON + 400 * 86_400)
    expect(performance.now() - startedAt).toBeLessThan(4000)
  })

  it('loads a truck up to what its driver asked for, out of the tank that is open, and no more', () => {
    const model = tankFarm.open(identityOf(2))
    const state = model.stateAt(NOON)
    while (!state.bays[0]!.occupied) model.step(state, 1)
    const { product, preset, trucks } = state.bays[0]!
    const stock = state.total.loaded
    while (state.bays[0]!.trucks === trucks) {
      model.step(state, 1)
      expect(state.bays[0]!.loaded).toBeLessThanOrEqual(preset + 1e-9)
    }
    expect(state.total.loaded - stock).toBeGreaterThan((preset * (model.design.products[product]!.density - 60)) / 1000)
  })
})

/** Lets the farm run until a ship pumps; its tank, 1 to 5. */
function whenShipUnloads(farm: ReturnType<typeof plantAt>): number {
  for (let i = 0; i < 24 * 14 && farm.plant.read('SHIP') < 3; i++) farm.wait(3600)
  farm.wait(300)
  expect(farm.plant.read('FT100')).toBeGreaterThan(100)
  return farm.plant.read('SHIP_TANK')
}

describe('a command', () => {
  it('with the overfill interlock on closes a tank that is too full; with it off the tank runs over into the bund', () => {
    const farm = plantAt('tank-farm')
    const { plant, wait } = farm
    const tank = 100 + whenShipUnloads(farm)
    plant.write(`V${tank + 100}_SP`, 100)
    plant.write(`LAHH${tank}_SP`, plant.read(`LT${tank}`))
    wait(60)
    expect(plant.read(`V${tank + 100}_POS`)).toBe(0)
    expect(plant.read(`LAHH${tank}`)).toBe(1)
    plant.write('INTLK', 0)
    plant.write(`V${tank + 100}_SP`, 100)
    for (let i = 0; i < 20 && plant.read('YA_SPL') === 0; i++) {
      plant.write(`V${tank + 100}_SP`, 100)
      plant.write('V100_SP', 100)
      wait(900)
    }
    if (plant.read('SHIP_REM') > 0) {
      expect(plant.read('YA_SPL')).toBe(1)
      expect(plant.read('GD001')).toBeGreaterThan(0)
      expect(plant.read(`LT${tank}_PCT`)).toBeCloseTo(100, 3)
    }
    expect(plant.read('YA_INT')).toBe(1)
  })

  it('of emergency shutdown stops the receipt and all pumps and closes every valve', () => {
    const farm = plantAt('tank-farm')
    const { plant, wait } = farm
    whenShipUnloads(farm)
    plant.write('ESD', 1)
    wait(60)
    expect(plant.read('FT100')).toBe(0)
    expect(plant.read('FT300')).toBe(0)
    for (const valve of ['V100', 'V201', 'V202', 'V301', 'V303']) expect(plant.read(`${valve}_POS`), valve).toBe(0)
    expect(plant.read('YA_ESD')).toBe(1)
  })

  it('that runs a pump against closed valves heats and trips it', () => {
    const { plant, wait } = plantAt('tank-farm')
    for (const valve of ['V303_SP', 'V304_SP']) plant.write(valve, 0)
    plant.write('P302_CMD', 1)
    wait(60)
    const warm = plant.read('P302_TMP')
    wait(120)
    expect(plant.read('P302_FLT')).toBe(1)
    expect(plant.read('P302_TMP')).toBeGreaterThan(warm)
    expect(plant.read('P302_RUN')).toBe(0)
    expect(plant.read('YA_PMP')).toBe(1)
  })

  it('is put right by the people of the site after a shift', () => {
    const { plant, wait } = plantAt('tank-farm')
    plant.write('CPU_RUN', 0)
    plant.write('INTLK', 0)
    plant.write('V301_SP', 0)
    wait(9 * 3600)
    expect(plant.read('CPU_RUN')).toBe(1)
    expect(plant.read('INTLK')).toBe(1)
    expect(plant.read('T101_AUTO')).toBe(1)
  })
})
