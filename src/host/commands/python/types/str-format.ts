import type { Machine } from '../machine.ts'
import { asciiOnly } from '../text.ts'
import { keyOf, raise, valueError } from '../types.ts'
import { PyDict, type Steps, type Value } from '../value.ts'

/** Where numbered fields stand. */
interface Numbering {
  next: number
  kind: 'none' | 'automatic' | 'manual'
}

/** str.format @throws Raised ValueError, KeyError, IndexError */
export function formatMethod(m: Machine, format: string, args: readonly Value[], names: ReadonlyMap<string, Value> | Value): Steps<string> {
  return fields(m, format, args, names, { next: 0, kind: 'none' }, 0)
}

function* fields(
  m: Machine,
  format: string,
  args: readonly Value[],
  names: ReadonlyMap<string, Value> | Value,
  numbering: Numbering,
  level: number,
): Steps<string> {
  if (level > 2) throw valueError('Max string recursion exceeded')
  let out = ''
  for (let at = 0; at < format.length; ) {
    const c = format[at] as string
    if (c !== '{' && c !== '}') {
      const next = /[{}]/.exec(format.slice(at))
      const end = next ? at + next.index : format.length
      out += format.slice(at, end)
      at = end
      continue
    }
    if (format[at + 1] === c && level === 0) {
      out += c
      at += 2
      continue
    }
    if (c === '}') throw valueError("Single '}' encountered in format string")
    const end = closing(format, at)
    if (end < 0) throw valueError(at + 1 >= format.length ? "Single '{' encountered in format string" : "expected '}' before end of string")
    out += yield* field(m, format.slice(at + 1, end), args, names, numbering, level)
    at = end + 1
  }
  return m.allocated(out)
}

function closing(format: string, from: number): number {
  let depth = 0
  for (let i = from; i < format.length; i++) {
    if (format[i] === '{') depth++
    else if (format[i] === '}' && --depth === 0) return i
  }
  return -1
}

function* field(
  m: Machine,
  source: string,
  args: readonly Value[],
  names: ReadonlyMap<string, Value> | Value,
  numbering: Numbering,
  level: number,
): Steps<string> {
  const found = /^((?:[^!:[\]]|\[[^\]]*\])*)(?:!(.?))?(?::(.*))?$/s.exec(source)
  if (!found) throw valueError("expected ':' after conversion specifier")
  const path = found[1] as string
  let value = yield* lookUp(m, path, args, names, numbering)
  if (found[2] === 'r') value = yield* m.repr(value)
  else if (found[2] === 's') value = yield* m.str(value)
  else if (found[2] === 'a') value = asciiOnly(yield* m.repr(value))
  else if (found[2] !== undefined) throw valueError(`Unknown conversion specifier '${found[2]}'`)
  const spec =
    found[3] === undefined ? '' : /[{}]/.test(found[3]) ? yield* fields(m, found[3], args, names, numbering, level + 1) : found[3]
  return yield* m.format(value, spec)
}

function* lookUp(
  m: Machine,
  path: string,
  args: readonly Value[],
  names: ReadonlyMap<string, Value> | Value,
  numbering: Numbering,
): Steps<Value> {
  const first = /^[^.[]*/.exec(path)?.[0] as string
  let value = yield* start(m, first, args, names, numbering)
  for (const [whole, attribute, index] of path.slice(first.length).matchAll(/\.([^.[]+)|\[([^\]]*)\]/g)) {
    void whole
    if (attribute !== undefined) value = yield* m.getattr(value, attribute)
    else value = yield* m.getitem(value, /^\d+$/.test(index as string) ? BigInt(index as string) : (index as string))
  }
  return value
}

function* start(
  m: Machine,
  first: string,
  args: readonly Value[],
  names: ReadonlyMap<string, Value> | Value,
  numbering: Numbering,
): Steps<Value> {
  if (first === '' || /^\d+$/.test(first)) {
    const kind = first === '' ? 'automatic' : 'manual'
    if (numbering.kind !== 'none' && numbering.kind !== kind)
      throw valueError(
        kind === 'manual'
          ? 'cannot switch from automatic field numbering to manual field specification'
          : 'cannot switch from manual field specification to automatic field numbering',
      )
    numbering.kind = kind
    const at = first === '' ? numbering.next++ : Number(first)
    const value = args[at]
    if (value === undefined) throw raise('IndexError', `Replacement index ${at} out of range for positional args tuple`)
    return value
  }
  if (names instanceof Map) {
    const value = names.get(first) as Value | undefined
    if (value === undefined) throw raise('KeyError', first)
    return value
  }
  if (names instanceof PyDict) {
    const entry = names.map.get(keyOf(first))
    if (entry) return entry.value
  }
  return yield* m.getitem(names as Value, first)
}
