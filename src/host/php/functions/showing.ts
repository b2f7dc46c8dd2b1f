import { exact } from '../operators.ts'
import type { Steps } from '../outcome.ts'
import type { Php } from '../php.ts'
import { isTrue, numberOf, PhpArray, PhpObject, PhpResource, textOf, toInt, type Value } from '../value.ts'
import type { Natives } from './native.ts'

const DEEPEST = 20

/** What an object shows of itself: `name`, `name:protected`, `name:Class:private`. */
function fields(value: PhpObject): [name: string, mark: string, value: Value][] {
  const type = value.type as { property?: (name: string) => { visibility: string } | undefined }
  return [...value.properties.entries()].map(([key, one]) => [String(key), type.property?.(String(key))?.visibility ?? 'public', one])
}

function printed(value: Value, depth: number): string {
  if (depth > DEEPEST || (!(value instanceof PhpArray) && !(value instanceof PhpObject)) || value instanceof PhpResource)
    return textOf(value)
  const pad = ' '.repeat(depth * 8)
  const items =
    value instanceof PhpArray
      ? [...value.entries()].map(([key, item]) => `${pad}    [${key}] => ${printed(item, depth + 1)}\n`)
      : fields(value).map(
          ([key, mark, item]) =>
            `${pad}    [${key}${mark === 'public' ? '' : mark === 'private' ? `:${value.type.name}:private` : `:${mark}`}] => ${printed(item, depth + 1)}\n`,
        )
  return `${value instanceof PhpArray ? 'Array' : `${value.type.name} Object`}\n${pad}(\n${items.join('')}${pad})\n`
}

function dumped(value: Value, depth: number): string {
  const pad = '  '.repeat(depth)
  if (value === null) return `${pad}NULL\n`
  if (typeof value === 'boolean') return `${pad}bool(${value})\n`
  if (typeof value === 'bigint') return `${pad}int(${value})\n`
  if (typeof value === 'number') return `${pad}float(${exact(value)})\n`
  if (typeof value === 'string') return `${pad}string(${value.length}) "${value}"\n`
  if (value instanceof PhpResource) return `${pad}resource(${value.id}) of type (${value.isOpen ? 'stream' : 'Unknown'})\n`
  if (depth > DEEPEST) return `${pad}*RECURSION*\n`
  if (value instanceof PhpArray) {
    const items = [...value.entries()].map(
      ([key, item]) => `${pad}  [${typeof key === 'number' ? key : `"${key}"`}]=>\n${dumped(item, depth + 1)}`,
    )
    return `${pad}array(${value.size}) {\n${items.join('')}${pad}}\n`
  }
  const items = fields(value).map(
    ([key, mark, item]) =>
      `${pad}  ["${key}"${mark === 'public' ? '' : mark === 'private' ? `:"${value.type.name}":private` : `:${mark}`}]=>\n${dumped(item, depth + 1)}`,
  )
  return `${pad}object(${value.type.name})#${value.id} (${value.properties.size}) {\n${items.join('')}${pad}}\n`
}

function exported(value: Value, pad: string): string {
  if (value === null) return 'NULL'
  if (typeof value === 'boolean') return String(value)
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number') return /^-?\d+$/.test(exact(value)) ? `${exact(value)}.0` : exact(value)
  if (typeof value === 'string') return `'${value.replace(/['\\]/g, '\\$&').replaceAll('\0', `' . "\\0" . '`)}'`
  if (pad.length > 2 * DEEPEST) return 'NULL'
  const isArray = value instanceof PhpArray
  const array = isArray ? value : value.properties
  const items = [...array.entries()].map(([key, item]) => {
    const nested = item instanceof PhpArray || item instanceof PhpObject
    return `${pad}${isArray ? '  ' : '   '}${typeof key === 'number' ? key : exported(key, '')} => ${nested ? `\n${pad}  ` : ''}${exported(item, `${pad}  `)},\n`
  })
  if (isArray) return `array (\n${items.join('')}${pad})`
  return value.type.name === 'stdClass'
    ? `(object) array(\n${items.join('')}${pad})`
    : `\\${value.type.name}::__set_state(array(\n${items.join('')}${pad}))`
}

