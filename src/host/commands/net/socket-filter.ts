import type { Process } from '../../command.ts'
import type { Socket } from '../../world/network.ts'
import { Failure } from '../gnu/command.ts'

type Test = (socket: Socket) => boolean

const STATES: Readonly<Record<string, readonly string[]>> = {
  all: [],
  established: ['ESTAB'],
  listening: ['LISTEN', 'UNCONN'],
  connected: ['ESTAB', 'TIME-WAIT', 'CLOSE-WAIT', 'SYN-SENT', 'SYN-RECV'],
  synchronized: ['ESTAB', 'TIME-WAIT', 'CLOSE-WAIT'],
  bucket: ['TIME-WAIT', 'SYN-RECV'],
  big: ['ESTAB', 'LISTEN', 'UNCONN'],
}
const SINGLE = [
  'syn-sent',
  'syn-recv',
  'fin-wait-1',
  'fin-wait-2',
  'time-wait',
  'closed',
  'close-wait',
  'last-ack',
  'closing',
  'unconnected',
]
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '=': (a, b) => a === b,
  '==': (a, b) => a === b,
  eq: (a, b) => a === b,
  '!=': (a, b) => a !== b,
  ne: (a, b) => a !== b,
  neq: (a, b) => a !== b,
  '>': (a, b) => a > b,
  gt: (a, b) => a > b,
  '<': (a, b) => a < b,
  lt: (a, b) => a < b,
  '>=': (a, b) => a >= b,
  ge: (a, b) => a >= b,
  '<=': (a, b) => a <= b,
  le: (a, b) => a <= b,
}

export interface SocketFilter {
  test: Test
  /** States that were named; those of the options hold when none was. */
  states: readonly string[] | undefined
  /** One state alone is no column of its own. */
  single: boolean
}

/**
 * Reads the filter of `ss`: `state NAME`, then an expression of `src`, `dst`, `sport`, `dport`, `and`, `or`, `not`.
 * @throws Failure with status 255
 */
export function socketFilter(process: Process, words: readonly string[]): SocketFilter {
  return new FilterParser(process, words).parse()
}

class FilterParser {
  readonly #process: Process
  readonly #words: string[]
  #at = 0

  constructor(process: Process, words: readonly string[]) {
    this.#process = process
    this.#words = words.flatMap((word) => word.match(/[()]|[^\s()]+/g) ?? [])
  }

  parse(): SocketFilter {
    const states = new Set<string>()
    let named = false
    let single = false
    for (let word = this.#words[this.#at]; word === 'state' || word === 'exclude'; word = this.#words[this.#at]) {
      const name = this.#words[this.#at + 1] ?? ''
      const chosen = STATES[name] ?? (SINGLE.includes(name) ? [name.toUpperCase()] : undefined)
      if (!chosen) throw new Failure(`wrong state name: ${name}`, 255, true)
      single = !named && (name === 'established' || SINGLE.includes(name))
      named = true
      for (const state of chosen) states.add(state)
      this.#at += 2
    }
    const test = this.#at < this.#words.length ? this.#or() : () => true
    if (this.#at < this.#words.length) this.#wrong()
    return { test, states: named ? [...states] : undefined, single }
  }

  #or(): Test {
    let left = this.#and()
    while (this.#take('or', '||', '|')) {
      const [before, right] = [left, this.#and()]
      left = (socket) => before(socket) || right(socket)
    }
    return left
  }

  #and(): Test {
    let left = this.#term()
    while (this.#at < this.#words.length && !/^(or|\|\|?|\))$/.test(this.#words[this.#at] as string)) {
      this.#take('and', '&&', '&')
      const [before, right] = [left, this.#term()]
      left = (socket) => before(socket) && right(socket)
    }
    return left
  }

  #term(): Test {
    if (this.#take('not', '!')) {
      const test = this.#term()
      return (socket) => !test(socket)
    }
    if (this.#take('(')) {
      const test = this.#or()
      if (!this.#take(')')) this.#wrong()
      return test
    }
    const field = this.#words[this.#at++] ?? ''
    if (!/^(src|dst|sport|dport)$/.test(field)) this.#wrong()
    const operator = COMPARISONS[this.#words[this.#at] ?? ''] ? (this.#words[this.#at++] as string) : '='
    const value = this.#words[this.#at++] ?? this.#wrong()
    const compare = COMPARISONS[operator] as (a: number, b: number) => boolean
    const side = (socket: Socket) => (field === 'src' || field === 'sport' ? socket.local : socket.peer)
    const [, host = '', port] = /^(?:\[?([^\]]*?)\]?)(?::([\w-]+|\*))?$/.exec(value) ?? []
    const wanted = port === undefined || port === '*' ? undefined : this.#port(port)
    const byPort: Test = (socket) => wanted === undefined || compare(side(socket).port, wanted)
    if (field.endsWith('port')) return byPort
    const prefix = host.replace(/\/\d+$/, '')
    const same: Test = (socket) => prefix === '' || prefix === '*' || side(socket).address === prefix
    return operator.startsWith('!') || operator.startsWith('n') ? (socket) => !same(socket) : (socket) => same(socket) && byPort(socket)
  }

  #port(text: string): number {
    if (/^\d+$/.test(text)) return Number(text)
    const services = this.#process.files.may('r', '/etc/services') ? this.#process.files.read('/etc/services').toString('latin1') : ''
    const line = services.split('\n').find((candidate) => candidate.split(/\s+/)[0] === text)
    const found = /\s(\d+)\//.exec(line ?? '')?.[1]
    if (found === undefined) throw new Failure(`cannot parse service ${text}`, 255, true)
    return Number(found)
  }

  #take(...words: string[]): boolean {
    if (!words.includes(this.#words[this.#at] ?? '')) return false
    this.#at++
    return true
  }

  #wrong(): never {
    throw new Failure('bison bellows (while parsing filter): "syntax error!" Sorry.', 255, true)
  }
}
