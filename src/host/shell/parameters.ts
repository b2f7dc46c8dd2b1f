import { randomInt } from 'node:crypto'
import type { HostText } from '../command.ts'
import { Abandon } from './control.ts'
import { ArithmeticError, type ArithmeticScope, evaluate } from './expand/arithmetic.ts'
import { LONGEST_TEXT, MOST_FIELDS, TooLong } from './expand/fields.ts'
import { inHashOrder } from './hash-order.ts'
import { printSimple } from './print.ts'
import type { Shell } from './shell.ts'
import { ELEMENT_BYTES, type Variable, variableBytes } from './variables.ts'

export const BASH_VERSION = '5.2.15(1)-release'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

export function isName(text: string): boolean {
  return NAME.test(text)
}

/** A readonly variable was assigned; the caller says it in its own way. */
export class ReadonlyVariable extends Error {
  readonly variable: string

  constructor(variable: string) {
    super(`${variable}: readonly variable`)
    this.variable = variable
  }
}

/** `set -u` met a variable without a value in an expression. */
export class UnboundVariable extends ArithmeticError {}

/** A wrong subscript, e.g. of an assignment below the first element. */
export class BadSubscript extends Error {}

/** `name[subscript]`, or a plain name. */
export interface Target {
  name: string
  subscript: string | undefined
}

export function parseTarget(text: string): Target | undefined {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:\[([\s\S]+)\])?$/.exec(text)
  return match ? { name: match[1] as string, subscript: match[2] } : undefined
}

const OWN_NAMES = [
  'BASHOPTS',
  'BASHPID',
  'BASH_COMMAND',
  'BASH_SUBSHELL',
  'BASH_VERSINFO',
  'BASH_VERSION',
  'DIRSTACK',
  'EPOCHREALTIME',
  'EPOCHSECONDS',
  'EUID',
  'GROUPS',
  'HISTCMD',
  'LINENO',
  'PIPESTATUS',
  'PPID',
  'RANDOM',
  'SECONDS',
  'SHELLOPTS',
  'SRANDOM',
  'UID',
]

/** Reads and writes the shell's parameters: variables, arrays, positional and special ones. */
export class Parameters implements ArithmeticScope {
  readonly #shell: Shell
  #seed: number | undefined
  #secondsBase: number

  constructor(shell: Shell) {
    this.#shell = shell
    this.#secondsBase = shell.startedAt
  }

  /** Scalar value as `$name` gives it; undefined when it is not set. */
  get(name: string): HostText | undefined {
    const shell = this.#shell
    if (/^[0-9]+$/.test(name)) return name === '0' ? shell.name : shell.positional[Number(name) - 1]
    if (!NAME.test(name)) return this.#special(name)
    const dynamic = this.#dynamic(name)
    if (dynamic !== undefined) return dynamic
    const variable = shell.vars.find(shell.vars.resolve(name))
    if (!variable) return this.#indirect(shell.vars.resolve(name))
    if (variable.array) return variable.array.get(0)
    if (variable.table) return variable.table.get('0')
    return variable.value
  }