const FORMAT = /%(?:(\d{1,3})\$)?([-+0 ]|'[\s\S])*(\d{1,5})?(?:\.(\d{1,3}))?([bcdeEfFgGosuxX%])/g

/** As sprintf() does; ends the script where there are too few values. */
export function formatted(php: Php, format: string, values: readonly Value[]): string {
  let next = 0
  return format.replace(
    FORMAT,
    (whole, position: string | undefined, _flag, width: string | undefined, digits: string | undefined, type: string) => {
      if (type === '%') return '%'
      const at = position === undefined ? next++ : Number(position) - 1
      if (at >= values.length)
        php.fail('ArgumentCountError', `${values.length + 1 > 1 ? at + 2 : 2} arguments are required, ${values.length + 1} given`)
      const value = values[at] ?? null
      const flags = /^%(?:\d{1,3}\$)?((?:[-+0 ]|'[\s\S])*)/.exec(whole)?.[1] ?? ''
      const text = shown(type, value, digits === undefined ? undefined : Number(digits), flags)
      const filler = /'([\s\S])/.exec(flags)?.[1] ?? (/0/.test(flags.replace(/'[\s\S]/g, '')) ? '0' : ' ')
      if (flags.replace(/'[\s\S]/g, '').includes('-')) return text.padEnd(Number(width ?? 0), filler === '0' ? ' ' : filler)
      if (filler === '0' && /^[-+]/.test(text)) return text[0] + text.slice(1).padStart(Number(width ?? 0) - 1, '0')
      return text.padStart(Number(width ?? 0), filler)
    },
  )
}

function shown(type: string, value: Value, digits: number | undefined, flags: string): string {
  const int = toInt(value)
  const plus = flags.includes('+') ? '+' : ''
  switch (type) {
    case 'd':
      return int < 0n ? int.toString() : plus + int
    case 'u':
      return BigInt.asUintN(64, int).toString()
    case 'x':
      return BigInt.asUintN(64, int).toString(16)
    case 'X':
      return BigInt.asUintN(64, int).toString(16).toUpperCase()
    case 'o':
      return BigInt.asUintN(64, int).toString(8)
    case 'b':
      return BigInt.asUintN(64, int).toString(2)
    case 'c':
      return String.fromCharCode(Number(int & 0xffn))
    case 'e':
    case 'E': {
      const text = numberOf(value).toExponential(digits ?? 6)
      return type === 'E' ? text.toUpperCase() : text
    }
    case 'f':
    case 'F': {
      const number = numberOf(value)
      return (number >= 0 ? plus : '') + (Number.isFinite(number) ? fixed(number, Math.min(53, digits ?? 6)) : textOf(number))
    }
    case 'g':
    case 'G':
      return textOf(numberOf(value))
    default:
      return digits === undefined ? textOf(value) : textOf(value).slice(0, digits)
  }
}

/** Half goes to the even digit, as dtoa() of C does; toFixed() takes the larger. */
function fixed(number: number, digits: number): string {
  const scaled = Math.abs(number) * 10 ** digits
  const isHalf = scaled < 2 ** 52 && scaled % 1 === 0.5 && digits < 16
  const text = (isHalf ? (2 * Math.round(scaled / 2)) / 10 ** digits : Math.abs(number)).toFixed(digits)
  return number < 0 && /[1-9]/.test(text) ? `-${text}` : text
}

export const SHOWING: Natives = {
  print_r: function* ([value = null, gives = false], php): Steps<Value> {
    const text = php.text(printed(value, 0))
    if (isTrue(gives)) return text
    yield* php.print(text)
    return true
  },
  var_dump: function* (values, php): Steps<Value> {
    for (const value of values) yield* php.print(dumped(value, 0))
    return null
  },
  var_export: function* ([value = null, gives = false], php): Steps<Value> {
    const text = php.text(exported(value, ''))
    if (isTrue(gives)) return text
    yield* php.print(text)
    return null
  },
  printf: function* ([format = '', ...values], php): Steps<Value> {
    const text = php.text(formatted(php, textOf(format), values))
    yield* php.print(text)
    return BigInt(text.length)
  },
  vprintf: function* ([format = '', values], php): Steps<Value> {
    const text = formatted(php, textOf(format), values instanceof PhpArray ? values.values() : [])
    yield* php.print(text)
    return BigInt(text.length)
  },
  sprintf: ([format = '', ...values], php) => php.text(formatted(php, textOf(format), values)),
  vsprintf: ([format = '', values], php) => formatted(php, textOf(format), values instanceof PhpArray ? values.values() : []),
}
