import { fromLocal, type LocalTime, localTime, strftime, zoneOf } from '../../gnu/strftime.ts'
import type { Machine } from '../machine.ts'
import { asFloat, asInteger } from '../operators.ts'
import { plainObject, record, recordClass } from '../record.ts'
import { functions } from '../signature.ts'
import { tuple, typeError, typeName, valueError } from '../types.ts'
import { PyTuple, type Value } from '../value.ts'

const STRUCT_TIME = recordClass('struct_time', 'time', [
  'tm_year',
  'tm_mon',
  'tm_mday',
  'tm_hour',
  'tm_min',
  'tm_sec',
  'tm_wday',
  'tm_yday',
  'tm_isdst',
])

function structOf(time: LocalTime): Value {
  const made = record(
    STRUCT_TIME,
    ...[time.year, time.month + 1, time.day, time.hour, time.minute, time.second, (time.weekday + 6) % 7, time.yearDay + 1, 0].map(BigInt),
  )
  made.attributes = new Map<string, Value>([
    ['tm_zone', time.zone],
    ['tm_gmtoff', BigInt(time.offset * 60)],
  ])
  return made
}

function moment(m: Machine, seconds: Value | undefined): number {
  if (seconds === undefined || seconds === null) return m.process.world.now()
  const number = asFloat(seconds)
  if (number === undefined) throw typeError(`'${typeName(seconds)}' object cannot be interpreted as an integer`)
  if (Math.abs(number) > 8.6e12) throw valueError('year is out of range')
  return Math.floor(number) * 1000
}

/** A struct_time, or a tuple like one, as a moment broken down. */
function brokenDown(m: Machine, given: Value | undefined): LocalTime {
  if (!(given instanceof PyTuple)) return localTime(m.process.world.now(), zoneOf(m.process))
  const [year = 1900, month = 1, day = 1, hour = 0, minute = 0, second = 0] = given.items.map((item) => Number(asInteger(item) ?? 0n))
  const zone = given.attributes?.get('tm_zone')
  const isUtc = zone === 'GMT' || zone === 'UTC'
  const ms = fromLocal(year, month - 1, day, hour, minute, second, isUtc ? 'UTC' : zoneOf(m.process))
  return localTime(ms, isUtc ? 'UTC' : zoneOf(m.process))
}

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

/** time.strptime for the usual directives; gives the six numbers. */
function parseTime(text: string, format: string): number[] {
  const fields = { Y: 1900, m: 1, d: 1, H: 0, M: 0, S: 0 }
  let at = 0
  const fail = (): never => {
    throw valueError(`time data '${text}' does not match format '${format}'`)
  }
  const long = format
    .replaceAll('%F', '%Y-%m-%d')
    .replaceAll('%T', '%H:%M:%S')
    .replaceAll('%D', '%m/%d/%y')
    .replaceAll('%R', '%H:%M')
    .replaceAll('%c', '%a %b %d %H:%M:%S %Y')
  for (let i = 0; i < long.length; i++) {
    const c = long[i] as string
    if (c !== '%') {
      if (/\s/.test(c)) while (/\s/.test(text[at] ?? '')) at++
      else if (text[at++] !== c) fail()
      continue
    }
    const kind = long[++i] as string
    const word = /^[A-Za-z]+/.exec(text.slice(at, at + 20))?.[0] ?? ''
    const digits = new RegExp(`^\\d{1,${kind === 'Y' ? 4 : kind === 'f' ? 6 : 2}}`).exec(text.slice(at, at + 8))?.[0]
    if (kind === 'b' || kind === 'B' || kind === 'h') {
      fields.m = MONTHS.indexOf(word.slice(0, 3).toLowerCase()) + 1
      if (fields.m === 0) fail()
      at += word.length
    } else if (kind === 'a' || kind === 'A' || kind === 'Z' || kind === 'p') {
      if (kind === 'p' && word.toLowerCase() === 'pm' && fields.H < 12) fields.H += 12
      at += word.length
    } else if (kind === 'z') at += /^(?:Z|[-+]\d\d:?\d\d)/.exec(text.slice(at, at + 8))?.[0].length ?? fail()
    else if (digits === undefined) fail()
    else {
      at += digits.length
      if (kind === 'y') fields.Y = Number(digits) + (Number(digits) < 69 ? 2000 : 1900)
      else if (kind === 'I') fields.H = Number(digits) % 12
      else if (kind in fields) fields[kind as keyof typeof fields] = Number(digits)
    }
  }
  if (at < text.length) throw valueError(`unconverted data remains: ${text.slice(at)}`)
  return [fields.Y, fields.m, fields.d, fields.H, fields.M, fields.S]
}

