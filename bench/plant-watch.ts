import { setTimeout as sleep } from 'node:timers/promises'
import { Identity } from '../src/config/identity.ts'
import type { PlantName } from '../src/config/persona.ts'
import { PlantClients, PROTOCOLS, type Protocol } from '../test/emulators/plant-clients.ts'
import { MemoryState } from '../test/harness.ts'
import type { BenchOptions } from './options.ts'

const EVERY_S = 3
/** The setpoint is written anew each so many rounds. */
const WRITE_EVERY = 20
/** Of what moved: flows are read every few seconds, and a pump may start between. */
const BALANCE_SHARE = 0.01

export type Values = Record<string, number>

/** What is watched of a plant. */
export interface Watch {
  plant: PlantName
  /** Folder of personas, and the one in it that has the plant. */
  prompts: string
  persona: string
  /** All signals that are read, and the one among them that is written, with its values one after the other. */
  tags: readonly string[]
  written: string
  values: readonly number[]
  /** Unit of what is balanced, and slack in it that rounding to a real makes. */
  unit: string
  slack: number
  /** What flows in and out, in units an hour, and what is held. */
  balance(values: Values, identity: Identity): { in: number; out: number; held: number }
}

interface Round {
  /** UTC seconds. */
  at: number
  values: Record<Protocol, Values>
}

/**
 * A plant read over five protocols at once, every three seconds for ten minutes (`--minutes N`), by clients that know no more
 * than the wire says, and a setpoint written every minute. Targets: all signals are the same to the bit over all five, and what
 * is held changes by what flowed in less what flowed out.
 */
export async function watch(what: Watch, { minutes = 10 }: BenchOptions): Promise<Record<string, unknown>> {
  const identity = new Identity(Buffer.alloc(32, 11))
  const { persona, prompts } = what
  const plant = await PlantClients.open({ identity, state: new MemoryState(), persona, prompts }, what.plant)
  // The harness keeps all events; ten minutes of them are nothing that this measures.
  for (const one of plant.playing) one.bus.subscribe(() => one.events.splice(0))
  const rounds: Round[] = []
  const count = { differing: 0, wrongSetpoints: 0, again: 0 }
  let setpoint = Number.NaN
  const until = Date.now() + minutes * 60_000
  for (let n = 0; Date.now() < until; n++) {
    if (n % WRITE_EVERY === 0) {
      setpoint = Math.fround(what.values[(n / WRITE_EVERY) % what.values.length]!)
      await plant.write(what.written, setpoint)
    }
    const { again, ...round } = await roundOf(plant, what.tags)
    rounds.push(round)
    count.again += again
    const all = PROTOCOLS.map((protocol) => round.values[protocol])
    if (what.tags.some((tag) => all.some((values) => values[tag] !== all[0]![tag]))) count.differing++
    if (all.some((values) => values[what.written] !== setpoint)) count.wrongSetpoints++
    await sleep(EVERY_S * 1000 - (Date.now() % 1000) + 10)
  }
  await plant.stop()

  const figures = Object.fromEntries(
    PROTOCOLS.map((protocol) => [protocol, balanced(rounds, (values) => what.balance(values, identity), protocol)]),
  )
  console.table(Object.fromEntries(Object.entries(figures).map(([name, row]) => [name, rounded(row)])))
  const readings = rounds.length * PROTOCOLS.length * what.tags.length
  const result = {
    seconds: rounds.at(-1)!.at - rounds[0]!.at,
    rounds: rounds.length,
    readings,
    ...count,
    unit: what.unit,
    ...rounded({ ...figures.modbus }),
  }
  console.table([result])
  const broken = [
    rounds.length < 2 && 'too short',
    count.differing > 0 && 'the protocols differ',
    count.wrongSetpoints > 0 && 'a written setpoint is not shown',
    Object.values(figures).some((row) => !(Math.abs(row.missing) <= what.slack + BALANCE_SHARE * (row.in + row.out))) &&
      'something is made or lost',
  ].filter(Boolean)
  if (broken.length) throw new Error(broken.join('; '))
  return result
}

/** All signals over all protocols at once, within one second of the plant; a round that a second ended in is read again. */
async function roundOf(plant: PlantClients, tags: readonly string[]): Promise<Round & { again: number }> {
  for (let again = 0; again < 20; again++) {
    const at = Math.floor(Date.now() / 1000)
    const read = async (protocol: Protocol): Promise<[Protocol, Values]> => {
      const values = await Promise.all(tags.map(async (tag) => [tag, await plant.read(protocol, tag)]))
      return [protocol, Object.fromEntries(values) as Values]
    }
    const values = Object.fromEntries(await Promise.all(PROTOCOLS.map(read))) as Record<Protocol, Values>
    if (Math.floor(Date.now() / 1000) === at) return { at, values, again }
    await sleep(1010 - (Date.now() % 1000))
  }
  throw new Error('this machine is too busy to read the plant within one second')
}

type Balance = ReturnType<Watch['balance']>

/** What flowed in and out over all rounds, each flow for half the time before it and half the time after, and what was held by it. */
function balanced(rounds: readonly Round[], of: (values: Values) => Balance, protocol: Protocol): Balance & { missing: number } {
  const sum = { in: 0, out: 0 }
  const at = rounds.map((round) => of(round.values[protocol]))
  for (const [i, round] of rounds.entries()) {
    const before = rounds[i - 1]
    if (!before) continue
    const halfHours = (round.at - before.at) / 3600 / 2
    sum.in += (at[i]!.in + at[i - 1]!.in) * halfHours
    sum.out += (at[i]!.out + at[i - 1]!.out) * halfHours
  }
  const held = at.at(-1)!.held - at[0]!.held
  return { ...sum, held, missing: sum.in - sum.out - held }
}

function rounded(row: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value.toFixed(3))]))
}
