import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { printable } from '../../events/printable.ts'
import type { SundewEvent } from '../../events/schema.ts'
import type { Turn } from '../../store/transcript.ts'

/** Where the front ends put recordings, below the data folder. */
const RECORDINGS = 'tty'
const LARGEST = 32 * 1024 * 1024
/** A pause while reading a made-up recording; what it shows was not typed before our eyes. */
const TYPED_S = 0.04
const LONGEST_PAUSE_S = 3
/** What is longer is shown at once rather than letter by letter. */
const TYPED_LENGTH = 200
const TYPED_TURNS = 500

/** A recording that a session's event speaks of, by the form of its file. */
export async function readRecording(data: string, event: SundewEvent, form: 'cast' | 'ttylog'): Promise<Buffer | undefined> {
  const named = event.data[form]
  if (typeof named !== 'string') return undefined
  // The name alone counts: a database that came from elsewhere must not make this read other files.
  const path = join(data, RECORDINGS, basename(named))
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  )
  return size === undefined || size > LARGEST ? undefined : readFile(path)
}

/** An asciicast of a session that has no recording: its turns, typed and answered at the times at which they were. */
export function castOf(turns: readonly Turn[], title: string): string {
  const start = turns[0]?.time ?? 0
  const header = { version: 2, width: 120, height: 32, timestamp: Math.floor(start / 1000), title }
  const lines: unknown[][] = []
  let clock = 0
  for (const [n, turn] of turns.entries()) {
    const gap = n === 0 ? 0 : (turn.time - (turns[n - 1] as Turn).time) / 1000
    clock += Math.min(Math.max(gap, 0.2), LONGEST_PAUSE_S)
    const input = printable(turn.input).trimEnd()
    lines.push([seconds(clock), 'm', input.slice(0, 80)], [seconds(clock), 'o', '\u001b[36m$\u001b[0m '])
    for (const character of turns.length > TYPED_TURNS || input.length > TYPED_LENGTH ? [input] : input) {
      lines.push([seconds(clock), 'o', character.replaceAll('\n', '\r\n> ')])
      clock += TYPED_S
    }
    const output = [turn.output, turn.stderr ?? ''].map(printable).filter(Boolean).join('\n')
    lines.push([seconds(clock), 'o', `\r\n${output.replaceAll('\n', '\r\n')}${output && !output.endsWith('\n') ? '\r\n' : ''}`])
  }
  return [header, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('')
}

function seconds(value: number): number {
  return Math.round(value * 1000) / 1000
}
