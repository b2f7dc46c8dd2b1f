import type { Machine } from './machine.ts'
import { asInteger, payload } from './operators.ts'
import { isAstral } from './text.ts'
import { classOf, keyOf, list, raise, T, tupleOf, typeError, typeName, valueError } from './types.ts'
import { PyBytes, PyClass, PyDict, PyInstance, PyList, PyRange, PySlice, PyTuple, PyWrapper, type Steps, type Value } from './value.ts'

/** Start, end and step of a slice in a sequence, as slice.indices gives them. */
export function indices(slice: PySlice, length: number): { from: number; to: number; step: number } {
  const number = (value: Value): number | undefined => {
    if (value === null) return undefined
    const whole = asInteger(value)
    if (whole === undefined) throw typeError('slice indices must be integers or None or have an __index__ method')
    return Number(whole > 0x7fffffffffffn ? 0x7fffffffffffn : whole < -0x7fffffffffffn ? -0x7fffffffffffn : whole)
  }
  const step = number(slice.step) ?? 1
  if (step === 0) throw valueError('slice step cannot be zero')
  const clamp = (value: number | undefined, usual: number): number => {
    if (value === undefined) return usual
    const at = value < 0 ? value + length : value
    return step > 0 ? Math.min(Math.max(at, 0), length) : Math.min(Math.max(at, -1), length - 1)
  }
  return { from: clamp(number(slice.from), step > 0 ? 0 : length - 1), to: clamp(number(slice.to), step > 0 ? length : -1), step }
}

function positions({ from, to, step }: { from: number; to: number; step: number }): number[] {
  const all: number[] = []
  for (let i = from; step > 0 ? i < to : i > to; i += step) all.push(i)
  return all
}

/** A position in a sequence; -1 when it is out of range. */
function position(index: Value, length: number, what: string): number {
  const whole = asInteger(index)
  if (whole === undefined) throw typeError(`${what} indices must be integers or slices, not ${typeName(index)}`)
  const at = whole < 0n ? BigInt(length) + whole : whole
  return at >= 0n && at < BigInt(length) ? Number(at) : -1
}

export function* getitem(m: Machine, object: Value, index: Value): Steps<Value> {
  const plain = payload(object)
  if (object instanceof PyInstance || (typeof object === 'object' && object !== null && !object.cls.isBuiltin)) {
    const own = object.cls.find('__getitem__')
    if (own !== undefined) return yield* m.call(own, [object, index])
  }
  if (typeof plain === 'string') return ofText(plain, index)
  if (plain instanceof PyList || plain instanceof PyTuple) {
    const { items } = plain
    if (index instanceof PySlice) {
      const range = indices(index, items.length)
      const part =
        range.step === 1 ? items.slice(range.from, Math.max(range.from, range.to)) : positions(range).map((i) => items[i] as Value)
      m.allocate(part.length * 8)
      return plain instanceof PyList ? list(part) : tupleOf(part)
    }
    const at = position(index, items.length, plain instanceof PyList ? 'list' : 'tuple')
    if (at < 0) throw raise('IndexError', `${plain instanceof PyList ? 'list' : 'tuple'} index out of range`)
    return items[at] as Value
  }
  if (plain instanceof PyDict) {
    const entry = plain.map.get(keyOf(index))
    if (entry) return entry.value
    const absent = plain.cls.find('__missing__')
    if (absent !== undefined) return yield* m.call(absent, [plain, index])
    throw raise('KeyError', index)
  }
  if (plain instanceof PyBytes) {
    const { data } = plain
    if (index instanceof PySlice) {
      const range = indices(index, data.length)
      const part =
        range.step === 1
          ? Buffer.from(data.subarray(range.from, Math.max(range.from, range.to)))
          : Buffer.from(positions(range).map((i) => data[i] as number))
      return new PyBytes(part, plain.cls)
    }
    const whole = asInteger(index)
    if (whole === undefined && plain.cls === T.bytes) throw typeError(`byte indices must be integers or slices, not ${typeName(index)}`)
    const at = position(index, data.length, plain.cls.name)
    if (at < 0) throw raise('IndexError', plain.cls === T.bytes ? 'index out of range' : `${plain.cls.name} index out of range`)
    return BigInt(data[at] as number)
  }
  if (plain instanceof PyRange) {
    if (index instanceof PySlice) {
      const range = indices(index, Number(plain.length))
      const at = (i: number): bigint => plain.start + BigInt(i) * plain.step
      return new PyRange(at(range.from), at(range.to), plain.step * BigInt(range.step), T.range)
    }
    const whole = asInteger(index)
    if (whole === undefined) throw typeError(`range indices must be integers or slices, not ${typeName(index)}`)
    const at = whole < 0n ? plain.length + whole : whole
    if (at < 0n || at >= plain.length) throw raise('IndexError', 'range object index out of range')
    return plain.start + at * plain.step
  }
  if (object instanceof PyClass) {
    const own = object.find('__class_getitem__')
    if (own !== undefined) return yield* m.call(own instanceof PyWrapper ? own.function : own, [object, index])
    if (object.isBuiltin) return object
    throw typeError(`type '${object.name}' is not subscriptable`)
  }
  const own = classOf(object).find('__getitem__')
  if (own !== undefined) return yield* m.call(own, [object, index])
  throw typeError(`'${typeName(object)}' object is not subscriptable`)
}

