import { LineReader } from './gnu/bytes.ts'
import { attempt, complain, complainOf, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { parseDate } from './gnu/parse-date.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

const ISO: Record<string, string> = {
  date: '%Y-%m-%d',
  hours: '%Y-%m-%dT%H%:z',
  minutes: '%Y-%m-%dT%H:%M%:z',
  seconds: '%Y-%m-%dT%H:%M:%S%:z',
  ns: '%Y-%m-%dT%H:%M:%S,%N%:z',
}
const RFC3339: Record<string, string> = { date: '%Y-%m-%d', seconds: '%Y-%m-%d %H:%M:%S%:z', ns: '%Y-%m-%d %H:%M:%S.%N%:z' }

export default gnuCommand({
  name: 'date',
  usage: ['[OPTION]... [+FORMAT]', '[-u|--utc|--universal] [MMDDhhmm[[CC]YY][.ss]]'],
  about: 'Display date and time in the given FORMAT.',
  authors: 'David MacKenzie',
  short: 'd:f:I::r:Rs:u',
  long: {
    date: 'd',
    file: 'f',
    'iso-8601': 'I',
    reference: 'r',
    'rfc-email': 'R',
    'rfc-822': 'R',
    'rfc-2822': 'R',
    'rfc-3339': 'rfc-3339=',
    set: 's',
    utc: 'u',
    universal: 'u',
    debug: 'debug',
  },
  async run(process, options) {
    const zone = options.has('u') ? 'UTC' : zoneOf(process)
    const [first, extra] = options.operands
    if (extra !== undefined) throw new Usage(`extra operand '${extra}'`)
    if (first !== undefined && !first.startsWith('+') && options.has('d', 'r')) {
      throw new Usage(
        `the argument '${first}' lacks a leading '+';\nwhen using an option to specify date(s), any non-option\nargument must be a format string beginning with '+'`,
      )
    }
    const format = formatOf(
      options.value('I') ?? (options.has('I') ? 'date' : undefined),
      options.value('rfc-3339'),
      options.has('R'),
      first,
    )
    const now = process.world.now()
    const file = options.value('f')
    if (file !== undefined) {
      const fine = await attempt(
        async () => {
          const lines = new LineReader(process, file === '-' ? process.stdin : process.openInput(file))
          for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
            await process.stdout.write(`${strftime(format, localTime(dateOf(line, now, zone), zone))}\n`)
          }
        },
        (error) => complainOf(process, file, error),
      )
      return fine ? 0 : 1
    }
    const reference = options.value('r')
    if (reference !== undefined) {
      let time = 0
      const fine = await attempt(
        () => {
          time = process.files.stat(reference).mtime
        },
        (error) => complainOf(process, reference, error),
      )
      if (!fine) return 1
      await process.stdout.write(`${strftime(format, localTime(time, zone))}\n`)
      return 0
    }
    const setting = options.value('s') ?? (first !== undefined && !first.startsWith('+') ? first : undefined)
    if (setting !== undefined) {
      const wanted = options.has('s') ? dateOf(setting, now, zone) : compactDate(setting, now, zone)
      // A container's or unprivileged user's clock cannot be set; the host's time is the world's.
      if (process.uid !== 0) await complain(process, 'cannot set date: Operation not permitted')
      await process.stdout.write(`${strftime(format, localTime(wanted, zone))}\n`)
      return process.uid === 0 ? 0 : 1
    }
    const asked = options.value('d')
    const time = asked === undefined ? now : dateOf(asked, now, zone)
    const below = asked === undefined ? (now % 1000) * 1e6 + ((now * 7919 + process.pid * 104_729) % 1_000_000) : undefined
    await process.stdout.write(`${strftime(format, localTime(time, zone), below)}\n`)
    return 0
  },
})

function formatOf(iso: string | undefined, rfc: string | undefined, email: boolean, operand: string | undefined): string {
  if (iso !== undefined) return ISO[Object.keys(ISO).find((name) => name.startsWith(iso)) ?? ''] ?? invalid(iso, '--iso-8601')
  if (rfc !== undefined) return RFC3339[Object.keys(RFC3339).find((name) => name.startsWith(rfc)) ?? ''] ?? invalid(rfc, '--rfc-3339')
  if (email) return '%a, %d %b %Y %H:%M:%S %z'
  return operand?.startsWith('+') ? operand.slice(1) : '%a %b %e %H:%M:%S %Z %Y'
}

function invalid(text: string, option: string): never {
  const valid = Object.keys(option === '--iso-8601' ? { hours: 1, minutes: 1, date: 1, seconds: 1, ns: 1 } : RFC3339)
  throw new Usage(`invalid argument '${text}' for '${option}'\nValid arguments are:\n${valid.map((name) => `  - '${name}'`).join('\n')}`)
}

function dateOf(text: string, now: number, zone: string): number {
  const time = parseDate(text, now, zone)
  if (time === undefined) throw new Failure(`invalid date '${text}'`)
  return time
}

function compactDate(text: string, now: number, zone: string): number {
  const found = /^(\d\d)(\d\d)(\d\d)(\d\d)(\d{2}|\d{4})?(?:\.(\d\d))?$/.exec(text)
  if (!found) throw new Failure(`invalid date '${text}'`)
  const year = found[5] === undefined ? localTime(now, zone).year : found[5].length === 2 ? 2000 + Number(found[5]) : Number(found[5])
  return dateOf(`${year}-${found[1]}-${found[2]} ${found[3]}:${found[4]}:${found[6] ?? '00'}`, now, zone)
}
