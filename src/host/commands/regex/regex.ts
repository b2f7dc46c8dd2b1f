import { type Assertion, isWordByte, type Node, parseRegex, RegexError, type Syntax } from './syntax.ts'

export { RegexError, type Syntax } from './syntax.ts'

/** Offsets in pairs: `[start, end, start1, end1, …]`; -1 where a group took no part. */
export type Match = number[]

type Instruction =
  | { op: 'set'; set: Uint8Array }
  | { op: 'split'; first: number; second: number }
  | { op: 'jump'; to: number }
  | { op: 'save'; slot: number }
  | { op: 'assert'; kind: Assertion }
  | { op: 'reference'; index: number }
  | { op: 'look'; program: Instruction[]; behind: boolean; negative: boolean }
  | { op: 'match' }

const MAX_PROGRAM = 20_000
/** Steps that one backtracking match (back references, look-around) may take; PCRE gives up too. */
const BACKTRACK_BUDGET = 100_000
/** Steps that one simulated match may take: a long line times a pattern of thousands of states would else hold up everybody. */
const SIMULATION_BUDGET = 300_000
/** A longer subject is matched up to here only: a line of a megabyte is not worth an attacker's second of our time. */
const MAX_SUBJECT = 256 * 1024

/**
 * A regular expression over byte strings that cannot be made to explode: all but back references and look-around runs
 * as a Thompson simulation, linear in the subject; those two run under a step budget. POSIX syntaxes match leftmost-longest.
 *
 * @example Regex.compile('a\\(b*\\)', 'basic').exec('xabbc') // [1, 4, 2, 4]
 */
export class Regex {
  readonly groups: number
  readonly #program: Instruction[]
  readonly #longest: boolean
  readonly #backtracks: boolean
  readonly #firstBytes: Uint8Array | undefined
  readonly #literal: string | undefined

  private constructor(root: Node, groups: number, longest: boolean) {
    this.groups = groups
    this.#longest = longest
    this.#backtracks = needsBacktracking(root)
    this.#program = compile({ type: 'group', item: root, index: 0 })
    this.#firstBytes = firstBytes(root)
    this.#literal = literalOf(root)
  }

  /** @throws RegexError with glibc's words */
  static compile(pattern: string, syntax: Syntax, ignoreCase = false): Regex {
    const { root, groups } = parseRegex(pattern, syntax, ignoreCase)
    return new Regex(root, groups, syntax !== 'perl')
  }

