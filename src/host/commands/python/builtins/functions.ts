import { asDict } from '../calls.ts'
import { quickLess } from '../compare.ts'
import { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { divideEven, modulo, roundFloat } from '../numbers.ts'
import { asInteger, binary } from '../operators.ts'
import { functions } from '../signature.ts'
import { asciiOnly, characters } from '../text.ts'
import { length } from '../truth.ts'
import { classOf, iterator, list, raise, T, tuple, typeError, typeName, valueError } from '../types.ts'
import {
  isSteps,
  PyBuiltin,
  PyBytes,
  PyClass,
  PyFunction,
  PyGenerator,
  PyInstance,
  PyMethod,
  PyModule,
  PyTuple,
  type Steps,
  type Value,
} from '../value.ts'
import { mergeSort } from './sort.ts'

export function index(value: Value): bigint {
  const whole = asInteger(value)
  if (whole === undefined) throw typeError(`'${typeName(value)}' object cannot be interpreted as an integer`)
  return whole
}

function* printValues(
  m: Machine,
  args: readonly Value[],
  sep: Value | undefined,
  end: Value | undefined,
  file: Value | undefined,
  flush: Value | undefined,
): Steps<Value> {
  const parts: string[] = []
  for (const arg of args) parts.push(yield* m.str(arg))
  const text = parts.join(typeof sep === 'string' ? sep : ' ') + (typeof end === 'string' ? end : '\n')
  m.allocated(text)
  const target = file === undefined || file === null ? ((m.modules.get('sys')?.attributes.get('stdout') ?? m.stdout) as Value) : file
  if (target instanceof PyFile && target.isText) {
    yield target.writeText(text)
    if (flush === true) yield target.flush()
    return null
  }
  yield* m.call(yield* m.getattr(target, 'write'), [text])
  return null
}

function* best(m: Machine, name: 'min' | 'max', args: readonly Value[], key: Value | undefined, usual: Value | undefined): Steps<Value> {
  if (args.length === 0) throw typeError(`${name} expected at least 1 argument, got 0`)
  const values = args.length === 1 ? yield* m.toArray(args[0] as Value) : args
  let found: { value: Value; by: Value } | undefined
  for (const value of values) {
    const pause = m.spend()
    if (pause) yield pause
    const by = key === undefined || key === null ? value : yield* m.call(key, [value])
    if (!found || (yield* m.truth(yield* m.compare(name === 'min' ? '<' : '>', by, found.by)))) found = { value, by }
  }
  if (found) return found.value
  if (usual === undefined) throw valueError(`${name}() arg is an empty sequence`)
  return usual
}

export function* sorted(m: Machine, values: Value[], key: Value | undefined, reverse: boolean): Steps<Value[]> {
  const keyed: { value: Value; by: Value }[] = []
  for (const value of values) {
    const pause = m.spend()
    if (pause) yield pause
    keyed.push({ value, by: key === undefined || key === null ? value : yield* m.call(key, [value]) })
  }
  m.allocate(values.length * 32)
  if (reverse) keyed.reverse()
  const less = function* (a: Value, b: Value): Steps<boolean> {
    const quick = quickLess(m, a, b)
    return quick === undefined ? yield* m.truth(yield* m.compare('<', a, b)) : quick
  }
  const result = yield* mergeSort(m, keyed, less)
  if (reverse) result.reverse()
  return result.map(({ value }) => value)
}

function isInstance(
  m: Machine,
  value: Value,
  cls: Value,
  what = 'isinstance() arg 2 must be a type, a tuple of types, or a union',
): boolean {
  if (cls instanceof PyTuple) return cls.items.some((one) => isInstance(m, value, one, what))
  if (cls === null) return value === null
  if (!(cls instanceof PyClass)) throw typeError(what)
  const own = value instanceof PyClass ? T.type : classOf(value)
  const check = cls.dict.get('__instancecheck__')
  if (check instanceof PyBuiltin) return check.native(m, [value], new Map()) === true
  return own.isSubclassOf(cls)
}

function* sum(m: Machine, iterable: Value, start: Value | undefined): Steps<Value> {
  let total: Value = start ?? 0n
  if (typeof total === 'string') throw typeError("sum() can't sum strings [use ''.join(seq) instead]")
  const iterator = yield* m.iterate(iterable)
  for (;;) {
    const pause = m.spend()
    if (pause) yield pause
    const value = yield* m.next(iterator)
    if (value === undefined) return total
    const result = binary(m, '+', total, value)
    total = isSteps(result) ? yield* result : result
  }
}

function* anyOf(m: Machine, iterable: Value, wanted: boolean): Steps<Value> {
  const iterator = yield* m.iterate(iterable)
  for (;;) {
    const pause = m.spend()
    if (pause) yield pause
    const value = yield* m.next(iterator)
    if (value === undefined) return !wanted
    if ((yield* m.truth(value)) === wanted) return wanted
  }
}

function power(m: Machine, base: Value, exponent: Value, mod: Value | undefined): Value | Steps<Value> {
  if (mod === undefined || mod === null) return binary(m, '**', base, exponent)
  const [b, e, n] = [index(base), index(exponent), index(mod)]
  if (n === 0n) throw valueError('pow() 3rd argument cannot be 0')
  if (e < 0n) return modularInverse(modulo(b, n), n, -e)
  return modulo(modularPower(modulo(b, n), e, n < 0n ? -n : n), n)
}

function modularPower(base: bigint, exponent: bigint, mod: bigint): bigint {
  if (exponent.toString(2).length * mod.toString(2).length > 40_000_000) throw raise('MemoryError')
  let [result, b, e] = [1n % mod, base, exponent]
  while (e > 0n) {
    if (e & 1n) result = (result * b) % mod
    b = (b * b) % mod
    e >>= 1n
  }
  return result
}

function modularInverse(value: bigint, mod: bigint, exponent: bigint): bigint {
  let [a, b, x, y] = [value, mod, 1n, 0n]
  while (b !== 0n) {
    const quotient = a / b
    ;[a, b] = [b, a % b]
    ;[x, y] = [y, x - quotient * y]
  }
  if (a !== 1n) throw valueError('base is not invertible for the given modulus')
  return modularPower(modulo(x, mod), exponent, mod)
}

function* round(m: Machine, value: Value, digits: Value | undefined): Steps<Value> {
  const whole = asInteger(value)
  const places = digits === undefined || digits === null ? undefined : Number(index(digits))
  if (whole !== undefined) {
    if (places === undefined || places >= 0) return whole
    const unit = 10n ** BigInt(-places)
    return divideEven(whole, unit) * unit
  }
  if (typeof value === 'number') {
    if (places !== undefined) return roundFloat(value, places)
    if (Number.isNaN(value)) throw valueError('cannot convert float NaN to integer')
    if (!Number.isFinite(value)) throw raise('OverflowError', 'cannot convert float infinity to integer')
    return BigInt(roundFloat(value, 0))
  }
  const own = classOf(value).find('__round__')
  if (own === undefined) throw typeError(`type ${typeName(value)} doesn't define __round__ method`)
  return yield* m.call(own, digits === undefined ? [value] : [value, digits])
}

async function input(m: Machine, prompt: Value | undefined): Promise<Value> {
  if (prompt !== undefined) await m.stdout.writeText(await m.run(m.str(prompt)))
  await m.stderr.flush()
  await m.stdout.flush()
  const line = await m.stdin.readLine()
  if (line === '') throw raise('EOFError', 'EOF when reading a line')
  return line.replace(/\n$/, '')
}

function based(value: Value, radix: number, prefix: string): string {
  const whole = index(value)
  return (whole < 0n ? '-' : '') + prefix + (whole < 0n ? -whole : whole).toString(radix)
}

function ord(value: Value): Value {
  if (value instanceof PyBytes && value.data.length === 1) return BigInt(value.data[0] as number)
  if (typeof value !== 'string') throw typeError(`ord() expected string of length 1, but ${typeName(value)} found`)
  const all = characters(value)
  if (all.length !== 1) throw typeError(`ord() expected a character, but string of length ${all.length} found`)
  return BigInt(value.codePointAt(0) as number)
}

function chr(value: Value): Value {
  const code = index(value)
  if (code < 0n || code > 0x10ffffn) throw valueError('chr() arg not in range(0x110000)')
  return String.fromCodePoint(Number(code))
}

function* getattrOr(m: Machine, object: Value, name: Value, usual: Value | undefined): Steps<Value> {
  if (typeof name !== 'string') throw typeError(`attribute name must be string, not '${typeName(name)}'`)
  if (usual === undefined) return yield* m.getattr(object, name)
  try {
    return yield* m.getattr(object, name)
  } catch (error) {
    const raised = m.asRaised(error)
    if (raised?.exception.cls.isSubclassOf(m.exception('AttributeError'))) return usual
    throw error
  }
}

function callable(value: Value): boolean {
  return (
    value instanceof PyFunction ||
    value instanceof PyBuiltin ||
    value instanceof PyMethod ||
    value instanceof PyClass ||
    (typeof value === 'object' && value !== null && value.cls.find('__call__') !== undefined)
  )
}

export const BUILTIN_FUNCTIONS = functions({
  print: [
    '*args, sep=, end=, file=, flush=',
    (m, sep: Value | undefined, end: Value | undefined, file: Value | undefined, flush: Value | undefined, args: Value[]) =>
      printValues(m, args, sep, end, file, flush),
  ],
  len: ['obj', (m, value: Value) => length(m, value)],
  abs: [
    'x',
    (m, value: Value) => {
      const whole = asInteger(value)
      if (whole !== undefined) return whole < 0n ? -whole : whole
      if (typeof value === 'number') return Math.abs(value)
      const own = classOf(value).find('__abs__')
      if (own === undefined) throw typeError(`bad operand type for abs(): '${typeName(value)}'`)
      return m.call(own, [value])
    },
  ],
  min: ['*args, key=, default=', (m, key: Value | undefined, usual: Value | undefined, args: Value[]) => best(m, 'min', args, key, usual)],
  max: ['*args, key=, default=', (m, key: Value | undefined, usual: Value | undefined, args: Value[]) => best(m, 'max', args, key, usual)],
  sum: ['iterable, start=', sum],
  sorted: [
    'iterable, *, key=, reverse=',
    function* (m: Machine, iterable: Value, key: Value | undefined, reverse: Value | undefined): Steps<Value> {
      return list(yield* sorted(m, yield* m.toArray(iterable), key, reverse !== undefined && (yield* m.truth(reverse))))
    },
  ],
  any: ['iterable', (m, iterable: Value) => anyOf(m, iterable, true)],
  all: ['iterable', (m, iterable: Value) => anyOf(m, iterable, false)],
  pow: ['base, exp, mod=', power],
  divmod: [
    'x, y',
    function* (m: Machine, x: Value, y: Value): Steps<Value> {
      const each = function* (operator: string): Steps<Value> {
        const result = binary(m, operator, x, y)
        return isSteps(result) ? yield* result : result
      }
      return tuple(yield* each('//'), yield* each('%'))
    },
  ],
  round: ['number, ndigits=', round],
  input: ['prompt=', input],
  hex: ['x', (_m, value: Value) => based(value, 16, '0x')],
  oct: ['x', (_m, value: Value) => based(value, 8, '0o')],
  bin: ['x', (_m, value: Value) => based(value, 2, '0b')],
  ord: ['c', (_m, value: Value) => ord(value)],
  chr: ['i', (_m, value: Value) => chr(value)],
  repr: ['obj', (m, value: Value) => m.repr(value)],
  ascii: [
    'obj',
    function* (m: Machine, value: Value): Steps<Value> {
      return asciiOnly(yield* m.repr(value))
    },
  ],
  format: ['value, spec=', (m, value: Value, spec: Value | undefined) => m.format(value, typeof spec === 'string' ? spec : '')],
  hash: ['obj', (m, value: Value) => m.hash(value)],
  id: [
    'obj',
    (m, value: Value) => (typeof value === 'object' && value !== null ? m.id(value) : 0x7f00_0000_0000n + (m.hash(value) & 0xffff_fff0n)),
  ],
  isinstance: ['obj, cls', (m, value: Value, cls: Value) => isInstance(m, value, cls)],
  issubclass: [
    'cls, other',
    (_m, cls: Value, other: Value) => {
      if (!(cls instanceof PyClass)) throw typeError('issubclass() arg 1 must be a class')
      const others = other instanceof PyTuple ? other.items : [other]
      return others.some((one) => one instanceof PyClass && cls.isSubclassOf(one))
    },
  ],
  callable: ['obj', (_m, value: Value) => callable(value)],
  getattr: ['obj, name, default=', getattrOr],
  hasattr: [
    'obj, name',
    function* (m: Machine, object: Value, name: Value): Steps<Value> {
      const absent = new PyInstance(T.object)
      return (yield* getattrOr(m, object, name, absent)) !== absent
    },
  ],
  setattr: [
    'obj, name, value',
    function* (m: Machine, object: Value, name: Value, value: Value): Steps<Value> {
      yield* m.setattr(object, String(name), value)
      return null
    },
  ],
  delattr: [
    'obj, name',
    function* (m: Machine, object: Value, name: Value): Steps<Value> {
      yield* m.delattr(object, String(name))
      return null
    },
  ],
  iter: [
    'obj, sentinel=',
    function* (m: Machine, value: Value, sentinel: Value | undefined): Steps<Value> {
      if (sentinel === undefined) return yield* m.iterate(value)
      return iterator(function* (): Steps<Value | undefined> {
        const one = yield* m.call(value, [])
        return m.equals(one, sentinel) ? undefined : one
      })
    },
  ],
  next: [
    'iterator, default=',
    function* (m: Machine, value: Value, usual: Value | undefined): Steps<Value> {
      if (value instanceof PyInstance || (typeof value === 'object' && value !== null && !(value instanceof PyGenerator))) {
        const own = classOf(value).find('__next__')
        if (own !== undefined && usual === undefined) return yield* m.call(own, [value])
      }
      if (
        typeof value !== 'object' ||
        value === null ||
        !('next' in value || value instanceof PyGenerator || classOf(value).find('__next__') !== undefined)
      )
        throw typeError(`'${typeName(value)}' object is not an iterator`)
      if (value instanceof PyGenerator) {
        const { done, value: result } = yield* m.resumeGenerator(value, null)
        if (!done) return result
        if (usual !== undefined) return usual
        throw result === null ? raise('StopIteration') : raise('StopIteration', result)
      }
      const result = yield* m.next(yield* m.iterate(value))
      if (result !== undefined) return result
      if (usual === undefined) throw raise('StopIteration')
      return usual
    },
  ],
  dir: [
    'obj=',
    function* (m: Machine, value: Value | undefined): Steps<Value> {
      if (value === undefined) return list([...(m.frame?.locals.keys() ?? [])].sort())
      const own = typeof value === 'object' && value !== null && !(value instanceof PyModule) ? classOf(value).find('__dir__') : undefined
      if (own !== undefined) return list(yield* sorted(m, yield* m.toArray(yield* m.call(own, [value])), undefined, false))
      return list(m.dir(value))
    },
  ],
  vars: [
    'obj=',
    (m, value: Value | undefined) => {
      if (value === undefined) return asDict(m.frame?.locals ?? new Map())
      if (typeof value !== 'object' || value === null || !value.attributes) throw typeError('vars() argument must have __dict__ attribute')
      return asDict(value.attributes)
    },
  ],
  globals: ['', (m) => m.namespace(m.frame?.globals ?? new Map())],
  locals: [
    '',
    (m) => (m.frame && m.frame.locals === m.frame.globals ? m.namespace(m.frame.globals) : asDict(m.frame?.locals ?? new Map())),
  ],
  breakpoint: ['*args, **kw', () => null],
})
