/** How DCMTK compares a key with an attribute (PS3.4 §C.2.2.2): by the value representation, and in the case that it is written in. */
import { wildcard } from '../../sensor/wildcard.ts'
import { vrOf } from './dataset.ts'

/** @param asked value of the key, without the blanks around it */
export function matches(actual: string, asked: string, tag: number): boolean {
  if (asked === '') return true
  switch (vrOf(tag)) {
    case 'UI':
      return asked.split('\\').includes(actual)
    case 'DA':
      return within(dateOf, actual, asked)
    case 'TM':
      return within(timeOf, actual, asked)
    case 'IS':
    case 'AS':
    case 'DS':
      return actual === asked
    default:
      return wildcard(asked, actual)
  }
}

/** A single point in time, or a range of which one end may be open. What is neither fits nothing. */
function within(read: (text: string) => number | undefined, actual: string, asked: string): boolean {
  const at = read(actual)
  const dash = asked.indexOf('-')
  if (at === undefined) return false
  if (dash < 0) return read(asked) === at
  const [from, to] = [asked.slice(0, dash), asked.slice(dash + 1)]
  const [first, last] = [from === '' ? Number.NEGATIVE_INFINITY : read(from), to === '' ? Number.POSITIVE_INFINITY : read(to)]
  return first !== undefined && last !== undefined && first <= at && at <= last
}

/** `YYYYMMDD`, or `YYYY.MM.DD` as before version 3.0 of the standard. */
function dateOf(text: string): number | undefined {
  const [, year, month, day] = /^(\d{4})(?:(\d\d)(\d\d)|\.(?:\d\d)\.(?:\d\d))$/.exec(text) ?? []
  if (year === undefined) return undefined
  return Number(`${year}${month ?? text.slice(5, 7)}${day ?? text.slice(8, 10)}`)
}

/** `HHMM` or `HHMMSS.FFFFFF`, with or without colons, in seconds. */
function timeOf(text: string): number | undefined {
  const [, hour, minute, second = '0'] = /^(\d\d):?(\d\d)(?::?(\d\d(?:\.\d{1,6})?))?$/.exec(text) ?? []
  return hour === undefined ? undefined : Number(hour) * 3600 + Number(minute) * 60 + Number(second)
}
