import { Died, LoopJump, Returned } from './control.ts'
import { evaluateList, evaluateScalar } from './evaluate.ts'
import type { Machine } from './machine.ts'
import type { Node } from './syntax.ts'
import { Box, Code, PerlArray, PerlHash, Ref, Scope, text, truth, type Value } from './value.ts'
import { assignScalar, loopVariable } from './variables.ts'

/** Runs the statements of a program; expressions are evaluate.ts's. */
export class Interpreter {
  readonly machine: Machine

  constructor(machine: Machine) {
    this.machine = machine
    machine.runBody = (body, scope, wantsList) => this.body(body, scope, wantsList)
  }

  scalar(node: Node, scope: Scope): Promise<Value> {
    return evaluateScalar(this, node, scope)
  }

  list(node: Node, scope: Scope): Promise<Value[]> {
    return evaluateList(this, node, scope)
  }

  async lists(nodes: readonly Node[], scope: Scope): Promise<Value[]> {
    const [only] = nodes
    if (nodes.length === 1 && only) return this.list(only, scope)
    const all: Value[] = []
    for (const node of nodes) all.push(...(await this.list(node, scope)))
    this.machine.boundedList(all)
    return all
  }

  /** A whole program: functions first, then what it says. */
  async program(node: Node, scope: Scope): Promise<void> {
    if (node.type !== 'block') return
    this.#hoist(node, scope, 'main')
    await this.statements(node.body, scope)
  }

