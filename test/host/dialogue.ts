import { setTimeout } from 'node:timers/promises'
import { makeHost, type TestHost } from './harness.ts'
import { Typist } from './typist.ts'

/** What a person typed at a terminal of Debian 12 and what it showed (`dialogues/record.py`). */
export interface Dialogue {
  name: string
  /** Lines typed before the record begins. */
  setup: string
  /** Columns and rows. */
  window?: [number, number]
  /** Seconds without output after which the machine was taken to have said all. */
  quiet?: number
  /** Keys; a pair is a new size of the window. */
  keys: (string | [number, number])[]
  shown: string[]
  /** Patterns of what differs from run to run, and what stands for them. */
  mask?: [string, string][]
  /** Seconds to wait before each of the keys, where a program works meanwhile. */
  pause?: number
}

/** Between the start of a program and the keys for it. */
const PAUSE_MS = 100

export type Step = { keys: string | [number, number]; shown: string }

export function stepsOf(dialogue: Dialogue): Step[] {
  const { keys, shown } = dialogue
  const plain = withoutNumbers(dialogue)
  return keys.map((key, i) => ({ keys: key, shown: plain(shown[i] as string) }))
}

/** Process ids, and what the dialogue itself says, are left out of the comparison. */
function withoutNumbers({ mask = [] }: Dialogue): (text: string) => string {
  const patterns = [['^(\\[\\d+\\][+-]?) +\\d+', '$1 PID'] as const, ...mask].map(([from, to]) => [new RegExp(from, 'gm'), to] as const)
  return (text) => patterns.reduce((rest, [from, to]) => rest.replace(from, to), text)
}

/** The dialogue with what ours shows, up to the first difference. */
export async function play(dialogue: Dialogue, test: TestHost = makeHost()): Promise<Step[]> {
  const [columns, rows] = dialogue.window ?? [80, 24]
  await test.run('rm -rf /tmp/w; mkdir /tmp/w')
  const t = new Typist(test, { term: 'xterm', columns, rows })
  await t.until(/# $/)
  for (const line of dialogue.setup.split('\r')) await t.type(`${line}\r`, /\/tmp\/w(\x1b\[00m)?[#$] $/)
  const plain = withoutNumbers(dialogue)
  const played: Step[] = []
  for (const { keys, shown } of stepsOf(dialogue)) {
    // A person waits until a program has taken the terminal.
    const atPrompt = played.length === 0 || /[#$] $/.test(played.at(-1)?.shown ?? '')
    if (dialogue.pause !== undefined || !atPrompt) await setTimeout(dialogue.pause === undefined ? PAUSE_MS : 1000 * dialogue.pause)
    t.mark()
    if (typeof keys === 'string') t.process.stdin.write(Buffer.from(keys))
    else t.process.resize(...keys)
    const got = await t.settled(shown, { quietMs: 1000 * (dialogue.quiet ?? 0.3), plain })
    played.push({ keys, shown: got })
    if (got !== shown) break
  }
  t.process.hangup()
  return played
}
