import type { Frame } from './frame.ts'
import type { Machine } from './machine.ts'
import type { Expression } from './syntax.ts'
import type { Value } from './value.ts'

type Name = Expression & { type: 'name' }

/** What a name stands for; undefined when it is not bound. */
export function load(m: Machine, node: Name, frame: Frame): Value | undefined {
  const { name } = node
  switch (node.where) {
    case 'local':
      return frame.locals.get(name)
    case 'class':
      return frame.locals.get(name) ?? outerValue(name, frame) ?? global(m, name, frame)
    case 'free':
      return outerValue(name, frame)
    default: {
      // A module's names are its locals; only exec() with a namespace of its own has both.
      if (frame.locals !== frame.globals && frame.scope.kind === 'module') {
        const own = frame.locals.get(name)
        if (own !== undefined) return own
      }
      return global(m, name, frame)
    }
  }
}

function outerValue(name: string, frame: Frame): Value | undefined {
  return holder(name, frame)?.locals.get(name)
}

/** The frame of the function around that binds a name. */
function holder(name: string, frame: Frame): Frame | undefined {
  for (let outer = frame.outer; outer; outer = outer.outer)
    if (outer.scope.kind === 'function' && outer.scope.locals.has(name) && !outer.scope.globals.has(name)) return outer
  return undefined
}

function global(m: Machine, name: string, frame: Frame): Value | undefined {
  const value = frame.globals.get(name)
  return value === undefined ? m.builtins.get(name) : value
}

export function store(_m: Machine, node: Name, value: Value, frame: Frame): void {
  const { name, where } = node
  if (where === 'global' && frame.scope.kind !== 'module') frame.globals.set(name, value)
  else if (where === 'free') (holder(name, frame) ?? frame).locals.set(name, value)
  else if (where === 'local' || where === 'class') frame.locals.set(name, value)
  else (frame.scope.kind === 'module' ? frame.locals : frame.globals).set(name, value)
}

/** Binds by name alone, as `def`, `class` and `import` do. */
export function bind(m: Machine, name: string, value: Value, frame: Frame): void {
  const { scope } = frame
  const where = scope.globals.has(name) ? 'global' : scope.nonlocals.has(name) ? 'free' : scope.kind === 'function' ? 'local' : 'class'
  if (scope.kind === 'module') frame.locals.set(name, value)
  else store(m, { type: 'name', name, where, at: frame.at.at }, value, frame)
}

export function remove(_m: Machine, node: Name, frame: Frame): boolean {
  const { name, where } = node
  if (where === 'free') return holder(name, frame)?.locals.delete(name) ?? false
  if (where === 'local' || where === 'class' || frame.scope.kind === 'module') return frame.locals.delete(name)
  return frame.globals.delete(name)
}
