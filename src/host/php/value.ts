/** A value of PHP: bigint is its int, number its float. Strings are bytes, one a character. */
export type Value = null | boolean | bigint | number | string | PhpArray | PhpObject
export type Key = number | string

/** A place that several names may share. */
export class Ref {
  value: Value

  constructor(value: Value = null) {
    this.value = value
  }
}

interface Storage {
  readonly map: Map<Key, Value | Ref>
  next: number
  owners: number
}

/** An array of PHP: ordered, with integers and strings as keys. A copy shares its storage until one of both is written to. */
export class PhpArray {
  #storage: Storage
  /** Where `current()` stands. */
  position = 0

  constructor(entries: Iterable<readonly [Key, Value]> = []) {
    this.#storage = { map: new Map(), next: 0, owners: 1 }
    for (const [key, value] of entries) this.set(key, value)
  }

  static of(values: Iterable<Value>): PhpArray {
    const array = new PhpArray()
    for (const value of values) array.push(value)
    return array
  }

  get size(): number {
    return this.#storage.map.size
  }

  copy(): PhpArray {
    const copy = new PhpArray()
    copy.#storage = this.#storage
    copy.position = this.position
    this.#storage.owners++
    return copy
  }

  get(key: Key): Value | undefined {
    const found = this.#storage.map.get(key)
    return found instanceof Ref ? found.value : found
  }

  has(key: Key): boolean {
    return this.#storage.map.has(key)
  }

