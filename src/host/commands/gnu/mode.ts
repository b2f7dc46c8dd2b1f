import type { FileStat } from '../../contract.ts'

const TYPE_LETTERS: Record<FileStat['type'], string> = {
  file: '-',
  directory: 'd',
  symlink: 'l',
  character: 'c',
  block: 'b',
  fifo: 'p',
  socket: 's',
}
/** `drwxr-xr-t` as ls and stat write it. */
export function modeString(stat: Pick<FileStat, 'type' | 'mode'>): string {
  const { mode } = stat
  const triple = (shift: number, special: number, letter: string): string => {
    const bits = (mode >> shift) & 7
    const set = (mode & special) !== 0
    const x = bits & 1 ? (set ? letter : 'x') : set ? letter.toUpperCase() : '-'
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${x}`
  }
  return TYPE_LETTERS[stat.type] + triple(6, 0o4000, 's') + triple(3, 0o2000, 's') + triple(0, 0o1000, 't')
}

/**
 * A mode as chmod takes it, octal or symbolic (`u+x,go-w`, `a=rX`, `g=u`).
 * @returns how it changes a mode; undefined when it is invalid
 */
export function parseMode(text: string, umask: number): ((mode: number, directory: boolean) => number) | undefined {
  if (/^[0-7]{1,5}$/.test(text)) {
    const value = Number.parseInt(text, 8)
    if (value > 0o7777) return undefined
    // GNU chmod keeps a directory's set-id bits unless all five digits are written.
    return (mode, directory) => (directory && text.length < 5 ? value | (mode & 0o6000) : value)
  }
  const clauses = text.split(',')
  const parsed = clauses.map((clause) => /^([ugoa]*)((?:[-+=](?:[rwxXst]*|[ugo]))+)$/.exec(clause))
  if (parsed.some((clause) => !clause)) return undefined
  return (mode, directory) =>
    parsed.reduce((result, clause) => applyClause(result, clause![1] as string, clause![2] as string, directory, umask), mode)
}

function applyClause(mode: number, who: string, actions: string, directory: boolean, umask: number): number {
  let result = mode
  const all = who === '' || who.includes('a')
  const mask = (all ? 0o777 : 0) | (who.includes('u') ? 0o700 : 0) | (who.includes('g') ? 0o070 : 0) | (who.includes('o') ? 0o007 : 0)
  for (const [, operator, what] of actions.matchAll(/([-+=])([rwxXst]*|[ugo])/g)) {
    const bits = bitsOf(what as string, result, directory, who, all) & (who === '' ? ~umask : ~0)
    const special = bits & 0o7000
    const change = (bits & mask & 0o777) | special
    if (operator === '+') result |= change
    else if (operator === '-') result &= ~change
    else result = (result & ~(mask | (directory ? 0 : specialMask(who, all)))) | change
  }
  return result
}

function specialMask(who: string, all: boolean): number {
  return (all ? 0o7000 : 0) | (who.includes('u') ? 0o4000 : 0) | (who.includes('g') ? 0o2000 : 0)
}

function bitsOf(what: string, mode: number, directory: boolean, who: string, all: boolean): number {
  if (what === 'u' || what === 'g' || what === 'o') {
    const bits = (mode >> { u: 6, g: 3, o: 0 }[what]) & 7
    return bits * 0o111
  }
  let bits = 0
  if (what.includes('r')) bits |= 0o444
  if (what.includes('w')) bits |= 0o222
  if (what.includes('x') || (what.includes('X') && (directory || mode & 0o111))) bits |= 0o111
  if (what.includes('s')) bits |= (all || who.includes('u') ? 0o4000 : 0) | (all || who.includes('g') ? 0o2000 : 0)
  if (what.includes('t') && (all || who.includes('o'))) bits |= 0o1000
  return bits
}
