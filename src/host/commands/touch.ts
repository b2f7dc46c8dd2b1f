import { HostError } from '../contract.ts'
import { attempt, complain, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { parseDate } from './gnu/parse-date.ts'
import { quoted } from './gnu/quote.ts'
import { fromLocal, localTime, zoneOf } from './gnu/strftime.ts'
import { statIfThere } from './gnu/tree.ts'

const WORDS: Record<string, 'a' | 'm'> = { atime: 'a', access: 'a', use: 'a', mtime: 'm', modify: 'm' }

/** `-h` makes no file, and finds out when it sets the times. */
class MissingLink extends HostError {}

export default gnuCommand({
  name: 'touch',
  usage: '[OPTION]... FILE...',
  about: 'Update the access and modification times of each FILE to the current time.',
  authors: 'Paul Rubin, Arnold Robbins, Jim Kingdon,\nDavid MacKenzie, and Randy Smith',
  short: 'acd:fhmr:t:',
  long: { 'no-create': 'c', date: 'd', 'no-dereference': 'h', reference: 'r', time: 'time=' },
  async run(process, options) {
    if (options.operands.length === 0) throw new Usage('missing file operand')
    const zone = zoneOf(process)
    const now = process.world.now()
    let atime = now
    let mtime = now
    const reference = options.value('r')
    if (reference !== undefined) {
      const stat = statIfThere(process, reference)
      if (!stat) throw new Failure(`failed to get attributes of ${quoted(reference)}: No such file or directory`)
      ;({ atime, mtime } = stat)
    }
    const text = options.value('d')
    if (text !== undefined) {
      const time = parseDate(text, now, zone)
      if (time === undefined) throw new Failure(`invalid date format ${quoted(text)}`)
      atime = mtime = time
    }
    const stamp = options.value('t')
    if (stamp !== undefined) atime = mtime = stampTime(stamp, now, zone)
    const which = WORDS[options.value('time') ?? ''] ?? options.last('a', 'm')
    const both = (options.has('a') && options.has('m')) || which === undefined
    let status = 0
    for (const name of options.operands) {
      const fine = await attempt(
        () => {
          const stat = statIfThere(process, name, !options.has('h'))
          if (!stat) {
            if (options.has('c')) return
            if (options.has('h')) throw new MissingLink('ENOENT', 'No such file or directory')
            process.openOutput(name, 'append')
          }
          if (options.has('h') && stat?.type === 'symlink') return
          process.files.utimes(
            name,
            both || which === 'a' ? atime : (stat?.atime ?? now),
            both || which === 'm' ? mtime : (stat?.mtime ?? now),
          )
        },
        (error) =>
          complain(
            process,
            `${error instanceof MissingLink ? 'setting times of' : error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'ENOTDIR' ? 'cannot touch' : 'setting times of'} ${quoted(name)}: ${error.message}`,
          ),
      )
      if (!fine) status = 1
    }
    return status
  },
})

function stampTime(text: string, now: number, zone: string): number {
  const found = /^((?:\d{2})?\d{2})?(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{2}))?$/.exec(text)
  if (!found) throw new Failure(`invalid date format ${quoted(text)}`)
  const [, year, month, day, hour, minute, second] = found
  const full =
    year === undefined ? localTime(now, zone).year : year.length === 4 ? Number(year) : Number(year) + (Number(year) < 69 ? 2000 : 1900)
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > 31 || Number(hour) > 23 || Number(minute) > 59)
    throw new Failure(`invalid date format ${quoted(text)}`)
  return fromLocal(full, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second ?? 0), zone)
}
