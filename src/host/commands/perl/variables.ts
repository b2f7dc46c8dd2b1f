import type { Interpreter } from './interpreter.ts'
import type { Node } from './syntax.ts'
import { Unsupported } from './syntax.ts'
import { Box, Code, type Handle, number, PerlArray, PerlHash, Ref, type Scope, text, type Value } from './value.ts'

/** The array that a node names; one that is not there yet is made (autovivification). */
export async function arrayOf(p: Interpreter, node: Node, scope: Scope): Promise<PerlArray> {
  if (node.type === 'variable') return p.machine.slot(`@${node.name}`, scope, node) as PerlArray
  if (node.type === 'my') {
    declare(p, node, scope)
    return arrayOf(p, node.targets[0] as Node, scope)
  }
  if (node.type !== 'dereference') throw new Unsupported('array')
  const value = await referenceIn(p, node.of, scope, () => new PerlArray())
  if (value instanceof Ref && value.to instanceof PerlArray) return value.to
  return p.machine.die(wrongReference(value, 'an ARRAY'))
}

export async function hashOf(p: Interpreter, node: Node, scope: Scope): Promise<PerlHash> {
  if (node.type === 'variable') return namedHash(p, node.name, scope, node)
  if (node.type === 'my') {
    declare(p, node, scope)
    return hashOf(p, node.targets[0] as Node, scope)
  }
  if (node.type !== 'dereference') throw new Unsupported('hash')
  const value = await referenceIn(p, node.of, scope, () => new PerlHash())
  if (value instanceof Ref && value.to instanceof PerlHash) return value.to
  return p.machine.die(wrongReference(value, 'a HASH'))
}

function namedHash(p: Interpreter, name: string, scope: Scope, node: Node): PerlHash {
  if (name !== '+') return p.machine.slot(`%${name}`, scope, node) as PerlHash
  return p.machine.global('%+') as PerlHash
}

export async function boxOf(p: Interpreter, node: Node & { type: 'dereference' }, scope: Scope): Promise<Box> {
  const value = await referenceIn(p, node.of, scope, () => new Box())
  if (value instanceof Ref && value.to instanceof Box) return value.to
  return p.machine.die(wrongReference(value, 'a SCALAR'))
}

function wrongReference(value: Value, wanted: string): string {
  if (value === undefined) return `Can't use an undefined value as ${wanted} reference`
  if (value instanceof Ref) return `Not ${wanted} reference`
  return `Can't use string ("${text(value).slice(0, 32)}") as ${wanted} ref while "strict refs" in use`
}

/** A reference; an undefined place gets a new one. */
async function referenceIn(p: Interpreter, node: Node, scope: Scope, make: () => PerlArray | PerlHash | Box): Promise<Value> {
  const value = await p.scalar(node, scope)
  if (value !== undefined) {
    if (typeof value === 'string' && !p.machine.strict && /^[\w:]+$/.test(value)) {
      const sample = make()
      return new Ref(p.machine.global(`${sample instanceof PerlArray ? '@' : sample instanceof PerlHash ? '%' : '$'}${value}`))
    }
    return value
  }
  if (!/^(?:variable|element|entry|dereference|my)$/.test(node.type)) return undefined
  const made = new Ref(make())
  await assignScalar(p, node, made, scope)
  return made
}

/** Makes the variables of `my`; those of `our` are the package's, those of `local` come back. */
export function declare(p: Interpreter, node: Node & { type: 'my' }, scope: Scope): void {
  for (const target of node.targets) {
    if (target.type !== 'variable') {
      if (node.how === 'local') continue
      continue
    }
    const key = `${target.sigil}${target.name}`
    if (node.how === 'our')
      scope.slots.set(key, p.machine.global(p.machine.package === 'main' ? key : `${target.sigil}${p.machine.package}::${target.name}`))
    else if (node.how === 'state') {
      const kept = states.get(node)?.get(key)
      scope.slots.set(key, kept ?? fresh(target.sigil))
      if (!kept) states.set(node, (states.get(node) ?? new Map()).set(key, scope.slots.get(key) as Box))
    } else if (node.how === 'my') scope.slots.set(key, fresh(target.sigil))
    else localise(p, key)
  }
}

const states = new WeakMap<Node, Map<string, Box | PerlArray | PerlHash>>()

function fresh(sigil: string): Box | PerlArray | PerlHash {
  return sigil === '@' ? new PerlArray() : sigil === '%' ? new PerlHash() : new Box()
}

function localise(p: Interpreter, key: string): void {
  const slot = p.machine.global(key)
  if (slot instanceof Box) {
    const before = slot.value
    slot.value = undefined
    p.restoreLater(() => {
      slot.value = before
    })
  } else if (slot instanceof PerlArray) {
    const before = slot.items
    slot.items = []
    p.restoreLater(() => {
      slot.items = before
    })
  } else {
    const before = [...slot.map]
    slot.map.clear()
    p.restoreLater(() => {
      slot.map.clear()
      for (const [name, value] of before) slot.map.set(name, value)
    })
  }
}

/** The variable of `foreach`: a new one, one of the block's, or a global that comes back. */
export function loopVariable(p: Interpreter, node: Node | undefined, scope: Scope): { box: Box; renew(): void; restore(): void } {
  if (node?.type === 'my') {
    const key = `$${(node.targets[0] as { name: string }).name}`
    const state = {
      box: new Box(),
      renew(): void {
        state.box = new Box()
        scope.slots.set(key, state.box)
      },
      restore(): void {},
    }
    scope.slots.set(key, state.box)
    return state
  }
  const name = node?.type === 'variable' ? node.name : '_'
  const box = (node ? p.machine.slot(`$${name}`, scope, node) : p.machine.global('$_')) as Box
  const before = box.value
  return {
    box,
    renew(): void {},
    restore(): void {
      box.value = before
    },
  }
}

