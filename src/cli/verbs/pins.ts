import { readFileSync } from 'node:fs'
import { loadSettings } from '../../config/load.ts'
import type { Settings } from '../../config/schema.ts'
import { type Pin, Pins } from '../../llm/pins.ts'
import { openReader } from '../../store/open.ts'
import { openStateStore } from '../../store/state.ts'
import { transcriptOf } from '../../store/transcript.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { type Column, table } from '../table.ts'
import type { Arguments, ExitCode, Output, Verb } from '../verb.ts'

const columns: Column[] = [
  { title: 'PIN' },
  { title: 'V', align: 'right' },
  { title: 'PERSONA' },
  { title: 'KIND' },
  { title: 'QUESTION', max: 50 },
  { title: 'NOTE', max: 30 },
]

export const pins: Verb = {
  name: 'pins',
  summary: 'answers that you put right: they win over cache and model',
  usage: 'ls | add SESSION TURN | show PIN | rm PIN',
  examples: [
    'sundew pins ls',
    "sundew pins add last 3 --stdout 'PHP 8.2.29 (cli)' --note 'was 7.4'",
    'sundew pins add 0198d0a1 2 --answer page.json --everywhere',
    'sundew pins show 3f2a',
    'sundew pins rm 3f2a',
  ],
  options: {
    stdout: { type: 'string' },
    stderr: { type: 'string' },
    exit: { type: 'string' },
    answer: { type: 'string' },
    note: { type: 'string' },
    everywhere: { type: 'boolean' },
  },
  about: {
    stdout: 'what the command shall print; a last newline is added. {{hostname}}, {{user}} … are filled in',
    stderr: 'what it shall print as error',
    exit: 'its exit status (default 0)',
    answer: 'a JSON file with the whole answer: {stdout, stderr, exitCode, operations} or {status, headers, body}',
    note: 'why',
    everywhere: 'for every persona, not only the one of the turn',
  },
  async run(given, output) {
    const [what = 'ls', ...words] = given.words
    const { settings } = loadSettings(given)
    const state = openStateStore(settings.data)
    try {
      const known = new Pins(state)
      switch (what) {
        case 'ls':
          return list(known, given, output)
        case 'add':
          return await add(known, settings, words, given, output)
        case 'show':
          output.line(jsonLine({ ...pinOf(known, words[0]), versions: known.history(pinOf(known, words[0]).id) }))
          return 0
        case 'rm':
          known.remove(pinOf(known, words[0]).id)
          output.line('removed; its versions stay readable')
          return 0
        default:
          throw new UsageProblem('say ls, add, show or rm')
      }
    } finally {
      state.close()
    }
  },
}

function list(known: Pins, { json }: Arguments, output: Output): ExitCode {
  const all = known.list()
  if (json) output.line(jsonLine(all))
  else if (all.length === 0) output.line('no pins yet: "sundew help pins" shows how one is made from a transcript')
  else
    output.line(
      table(
        columns,
        all.map((p) => [p.id.slice(0, 12), p.version, p.persona, p.kind, p.key, p.note ?? '']),
      ),
    )
  return 0
}

/** By its id, or by a beginning of it that only one pin has. */
function pinOf(known: Pins, wanted: string | undefined): Pin {
  if (!wanted) throw new UsageProblem('which PIN? "sundew pins ls" shows their ids')
  const found = known.list().filter((p) => p.id.startsWith(wanted))
  if (found.length !== 1) throw new UsageProblem(`${found.length || 'no'} pins begin with ${wanted}`)
  return found[0] as Pin
}

async function add(known: Pins, settings: Settings, [session, turn]: string[], given: Arguments, output: Output): Promise<ExitCode> {
  const { options } = given
  const n = Number(turn)
  if (!session || !Number.isInteger(n) || n < 1)
    throw new UsageProblem('which turn? Give SESSION (an id or "last") and the number of the turn, from 1')
  const store = openReader(settings)
  if (!store) throw new Error(`nothing was recorded in ${settings.data} yet`)
  try {
    const summary = session === 'last' ? (await store.sessions({ limit: 1 }))[0] : await store.session(session)
    if (!summary) throw new Error(`there is no session ${session}; "sundew sessions" lists them`)
    const turns = transcriptOf(await store.events({ session: summary.session, limit: 100_000 }))
    const chosen = turns[n - 1]
    if (!chosen) throw new Error(`the session has ${turns.length} turns`)
    const asked = chosen.generation?.question
    if (!asked) throw new Error(`turn ${n} was answered by the host itself (${chosen.source}): change the persona's files instead`)
    const pin = known.put({
      persona: options.everywhere ? '*' : (chosen.generation?.persona ?? '*'),
      kind: asked.kind,
      key: asked.key,
      answer: answerOf(asked.kind, given),
      ...(typeof options.note === 'string' ? { note: options.note } : {}),
      from: { session: summary.session, event: chosen.event },
    })
    if (given.json) output.line(jsonLine(pin))
    else output.line(`pinned as ${pin.id.slice(0, 12)}, version ${pin.version}: the next one who asks gets it`)
    return 0
  } finally {
    await store.close()
  }
}

function answerOf(kind: string, { options }: Arguments): unknown {
  if (typeof options.answer === 'string') return JSON.parse(readFileSync(options.answer, 'utf8')) as unknown
  if (kind !== 'shell') throw new UsageProblem(`a ${kind} answer is given whole: --answer FILE`)
  if (options.stdout === undefined && options.stderr === undefined)
    throw new UsageProblem('what shall it answer? --stdout, --stderr or --answer FILE')
  const ended = (text: string | boolean | undefined): string => (typeof text === 'string' && text !== '' ? `${text}\n` : '')
  return { stdout: ended(options.stdout), stderr: ended(options.stderr), exitCode: Number(options.exit ?? 0), operations: [] }
}
