import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { Process } from '../command.ts'

/**
 * What makes a program give a recorded answer: the word itself (`--help`, `--version`, `-V` …) that is its only one,
 * `none` when it is called without words, `wrong` for an option that it does not have.
 */
export type Occasion = `-${string}` | 'none' | 'wrong'

export interface RecordedAnswer {
  text: string
  stream: 'stdout' | 'stderr'
  exitCode: number
}

/**
 * A file a package of Debian 12. A section begins with one or more lines `@ PROGRAM,… OCCASION,… [STATUS [stderr]]`; its text goes on
 * to the next such line. `{0}` is argv[0], `{name}` its last part, `{--help}` the program's page; in the answer to a wrong
 * option `{option}` is that word, `{word}` the same without dashes, `{unrecognized}` getopt_long's message and `{invalid}` getopt's.
 */
const FOLDER = join(import.meta.dirname, 'debian-12')
const HEADER = /^@ (\S+) (\S+)(?: (\d+)( stderr)?)?$/

type Sections = ReadonlyMap<string, RecordedAnswer>

/** Most packages whose answers are kept in memory. */
const MOST_KEPT = 8
const kept = new LRUCache<string, Sections>({ max: MOST_KEPT })
let filesByProgram: ReadonlyMap<string, string> | undefined

/** The answer of a program on an occasion, its places filled; undefined when none is recorded for this system. */
export function recordedAnswer(process: Process, occasion: Occasion, option: string = occasion): RecordedAnswer | undefined {
  if (process.world.persona.os.codename !== 'bookworm') return undefined
  const called = process.argv[0] ?? ''
  const name = called.slice(called.lastIndexOf('/') + 1)
  const sections = sectionsOf(name)
  const answer = sections?.get(`${name} ${occasion}`)
  if (!sections || !answer) return undefined
  const invalid = `invalid option -- '${option[1] ?? ''}'`
  const places: Record<string, string> = {
    '0': called,
    name,
    option,
    word: option.replace(/^-+/, ''),
    unrecognized: option.startsWith('--') ? `unrecognized option '${option}'` : invalid,
    invalid,
  }
  const fill = (text: string): string =>
    text.replace(/\{(0|name|option|word|unrecognized|invalid)\}/g, (_, place: string) => places[place] as string)
  const page = (): string => fill(sections.get(`${name} --help`)?.text ?? '')
  return { ...answer, text: fill(answer.text).replace('{--help}\n', page) }
}

function sectionsOf(program: string): Sections | undefined {
  filesByProgram ??= programsOf(readdirSync(FOLDER))
  const file = filesByProgram.get(program)
  if (file === undefined) return undefined
  const known = kept.get(file)
  if (known) return known
  const sections = new Map(parseSections(readFileSync(join(FOLDER, file), 'utf8')))
  kept.set(file, sections)
  return sections
}

function programsOf(files: readonly string[]): ReadonlyMap<string, string> {
  const programs = new Map<string, string>()
  for (const file of files)
    for (const [key] of parseSections(readFileSync(join(FOLDER, file), 'utf8'))) programs.set(key.slice(0, key.indexOf(' ')), file)
  return programs
}

/** Sections of a file, by `PROGRAM OCCASION`. */
export function* parseSections(file: string): Iterable<[key: string, answer: RecordedAnswer]> {
  let heads: { key: string; exitCode: number; stream: RecordedAnswer['stream'] }[] = []
  let lines: string[] = []
  const section = function* (): Iterable<[string, RecordedAnswer]> {
    const text = lines.map((line) => `${line}\n`).join('')
    for (const { key, ...how } of heads) yield [key, { text, ...how }]
  }
  for (const line of file.split('\n').slice(0, -1)) {
    const header = HEADER.exec(line)
    if (!header) {
      lines.push(line)
      continue
    }
    if (lines.length > 0) {
      yield* section()
      heads = []
      lines = []
    }
    const [, programs = '', occasions = '', status = '0', stderr] = header
    for (const program of programs.split(','))
      for (const occasion of occasions.split(','))
        heads.push({ key: `${program} ${occasion}`, exitCode: Number(status), stream: stderr ? 'stderr' : 'stdout' })
  }
  yield* section()
}