function ofText(text: string, index: Value): Value {
  const units = isAstral(text) ? [...text] : undefined
  const length = units?.length ?? text.length
  if (index instanceof PySlice) {
    const range = indices(index, length)
    if (range.step === 1 && !units) return text.slice(range.from, Math.max(range.from, range.to))
    const all = units ?? text
    return positions(range)
      .map((i) => all[i] as string)
      .join('')
  }
  const whole = asInteger(index)
  if (whole === undefined) throw typeError(`string indices must be integers, not '${typeName(index)}'`)
  const at = position(index, length, 'string')
  if (at < 0) throw raise('IndexError', 'string index out of range')
  return (units?.[at] ?? text[at]) as string
}

export function* setitem(m: Machine, object: Value, index: Value, value: Value): Steps<void> {
  if (object !== null && typeof object === 'object' && (object instanceof PyInstance || !object.cls.isBuiltin)) {
    const own = object.cls.find('__setitem__')
    if (own !== undefined) {
      yield* m.call(own, [object, index, value])
      return
    }
  }
  if (object instanceof PyDict) {
    const key = keyOf(index)
    const entry = object.map.get(key)
    if (entry) entry.value = value
    else {
      object.map.set(key, { key: index, value })
      m.allocate(96)
    }
    return
  }
  if (object instanceof PyList) {
    if (index instanceof PySlice) {
      yield* setSlice(m, object, index, value)
      return
    }
    const at = position(index, object.items.length, 'list')
    if (at < 0) throw raise('IndexError', 'list assignment index out of range')
    object.items[at] = value
    return
  }
  if (object instanceof PyBytes && object.cls === T.bytearray) {
    if (index instanceof PySlice) {
      const { from, to } = indices(index, object.data.length)
      const middle =
        value instanceof PyBytes ? value.data : Buffer.from((yield* m.toArray(value)).map((item) => Number(asInteger(item) ?? 0n)))
      object.data = Buffer.concat([object.data.subarray(0, from), middle, object.data.subarray(Math.max(from, to))])
      return
    }
    const at = position(index, object.data.length, 'bytearray')
    if (at < 0) throw raise('IndexError', 'bytearray index out of range')
    const byte = asInteger(value)
    if (byte === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
    if (byte < 0n || byte > 255n) throw valueError('byte must be in range(0, 256)')
    object.data[at] = Number(byte)
    return
  }
  const own = classOf(object).find('__setitem__')
  if (own === undefined) throw typeError(`'${typeName(object)}' object does not support item assignment`)
  yield* m.call(own, [object, index, value])
}

function* setSlice(m: Machine, object: PyList, index: PySlice, value: Value): Steps<void> {
  const range = indices(index, object.items.length)
  if (!m.isIterable(value)) throw typeError('can only assign an iterable')
  const values = yield* m.toArray(value)
  m.allocate(values.length * 16)
  if (range.step === 1) {
    const to = Math.max(range.from, range.to)
    object.items = [...object.items.slice(0, range.from), ...values, ...object.items.slice(to)]
    return
  }
  const at = positions(range)
  if (at.length !== values.length)
    throw valueError(`attempt to assign sequence of size ${values.length} to extended slice of size ${at.length}`)
  for (const [i, place] of at.entries()) object.items[place] = values[i] as Value
}

export function* delitem(m: Machine, object: Value, index: Value): Steps<void> {
  const own = classOf(object).find('__delitem__')
  if (own !== undefined && object !== null && typeof object === 'object') {
    yield* m.call(own, [object, index])
    return
  }
  if (object instanceof PyDict) {
    if (!object.map.delete(keyOf(index))) throw raise('KeyError', index)
    return
  }
  if (object instanceof PyList || (object instanceof PyBytes && object.cls === T.bytearray)) {
    const length = object instanceof PyList ? object.items.length : object.data.length
    const gone = index instanceof PySlice ? new Set(positions(indices(index, length))) : new Set([position(index, length, 'list')])
    if (gone.has(-1)) throw raise('IndexError', 'list assignment index out of range')
    if (object instanceof PyList) object.items = object.items.filter((_, i) => !gone.has(i))
    else object.data = Buffer.from(object.data.filter((_, i) => !gone.has(i)))
    return
  }
  throw typeError(`'${typeName(object)}' object doesn't support item deletion`)
}
