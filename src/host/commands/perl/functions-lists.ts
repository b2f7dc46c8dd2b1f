import type { PerlFunction } from './functions.ts'
import type { Interpreter } from './interpreter.ts'
import { flag } from './operations.ts'
import type { Node } from './syntax.ts'
import { number, PerlArray, type Scope, text, type Value } from './value.ts'
import { arrayOf, hashOf, placeIn } from './variables.ts'

/** The array that a function of arrays works on; `shift` alone takes from the arguments. */
async function target(p: Interpreter, node: Node | undefined, scope: Scope): Promise<PerlArray> {
  if (node)
    return arrayOf(
      p,
      node.type === 'variable' && node.sigil === '$' ? { type: 'dereference', sigil: '@', of: node, line: node.line } : node,
      scope,
    )
  const own = scope.find('@_')
  return own instanceof PerlArray ? own : p.machine.array('ARGV')
}

async function removed(p: Interpreter, node: Node | undefined, scope: Scope): Promise<Value[]> {
  if (node?.type === 'entry') {
    const { map } = await hashOf(p, node.of, scope)
    const key = text(await p.scalar(node.key, scope))
    const value = map.get(key)
    map.delete(key)
    return [value]
  }
  if (node?.type === 'slice') {
    const { map } = await hashOf(p, node.of, scope)
    return (await p.list(node.keys, scope)).map((key) => {
      const value = map.get(text(key))
      map.delete(text(key))
      return value
    })
  }
  if (node?.type === 'my') return removed(p, node.targets[0], scope)
  if (node?.type !== 'element') return p.machine.die('delete argument is not a HASH or ARRAY element or slice')
  const array = await arrayOf(p, node.of, scope)
  const at = placeIn(array, await p.scalar(node.index, scope))
  const value = array.items[at]
  if (at === array.items.length - 1) array.items.pop()
  else array.items[at] = undefined
  return [value]
}

const isArray = (node: Node | undefined): boolean => (node?.type === 'variable' || node?.type === 'dereference') && node.sigil === '@'

export const LIST_FUNCTIONS: Readonly<Record<string, PerlFunction>> = {
  push: async (p, { args }, scope) => {
    const array = await target(p, args[0], scope)
    for (const value of await p.lists(args.slice(1), scope)) array.items.push(value)
    p.machine.boundedList(array.items)
    return [array.items.length]
  },
  unshift: async (p, { args }, scope) => {
    const array = await target(p, args[0], scope)
    array.items = [...(await p.lists(args.slice(1), scope)), ...array.items]
    p.machine.boundedList(array.items)
    return [array.items.length]
  },
  pop: async (p, { args }, scope) => [(await target(p, args[0], scope)).items.pop()],
  shift: async (p, { args }, scope) => [(await target(p, args[0], scope)).items.shift()],
  splice: async (p, { args }, scope, wantsList) => {
    const array = await target(p, args[0], scope)
    const [offset, length, ...values] = await p.lists(args.slice(1), scope)
    const at = offset === undefined ? 0 : Math.min(array.items.length, Math.max(0, placeIn(array, offset)))
    const size =
      length === undefined
        ? array.items.length - at
        : number(length) < 0
          ? Math.max(0, array.items.length + number(length) - at)
          : number(length)
    const out = array.items.splice(at, size, ...values)
    return wantsList ? out : [out.at(-1)]
  },
  keys: async (p, { args }, scope, wantsList) => {
    if (isArray(args[0])) {
      const { items } = await arrayOf(p, args[0] as Node, scope)
      return wantsList ? [...items.keys()] : [items.length]
    }
    const hash = await hashOf(p, args[0] as Node, scope)
    hash.cursor = undefined
    return wantsList ? [...hash.map.keys()] : [hash.map.size]
  },
  values: async (p, { args }, scope, wantsList) => {
    if (isArray(args[0])) return [...(await arrayOf(p, args[0] as Node, scope)).items]
    const { map } = await hashOf(p, args[0] as Node, scope)
    return wantsList ? [...map.values()] : [map.size]
  },
  each: async (p, { args }, scope) => {
    if (isArray(args[0])) {
      const array = await arrayOf(p, args[0] as Node, scope)
      array.cursor = (array.cursor ?? 0) < array.items.length ? (array.cursor ?? 0) + 1 : undefined
      return array.cursor === undefined ? [] : [array.cursor - 1, array.items[array.cursor - 1]]
    }
    const hash = await hashOf(p, args[0] as Node, scope)
    hash.cursor ??= [...hash.map].values()
    const next = hash.cursor.next()
    if (!next.done) return next.value
    hash.cursor = undefined
    return []
  },
  exists: async (p, { args }, scope) => {
    const [of] = args
    if (of?.type === 'entry') return [flag((await hashOf(p, of.of, scope)).map.has(text(await p.scalar(of.key, scope))))]
    if (of?.type === 'element') {
      const array = await arrayOf(p, of.of, scope)
      const at = placeIn(array, await p.scalar(of.index, scope))
      return [flag(at >= 0 && at < array.items.length && array.items[at] !== undefined)]
    }
    const name = of?.type === 'variable' || of?.type === 'call' ? of.name : ''
    return [flag(p.machine.subs.has(`${p.machine.package}::${name}`))]
  },
  delete: (p, { args }, scope) => removed(p, args[0], scope),
  wantarray: async (p) => [p.machine.wantsList === undefined ? undefined : p.machine.wantsList ? 1 : 0],
  local: async () => [undefined],
}