  set(key: Key, value: Value): void {
    const { map } = this.#own()
    const there = map.get(key)
    if (there instanceof Ref) there.value = value
    else map.set(key, value)
    if (typeof key === 'number' && key >= this.#storage.next) this.#storage.next = key + 1
  }

  push(value: Value): void {
    this.set(this.#storage.next, value)
  }

  delete(key: Key): void {
    this.#own().map.delete(key)
  }

  /** The place of a key, which from now on others may share. */
  ref(key: Key | undefined): Ref {
    const storage = this.#own()
    const at = key ?? storage.next
    const there = storage.map.get(at)
    if (there instanceof Ref) return there
    const ref = new Ref(there ?? null)
    storage.map.set(at, ref)
    if (typeof at === 'number' && at >= storage.next) storage.next = at + 1
    return ref
  }

  bind(key: Key | undefined, ref: Ref): void {
    const storage = this.#own()
    const at = key ?? storage.next
    storage.map.set(at, ref)
    if (typeof at === 'number' && at >= storage.next) storage.next = at + 1
  }

  /** The array below a key, made if there is none, for writing. Undefined when something else is there. */
  inner(key: Key | undefined): PhpArray | PhpObject | undefined {
    const storage = this.#own()
    const at = key ?? storage.next
    const there = this.get(at)
    if (there instanceof PhpArray || there instanceof PhpObject) return there
    if (there !== undefined && there !== null) return undefined
    const made = new PhpArray()
    this.set(at, made)
    return made
  }

  *entries(): Generator<[Key, Value]> {
    for (const [key, value] of this.#storage.map) yield [key, value instanceof Ref ? value.value : value]
  }

  keys(): Key[] {
    return [...this.#storage.map.keys()]
  }

  values(): Value[] {
    return [...this.#storage.map.values()].map((value) => (value instanceof Ref ? value.value : value))
  }

  get isList(): boolean {
    let next = 0
    for (const key of this.#storage.map.keys()) if (key !== next++) return false
    return true
  }

  /** Takes over what another has, keys and all. */
  become(other: PhpArray): void {
    const { map, next } = other.copy().#own()
    this.#storage = { map, next, owners: 1 }
  }

  #own(): Storage {
    const { map, next, owners } = this.#storage
    if (owners === 1) return this.#storage
    this.#storage.owners--
    const own = new Map<Key, Value | Ref>()
    for (const [key, value] of map) own.set(key, value instanceof PhpArray ? value.copy() : value)
    this.#storage = { map: own, next, owners: 1 }
    return this.#storage
  }
}

/** What an object says of itself. */
export interface PhpType {
  readonly name: string
  readonly parent: PhpType | undefined
  readonly interfaces: readonly string[]
}

/** Number of the last object of the script that runs. */
export const objects = { last: 0 }

export class PhpObject {
  readonly type: PhpType
  readonly properties = new PhpArray()
  readonly id: number

  constructor(type: PhpType, id = ++objects.last) {
    this.type = type
    this.id = id
  }

  isA(name: string): boolean {
    const wanted = name.toLowerCase()
    for (let type: PhpType | undefined = this.type; type; type = type.parent) {
      if (type.name.toLowerCase() === wanted || type.interfaces.some((one) => one.toLowerCase() === wanted)) return true
    }
    return false
  }
}

/** `Resource id #N` */
export class PhpResource extends PhpObject {
  readonly kind: string
  isOpen = true

  constructor(kind: string, id: number) {
    super({ name: 'resource', parent: undefined, interfaces: [] }, id)
    this.kind = kind
  }
}

const NUMERIC = /^[ \t\n\r\v\f]*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?[ \t\n\r\v\f]*$/
const LEADING = /^[ \t\n\r\v\f]*[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?/
const INTEGER = /^[ \t\n\r\v\f]*[-+]?\d+[ \t\n\r\v\f]*$/
/** Longest text that is looked at for a number. */
const LONGEST_NUMBER = 400
export const INT_MAX = 2n ** 63n - 1n
export const INT_MIN = -(2n ** 63n)

/** An array keeps its value when it is assigned; everything else is shared or has no parts. */
export function copied(value: Value): Value {
  return value instanceof PhpArray ? value.copy() : value
}

export function keyOf(value: Value): Key {
  if (typeof value === 'string') return /^(?:0|-?[1-9]\d{0,15})$/.test(value) && value !== '-0' ? Number(value) : value
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return Math.trunc(value) || 0
  if (typeof value === 'boolean') return value ? 1 : 0
  return ''
}

export function keyValue(key: Key): Value {
  return typeof key === 'number' ? BigInt(key) : key
}

export function isTrue(value: Value): boolean {
  if (value instanceof PhpArray) return value.size > 0
  if (typeof value === 'string') return value !== '' && value !== '0'
  return Boolean(value)
}

/** As echo prints it, without what `__toString` would say. */
export function textOf(value: Value): string {
  if (typeof value === 'string') return value
  if (value === null || value === false) return ''
  if (value === true) return '1'
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return floatText(value, 14)
  if (value instanceof PhpArray) return 'Array'
  return value instanceof PhpResource ? `Resource id #${value.id}` : 'Object'
}

/** A float with so many digits; 17 = the shortest that is read back as the same (precision -1). */
export function floatText(value: number, precision: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NAN' : value > 0 ? 'INF' : '-INF'
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const exact = precision === 17 ? value.toExponential() : value.toExponential(precision - 1)
  const [mantissa = '', exponent] = exact.split('e')
  const digits = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa
  const power = Number(exponent)
  if (power < -4 || power >= precision) {
    return `${digits.includes('.') ? digits : `${digits}.0`}E${power < 0 ? '' : '+'}${power}`
  }
  const sign = digits.startsWith('-') ? '-' : ''
  const bare = digits.replace(/[-.]/g, '')
  if (power < 0) return `${sign}0.${'0'.repeat(-power - 1)}${bare}`
  const whole = bare.slice(0, power + 1).padEnd(power + 1, '0')
  return bare.length > power + 1 ? `${sign}${whole}.${bare.slice(power + 1)}` : sign + whole
}

export function isNumeric(value: Value): boolean {
  return (
    typeof value === 'bigint' || typeof value === 'number' || (typeof value === 'string' && NUMERIC.test(value.slice(0, LONGEST_NUMBER)))
  )
}

/** The int or float that a value is in arithmetic; what follows a number in a text does not count. */
export function toNumber(value: Value): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (typeof value === 'string') return numberIn(value)
  if (value instanceof PhpArray) return value.size > 0 ? 1n : 0n
  return value ? 1n : 0n
}

function numberIn(text: string): bigint | number {
  const found = LEADING.exec(text.slice(0, LONGEST_NUMBER))?.[0]
  if (found === undefined) return 0n
  return INTEGER.test(found) ? intOrFloat(BigInt(found.trim().replace('+', ''))) : Number(found)
}

/** An int that does not fit into 64 bits becomes a float. */
export function intOrFloat(value: bigint): bigint | number {
  return value > INT_MAX || value < INT_MIN ? Number(value) : value
}

export function toInt(value: Value): bigint {
  const number = toNumber(value)
  if (typeof number === 'bigint') return number
  // strtol(3) stops at the largest.
  if (typeof value === 'string' && /^\s*[-+]?\d+\s*$/.test(value.slice(0, LONGEST_NUMBER))) return number > 0 ? INT_MAX : INT_MIN
  return Number.isFinite(number) ? BigInt.asIntN(64, BigInt(Math.trunc(number))) : 0n
}

/** As a number of this program. */
export function numberOf(value: Value): number {
  return Number(toNumber(value))
}

/** As gettype() says. */
export function typeOf(value: Value): string {
  if (value === null) return 'NULL'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'bigint') return 'integer'
  if (typeof value === 'number') return 'double'
  if (typeof value === 'string') return 'string'
  if (value instanceof PhpArray) return 'array'
  return value instanceof PhpResource ? (value.isOpen ? 'resource' : 'resource (closed)') : 'object'
}

/** As errors say: `int`, `string`, the name of a class. */
export function shortType(value: Value): string {
  if (value instanceof PhpObject && !(value instanceof PhpResource)) return value.type.name
  const names: Record<string, string> = { NULL: 'null', boolean: 'bool', integer: 'int', double: 'float' }
  return names[typeOf(value)] ?? typeOf(value)
}
