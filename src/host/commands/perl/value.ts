import type { ProcessInput, ProcessOutput } from '../../command.ts'
import type { Node } from './syntax.ts'

/** A scalar of Perl. Texts are byte strings (or wider, after `\x{…}`). */
export type Value = undefined | number | string | Ref | Handle

/** A scalar variable. */
export class Box {
  value: Value
  blessed: string | undefined
  constructor(value?: Value) {
    this.value = value
  }
}

export class PerlArray {
  items: Value[]
  blessed: string | undefined
  /** Where `each` goes on. */
  cursor: number | undefined
  constructor(items: Value[] = []) {
    this.items = items
  }
}

export class PerlHash {
  readonly map: Map<string, Value>
  blessed: string | undefined
  /** Where `each` goes on. */
  cursor: Iterator<[string, Value]> | undefined
  constructor(map = new Map<string, Value>()) {
    this.map = map
  }
}

export type Native = (args: Value[], wantsList: boolean) => Promise<Value[]> | Value[]

export class Code {
  readonly name: string | undefined
  readonly body: Node | undefined
  readonly scope: Scope | undefined
  readonly home: string
  readonly native: Native | undefined
  blessed: string | undefined
  constructor(name: string | undefined, home: string, code: { body: Node; scope: Scope } | Native) {
    this.name = name
    this.home = home
    this.native = typeof code === 'function' ? code : undefined
    this.body = typeof code === 'function' ? undefined : code.body
    this.scope = typeof code === 'function' ? undefined : code.scope
  }
}

export type Referent = Box | PerlArray | PerlHash | Code

export class Ref {
  readonly to: Referent
  constructor(to: Referent) {
    this.to = to
  }
}

/** An open file or stream; what is read goes through a buffer of lines. */
export class Handle {
  readonly name: string
  input: ProcessInput | undefined
  output: ProcessOutput | undefined
  buffer = ''
  ended = false
  line = 0
  /** Names of a folder that `opendir` has read. */
  names: string[] | undefined
  /** What closing it gives as `$?` and does. */
  finish: (() => Promise<number>) | undefined
  constructor(name: string) {
    this.name = name
  }
}

export type Slot = Box | PerlArray | PerlHash

/** Lexical variables of a block, by sigil and name. */
export class Scope {
  readonly parent: Scope | undefined
  readonly slots = new Map<string, Slot>()
  constructor(parent?: Scope) {
    this.parent = parent
  }
  find(name: string): Slot | undefined {
    for (let scope: Scope | undefined = this; scope; scope = scope.parent) {
      const slot = scope.slots.get(name)
      if (slot) return slot
    }
    return undefined
  }
}

const addresses = new WeakMap<object, string>()
let nextAddress = 0x55d0c6a1e2a0

function addressOf(object: object): string {
  let address = addresses.get(object)
  if (!address) {
    address = nextAddress.toString(16)
    nextAddress += 24
    addresses.set(object, address)
  }
  return address
}

export function kindOf(to: Referent): string {
  if (to instanceof PerlArray) return 'ARRAY'
  if (to instanceof PerlHash) return 'HASH'
  if (to instanceof Code) return 'CODE'
  return to.value instanceof Ref ? 'REF' : 'SCALAR'
}

export function text(value: Value): string {
  if (typeof value === 'string') return value
  if (value === undefined) return ''
  if (typeof value === 'number') return numberText(value)
  if (value instanceof Handle) return `GLOB(0x${addressOf(value)})`
  const { to } = value
  return `${to.blessed === undefined ? '' : `${to.blessed}=`}${kindOf(to)}(0x${addressOf(to)})`
}

/** As `%.15g` shows it. */
export function numberText(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e15) return String(value === 0 ? 0 : value)
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value < 0 ? '-Inf' : 'Inf'
  if (Number.isInteger(value) && Math.abs(value) < 2 ** 64) return BigInt(value).toString().length > 20 ? shortest(value) : wholeText(value)
  return shortest(value)
}

/** Integers that fit 64 bits are shown in full; beyond 53 bits only when they came as such. */
function wholeText(value: number): string {
  return Math.abs(value) <= Number.MAX_SAFE_INTEGER ? String(value) : shortest(value)
}

function shortest(value: number): string {
  const [mantissa, exponent] = value.toExponential(14).split('e') as [string, string]
  const power = Number(exponent)
  if (power < -5 || power >= 15) {
    const digits = mantissa.replace(/\.?0+$/, '')
    return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
  }
  return String(Number(value.toPrecision(15)))
}

export function number(value: Value): number {
  if (typeof value === 'number') return value
  if (value === undefined) return 0
  if (typeof value !== 'string') return Number.parseInt(/0x([0-9a-f]+)/.exec(text(value))?.[1] ?? '0', 16)
  const found = /^\s*([-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?))/.exec(value.slice(0, 400))
  if (found) return Number(found[1])
  const special = /^\s*([-+]?)(inf(?:inity)?|nan)/i.exec(value.slice(0, 40))
  if (!special) return 0
  return /nan/i.test(special[2] as string) ? Number.NaN : special[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
}

export function truth(value: Value): boolean {
  return !(value === undefined || value === '' || value === 0 || value === '0')
}
