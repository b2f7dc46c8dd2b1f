import { Regex, RegexError } from '../regex/regex.ts'
import type { Machine } from './machine.ts'
import { Unsupported } from './syntax.ts'

export interface Pattern {
  regex: Regex
  names: (string | undefined)[]
}

const cache = new Map<string, Pattern>()
const MOST_CACHED = 500

/** A pattern with its flags; the same text is compiled once. Dies as Perl does for a wrong one. */
export function patternOf(machine: Machine, source: string, flags: string): Pattern {
  const key = `${flags.replace(/[gceor]/g, '')}/${source}`
  const known = cache.get(key)
  if (known) return known
  const made = compile(machine, source, flags)
  if (cache.size >= MOST_CACHED) cache.clear()
  cache.set(key, made)
  return made
}

function compile(machine: Machine, source: string, given: string): Pattern {
  let pattern = source
  let flags = given
  // `qr//` within another pattern, with flags of its own; those of the whole are the same where it stands alone.
  const whole = /^\(\?\^([a-z]*):([\s\S]*)\)$/.exec(pattern)
  if (whole && balanced(whole[2] as string)) {
    pattern = whole[2] as string
    flags += whole[1]
  }
  pattern = pattern.replace(/\(\?\^([a-z]*):/g, '(?:')
  const inline = /^\(\?([a-z]+)\)/.exec(pattern)
  if (inline) {
    flags += inline[1]
    pattern = pattern.slice(inline[0].length)
  }
  if (/\(\?[{?]|\\G|\(\?R\)|\(\?\d/.test(pattern)) throw new Unsupported('pattern')
  const names: (string | undefined)[] = []
  for (const [group, called] of pattern.matchAll(/\\.|\[(?:\\.|[^\]])*\]|\((?!\?)|\(\?P?<(?![=!])([A-Za-z_]\w*)>/g))
    if (group.startsWith('(')) names.push(called)
  pattern = pattern
    .replace(/\(\?P?<([A-Za-z_]\w*)>/g, '(')
    .replace(/\\([hRv])/g, (_, c: string) => (c === 'R' ? '(?:\\r\\n|\\n|\\r)' : c === 'h' ? '[ \\t]' : '[\\n\\r\\f\\x0b]'))
  if (flags.includes('x'))
    pattern = pattern.replace(/\\[\s\S]|\[(?:\\.|[^\]])*\]|\s+|#[^\n]*/g, (part) => (/^[\s#]/.test(part) ? '' : part))
  const [first, last] = flags.includes('m') ? ['(?:^|(?<=\\n))', '(?=\\n|$)'] : ['^', '(?=\\n?$)']
  const signs: Record<string, string> = {
    '.': flags.includes('s') ? '[\\s\\S]' : '[^\\n]',
    '^': first,
    $: /\$$/.test(pattern) && !flags.includes('m') ? '(?:(?=\\n$)|$)' : last,
    '\\z': '$',
    '\\Z': '(?:(?=\\n$)|$)',
    '\\A': '^',
  }
  pattern = pattern.replace(/\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\w+:\]|[^\]])*\]|[.^$]/g, (part) => signs[part] ?? part)
  try {
    return { regex: Regex.compile(pattern, 'perl', flags.includes('i')), names }
  } catch (error) {
    if (!(error instanceof RegexError)) throw error
    const open = source.lastIndexOf('(')
    const at = open < 0 ? source.length : open
    return machine.die(
      `Unmatched ( in regex; marked by <-- HERE in m/${source.slice(0, at + 1)} <-- HERE ${source.slice(at + 1)}/`.replace(
        /^Unmatched \(/,
        /\[/.test(source) && open < 0 ? 'Unmatched [' : 'Unmatched (',
      ),
    )
  }
}

function balanced(text: string): boolean {
  let depth = 0
  for (const char of text.replace(/\\./g, '')) {
    depth += char === '(' ? 1 : char === ')' ? -1 : 0
    if (depth < 0) return false
  }
  return depth === 0
}

export function groupText(subject: string, offsets: readonly number[], group: number): string | undefined {
  const start = offsets[group * 2] ?? -1
  return start < 0 ? undefined : subject.slice(start, offsets[group * 2 + 1])
}