  /** A `declare -n` reference to an element of an array. */
  #indirect(name: string): HostText | undefined {
    const target = name.includes('[') ? parseTarget(name) : undefined
    return target?.subscript === undefined ? undefined : this.getElement(target.name, target.subscript)
  }

  /** Every element of an array or, for a scalar, its value. Undefined when the name is not set. */
  list(name: string): HostText[] | undefined {
    return this.entries(name)?.map(([, value]) => value)
  }

  /** Subscripts and values in order. */
  entries(name: string): [string, HostText][] | undefined {
    const shell = this.#shell
    const dynamic = this.#dynamicArray(name)
    if (dynamic) return dynamic.map((value, i) => [String(i), value])
    const variable = shell.vars.find(shell.vars.resolve(name))
    if (variable?.array) return [...variable.array].sort((a, b) => a[0] - b[0]).map(([i, value]) => [String(i), value])
    if (variable?.table) return inHashOrder(variable.table)
    const value = this.get(name)
    return value === undefined ? undefined : [['0', value]]
  }

  getElement(name: string, subscript: string): HostText | undefined {
    const dynamic = this.#dynamicArray(name)
    if (dynamic) return dynamic[Number(this.indexOf(subscript))]
    const variable = this.#shell.vars.find(this.#shell.vars.resolve(name))
    if (variable?.table) return variable.table.get(subscript)
    const index = Number(this.indexOf(subscript))
    if (!variable?.array) return index === 0 ? this.get(name) : undefined
    return variable.array.get(index < 0 ? lastIndex(variable.array) + 1 + index : index)
  }

  isAssociative(name: string): boolean {
    return this.#shell.vars.find(this.#shell.vars.resolve(name))?.table !== undefined
  }

  /** @throws ReadonlyVariable, Abandon */
  set(name: string, value: HostText): void {
    const resolved = this.#shell.vars.resolve(name)
    const target = resolved.includes('[') ? parseTarget(resolved) : undefined
    if (target?.subscript !== undefined) {
      this.setElement(target.name, target.subscript, value)
      return
    }
    this.assign(this.#shell.vars.make(resolved), resolved, value)
  }

  append(name: string, value: HostText): void {
    const variable = this.#shell.vars.make(this.#shell.vars.resolve(name))
    const before = this.get(name) ?? ''
    const next = variable.integer ? String(this.evaluate(before) + this.evaluate(value)) : before + value
    this.assign(variable, name, next)
  }

  setElement(name: string, subscript: string, value: HostText): void {
    const variable = this.#shell.vars.make(this.#shell.vars.resolve(name))
    if (variable.readonly) throw new ReadonlyVariable(name)
    const shaped = this.#shape(variable, value)
    variable.unassigned = false
    if (variable.table) {
      this.#book(variable.table.get(subscript), shaped)
      variable.table.set(subscript, shaped)
      return
    }
    const array = this.#arrayOf(variable)
    const index = Number(this.indexOf(subscript))
    const at = index < 0 ? lastIndex(array) + 1 + index : index
    if (at < 0) throw new BadSubscript(`${name}[${subscript}]: bad array subscript`)
    this.#book(array.get(at), shaped)
    array.set(at, shaped)
  }

  appendElement(name: string, subscript: string, value: HostText): void {
    const before = this.getElement(name, subscript) ?? ''
    const integer = this.#shell.vars.find(name)?.integer
    this.setElement(name, subscript, integer ? String(this.evaluate(before || '0') + this.evaluate(value)) : before + value)
  }

  /** `name=(…)`: the whole array at once. A missing subscript continues after the last one. */
  setArray(
    name: string,
    elements: readonly { subscript: string | undefined; value: HostText; append?: boolean }[],
    append: boolean,
    variable = this.#shell.vars.make(this.#shell.vars.resolve(name)),
  ): void {
    if (variable.readonly) throw new ReadonlyVariable(name)
    const before = variableBytes(variable)
    variable.unassigned = false
    this.#setArray(variable, elements, append)
    this.#change(variableBytes(variable) - before)
  }

  #setArray(
    variable: Variable,
    elements: readonly { subscript: string | undefined; value: HostText; append?: boolean }[],
    append: boolean,
  ): void {
    if (variable.table) {
      if (!append) variable.table = new Map()
      // Without subscripts an associative array takes keys and values in turn.
      if (elements.every((e) => e.subscript === undefined)) {
        for (let i = 0; i < elements.length; i += 2) variable.table.set(elements[i]?.value ?? '', elements[i + 1]?.value ?? '')
      } else
        for (const { subscript, value } of elements)
          if (subscript !== undefined) variable.table.set(subscript, this.#shape(variable, value))
      return
    }
    const array = append ? this.#arrayOf(variable) : new Map<number, HostText>()
    let next = append && array.size > 0 ? lastIndex(array) + 1 : 0
    for (const { subscript, value, append: adds } of elements) {
      if (subscript !== undefined) next = Number(this.indexOf(subscript))
      array.set(next, this.#shape(variable, (adds ? (array.get(next) ?? '') : '') + value))
      next++
      if (array.size > MOST_FIELDS) throw new TooLong()
    }
    variable.array = array
    variable.value = undefined
  }

  /** Gives a variable its value, as its attributes shape it. */
  assign(variable: Variable, name: string, value: HostText): void {
    if (variable.readonly) throw new ReadonlyVariable(name)
    if (value.length > LONGEST_TEXT) throw new TooLong()
    if (this.#assignDynamic(name, value)) return
    const shaped = this.#shape(variable, value)
    if (variable.array) variable.array.set(0, shaped)
    else if (variable.table) variable.table.set('0', shaped)
    else {
      this.#book(variable.value, shaped)
      variable.value = shaped
    }
    if (this.#shell.options.has('allexport')) variable.exported = true
    if (name === 'PATH') this.#shell.hashed.clear()
    if (name === 'OPTIND') this.#shell.optind = { index: Number(value) || 1, char: 0 }
  }

  /** @throws ArithmeticError; UnboundVariable under `set -u` */
  evaluate(expression: string): bigint {
    if (!this.#shell.options.has('nounset')) return evaluate(expression, this)
    const get = (name: string) => {
      const value = this.get(name)
      if (value === undefined) throw new UnboundVariable(`${name}: unbound variable`)
      return value
    }
    const element = (name: string, subscript: string) => this.getElement(name, subscript)
    return evaluate(expression, {
      get,
      getElement: element,
      set: (n, v) => this.set(n, v),
      setElement: (n, s, v) => this.setElement(n, s, v),
    })
  }

  importEnvironment(): void {
    const { vars, process } = this.#shell
    for (const [name, value] of process.env) if (NAME.test(name)) Object.assign(vars.makeGlobal(name), { value, exported: true })
  }

  /** IFS as word splitting uses it: unset means the default. */
  get ifs(): string {
    return this.#shell.vars.find('IFS') === undefined ? ' \t\n' : (this.get('IFS') ?? ' \t\n')
  }

  /** Of an indexed array. @throws BadSubscript */
  indexOf(subscript: string): bigint {
    try {
      return this.evaluate(subscript)
    } catch (error) {
      if (!(error instanceof ArithmeticError)) throw error
      throw new BadSubscript(error.message)
    }
  }

  #arrayOf(variable: Variable): Map<number, HostText> {
    if (variable.array) return variable.array
    variable.array = new Map(variable.value === undefined ? [] : [[0, variable.value]])
    variable.value = undefined
    return variable.array
  }

  /** Books what a value takes more than the one before; a new one takes room of its own. */
  #book(before: HostText | undefined, after: HostText): void {
    this.#change(after.length - (before === undefined ? -ELEMENT_BYTES : before.length))
  }

  #change(bytes: number): void {
    if (bytes > 0) this.#shell.process.hold(bytes)
    else if (bytes < 0) this.#shell.process.release(-bytes)
  }

  #shape(variable: Variable, value: HostText): HostText {
    if (variable.integer) return String(this.evaluate(value))
    if (variable.lower) return value.toLowerCase()
    return variable.upper ? value.toUpperCase() : value
  }

  #special(name: string): HostText | undefined {
    const shell = this.#shell
    switch (name) {
      case '?':
        return String(shell.status)
      case '$':
        return String(shell.shellPid)
      case '!':
        return shell.lastBackground === undefined ? undefined : String(shell.lastBackground)
      case '#':
        return String(shell.positional.length)
      case '-':
        return shell.options.letters(shell.interactive, shell.dialect.name === 'dash' ? 'script' : shell.source)
      case '@':
        return shell.positional.length ? shell.positional.join(' ') : undefined
      case '*':
        return shell.positional.length ? shell.positional.join(this.ifs[0] ?? '') : undefined
      default:
        return undefined
    }
  }

  #dynamic(name: string): HostText | undefined {
    const shell = this.#shell
    if (shell.dialect.name !== 'bash') return this.#posixDynamic(name)
    switch (name) {
      case 'RANDOM':
        return String(this.#random())
      case 'SRANDOM':
        return String(randomInt(2 ** 32))
      case 'SECONDS':
        return String(Math.floor((shell.process.world.now() - this.#secondsBase) / 1000))
      case 'EPOCHSECONDS':
        return String(Math.floor(shell.process.world.now() / 1000))
      case 'EPOCHREALTIME':
        return `${(shell.process.world.now() / 1000).toFixed(3)}${String(randomInt(1000)).padStart(3, '0')}`
      case 'LINENO':
        return String(shell.line)
      case 'BASHPID':
        return String(shell.process.pid)
      case 'PPID':
        return String(shell.process.ppid)
      case 'UID':
      case 'EUID':
        return String(shell.process.uid)
      case 'BASH_SUBSHELL':
        return String(shell.subshellDepth)
      case 'BASH_VERSION':
        return BASH_VERSION
      case 'SHELLOPTS':
        return this.#shellOptions()
      case 'BASHOPTS':
        return shell.options.shoptNames.filter((o) => shell.options.shopt(o)).join(':')
      case '_':
        return shell.lastWord.value
      case 'BASH_COMMAND':
        return shell.command && printSimple(shell.command)
      case 'HISTCMD':
        // A typed line is in the history before it runs.
        return String(Math.max(1, shell.history?.length ?? 1))
      default:
        return this.#dynamicArray(name)?.[0]
    }
  }

  /** Names that bash itself gives a value; {@link Variables} does not know them. */
  get ownNames(): readonly string[] {
    return this.#shell.dialect.name === 'bash' ? OWN_NAMES : []
  }

  /** dash of Debian is built without LINENO; ash counts the text of `-c` from 0. */
  #posixDynamic(name: string): HostText | undefined {
    const shell = this.#shell
    if (name === 'PPID') return String(shell.process.ppid)
    if (name !== 'LINENO' || shell.dialect.name !== 'ash') return undefined
    return String(shell.source === 'command' ? shell.line - 1 : shell.line)
  }

  #dynamicArray(name: string): HostText[] | undefined {
    const shell = this.#shell
    if (shell.dialect.name !== 'bash') return undefined
    switch (name) {
      case 'PIPESTATUS':
        return shell.pipeStatus.map(String)
      case 'FUNCNAME':
        return shell.functionDepth > 0
          ? [...shell.calls]
              .reverse()
              .map((c) => c.function)
              .concat(shell.source === 'script' ? ['main'] : [])
          : undefined
      case 'BASH_SOURCE':
        return shell.calls.length || shell.source === 'script'
          ? [...shell.calls]
              .reverse()
              .map((c) => c.source || shell.name)
              .concat(shell.source === 'script' ? [shell.name] : [])
          : undefined
      case 'BASH_LINENO':
        return shell.calls.length ? [...shell.calls].reverse().map((c) => String(c.line)) : undefined
      case 'DIRSTACK':
        return [shell.process.cwd, ...shell.directories]
      case 'GROUPS':
        return shell.process.groups.map(String)
      case 'BASH_VERSINFO':
        return ['5', '2', '15', '1', 'release', `${shell.process.world.persona.os.kernel.machine}-pc-linux-gnu`]
      default:
        return undefined
    }
  }

  #assignDynamic(name: string, value: HostText): boolean {
    if (this.#shell.dialect.name !== 'bash') return false
    if (name === 'UID' || name === 'EUID' || name === 'PPID' || name === 'SHELLOPTS' || name === 'BASHOPTS')
      throw new ReadonlyVariable(name)
    if (name === 'RANDOM') {
      this.#seed = Number(this.evaluate(value) & 0x7fffffffn)
      return true
    }
    if (name === 'SECONDS') {
      this.#secondsBase = this.#shell.process.world.now() - Number(this.evaluate(value)) * 1000
      return true
    }
    return (
      name === 'BASHPID' ||
      name === 'BASH_SUBSHELL' ||
      name === 'FUNCNAME' ||
      name === 'LINENO' ||
      name === 'EPOCHSECONDS' ||
      name === 'GROUPS'
    )
  }

  /** bash's own generator after a seed was set: Park and Miller's, two halves folded (lib/sh/random.c). */
  #random(): number {
    if (this.#seed === undefined) return randomInt(32768)
    let seed = this.#seed === 0 ? 123459876 : this.#seed
    const high = Math.floor(seed / 127773)
    seed = 16807 * (seed % 127773) - 2836 * high
    if (seed < 0) seed += 0x7fffffff
    this.#seed = seed
    return ((seed >>> 16) ^ (seed & 65535)) & 32767
  }

  #shellOptions(): string {
    const names = [
      'allexport',
      'braceexpand',
      'emacs',
      'errexit',
      'errtrace',
      'functrace',
      'hashall',
      'histexpand',
      'history',
      'ignoreeof',
      'interactive-comments',
      'monitor',
      'noclobber',
      'noexec',
      'noglob',
      'nounset',
      'pipefail',
      'posix',
      'privileged',
      'verbose',
      'vi',
      'xtrace',
    ]
    return names.filter((name) => this.#shell.options.has(name)).join(':')
  }
}

export function lastIndex(array: ReadonlyMap<number, unknown>): number {
  let last = -1
  for (const index of array.keys()) if (index > last) last = index
  return last
}

/** Turns what assigning can throw into bash's message; other errors pass. */
export async function assigning(shell: Shell, what: () => void, prefix = ''): Promise<void> {
  try {
    what()
  } catch (error) {
    if (error instanceof ReadonlyVariable) {
      if (shell.dialect.strict) await shell.abandon(shell.dialect.readonly(error.variable))
      await shell.complain(error.message)
      throw new Abandon(1)
    }
    if (error instanceof UnboundVariable) await shell.abandon(error.message, 'exit', 127)
    if (error instanceof BadSubscript || error instanceof ArithmeticError)
      await shell.abandon(
        prefix + (error instanceof ArithmeticError ? shell.dialect.arithmetic(error) : error.message),
        prefix ? 'exit' : 'discard',
      )
    throw error
  }
}
