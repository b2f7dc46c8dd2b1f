import type { Shell } from '../shell.ts'

/** What the word `time` prints; TIMEFORMAT is honoured as far as bash(1) describes it. */
export function timeReport(shell: Shell, ms: number, posix: boolean): string {
  // Commands here use little processor time; a real one spends about a millisecond on starting.
  const user = Math.min(ms, 1) * 0.6
  const system = Math.min(ms, 1) * 0.4
  if (posix) return `real ${(ms / 1000).toFixed(2)}\nuser ${(user / 1000).toFixed(2)}\nsys ${(system / 1000).toFixed(2)}\n`
  const format = shell.parameters.get('TIMEFORMAT') ?? '\nreal\t%3lR\nuser\t%3lU\nsys\t%3lS'
  if (format === '') return ''
  return `${format.replace(
    /%(?:(\d)?(l)?([RUSP])|%)/g,
    (whole, digits: string | undefined, long: string | undefined, kind: string | undefined) => {
      if (whole === '%%' || !kind) return '%'
      if (kind === 'P') return (((user + system) / Math.max(ms, 0.001)) * 100).toFixed(2)
      return shown(
        kind === 'R' ? ms : kind === 'U' ? user : system,
        digits === undefined ? 3 : Math.min(3, Number(digits)),
        long !== undefined,
      )
    },
  )}\n`
}

function shown(ms: number, digits: number, long: boolean): string {
  const seconds = ms / 1000
  if (!long) return seconds.toFixed(digits)
  return `${Math.floor(seconds / 60)}m${(seconds % 60).toFixed(digits)}s`
}
