import { index } from '../builtins/functions.ts'
import type { PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { exactRatio, parseFloatText } from '../numbers.ts'
import { asInteger, payload } from '../operators.ts'
import { define, methods } from '../signature.ts'
import { classOf, exceptionClass, iterator, list, native, raise, T, tuple, typeError, typeName, valueError } from '../types.ts'
import {
  PyBuiltin,
  PyBytes,
  PyClass,
  PyException,
  type PyGenerator,
  PyProperty,
  type PyRange,
  type PySlice,
  PyWrapper,
  Raised,
  type Steps,
  type Value,
} from '../value.ts'

/** A read-only attribute of a builtin class. */
export function getter(cls: PyClass, name: string, get: (self: never, m: Machine) => Value): void {
  cls.dict.set(
    name,
    new PyProperty(
      native(name, (m, args) => get(args[0] as never, m)),
      null,
      null,
      T.property,
    ),
  )
}

const int = (value: Value): bigint => asInteger(value) as bigint

methods(T.int, {
  bit_length: ['self', (_m, self: Value) => BigInt(int(self) === 0n ? 0 : (int(self) < 0n ? -int(self) : int(self)).toString(2).length)],
  bit_count: ['self', (_m, self: Value) => BigInt((int(self) < 0n ? -int(self) : int(self)).toString(2).replaceAll('0', '').length)],
  conjugate: ['self', (_m, self: Value) => int(self)],
  as_integer_ratio: ['self', (_m, self: Value) => tuple(int(self), 1n)],
  to_bytes: [
    'self, length=, byteorder=, *, signed=',
    (m, self: Value, length: Value | undefined, order: Value | undefined, signed: Value | undefined) => {
      const size = length === undefined ? 1 : Number(index(length))
      m.allocate(size)
      const value = int(self)
      if (value < 0n && signed !== true) throw raise('OverflowError', "can't convert negative int to unsigned")
      const span = 1n << BigInt(size * 8)
      if (value >= (signed === true ? span / 2n : span) || value < -(span / 2n)) throw raise('OverflowError', 'int too big to convert')
      const data = Buffer.from(
        BigInt.asUintN(size * 8, value)
          .toString(16)
          .padStart(size * 2, '0'),
        'hex',
      )
      return new PyBytes(order === 'little' ? Buffer.from(data).reverse() : data, T.bytes)
    },
  ],
})
const fromBytes = define(
  'from_bytes',
  'cls, bytes, byteorder=, *, signed=',
  function* (m: Machine, _cls: Value, given: Value, order: Value | undefined, signed: Value | undefined): Steps<Value> {
    const data =
      given instanceof PyBytes ? Buffer.from(given.data) : Buffer.from((yield* m.toArray(given)).map((byte) => Number(index(byte))))
    if (data.length > 250_000) throw raise('MemoryError')
    if (order === 'little') data.reverse()
    const value = data.length === 0 ? 0n : BigInt(`0x${data.toString('hex')}`)
    return signed === true ? BigInt.asIntN(data.length * 8, value) : value
  },
)
T.int.dict.set('from_bytes', new PyWrapper(fromBytes, T.classmethod))
getter(T.int, 'real', (self: Value) => int(self))
getter(T.int, 'imag', () => 0n)
getter(T.int, 'numerator', (self: Value) => int(self))
getter(T.int, 'denominator', () => 1n)

methods(T.float, {
  is_integer: ['self', (_m, self: Value) => Number.isInteger(payload(self))],
  hex: ['self', (_m, self: Value) => floatHex(payload(self) as number)],
  conjugate: ['self', (_m, self: Value) => payload(self)],
  as_integer_ratio: [
    'self',
    (_m, self: Value) => {
      const { numerator, denominator } = exactRatio(payload(self) as number)
      return tuple(numerator, denominator)
    },
  ],
})
getter(T.float, 'real', (self: Value) => payload(self))
getter(T.float, 'imag', () => 0)
T.float.dict.set(
  'fromhex',
  new PyWrapper(
    define('fromhex', 'cls, string', (_m, _cls: Value, text: Value) => parseFloatText(String(text)) ?? 0),
    T.classmethod,
  ),
)
T.bytes.dict.set(
  'fromhex',
  new PyWrapper(
    define('fromhex', 'cls, string', (_m, cls: PyClass, text: Value) => fromHex(cls, text)),
    T.classmethod,
  ),
)
T.bytearray.dict.set('fromhex', T.bytes.dict.get('fromhex') as Value)
T.bytes.dict.set(
  'maketrans',
  new PyWrapper(
    define('maketrans', 'frm, to', (_m, from: PyBytes, to: PyBytes) => {
      const table = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      for (const [i, byte] of from.data.entries()) table[byte] = to.data[i] as number
      return new PyBytes(table, T.bytes)
    }),
    T.staticmethod,
  ),
)
const maketrans = T.str.dict.get('maketrans')
if (maketrans instanceof PyBuiltin)
  T.str.dict.set('maketrans', new PyWrapper(new PyBuiltin('maketrans', maketrans.native, T.builtin), T.staticmethod))

function fromHex(cls: PyClass, text: Value): Value {
  if (typeof text !== 'string') throw typeError(`fromhex() argument must be str, not ${typeName(text)}`)
  const digits = text.replace(/\s+/g, '')
  const wrong = /[^0-9a-fA-F]/.exec(text.replace(/\s/g, '0'))
  if (wrong || digits.length % 2 === 1)
    throw valueError(`non-hexadecimal number found in fromhex() arg at position ${wrong?.index ?? text.length}`)
  return new PyBytes(Buffer.from(digits, 'hex'), cls)
}

function floatHex(value: number): string {
  if (!Number.isFinite(value) || value === 0) return value === 0 ? '0x0.0p+0' : String(value)
  const size = Math.abs(value)
  let exponent = Math.floor(Math.log2(size))
  if (2 ** exponent > size) exponent--
  const fraction = BigInt(Math.round((size / 2 ** exponent - 1) * 2 ** 52))
  return `${value < 0 ? '-' : ''}0x1.${fraction.toString(16).padStart(13, '0')}p${exponent < 0 ? '' : '+'}${exponent}`
}

for (const [name, of] of Object.entries({
  start: (self: PySlice) => self.from,
  stop: (self: PySlice) => self.to,
  step: (self: PySlice) => self.step,
}))
  getter(T.slice, name, of)
getter(T.range, 'start', (self: PyRange) => self.start)
getter(T.range, 'stop', (self: PyRange) => self.stop)
getter(T.range, 'step', (self: PyRange) => self.step)
methods(T.range, {
  index: ['self, value', (_m, self: PyRange, value: Value) => (int(value) - self.start) / self.step],
  count: ['self, value', (_m, self: PyRange, value: Value) => ((int(value) - self.start) % self.step === 0n ? 1n : 0n)],
})

for (const cls of [T.generator, T.coroutine]) {
  methods(cls, {
    send: ['self, value', (m, self: PyGenerator, value: Value) => sent(m, self, value)],
    throw: [
      'self, type, value=, traceback=',
      function* (m: Machine, self: PyGenerator, type: Value, value: Value | undefined): Steps<Value> {
        const made = type instanceof PyClass ? yield* m.call(type, value === undefined || value === null ? [] : [value]) : type
        if (!(made instanceof PyException)) throw typeError('exceptions must be classes or instances deriving from BaseException')
        return yield* sent(m, self, null, new Raised(made))
      },
    ],
    close: [
      'self',
      function* (m: Machine, self: PyGenerator): Steps<Value> {
        if (self.state === 'new') self.state = 'done'
        if (self.state !== 'suspended') return null
        try {
          const { done } = yield* m.resumeGenerator(self, null, raise('GeneratorExit'))
          if (!done) throw raise('RuntimeError', 'generator ignored GeneratorExit')
        } catch (error) {
          if (!(error instanceof Raised) || !['GeneratorExit', 'StopIteration'].includes(error.exception.cls.name)) throw error
        }
        return null
      },
    ],
  })
}

function* sent(m: Machine, self: PyGenerator, value: Value, thrown?: Raised): Steps<Value> {
  const result = yield* m.resumeGenerator(self, value, thrown)
  if (!result.done) return result.value
  throw result.value === null ? raise('StopIteration') : raise('StopIteration', result.value)
}

methods(exceptionClass('BaseException'), {
  __init__: [
    'self, *args, **kw',
    (_m, self: Value, args: Value[]) => {
      if (self instanceof PyException && !self.cls.isBuiltin && args.length > 0 && !self.cls.isSubclassOf(exceptionClass('OSError')))
        self.args = args
      return null
    },
  ],
})

methods(T.property, {
  getter: ['self, function', (_m, self: PyProperty, fn: Value) => new PyProperty(fn, self.set, self.delete, T.property)],
  setter: ['self, function', (_m, self: PyProperty, fn: Value) => new PyProperty(self.get, fn, self.delete, T.property)],
  deleter: ['self, function', (_m, self: PyProperty, fn: Value) => new PyProperty(self.get, self.set, fn, T.property)],
})

/** Classes of file objects, as type() names them. */
export const FILES = {
  text: new PyClass('TextIOWrapper', [T.object], new Map(), true, T.type),
  reader: new PyClass('BufferedReader', [T.object], new Map(), true, T.type),
  writer: new PyClass('BufferedWriter', [T.object], new Map(), true, T.type),
  random: new PyClass('BufferedRandom', [T.object], new Map(), true, T.type),
  stringIO: new PyClass('StringIO', [T.object], new Map(), true, T.type),
  bytesIO: new PyClass('BytesIO', [T.object], new Map(), true, T.type),
}

for (const cls of Object.values(FILES)) {
  cls.module = '_io'
  getter(cls, 'name', (self: PyFile) => (/^<fd:(\d+)>$/.test(self.name) ? BigInt(/\d+/.exec(self.name)?.[0] ?? 0) : self.name))
  getter(cls, 'mode', (self: PyFile) => (self.isText ? self.mode : `${self.mode.replace(/[bt]/g, '')}b`))
  getter(cls, 'closed', (self: PyFile) => self.isClosed)
  if (cls === FILES.text) {
    getter(cls, 'encoding', (self: PyFile) =>
      self.encoding === 'utf-8' ? (self.fd !== undefined && self.fd < 3 ? 'utf-8' : 'UTF-8') : self.encoding,
    )
    getter(cls, 'errors', (self: PyFile) => self.errors)
    getter(cls, 'newlines', () => null)
    getter(cls, 'line_buffering', (self: PyFile) => self.buffering === 'line')
  }
  methods(cls, {
    read: ['self, size=', (_m, self: PyFile, size: Value | undefined) => read(self, size)],
    read1: ['self, size=', (_m, self: PyFile, size: Value | undefined) => read(self, size)],
    readline: ['self, size=', (_m, self: PyFile) => line(self)],
    readlines: [
      'self, hint=',
      async (m, self: PyFile) => {
        const lines: Value[] = []
        for (let next = await line(self); lengthOfLine(next) > 0; next = await line(self)) {
          const pause = m.spend()
          if (pause) await pause
          m.allocate(lengthOfLine(next) + 64)
          lines.push(next)
        }
        return list(lines)
      },
    ],
    readinto: [
      'self, buffer',
      async (_m, self: PyFile, buffer: PyBytes) => {
        const part = await self.readBytes(buffer.data.length)
        part.copy(buffer.data)
        return BigInt(part.length)
      },
    ],
    write: [
      'self, text',
      async (_m, self: PyFile, value: Value) => {
        const plain = payload(value)
        if (self.isText) {
          if (typeof plain !== 'string') throw typeError(`write() argument must be str, not ${typeName(value)}`)
          await self.writeText(plain)
          return BigInt(plain.length)
        }
        if (!(plain instanceof PyBytes)) throw typeError(`a bytes-like object is required, not '${typeName(value)}'`)
        await self.write(plain.data)
        return BigInt(plain.data.length)
      },
    ],
    writelines: [
      'self, lines',
      function* (m: Machine, self: PyFile, lines: Value): Steps<Value> {
        for (const one of yield* m.toArray(lines)) yield* m.call(classOf(self).find('write') as Value, [self, one])
        return null
      },
    ],
    flush: [
      'self',
      async (_m, self: PyFile) => {
        self.demandOpen()
        await self.flush()
        return null
      },
    ],
    close: [
      'self',
      async (_m, self: PyFile) => {
        await self.close()
        return null
      },
    ],
    seek: [
      'self, offset, whence=',
      async (_m, self: PyFile, offset: Value, whence: Value | undefined) =>
        BigInt(await self.seek(Number(index(offset)), Number(whence ?? 0n))),
    ],
    tell: ['self', (_m, self: PyFile) => BigInt(self.tell())],
    truncate: [
      'self, size=',
      (_m, self: PyFile, size: Value | undefined) => {
        const to = size === undefined || size === null ? self.tell() : Number(index(size))
        self.truncate(to)
        return BigInt(to)
      },
    ],
    fileno: [
      'self',
      (m, self: PyFile) => {
        if (self.fd === undefined) throw raise(m.unsupportedOperation(), 'fileno')
        return BigInt(self.fd)
      },
    ],
    isatty: ['self', (_m, self: PyFile) => self.isTerminal],
    readable: ['self', (_m, self: PyFile) => self.canRead],
    writable: ['self', (_m, self: PyFile) => self.canWrite],
    seekable: ['self', (_m, self: PyFile) => self.canSeek],
    getvalue: ['self', (_m, self: PyFile) => (self.isText ? self.value.toString('utf8') : new PyBytes(Buffer.from(self.value), T.bytes))],
    getbuffer: ['self', (_m, self: PyFile) => new PyBytes(self.value, T.bytes)],
    detach: ['self', (_m, self: PyFile) => self],
    reconfigure: [
      'self, **kw',
      (_m, self: PyFile, keywords: ReadonlyMap<string, Value>) => {
        if (keywords.get('line_buffering') === true) self.buffering = 'line'
        const encoding = keywords.get('encoding')
        if (typeof encoding === 'string') self.encoding = encoding
        const errors = keywords.get('errors')
        if (typeof errors === 'string') self.errors = errors
        return null
      },
    ],
    __enter__: [
      'self',
      (_m, self: PyFile) => {
        self.demandOpen()
        return self
      },
    ],
    __exit__: [
      'self, *args',
      async (_m, self: PyFile) => {
        await self.close()
        return null
      },
    ],
    __iter__: ['self', (_m, self: PyFile) => lines(self)],
    __next__: [
      'self',
      async (_m, self: PyFile) => {
        const next = await line(self)
        if (lengthOfLine(next) === 0) throw raise('StopIteration')
        return next
      },
    ],
    __repr__: ['self', (m, self: PyFile) => fileRepr(m, self)],
  })
}

function fileRepr(m: Machine, self: PyFile): string {
  if (self.cls === FILES.text)
    return `<_io.TextIOWrapper name=${/^<fd:/.test(self.name) ? self.name.slice(4, -1) : `'${self.name}'`} mode='${self.mode}' encoding='${self.fd !== undefined && self.fd < 3 ? 'utf-8' : 'UTF-8'}'>`
  if (self.cls === FILES.stringIO || self.cls === FILES.bytesIO) return `<_io.${self.cls.name} object at ${m.address(self)}>`
  return `<_io.${self.cls.name} name='${self.name}'>`
}

function lines(self: PyFile): Value {
  return iterator(function* (): Steps<Value | undefined> {
    const next = (yield line(self)) as Value
    return lengthOfLine(next) === 0 ? undefined : next
  })
}

function lengthOfLine(value: Value): number {
  return typeof value === 'string' ? value.length : (value as PyBytes).data.length
}

async function read(self: PyFile, size: Value | undefined): Promise<Value> {
  const count = size === undefined || size === null ? -1 : Number(index(size))
  return self.isText ? self.readText(count) : new PyBytes(await self.readBytes(count), T.bytes)
}

async function line(self: PyFile): Promise<Value> {
  return self.isText ? self.readLine() : new PyBytes(await self.readLineBytes(), T.bytes)
}