  /** Functions exist before the first statement runs. */
  #hoist(node: Node, scope: Scope, home: string): void {
    if (node.type !== 'block') return
    let current = home
    for (const statement of node.body) {
      if (statement.type === 'package') {
        if (statement.body) this.#hoist(statement.body, scope, statement.name)
        else current = statement.name
      } else if (statement.type === 'sub' && statement.name && statement.name !== 'END')
        this.#define(statement, statement.name, scope, current)
    }
  }

  #define(node: Node & { type: 'sub' }, name: string, scope: Scope, home: string): Code {
    const full = name.includes('::') ? name : `${home}::${name}`
    const code = new Code(full, home, { body: node.body, scope })
    this.machine.subs.set(full, code)
    return code
  }

  async statements(nodes: readonly Node[], scope: Scope): Promise<void> {
    for (const node of nodes) await this.execute(node, scope)
  }

  /** The value of a function or of `do`: that of its last statement. */
  async body(node: Node, scope: Scope, wantsList: boolean): Promise<Value[]> {
    try {
      return await this.lastValue(node, scope, wantsList)
    } catch (error) {
      if (error instanceof Returned) return wantsList ? error.values : error.values.slice(-1)
      throw error
    }
  }

  async lastValue(node: Node, scope: Scope, wantsList: boolean): Promise<Value[]> {
    if (node.type === 'block') {
      const inner = new Scope(scope)
      this.#hoist(node, inner, this.machine.package)
      await this.statements(node.body.slice(0, -1), inner)
      const last = node.body.at(-1)
      return last ? this.lastValue(last, inner, wantsList) : []
    }
    if (node.type === 'if') {
      for (const { test, body } of node.branches) if (truth(await this.scalar(test, scope))) return this.lastValue(body, scope, wantsList)
      return node.otherwise ? this.lastValue(node.otherwise, scope, wantsList) : []
    }
    if (/^(?:while|for|foreach|package|use|nothing)$/.test(node.type)) {
      await this.execute(node, scope)
      return []
    }
    this.machine.line = node.line
    return wantsList ? this.list(node, scope) : [await this.scalar(node, scope)]
  }

  async execute(node: Node, scope: Scope): Promise<void> {
    const pause = this.machine.spend()
    if (pause) await pause
    this.machine.line = node.line
    switch (node.type) {
      case 'block': {
        const inner = new Scope(scope)
        this.#hoist(node, inner, this.machine.package)
        return this.localised(() => this.statements(node.body, inner))
      }
      case 'if':
        for (const { test, body } of node.branches) if (truth(await this.scalar(test, scope))) return this.execute(body, scope)
        if (node.otherwise) await this.execute(node.otherwise, scope)
        return
      case 'while':
        return this.#while(node, scope)
      case 'for':
        return this.#for(node, scope)
      case 'foreach':
        return this.#foreach(node, scope)
      case 'sub':
        if (node.name === 'END') this.machine.endBlocks.unshift(new Code('END', 'main', { body: node.body, scope }))
        else if (node.name) this.#define(node, node.name, scope, this.machine.package)
        return
      case 'package': {
        const home = this.machine.package
        this.machine.package = node.name
        if (!node.body) return
        await this.execute(node.body, scope)
        this.machine.package = home
        return
      }
      case 'use':
        return this.useModule(node, scope)
      case 'nothing':
        return
      default:
        // A list of its own is looked at for what it does.
        if (node.type === 'list') await this.list(node, scope)
        else await this.scalar(node, scope)
    }
  }

  /** Set by the modules: what `use` does. */
  useModule: (node: Node & { type: 'use' }, scope: Scope, isRequired?: boolean) => Promise<void> = async () => {}

  /** Values that `local` has put away come back at the end of the block. */
  readonly #locals: (() => void)[][] = []

  restoreLater(restore: () => void): void {
    this.#locals.at(-1)?.push(restore)
  }

  async localised<T>(work: () => Promise<T>): Promise<T> {
    const restores: (() => void)[] = []
    this.#locals.push(restores)
    try {
      return await work()
    } finally {
      this.#locals.pop()
      for (const restore of restores.reverse()) restore()
    }
  }

  /** One turn of a loop; gives whether the loop ends. */
  async #turn(body: Node, scope: Scope, label: string | undefined): Promise<boolean> {
    const pause = this.machine.spend()
    if (pause) await pause
    try {
      await this.execute(body, scope)
    } catch (error) {
      if (!(error instanceof LoopJump) || (error.label !== undefined && error.label !== label)) throw error
      if (error.kind === 'last') return true
    }
    return false
  }

  async #while(node: Node & { type: 'while' }, outer: Scope): Promise<void> {
    const scope = new Scope(outer)
    if (node.after) await this.execute(node.body, scope)
    while (truth(await this.scalar(node.test, scope)) !== node.until) {
      if (await this.#turn(node.body, scope, node.label)) return
      if (node.next) await this.execute(node.next, scope)
    }
  }

  async #for(node: Node & { type: 'for' }, outer: Scope): Promise<void> {
    const scope = new Scope(outer)
    if (node.start) await this.scalar(node.start, scope)
    while (!node.test || truth(await this.scalar(node.test, scope))) {
      if (await this.#turn(node.body, scope, node.label)) return
      if (node.step) await this.scalar(node.step, scope)
    }
  }

  async #foreach(node: Node & { type: 'foreach' }, outer: Scope): Promise<void> {
    const scope = new Scope(outer)
    const { list } = node
    const source = list.type === 'list' && list.items.length === 1 ? (list.items[0] as Node) : list
    // Over one array the variable stands for its elements: what is assigned to it is theirs.
    const array =
      source.type === 'variable' && source.sigil === '@' ? (this.machine.slot(`@${source.name}`, scope, source) as PerlArray) : undefined
    const values = array ? [...array.items] : await this.list(list, scope)
    const bare = source.type === 'variable' && source.name === '_' && source.sigil === '$' && node.variable === undefined
    if (bare && node.body.type === 'block') {
      await this.#turn(node.body, scope, node.label)
      return
    }
    const variable = loopVariable(this, node.variable, scope)
    try {
      for (const [i, value] of values.entries()) {
        variable.box.value = value
        const ends = await this.#turn(node.body, scope, node.label)
        if (array && variable.box.value !== value) array.items[i] = variable.box.value
        if (ends) return
        // Closures keep the variable of their turn.
        variable.renew()
      }
    } finally {
      variable.restore()
    }
  }

  /** Runs code of `map`, `grep`, `sort` with `$_` (or others) set. */
  async each(name: string, values: readonly Value[], work: (value: Value, index: number) => Promise<boolean | undefined>): Promise<void> {
    const box = this.machine.global(`$${name}`) as Box
    const before = box.value
    try {
      for (const [i, value] of values.entries()) {
        const pause = this.machine.spend()
        if (pause) await pause
        box.value = value
        if (await work(value, i)) return
      }
    } finally {
      box.value = before
    }
  }

  /** `eval`: what was died of stands in `$@`. */
  async protect(work: () => Promise<Value[]>): Promise<Value[]> {
    try {
      const values = await this.localised(work)
      this.machine.setScalar('@', '')
      return values
    } catch (error) {
      if (!(error instanceof Died)) throw error
      this.machine.setScalar('@', error.value)
      return []
    }
  }

  codeOf(value: Value): Code {
    if (value instanceof Ref && value.to instanceof Code) return value.to
    const name = text(value)
    const code = this.machine.subs.get(name.includes('::') ? name : `${this.machine.package}::${name}`)
    return (
      code ??
      this.machine.die(
        value === undefined ? "Can't use an undefined value as a subroutine reference" : `Undefined subroutine &main::${name} called`,
      )
    )
  }

  /** Where a method is found: the class, then those of @ISA. */
  method(name: string, home: string, depth = 0): Code | undefined {
    const own = this.machine.subs.get(`${home}::${name}`)
    if (own || depth > 20) return own
    for (const parent of this.machine.array(`${home}::ISA`).items) {
      const found = this.method(name, text(parent), depth + 1)
      if (found) return found
    }
    return undefined
  }

  isA(home: string, wanted: string, depth = 0): boolean {
    return (
      home === wanted ||
      (depth < 20 && this.machine.array(`${home}::ISA`).items.some((parent) => this.isA(text(parent), wanted, depth + 1)))
    )
  }

  assign(node: Node, value: Value, scope: Scope): Promise<void> {
    return assignScalar(this, node, value, scope)
  }
}

export function blessedOf(value: Value): string | undefined {
  return value instanceof Ref ? value.to.blessed : undefined
}

export { Box, Code, PerlArray, PerlHash, Ref }
