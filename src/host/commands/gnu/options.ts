import type { HostText } from '../../command.ts'

/** A command line that getopt_long(3) refuses. The message is glibc's, without the program's name. */
export class OptionError extends Error {
  /** The word, as far as it is one: `--long` or `-x`. */
  readonly option: string

  constructor(message: string, option = '') {
    super(message)
    this.name = 'OptionError'
    this.option = option
  }
}

export interface OptionTable {
  /** As getopt(3) takes it: `abc:d::`; `:` = needs a value, `::` = may have one glued to it. A leading `+` stops at the first operand. */
  short: string
  /** Long names → the short letter they stand for, or a name of their own; `name=` needs a value, `name?` may have one. */
  long?: Record<string, string>
}

interface LongOption {
  key: string
  value: 'no' | 'needed' | 'optional'
}

/** A command line taken apart: options in the order given, and the operands. */
export class Options {
  readonly given: { key: string; value: HostText | undefined }[] = []
  readonly operands: HostText[] = []

  has(...keys: string[]): boolean {
    return this.given.some((option) => keys.includes(option.key))
  }

  /** Value of the last such option. */
  value(key: string): HostText | undefined {
    return this.given.findLast((option) => option.key === key)?.value
  }

  values(key: string): HostText[] {
    return this.given.filter((option) => option.key === key && option.value !== undefined).map((option) => option.value as HostText)
  }

  /** Which of these was given last; options that override each other (`cp -i -n`). */
  last(...keys: string[]): string | undefined {
    return this.given.findLast((option) => keys.includes(option.key))?.key
  }
}

/**
 * Parses a command line as glibc's getopt_long does: permuted operands, clustered letters, abbreviated long names.
 * @throws OptionError
 */
export function parseOptions(words: readonly HostText[], table: OptionTable): Options {
  const ordered = table.short.startsWith('+')
  const short = shortOptions(table.short)
  const long = longOptions(table.long ?? {}, short)
  const options = new Options()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] as string
    if (word === '--') {
      options.operands.push(...words.slice(at + 1))
      break
    }
    if (word === '-' || !word.startsWith('-')) {
      if (ordered) {
        options.operands.push(...words.slice(at))
        break
      }
      options.operands.push(word)
    } else if (word.startsWith('--')) at += takeLong(options, word, words[at + 1], long)
    else at += takeCluster(options, word, words[at + 1], short)
  }
  return options
}

function shortOptions(text: string): Map<string, LongOption['value']> {
  const options = new Map<string, LongOption['value']>()
  for (const [, letter, colons] of text.matchAll(/([^+:])(:{0,2})/g)) {
    options.set(letter as string, colons === '::' ? 'optional' : colons === ':' ? 'needed' : 'no')
  }
  return options
}

function longOptions(table: Record<string, string>, short: Map<string, LongOption['value']>): Map<string, LongOption> {
  const options = new Map<string, LongOption>()
  for (const [name, target] of Object.entries(table)) {
    const mark = target.at(-1)
    const key = mark === '=' || mark === '?' ? target.slice(0, -1) : target
    const value = mark === '=' ? 'needed' : mark === '?' ? 'optional' : (short.get(key) ?? 'no')
    options.set(name, { key: key || name, value })
  }
  for (const name of ['help', 'version']) if (!options.has(name)) options.set(name, { key: name, value: 'no' })
  return options
}

/** Gives how many further words it used. */
function takeLong(options: Options, word: string, next: HostText | undefined, long: Map<string, LongOption>): number {
  const equals = word.indexOf('=')
  const name = word.slice(2, equals < 0 ? undefined : equals)
  const value = equals < 0 ? undefined : word.slice(equals + 1)
  const [full, option] = findLong(name, word, long)
  if (option.value === 'no' && value !== undefined) throw new OptionError(`option '--${full}' doesn't allow an argument`)
  if (option.value !== 'needed' || value !== undefined) {
    options.given.push({ key: option.key, value })
    return 0
  }
  if (next === undefined) throw new OptionError(`option '--${full}' requires an argument`)
  options.given.push({ key: option.key, value: next })
  return 1
}

function findLong(name: string, word: string, long: Map<string, LongOption>): [string, LongOption] {
  const exact = long.get(name)
  if (exact) return [name, exact]
  const candidates = [...long].filter(([full]) => full.startsWith(name))
  if (candidates.length === 0) throw new OptionError(`unrecognized option '${word}'`, word)
  const [first] = candidates
  if (candidates.some(([, option]) => option.key !== first![1].key || option.value !== first![1].value)) {
    throw new OptionError(`option '--${name}' is ambiguous; possibilities: ${candidates.map(([full]) => `'--${full}'`).join(' ')}`)
  }
  return first!
}

function takeCluster(options: Options, word: string, next: HostText | undefined, short: Map<string, LongOption['value']>): number {
  for (let at = 1; at < word.length; at++) {
    const letter = word[at] as string
    const kind = short.get(letter)
    if (!kind) throw new OptionError(`invalid option -- '${letter}'`, `-${letter}`)
    if (kind === 'no') {
      options.given.push({ key: letter, value: undefined })
      continue
    }
    const rest = word.slice(at + 1)
    if (rest !== '' || kind === 'optional') {
      options.given.push({ key: letter, value: rest === '' ? undefined : rest })
      return 0
    }
    if (next === undefined) throw new OptionError(`option requires an argument -- '${letter}'`)
    options.given.push({ key: letter, value: next })
    return 1
  }
  return 0
}
