/** What `crontab -e` of Debian begins with. */
export const EMPTY_CRONTAB = Buffer.from(`# Edit this file to introduce tasks to be run by cron.
# 
# Each task to run has to be defined through a single line
# indicating with different fields when the task will be run
# and what command to run for the task
# 
# To define the time you can provide concrete values for
# minute (m), hour (h), day of month (dom), month (mon),
# and day of week (dow) or use '*' in these fields (for 'any').
# 
# Notice that tasks will be started based on the cron's system
# daemon's notion of time and timezones.
# 
# Output of the crontab jobs (including errors) is sent through
# email to the user the crontab file belongs to (unless redirected).
# 
# For example, you can run a backup of all your user accounts
# at 5 a.m every week with:
# 0 5 * * 1 tar -zcf /var/backups/home.tgz /home/
# 
# For more information see the manual pages of crontab(5) and cron(8)
# 
# m h  dom mon dow   command
`)

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']

const FIELDS: readonly { name: string; from: number; to: number; names: readonly string[] }[] = [
  { name: 'minute', from: 0, to: 59, names: [] },
  { name: 'hour', from: 0, to: 23, names: [] },
  { name: 'day-of-month', from: 1, to: 31, names: [] },
  { name: 'month', from: 1, to: 12, names: MONTHS },
  { name: 'day-of-week', from: 0, to: 7, names: DAYS },
]
const PART = /^(?:\*|([0-9A-Za-z]{1,9})(?:-([0-9A-Za-z]{1,9}))?)(?:\/(\d{1,3}))?$/

/** The first line that Vixie cron would refuse, counted from 0; a field that is missing counts to the next line. */
export function wrongLine(text: string): { line: number; what: string } | undefined {
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#') || /^[A-Za-z_]\w*\s*=/.test(line)) continue
    if (line.startsWith('@')) {
      if (!/^@(reboot|yearly|annually|monthly|weekly|daily|midnight|hourly)\s+\S/.test(line)) return { line: i, what: 'time specifier' }
      continue
    }
    const words = line.split(/\s+/)
    for (const [k, field] of FIELDS.entries()) {
      const word = words[k]
      if (word === undefined) return { line: i + 1, what: field.name }
      if (!word.split(',').every((part) => isPart(part, field))) return { line: i, what: field.name }
      // A field must be followed by a blank on its line.
      if (k + 1 === words.length) return { line: i + 1, what: k === FIELDS.length - 1 ? 'command' : (FIELDS[k + 1]?.name ?? '') }
    }
  }
  return undefined
}

function isPart(part: string, { from, to, names }: (typeof FIELDS)[number]): boolean {
  const match = PART.exec(part)
  if (!match) return false
  return [match[1], match[2]].every((word) => {
    if (word === undefined) return true
    if (/^\d+$/.test(word)) return Number(word) >= from && Number(word) <= to
    return names.includes(word.slice(0, 3).toLowerCase())
  })
}
