import type { HostText } from '../command.ts'
import type { Shell } from './shell.ts'

/** Decodes the backslash escapes of PS1, PS2, PS4 (bash(1), PROMPTING). Parameters in it are expanded by the caller. */
export function expandPrompt(shell: Shell, prompt: HostText): HostText {
  return prompt.replace(/\\(D\{[^}]*\}|[0-7]{3}|[\s\S])/g, (whole, escape: string) => {
    if (/^[0-7]{3}$/.test(escape)) return String.fromCharCode(Number.parseInt(escape, 8))
    if (escape.startsWith('D{')) return formatTime(shell, escape.slice(2, -1) || '%X')
    return promptEscape(shell, escape) ?? whole
  })
}

function promptEscape(shell: Shell, escape: string): string | undefined {
  const { process } = shell
  switch (escape) {
    case 'u':
      return process.user
    case 'h':
      return process.world.hostname.split('.')[0]
    case 'H':
      return process.world.hostname
    case 'w':
      return abbreviated(shell)
    case 'W': {
      const path = abbreviated(shell)
      return path === '/' || path === '~' ? path : path.slice(path.lastIndexOf('/') + 1)
    }
    case '$':
      return process.uid === 0 ? '#' : '$'
    case 's':
      return shell.name.replace(/^-/, '').replace(/^.*\//, '')
    case 'v':
      return '5.2'
    case 'V':
      return '5.2.15'
    case 'n':
      return '\n'
    case 'r':
      return '\r'
    case 'a':
      return '\x07'
    case 'e':
      return '\x1b'
    case '\\':
      return '\\'
    case 'j':
      return String(shell.jobs?.count ?? 0)
    case 'l':
      return process.tty?.replace(/^.*\//, '') ?? 'tty'
    case '!':
      return String((shell.history?.length ?? 0) + 1)
    case '#':
      return String((shell.history?.sessionLength ?? 0) + 1)
    case 't':
      return formatTime(shell, '%H:%M:%S')
    case 'T':
      return formatTime(shell, '%I:%M:%S')
    case 'A':
      return formatTime(shell, '%H:%M')
    case '@':
      return formatTime(shell, '%I:%M %p')
    case 'd':
      return formatTime(shell, '%a %b %d')
    // Marks of what takes no column; the line editor measures with them and takes them out.
    case '[':
      return '\x01'
    case ']':
      return '\x02'
    default:
      return undefined
  }
}

function abbreviated(shell: Shell): string {
  const home = shell.parameters.get('HOME')
  const path = shell.parameters.get('PWD') ?? shell.process.cwd
  if (home && home !== '/' && (path === home || path.startsWith(`${home}/`))) return `~${path.slice(home.length)}`
  return path
}

/** The time in the host's zone by strftime's letters, as far as prompts use them. */
export function formatTime(shell: Shell, format: string, time = shell.process.world.now()): string {
  const { world } = shell.process
  const zone = shell.parameters.get('TZ') || world.persona.timezone
  const parts = partsOf(time, zone)
  return format.replace(/%([A-Za-z%])/g, (whole, letter: string) => parts[letter] ?? whole)
}

function partsOf(time: number, zone: string): Readonly<Record<string, string>> {
  const get = formatter(zone).formatToParts(time)
  const part = (type: string) => get.find((p) => p.type === type)?.value ?? ''
  const hour = Number(part('hour')) % 24
  const twelve = String(hour % 12 || 12).padStart(2, '0')
  const [H, M, S] = [String(hour).padStart(2, '0'), part('minute'), part('second')]
  return {
    Y: part('year'), m: part('month'), d: part('day'), H, M, S, I: twelve, p: hour < 12 ? 'AM' : 'PM', a: part('weekday'),
    b: MONTHS[Number(part('month')) - 1] ?? '', X: `${H}:${M}:${S}`, T: `${H}:${M}:${S}`, R: `${H}:${M}`, F: `${part('year')}-${part('month')}-${part('day')}`,
    y: part('year').slice(2), D: `${part('month')}/${part('day')}/${part('year').slice(2)}`, s: String(Math.floor(time / 1000)), '%': '%', n: '\n', t: '\t',
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const formatters = new Map<string, Intl.DateTimeFormat>()

function formatter(zone: string): Intl.DateTimeFormat {
  const known = formatters.get(zone)
  if (known) return known
  const options = {
    hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', weekday: 'short',
  } as const
  let made: Intl.DateTimeFormat
  try {
    made = new Intl.DateTimeFormat('en-US', { ...options, timeZone: zone })
  } catch (error) {
    // An unknown TZ means UTC, as for libc.
    if (!(error instanceof RangeError)) throw error
    made = new Intl.DateTimeFormat('en-US', { ...options, timeZone: 'UTC' })
  }
  if (formatters.size < 100) formatters.set(zone, made)
  return made
}
