import type { HostText } from '../command.ts'
import { formatInZone } from '../zone-time.ts'
import type { Shell } from './shell.ts'

/** Decodes the backslash escapes of PS1, PS2, PS4 (bash(1), PROMPTING). Parameters in it are expanded by the caller. */
export function expandPrompt(shell: Shell, prompt: HostText): HostText {
  return prompt.replace(/\\(D\{[^}]*\}|[0-7]{3}|[\s\S])/g, (whole, code: string) => {
    if (/^[0-7]{3}$/.test(code)) return String.fromCharCode(Number.parseInt(code, 8))
    if (code.startsWith('D{')) return formatTime(shell, code.slice(2, -1) || '%X')
    return promptEscape(shell, code) ?? whole
  })
}

function promptEscape(shell: Shell, code: string): string | undefined {
  const { process } = shell
  switch (code) {
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
      // At a prompt with line editing it is both.
      return shell.interactive && shell.options.has('emacs') ? '\r\n' : '\n'
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
      return String(shell.commandNumber)
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
  return formatInZone(time, zone, format)
}