export function* timeModule(m: Machine): Iterable<readonly [string, Value]> {
  const zone = zoneOf(m.process)
  const here = localTime(m.process.world.now(), zone)
  yield ['struct_time', STRUCT_TIME]
  yield ['timezone', BigInt(-here.offset * 60)]
  yield ['altzone', BigInt(-here.offset * 60)]
  yield ['daylight', 0n]
  yield ['tzname', tuple(here.zone, here.zone)]
  for (const [name, value] of Object.entries({ CLOCK_REALTIME: 0n, CLOCK_MONOTONIC: 1n, CLOCK_PROCESS_CPUTIME_ID: 2n })) yield [name, value]
  const uptime = (): number => (m.process.world.now() - m.process.world.bootedAt) / 1000
  const now = (): number => m.process.world.now() / 1000 + (performance.now() % 1) / 1000
  const nano = (seconds: number): bigint => BigInt(Math.floor(seconds * 1e6)) * 1000n
  yield* functions({
    time: ['', () => now()],
    time_ns: ['', () => nano(now())],
    monotonic: ['', () => uptime()],
    monotonic_ns: ['', () => nano(uptime())],
    perf_counter: ['', () => uptime() + (performance.now() % 1) / 1000],
    perf_counter_ns: ['', () => nano(uptime())],
    process_time: ['', () => 0.02 + m.process.cpuMs / 1000],
    clock_gettime: ['clock', (_m, clock: bigint) => (clock === 0n ? now() : uptime())],
    sleep: [
      'secs',
      async (_m, seconds: Value) => {
        const number = asFloat(seconds)
        if (number === undefined) throw typeError(`'${typeName(seconds)}' object cannot be interpreted as an integer`)
        if (number < 0) throw valueError('sleep length must be non-negative')
        await m.process.sleep(number * 1000)
        return null
      },
    ],
    localtime: ['seconds=', (_m, seconds: Value | undefined) => structOf(localTime(moment(m, seconds), zone))],
    gmtime: [
      'seconds=',
      (_m, seconds: Value | undefined) => {
        const time = structOf(localTime(moment(m, seconds), 'UTC')) as PyTuple
        time.attributes?.set('tm_zone', 'UTC')
        return time
      },
    ],
    mktime: ['t', (_m, time: Value) => Math.floor(brokenDown(m, time).ms / 1000)],
    strftime: ['format, t=', (_m, format: Value, time: Value | undefined) => strftime(String(format), brokenDown(m, time))],
    strptime: [
      'string, format=',
      (_m, text: Value, format: Value | undefined) => {
        const [year = 1900, month = 1, day = 1, hour = 0, minute = 0, second = 0] = parseTime(
          String(text),
          typeof format === 'string' ? format : '%a %b %d %H:%M:%S %Y',
        )
        return structOf({ ...localTime(Date.UTC(year, month - 1, day, hour, minute, second), 'UTC'), zone: here.zone })
      },
    ],
    ctime: ['seconds=', (_m, seconds: Value | undefined) => strftime('%a %b %e %H:%M:%S %Y', localTime(moment(m, seconds), zone))],
    asctime: ['t=', (_m, time: Value | undefined) => strftime('%a %b %e %H:%M:%S %Y', brokenDown(m, time))],
    get_clock_info: [
      'name',
      () =>
        plainObject(
          'SimpleNamespace',
          [
            ['monotonic', true],
            ['resolution', 1e-9],
          ],
          'types',
        ),
    ],
    tzset: ['', () => null],
  })
}
