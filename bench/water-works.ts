import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Identity } from '../src/config/identity.ts'
import { worksOf } from '../src/host/plant/works.ts'
import { PlantClients, PROTOCOLS, type Protocol, type Tag } from '../test/emulators/plant-clients.ts'
import { MemoryState } from '../test/harness.ts'
import type { BenchOptions } from './options.ts'

const EVERY_S = 3
/** The setpoint is written anew each so many rounds. */
const WRITE_EVERY = 20
/** Bar, one after the other. */
const PRESSURES = [4.6, 4.9, 4.75, 5]
const TAGS: readonly Tag[] = ['LT101', 'FT101', 'FT201', 'PC201_SP']
/** Of the water that moved: flows are read every few seconds, and a pump may start between. */
const BALANCE_SHARE = 0.01
/** Slack that rounding of a level to a real makes, m³. */
const BALANCE_M3 = 0.05

type Values = Record<Tag, number>
interface Round {
  /** UTC seconds. */
  at: number
  values: Record<Protocol, Values>
}

/**
 * The water works read over five protocols at once, every three seconds for ten minutes (`--minutes N`), by clients that
 * know no more than the wire says, and a pressure setpoint written every minute. Targets: level, flows and setpoint are the
 * same to the bit over all five, and the change of the tank's volume is what flowed in less what flowed out.
 */
export async function run({ minutes = 10 }: BenchOptions): Promise<Record<string, unknown>> {
  const identity = new Identity(Buffer.alloc(32, 11))
  const plant = await PlantClients.open({
    identity,
    state: new MemoryState(),
    persona: 'plain',
    prompts: fileURLToPath(new URL('../test/fixtures/prompts', import.meta.url)),
  })
  // The harness keeps all events; ten minutes of them are nothing that this measures.
  for (const one of plant.playing) one.bus.subscribe(() => one.events.splice(0))
  const rounds: Round[] = []
  const count = { differing: 0, wrongSetpoints: 0, again: 0 }
  let setpoint = Number.NaN
  const until = Date.now() + minutes * 60_000
  for (let n = 0; Date.now() < until; n++) {
    if (n % WRITE_EVERY === 0) {
      setpoint = Math.fround(PRESSURES[(n / WRITE_EVERY) % PRESSURES.length]!)
      await plant.writePressureSetpoint(setpoint)
    }
    const { again, ...round } = await roundOf(plant)
    rounds.push(round)
    count.again += again
    const all = PROTOCOLS.map((protocol) => round.values[protocol])
    if (TAGS.some((tag) => all.some((values) => values[tag] !== all[0]![tag]))) count.differing++
    if (all.some((values) => values.PC201_SP !== setpoint)) count.wrongSetpoints++
    await sleep(EVERY_S * 1000 - (Date.now() % 1000) + 10)
  }
  await plant.stop()

  const { tankArea } = worksOf(identity)
  const first = rounds[0]!
  const last = rounds.at(-1)!
  const figures = Object.fromEntries(
    PROTOCOLS.map((protocol) => {
      const { inM3, outM3 } = flowed(rounds, protocol)
      const volumeM3 = (last.values[protocol].LT101 - first.values[protocol].LT101) * tankArea
      return [protocol, { levelM: last.values[protocol].LT101, inM3, outM3, volumeM3, missingM3: inM3 - outM3 - volumeM3 }]
    }),
  )
  console.table(Object.fromEntries(Object.entries(figures).map(([name, row]) => [name, rounded(row)])))
  const { inM3, outM3, volumeM3, missingM3 } = figures.modbus!
  const readings = rounds.length * PROTOCOLS.length * TAGS.length
  const result = {
    seconds: last.at - first.at,
    rounds: rounds.length,
    readings,
    ...count,
    ...rounded({ inM3, outM3, volumeM3, missingM3 }),
  }
  console.table([result])
  const broken = [
    rounds.length < 2 && 'too short',
    count.differing > 0 && 'the protocols differ',
    count.wrongSetpoints > 0 && 'a written setpoint is not shown',
    Object.values(figures).some((row) => !(Math.abs(row.missingM3) <= BALANCE_M3 + BALANCE_SHARE * (row.inM3 + row.outM3))) &&
      'water is made or lost',
  ].filter(Boolean)
  if (broken.length) throw new Error(broken.join('; '))
  return result
}

/** All signals over all protocols at once, within one second of the plant; a round that a second ended in is read again. */
async function roundOf(plant: PlantClients): Promise<Round & { again: number }> {
  for (let again = 0; again < 20; again++) {
    const at = Math.floor(Date.now() / 1000)
    const read = async (protocol: Protocol): Promise<[Protocol, Values]> => {
      const values = await Promise.all(TAGS.map(async (tag) => [tag, await plant.read(protocol, tag)]))
      return [protocol, Object.fromEntries(values) as Values]
    }
    const values = Object.fromEntries(await Promise.all(PROTOCOLS.map(read))) as Record<Protocol, Values>
    if (Math.floor(Date.now() / 1000) === at) return { at, values, again }
    await sleep(1010 - (Date.now() % 1000))
  }
  throw new Error('this machine is too busy to read the plant within one second')
}

/** m³ in and out over all rounds, from the flows read (m³/h), each for half the time before it and half the time after. */
function flowed(rounds: readonly Round[], protocol: Protocol): { inM3: number; outM3: number } {
  const sum = { inM3: 0, outM3: 0 }
  for (const [i, { at, values }] of rounds.entries()) {
    const before = rounds[i - 1]
    if (!before) continue
    const halfHours = (at - before.at) / 3600 / 2
    sum.inM3 += (values[protocol].FT101 + before.values[protocol].FT101) * halfHours
    sum.outM3 += (values[protocol].FT201 + before.values[protocol].FT201) * halfHours
  }
  return sum
}

function rounded(row: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(3))]))
}
