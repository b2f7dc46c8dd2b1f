import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
/** Fields of a line of /etc/shadow that the options set, by their place. */
const FIELDS: Record<string, number> = { d: 2, m: 3, M: 4, W: 5, I: 6, E: 7 }

export default gnuCommand({
  name: 'chage',
  package: 'passwd',
  usage: '[options] LOGIN',
  applet: false,
  short: 'lid:E:I:m:M:W:R:',
  long: { list: 'l', lastday: 'd', expiredate: 'E', inactive: 'I', mindays: 'm', maxdays: 'M', warndays: 'W', iso8601: 'i', root: 'R' },
  async run(process, options) {
    const name = options.operands[0]
    if (name === undefined) {
      await process.stderr.write('Usage: chage [options] LOGIN\n')
      return 2
    }
    if (process.uid !== 0 && !(options.has('l') && name === process.user)) {
      await process.stderr.write('chage: Permission denied.\n')
      return 1
    }
    const accounts = accountsOf(process)
    const line = accounts.user(name) && shadowLine(process.world.files.read('/etc/shadow').toString('latin1'), name)
    if (!line) {
      await process.stderr.write(`chage: user '${name}' does not exist in /etc/passwd\n`)
      return 1
    }
    const fields = line.split(':')
    if (options.has('l')) {
      await process.stdout.write(report(fields, options.has('i')))
      return 0
    }
    for (const [letter, place] of Object.entries(FIELDS)) {
      const given = options.value(letter)
      if (given === undefined) continue
      const value = daysOf(given)
      if (value === undefined) {
        await process.stderr.write(`chage: invalid ${letter === 'd' || letter === 'E' ? 'date' : 'numeric argument'} '${given}'\n`)
        return 1
      }
      fields[place] = value < 0 ? '' : String(value)
    }
    accounts.edit('/etc/shadow', name, fields.join(':'))
    return 0
  },
})

function shadowLine(text: string, name: string): string | undefined {
  return text.split('\n').find((line) => line.startsWith(`${name}:`))
}

/** Days since 1970 of a number or a date. */
function daysOf(text: string): number | undefined {
  if (/^-?\d{1,9}$/.test(text)) return Number(text)
  if (!/^\d{4}-\d{1,2}-\d{1,2}$/.test(text)) return undefined
  const time = Date.parse(text)
  return Number.isNaN(time) ? undefined : Math.floor(time / 86_400_000)
}

function report(fields: readonly string[], iso: boolean): string {
  const [, , changed = '', least = '', most = '', warn = '', inactive = '', expires = ''] = fields
  const date = (days: number): string => {
    const at = new Date(days * 86_400_000)
    if (iso) return at.toISOString().slice(0, 10)
    return `${MONTHS[at.getUTCMonth()]} ${String(at.getUTCDate()).padStart(2, '0')}, ${at.getUTCFullYear()}`
  }
  const ends = most !== '' && Number(most) < 10_000 && changed !== ''
  const last = changed === '0' ? 'password must be changed' : changed === '' ? 'never' : date(Number(changed))
  const password = changed === '0' ? 'password must be changed' : ends ? date(Number(changed) + Number(most)) : 'never'
  const idle = ends && inactive !== '' ? date(Number(changed) + Number(most) + Number(inactive)) : changed === '0' ? password : 'never'
  const rows = [
    ['Last password change', last],
    ['Password expires', password],
    ['Password inactive', idle],
    ['Account expires', expires === '' ? 'never' : date(Number(expires))],
    ['Minimum number of days between password change', least || '-1'],
    ['Maximum number of days between password change', most || '-1'],
    ['Number of days of warning before password expires', warn || '-1'],
  ] as const
  return rows.map(([what, value]) => `${what}${'\t'.repeat(tabs(what))}: ${value}\n`).join('')
}

/** Tabs up to the column of the values. */
function tabs(what: string): number {
  return Math.max(1, Math.ceil((56 - what.length) / 8))
}
