import { readFileSync } from 'node:fs'

/** Flags are true, numbers numbers; texts may have parameters (terminfo(5)). */
export type Capability = true | number | string

const terminals = JSON.parse(readFileSync(new URL('terminfo.json', import.meta.url), 'utf8')) as Record<string, Record<string, Capability>>

const OTHER_NAMES: Readonly<Record<string, string>> = {
  'xterm-color': 'xterm',
  'xterm-debian': 'xterm',
  'xterm-new': 'xterm',
  vt102: 'vt100',
  'screen.xterm-256color': 'screen-256color',
  tmux: 'screen',
  'rxvt-unicode': 'rxvt',
}

/** What a terminal can do, of the part of the database that programs ask for; undefined for one that it does not have. */
export function capabilitiesOf(terminal: string): ReadonlyMap<string, Capability> | undefined {
  const name = Object.hasOwn(OTHER_NAMES, terminal) ? (OTHER_NAMES[terminal] as string) : terminal
  return Object.hasOwn(terminals, name) ? new Map(Object.entries(terminals[name] as object)) : undefined
}

/** Every name that some terminal has: others are unknown to tput, not only absent. */
export const KNOWN: ReadonlySet<string> = new Set(Object.values(terminals).flatMap(Object.keys))

/** A capability as it is sent: parameters put in as tparm(3X) does, where some are given; no pauses, which slow terminals needed. */
export function sent(text: string, given: readonly number[] = []): string {
  return (given.length ? withParameters(text, given) : text).replace(/\$<\d+[*/]*>/g, '')
}

function withParameters(text: string, given: readonly number[]): string {
  const parameters = Array.from({ length: 9 }, (_, i) => given[i] ?? 0)
  const stack: number[] = []
  const pop = (): number => stack.pop() ?? 0
  let out = ''
  let at = 0
  /** Passes over a branch that is not taken, up to its `%e` (`%;` when there is none). */
  const skip = (toElse: boolean): void => {
    let depth = 0
    while (at < text.length) {
      if (text[at++] !== '%') continue
      const letter = text[at++]
      if (letter === '?') depth++
      else if (letter === ';' && depth-- === 0) return
      else if (letter === 'e' && depth === 0 && toElse) return
    }
  }
  while (at < text.length) {
    const letter = text[at++] as string
    if (letter !== '%') {
      out += letter
      continue
    }
    const code = text[at++]
    switch (code) {
      case '%':
        out += '%'
        break
      case 'd':
      case 's':
        out += pop()
        break
      case 'c':
        out += String.fromCharCode(pop() & 0xff)
        break
      case 'i':
        parameters[0] = (parameters[0] as number) + 1
        parameters[1] = (parameters[1] as number) + 1
        break
      case 'p':
        stack.push(parameters[Number(text[at++]) - 1] ?? 0)
        break
      case '{': {
        const end = text.indexOf('}', at)
        stack.push(Number(text.slice(at, end)))
        at = end + 1
        break
      }
      case '+':
      case '-':
      case '*':
      case '/':
      case '<':
      case '>':
      case '=': {
        const right = pop()
        stack.push(combine(code, pop(), right))
        break
      }
      case 't':
        if (pop() === 0) skip(true)
        break
      case 'e':
        skip(false)
        break
      default:
    }
  }
  return out
}

function combine(operator: '+' | '-' | '*' | '/' | '<' | '>' | '=', a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b
    case '-':
      return a - b
    case '*':
      return a * b
    case '/':
      return b === 0 ? 0 : Math.trunc(a / b)
    case '<':
      return Number(a < b)
    case '>':
      return Number(a > b)
    case '=':
      return Number(a === b)
  }
}
