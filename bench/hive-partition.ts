import type { ChildProcess } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { openPostgresReader } from '../src/store/postgres/store.ts'
import { HiveNetwork } from '../test/clients/hive-network.ts'
import { countMarks, settingsForLoad } from './driver/marked-load.ts'
import type { BenchOptions } from './options.ts'

const SENSORS = ['north', 'south', 'east'] as const
const PORTS = { http: 80, redis: 6379, ssh: 22 }
/** An output tries again after at most a minute and a half; a consumer's messages go to another after 15 s. */
const CATCH_UP_MS = 240_000
const AFTERWARDS_MS = 10_000
const CONSOLE_MS = 60_000

/** What happens to a hive, in order. Each ends mended. */
const SCRIPT: Readonly<Record<string, (hive: HiveNetwork) => Promise<void>>> = {
  'all well': () => sleep(20_000),

  async 'bus stopped for a minute'({ bus }) {
    await bus.stop()
    await sleep(60_000)
    await bus.start()
  },

  async 'sensor north killed, started 10 s later'(hive) {
    await hive.end('north', 'SIGKILL')
    await sleep(10_000)
    await hive.startSensor('north')
  },

  async 'one of two consumers killed, started 20 s later'(hive) {
    await hive.end('hive-1 serve', 'SIGKILL')
    await sleep(20_000)
    await hive.startConsumer('hive-1')
  },

  async 'one of two consoles killed and started'(hive) {
    await hive.end('hive-2 console', 'SIGKILL')
    await sleep(2_000)
    await hive.startConsole('hive-2')
  },

  async 'database restarted after 20 s'({ database }) {
    await database.stop()
    await sleep(20_000)
    await database.start()
  },

  async 'sensor east cut off for a minute'(hive) {
    hive.machineOf('east').cut()
    await sleep(60_000)
    hive.machineOf('east').mend()
  },

  async 'hive-1 cut off from bus and database for 40 s'(hive) {
    hive.machineOf('hive-1').cut()
    await sleep(40_000)
    hive.machineOf('hive-1').mend()
  },

  async 'bus cut off from all for a minute'(hive) {
    hive.busMachine.cut()
    await sleep(60_000)
    hive.busMachine.mend()
  },

  async 'bad line of sensor south for a minute'(hive) {
    const south = hive.machineOf('south')
    console.log(`the line of south: ${south.bad()}`)
    await sleep(60_000)
    south.good()
  },

  async 'at once: bus and database killed, a sensor and both consumers killed, a sensor cut off'(hive) {
    hive.machineOf('east').cut()
    await Promise.all([
      hive.bus.stop('SIGKILL'),
      hive.database.stop('SIGQUIT'),
      hive.end('south', 'SIGKILL'),
      hive.end('hive-1 serve', 'SIGKILL'),
      hive.end('hive-2 serve', 'SIGKILL'),
    ])
    await sleep(20_000)
    await hive.startSensor('south')
    await sleep(10_000)
    await Promise.all([hive.bus.start(), hive.database.start()])
    await Promise.all(hive.hives.map((name) => hive.startConsumer(name)))
    hive.machineOf('east').mend()
  },
}

interface Step {
  name: string
  from: number
  until: number
  caughtUpMs: number
}

interface Row {
  event: string
  seconds: number
  accepted: number
  stored: number
  lost: number
  twice: number
  answered: number
  'of these lost': number
  'caught up, s': number
}

/**
 * Three sensors under attack, nats-server, PostgreSQL, two consumers and two consoles, each a machine in a network namespace of its own;
 * then all of them are stopped, killed and cut off. A row of the table counts what began while its line of the script was played: events that the
 * sensors accepted, how many of them the database has, not has, has more than once; requests that attackers got an answer to, and of these not in
 * the database (a sensor that is killed had 50 ms to keep what it answered); and how long after the mending the database had all. After each
 * line both consoles must answer, and at the end say what the database says. Needs Linux, root, iproute2, curl, and Debian's `nats-server`
 * and `postgresql`. `--only TEXT` plays those whose name has it.
 */
export async function run({ only }: BenchOptions): Promise<Record<string, unknown>> {
  const hive = await HiveNetwork.start(SENSORS, {
    command: (_, config) => [process.execPath, 'bin/sundew.js', 'start', '--config', config],
    ready: 'exposed',
    settings: settingsForLoad({}, PORTS),
  })
  try {
    const attackers = await Promise.all(SENSORS.map((name) => attack(hive, name)))
    const steps: Step[] = []
    for (const [name, play] of Object.entries(SCRIPT)) {
      if (only !== undefined && !name.includes(only)) continue
      const from = Date.now()
      await play(hive)
      const caughtUpMs = await caughtUp(hive)
      await sleep(AFTERWARDS_MS)
      for (const one of hive.hives) await answers(hive, one)
      steps.push({ name, from, until: Date.now(), caughtUpMs })
      console.log(`${name}: caught up ${Math.round(caughtUpMs / 1000)} s after it was mended`)
    }
    const answered = (await Promise.all(attackers.map((end) => end()))).flat()
    for (const name of SENSORS) await hive.end(name, 'SIGTERM')
    await caughtUp(hive)
    return await tell(hive, steps, answered)
  } finally {
    await hive.close()
  }
}

