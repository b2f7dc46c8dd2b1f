import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/schema.ts'
import { castOf, readRecording } from '../../console/api/cast.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { openReader } from '../../store/open.ts'
import { transcriptOf } from '../../store/transcript.ts'
import { UsageProblem } from '../cli.ts'
import { ReplayFilter } from '../replay-filter.ts'
import type { Arguments, Verb } from '../verb.ts'

/** One event of an asciicast v2: seconds, what it is, and its text. */
const CastLine = z.tuple([z.number(), z.string(), z.string()])

export const play: Verb = {
  name: 'play',
  summary: 'replay what an attacker saw, in time',
  usage: 'SESSION',
  examples: ['sundew play last', 'sundew play 0198d0a1 --speed 4 --idle 1', 'sundew play last --speed 0'],
  options: { speed: { type: 'string' }, idle: { type: 'string' } },
  about: { speed: 'times the real speed (default 1; 0 = all at once)', idle: 'longest pause in seconds (default 2)' },
  async run(given, output) {
    const [wanted] = given.words
    if (!wanted) throw new UsageProblem('which session? Give its id, the beginning of it, or "last"')
    const speed = numberOf(given, 'speed', 1)
    const idleMs = numberOf(given, 'idle', 2) * 1000
    const { settings } = loadSettings(given)
    const filter = new ReplayFilter()
    let clock = 0
    for (const recording of await recordings(settings, wanted)) {
      for (const line of recording.split('\n').slice(1)) {
        const event = castEvent(line)
        if (event?.[1] !== 'o') continue
        if (speed > 0) await sleep(Math.min(Math.max(event[0] - clock, 0) * 1000, idleMs) / speed)
        clock = event[0]
        output.raw(filter.pass(event[2]))
      }
      clock = 0
      // Colours and an alternate screen that the recording left on would stay on.
      output.raw('\u001b[0m\u001b[?1049l\u001b[?25h\n')
    }
    return 0
  },
}

function numberOf({ options }: Arguments, name: string, usual: number): number {
  const value = options[name] === undefined ? usual : Number(options[name])
  if (!Number.isFinite(value) || value < 0) throw new UsageProblem(`--${name} ${options[name]} is not a number from 0 up`)
  return value
}

/** The session's recordings in order; one made from its turns where nothing was recorded as a terminal. */
async function recordings(settings: Settings, wanted: string): Promise<string[]> {
  const store = openReader(settings)
  if (!store) throw new Error(`nothing was recorded in ${settings.data} yet`)
  try {
    const session = wanted === 'last' ? (await store.sessions({ limit: 1 }))[0] : await store.session(wanted)
    if (!session) throw new Error(`there is no session ${wanted}; "sundew sessions" lists them`)
    const events: SundewEvent[] = await store.events({ session: session.session, limit: 100_000 })
    const recorded = await Promise.all(events.map((event) => readRecording(settings.data, event, 'cast')))
    const casts = recorded.filter((bytes) => bytes !== undefined).map((bytes) => bytes.toString('utf8'))
    return casts.length ? casts : [castOf(transcriptOf(events), session.session)]
  } finally {
    await store.close()
  }
}

function castEvent(line: string): z.infer<typeof CastLine> | undefined {
  try {
    return CastLine.safeParse(JSON.parse(line)).data
  } catch {
    // The last line of a recording that was cut by a crash.
    return undefined
  }
}