/** Place of an index in an array; negative ones count from the end. */
export function placeIn(array: PerlArray, index: Value): number {
  const at = Math.trunc(number(index))
  return at < 0 ? at + array.items.length : at
}

export async function assignScalar(p: Interpreter, node: Node, value: Value, scope: Scope): Promise<void> {
  switch (node.type) {
    case 'variable':
      if (node.sigil === '$') return setVariable(p, node, value, scope)
      if (node.sigil === '*') {
        if (value instanceof Ref && value.to instanceof Code)
          p.machine.subs.set(node.name.includes('::') ? node.name : `${p.machine.package}::${node.name}`, value.to)
        return
      }
      return assignList(p, node, [value], scope)
    case 'my':
      declare(p, node, scope)
      if (node.how === 'local' && node.targets[0]?.type === 'entry') {
        const hash = await hashOf(p, node.targets[0].of, scope)
        const key = text(await p.scalar(node.targets[0].key, scope))
        const before = hash.map.get(key)
        p.restoreLater(() => void hash.map.set(key, before))
      }
      return assignScalar(p, node.targets[0] as Node, value, scope)
    case 'element': {
      const array = await arrayOf(p, node.of, scope)
      const at = placeIn(array, await p.scalar(node.index, scope))
      if (at < 0) return p.machine.die('Modification of non-creatable array value attempted, subscript -1')
      if (at > array.items.length + 1_000_000) p.machine.outOfMemory()
      while (array.items.length < at) array.items.push(undefined)
      array.items[at] = value
      return
    }
    case 'entry': {
      const hash = await hashOf(p, node.of, scope)
      const key = text(await keyOf(p, node.key, scope))
      if (hash.map.size > 2_000_000) p.machine.outOfMemory()
      hash.map.set(key, value)
      return
    }
    case 'dereference':
      if (node.sigil !== '$') return assignList(p, node, [value], scope)
      ;(await boxOf(p, node, scope)).value = value
      return
    case 'lastIndex': {
      const array = await arrayOf(p, node.of, scope)
      array.items.length = Math.max(0, Math.min(2_000_000, Math.trunc(number(value)) + 1))
      return
    }
    case 'conditional':
      return assignScalar(p, (await p.scalar(node.test, scope)) ? node.yes : node.no, value, scope)
    case 'assign':
      await p.scalar(node, scope)
      return assignScalar(p, node.target, value, scope)
    case 'list':
      return assignList(p, node, [value], scope)
    case 'call':
      if (node.name === 'undef') return
      if (node.name === 'substr') return assignSubstring(p, node, value, scope)
      break
  }
  throw new Unsupported(`assignment to ${node.type}`)
}

async function assignSubstring(p: Interpreter, node: Node & { type: 'call' }, value: Value, scope: Scope): Promise<void> {
  const [target, from, length] = node.args as [Node, Node, Node | undefined]
  const whole = text(await p.scalar(target, scope))
  const start = number(await p.scalar(from, scope))
  const at = start < 0 ? Math.max(0, whole.length + start) : start
  const size = length ? number(await p.scalar(length, scope)) : whole.length
  const end = size < 0 ? whole.length + size : at + size
  await assignScalar(p, target, whole.slice(0, at) + text(value) + whole.slice(end), scope)
}

/** `$h{1,2}` joins its keys. */
export async function keyOf(p: Interpreter, node: Node, scope: Scope): Promise<Value> {
  if (node.type !== 'list') return p.scalar(node, scope)
  return (await p.lists(node.items, scope)).map(text).join('\x1c')
}

function setVariable(p: Interpreter, node: Node & { type: 'variable' }, value: Value, scope: Scope): void {
  if (/^\d+$/.test(node.name) && node.name !== '0') p.machine.die('Modification of a read-only value attempted')
  ;(p.machine.slot(`$${node.name}`, scope, node) as Box).value = value
}

/** Assigns a list: scalars take one each, an array or hash the rest. Gives how many values there were. */
export async function assignList(p: Interpreter, node: Node, values: readonly Value[], scope: Scope): Promise<void> {
  if (node.type === 'my') declare(p, node, scope)
  const targets = node.type === 'my' ? node.targets : node.type === 'list' ? node.items : [node]
  let at = 0
  for (const target of targets) {
    const sigil =
      target.type === 'variable' || target.type === 'dereference'
        ? target.sigil
        : target.type === 'my'
          ? (target.targets[0] as { sigil?: string }).sigil
          : '$'
    if (target.type === 'my') declare(p, target, scope)
    const plain = target.type === 'my' && !target.isList ? (target.targets[0] as Node) : target
    if (sigil === '@') {
      ;(await arrayOf(p, plain, scope)).items = values.slice(at)
      at = values.length
    } else if (sigil === '%') {
      fill(await hashOf(p, plain, scope), values.slice(at))
      at = values.length
    } else if (plain.type === 'slice') {
      const keys = await p.list(plain.keys, scope)
      const holder = plain.kind === 'array' ? await arrayOf(p, plain.of, scope) : await hashOf(p, plain.of, scope)
      for (const key of keys) {
        if (holder instanceof PerlArray) holder.items[placeIn(holder, key)] = values[at++]
        else holder.map.set(text(key), values[at++])
      }
    } else await assignScalar(p, plain, values[at++], scope)
  }
}

export function fill(hash: PerlHash, values: readonly Value[]): void {
  hash.map.clear()
  hash.cursor = undefined
  for (let i = 0; i < values.length; i += 2) hash.map.set(text(values[i]), values[i + 1])
}

export function handleNamed(p: Interpreter, name: string): Handle | undefined {
  return p.machine.handles.get(name.replace(/^\*?(?:main::)?/, ''))
}