type Answer = [mark: string, kind: string, at: number]

/** @returns what ends it, and tells what was answered */
async function attack(hive: HiveNetwork, sensor: string): Promise<() => Promise<Answer[]>> {
  const child: ChildProcess = hive
    .machineOf(sensor)
    .spawn([process.execPath, 'bench/driver/attackers.ts', JSON.stringify(PORTS)], { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  let said = ''
  await new Promise<void>((resolve) => {
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes
      resolve()
    })
  })
  return async () => {
    const ended = new Promise((resolve) => child.once('close', resolve))
    child.kill('SIGTERM')
    await ended
    return (JSON.parse(said.trim().split('\n').at(-1) as string) as { answered: Answer[] }).answered
  }
}

/** Waits until the database has all that the sensors have accepted by now. @returns milliseconds */
async function caughtUp(hive: HiveNetwork): Promise<number> {
  const began = Date.now()
  const wanted = accepted(hive)
  for (;;) {
    const stored = new Set(await hive.stored().catch(() => []))
    const missing = wanted.filter((id) => !stored.has(id)).length
    if (missing === 0) return Date.now() - began
    if (Date.now() - began > CATCH_UP_MS) throw new Error(`${missing} of ${wanted.length} events did not come`)
    await sleep(500)
  }
}

function accepted(hive: HiveNetwork): string[] {
  return SENSORS.flatMap((name) => hive.accepted(name))
}

/** Prints the table. @throws Error when something is lost, twice, or a console says something else */
async function tell(hive: HiveNetwork, steps: readonly Step[], answers: readonly Answer[]): Promise<Record<string, unknown>> {
  const stored = await hive.stored()
  const known = new Set(stored)
  const reader = openPostgresReader(hive.database.localUrl)
  const marks = await countMarks(reader, () => undefined)
  const sessions = await reader.sessions({ limit: 1_000_000 })
  const { deadLetters } = await reader.counts()
  await reader.close()
  const rows = steps.map(({ name, from, until, caughtUpMs }): Row => {
    const isHere = (time: number): boolean => time >= from && time < until
    const ours = accepted(hive).filter((id) => isHere(timeOf(id)))
    const theirs = stored.filter((id) => isHere(timeOf(id)))
    const asked = answers.filter(([, , at]) => isHere(at))
    const counts = asked.map(([mark, kind]) => marks.get(`${kind} ${mark}`) ?? 0)
    return {
      event: name,
      seconds: Math.round((until - from) / 1000),
      accepted: ours.length,
      stored: new Set(theirs).size,
      lost: ours.filter((id) => !known.has(id)).length,
      twice: theirs.length - new Set(theirs).size + counts.filter((n) => n > 1).length,
      answered: asked.length,
      'of these lost': counts.filter((n) => n === 0).length,
      'caught up, s': Math.round(caughtUpMs / 100) / 10,
    }
  })
  console.table(rows)
  const sum = (of: (row: Row) => number): number => rows.reduce((total, row) => total + of(row), 0)
  const files = hive.files(...SENSORS)
  const figures = {
    accepted: accepted(hive).length,
    stored: known.size,
    lost: sum(({ lost }) => lost),
    twice: sum(({ twice }) => twice),
    answered: sum(({ answered }) => answered),
    answeredLost: sum((row) => row['of these lost']),
    files: files.length,
    filesLost: files.length - hive.files(...hive.hives).length,
    deadLetters,
    eventsOfSessions: sessions.reduce((total, { events }) => total + events, 0),
    consoles: hive.hives.map((name) => figuresOf(hive, name)),
  }
  if (figures.lost + figures.twice + figures.filesLost + deadLetters > 0) throw new Error(`not as it should be: ${JSON.stringify(figures)}`)
  const shown = new Set(figures.consoles.map((one) => JSON.stringify(one)))
  if (shown.size !== 1 || figures.consoles[0]?.sessions !== sessions.length)
    throw new Error(`the consoles differ: ${JSON.stringify(figures)}`)
  return figures
}

/** Waits for a console, which a busy machine may keep waiting. @throws Error when it does not answer within a minute */
async function answers(hive: HiveNetwork, name: string): Promise<void> {
  for (const began = Date.now(); ; await sleep(500)) {
    try {
      figuresOf(hive, name)
      return
    } catch (error) {
      if (Date.now() - began > CONSOLE_MS) throw error
    }
  }
}

/** What a console shows of the last day. */
function figuresOf(hive: HiveNetwork, name: string): { events: number; sessions: number } {
  const { figures } = hive.console(name, '/overview') as { figures: { events: { now: number }; sessions: { now: number } } }
  return { events: figures.events.now, sessions: figures.sessions.now }
}

/** UUIDs of version 7 begin with their time, UTC ms. */
function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)
}