  test(subject: string): boolean {
    if (this.#literal !== undefined) return subject.includes(this.#literal)
    return this.exec(subject) !== undefined
  }

  /**
   * The leftmost match at or after `from`.
   * @param bol whether the subject's start is a line start (`^` matches there)
   */
  exec(subject: string, from = 0, bol = true): Match | undefined {
    if (this.#literal !== undefined) {
      const at = subject.indexOf(this.#literal, from)
      return at < 0 ? undefined : [at, at + this.#literal.length]
    }
    const text = subject.length > MAX_SUBJECT ? subject.slice(0, MAX_SUBJECT) : subject
    return this.#backtracks ? this.#backtrackSearch(text, from, bol) : this.#simulate(text, from, bol)
  }

  #nextCandidate(subject: string, at: number): number {
    const first = this.#firstBytes
    if (!first) return at
    let i = at
    while (i < subject.length && !first[subject.charCodeAt(i) & 0xff]) i++
    return i < subject.length ? i : -1
  }

  #simulate(subject: string, from: number, bol: boolean): Match | undefined {
    const program = this.#program
    let current = new Threads(program.length)
    let next = new Threads(program.length)
    let best: Match | undefined
    let left = SIMULATION_BUDGET
    for (let at = from; at <= subject.length && left > 0; at++) {
      if (!best && current.size === 0) {
        const candidate = this.#nextCandidate(subject, at)
        if (candidate < 0) return undefined
        at = candidate
      }
      if (!best) addThread(program, current, 0, subject, at, bol, [])
      if (current.size === 0) {
        if (best) break
        // An assertion failed here; it may hold further on.
        current.clear()
        continue
      }
      left -= current.size
      const byte = at < subject.length ? subject.charCodeAt(at) & 0xff : -1
      next.clear()
      for (let t = 0; t < current.size; t++) {
        const instruction = program[current.pcs[t]!]!
        const saved = current.saved[t]!
        if (instruction.op === 'match') {
          // Perl: a thread that is still here stands before the one that has matched.
          if (!best || !this.#longest || (saved[0] === best[0] && at > best[1]!) || saved[0]! < best[0]!) best = saved
          if (!this.#longest) break
        } else if (instruction.op === 'set' && byte >= 0 && instruction.set[byte]) {
          if (best && saved[0]! > best[0]!) continue
          addThread(program, next, current.pcs[t]! + 1, subject, at + 1, bol, saved)
        }
      }
      ;[current, next] = [next, current]
    }
    return best && fillMissing(best, this.groups)
  }

  #backtrackSearch(subject: string, from: number, bol: boolean): Match | undefined {
    const budget = { left: BACKTRACK_BUDGET }
    for (let at = from; at <= subject.length; at++) {
      const candidate = this.#nextCandidate(subject, at)
      if (candidate < 0) return undefined
      at = candidate
      const found = backtrack(this.#program, subject, at, bol, budget, this.#longest)
      if (found) return fillMissing(found, this.groups)
      if (budget.left <= 0) return undefined
    }
    return undefined
  }
}

class Threads {
  readonly pcs: Int32Array
  readonly saved: Match[] = []
  readonly #seen: Int32Array
  #generation = 1
  size = 0

  constructor(length: number) {
    this.pcs = new Int32Array(length)
    this.#seen = new Int32Array(length)
  }

  clear(): void {
    this.size = 0
    this.#generation++
  }

  /** Whether the instruction is new in this step; each runs once, the thread of highest priority wins. */
  enters(pc: number): boolean {
    if (this.#seen[pc] === this.#generation) return false
    this.#seen[pc] = this.#generation
    return true
  }

  add(pc: number, saved: Match): void {
    this.pcs[this.size] = pc
    this.saved[this.size++] = saved
  }
}

function addThread(
  program: Instruction[],
  threads: Threads,
  start: number,
  subject: string,
  at: number,
  bol: boolean,
  captures: Match,
): void {
  const stack: { pc: number; saved: Match }[] = [{ pc: start, saved: captures }]
  for (let top = stack.pop(); top; top = stack.pop()) {
    const { pc, saved } = top
    if (!threads.enters(pc)) continue
    const instruction = program[pc]!
    if (instruction.op === 'jump') stack.push({ pc: instruction.to, saved })
    else if (instruction.op === 'split') stack.push({ pc: instruction.second, saved }, { pc: instruction.first, saved })
    else if (instruction.op === 'save') stack.push({ pc: pc + 1, saved: withSlot(saved, instruction.slot, at) })
    else if (instruction.op === 'assert') {
      if (holds(instruction.kind, subject, at, bol)) stack.push({ pc: pc + 1, saved })
    } else threads.add(pc, saved)
  }
}

function withSlot(saved: Match, slot: number, at: number): Match {
  const copy = saved.slice()
  while (copy.length < slot) copy.push(-1)
  copy[slot] = at
  return copy
}

function fillMissing(match: Match, groups: number): Match {
  while (match.length < 2 * groups + 2) match.push(-1)
  return match
}

function holds(kind: Assertion, subject: string, at: number, bol: boolean): boolean {
  const before = at > 0 && isWordByte(subject.charCodeAt(at - 1))
  const after = at < subject.length && isWordByte(subject.charCodeAt(at))
  switch (kind) {
    case 'bol':
    case 'start':
      return at === 0 && bol
    case 'eol':
    case 'end':
      return at === subject.length
    case 'word':
      return before !== after
    case 'not-word':
      return before === after
    case 'word-start':
      return !before && after
    case 'word-end':
      return before && !after
  }
}

/** Depth-first match with an explicit stack. `longest` tries every way and keeps the longest. */
function backtrack(
  program: Instruction[],
  subject: string,
  from: number,
  bol: boolean,
  budget: { left: number },
  longest: boolean,
): Match | undefined {
  let best: Match | undefined
  const stack: { pc: number; at: number; saved: Match }[] = [{ pc: 0, at: from, saved: [] }]
  for (let top = stack.pop(); top; top = stack.pop()) {
    let { pc, at, saved } = top
    for (;;) {
      if (--budget.left <= 0) return best
      const instruction = program[pc]!
      if (instruction.op === 'match') {
        if (!best || saved[1]! > best[1]!) best = saved
        if (!longest) return best
        break
      }
      if (instruction.op === 'set') {
        if (at >= subject.length || !instruction.set[subject.charCodeAt(at) & 0xff]) break
        at++
        pc++
      } else if (instruction.op === 'jump') pc = instruction.to
      else if (instruction.op === 'split') {
        stack.push({ pc: instruction.second, at, saved })
        pc = instruction.first
      } else if (instruction.op === 'save') {
        saved = withSlot(saved, instruction.slot, at)
        pc++
      } else if (instruction.op === 'assert') {
        if (!holds(instruction.kind, subject, at, bol)) break
        pc++
      } else if (instruction.op === 'reference') {
        const start = saved[2 * instruction.index] ?? -1
        const text = start < 0 ? undefined : subject.slice(start, saved[2 * instruction.index + 1])
        if (text === undefined || !subject.startsWith(text, at)) break
        at += text.length
        pc++
      } else {
        if (looks(instruction, subject, at, bol, budget) === instruction.negative) break
        pc++
      }
    }
  }
  return best
}

function looks(
  look: { program: Instruction[]; behind: boolean },
  subject: string,
  at: number,
  bol: boolean,
  budget: { left: number },
): boolean {
  if (!look.behind) return backtrack(look.program, subject, at, bol, budget, false) !== undefined
  const head = subject.slice(0, at)
  for (let start = at; start >= Math.max(0, at - 255); start--) {
    if (backtrack(look.program, head, start, bol, budget, true)?.[1] === at) return true
  }
  return false
}

function needsBacktracking(node: Node): boolean {
  switch (node.type) {
    case 'reference':
    case 'look':
      return true
    case 'sequence':
    case 'choice':
      return node.items.some(needsBacktracking)
    case 'repeat':
    case 'group':
      return needsBacktracking(node.item)
    default:
      return false
  }
}

function literalOf(root: Node): string | undefined {
  const items = root.type === 'sequence' ? root.items : [root]
  let text = ''
  for (const item of items) {
    if (item.type !== 'set') return undefined
    const byte = item.set.indexOf(1)
    if (byte < 0 || item.set.indexOf(1, byte + 1) >= 0) return undefined
    text += String.fromCharCode(byte)
  }
  return text === '' ? undefined : text
}

/** Bytes that a match can begin with; undefined when it may be empty or that is hard to tell. */
function firstBytes(node: Node): Uint8Array | undefined {
  switch (node.type) {
    case 'set':
      return node.set
    case 'group':
      return firstBytes(node.item)
    case 'repeat':
      return node.min > 0 ? firstBytes(node.item) : undefined
    case 'sequence':
      return node.items[0] && firstBytes(node.items[0])
    case 'choice': {
      const union = new Uint8Array(256)
      for (const item of node.items) {
        const set = firstBytes(item)
        if (!set) return undefined
        for (let b = 0; b < 256; b++) union[b]! |= set[b]!
      }
      return union
    }
    default:
      return undefined
  }
}

function compile(root: Node): Instruction[] {
  const program: Instruction[] = []
  emit(root, program)
  program.push({ op: 'match' })
  return program
}

function emit(node: Node, program: Instruction[]): void {
  if (program.length > MAX_PROGRAM) throw new RegexError('Regular expression too big')
  switch (node.type) {
    case 'empty':
      return
    case 'set':
      program.push({ op: 'set', set: node.set })
      return
    case 'assert':
      program.push({ op: 'assert', kind: node.kind })
      return
    case 'keep':
      program.push({ op: 'save', slot: 0 })
      return
    case 'reference':
      program.push({ op: 'reference', index: node.index })
      return
    case 'look':
      program.push({
        op: 'look',
        program: compile({ type: 'group', item: node.item, index: 0 }),
        behind: node.behind,
        negative: node.negative,
      })
      return
    case 'sequence':
      for (const item of node.items) emit(item, program)
      return
    case 'group':
      program.push({ op: 'save', slot: 2 * node.index })
      emit(node.item, program)
      program.push({ op: 'save', slot: 2 * node.index + 1 })
      return
    case 'choice':
      emitChoice(node.items, program)
      return
    case 'repeat':
      emitRepeat(node, program)
  }
}

function emitChoice(items: Node[], program: Instruction[]): void {
  const ends: { op: 'jump'; to: number }[] = []
  for (const [index, item] of items.entries()) {
    if (index === items.length - 1) {
      emit(item, program)
      break
    }
    const split = { op: 'split' as const, first: program.length + 1, second: 0 }
    program.push(split)
    emit(item, program)
    const end = { op: 'jump' as const, to: 0 }
    program.push(end)
    ends.push(end)
    split.second = program.length
  }
  for (const end of ends) end.to = program.length
}

function emitRepeat(node: Extract<Node, { type: 'repeat' }>, program: Instruction[]): void {
  for (let i = 0; i < node.min; i++) emit(node.item, program)
  const split = (): { op: 'split'; first: number; second: number } => {
    const instruction = { op: 'split' as const, first: 0, second: 0 }
    program.push(instruction)
    return instruction
  }
  const aim = (instruction: { first: number; second: number }, enter: number, leave: number): void => {
    instruction.first = node.lazy ? leave : enter
    instruction.second = node.lazy ? enter : leave
  }
  if (node.max === Number.POSITIVE_INFINITY) {
    const loop = program.length
    const instruction = split()
    emit(node.item, program)
    program.push({ op: 'jump', to: loop })
    aim(instruction, loop + 1, program.length)
    return
  }
  const optional: { instruction: { first: number; second: number }; enter: number }[] = []
  for (let i = node.min; i < node.max; i++) {
    const instruction = split()
    optional.push({ instruction, enter: program.length })
    emit(node.item, program)
  }
  for (const { instruction, enter } of optional) aim(instruction, enter, program.length)
}
