import type { Process } from '../../command.ts'
import { Usage } from '../gnu/command.ts'
import type { Options } from '../gnu/options.ts'
import { Palette } from './colours.ts'

export interface LsStyle {
  format: 'long' | 'columns' | 'across' | 'single' | 'commas'
  hidden: 'no' | 'almost' | 'all'
  sort: 'name' | 'none' | 'size' | 'time' | 'version' | 'extension'
  reverse: boolean
  time: 'mtime' | 'atime' | 'ctime'
  timeStyle: string
  directoriesFirst: boolean
  listDirectories: boolean
  recursive: boolean
  dereference: 'never' | 'operands' | 'always'
  indicators: 'none' | 'classify' | 'slash' | 'file-type'
  colour: boolean
  /** How names are painted; absent without colour. */
  palette: Palette | undefined
  inode: boolean
  blocks: boolean
  human: 'no' | 'si' | 'binary'
  blockSize: number
  owner: boolean
  group: boolean
  numeric: boolean
  width: number
  quoting: 'literal' | 'shell-escape' | 'escape' | 'c' | 'shell'
  /** Unprintable characters as `?`. */
  mask: boolean
  ignore: string[]
  zero: boolean
}

/** Words of an argument in the groups that mean the same, as the message about a wrong one lists them. */
type Choices<T> = readonly (readonly [value: T, ...words: string[]])[]

const TIMES: Choices<LsStyle['time']> = [
  ['atime', 'atime', 'access', 'use'],
  ['ctime', 'ctime', 'status'],
  ['mtime', 'birth', 'creation'],
]
const SORTS: Choices<LsStyle['sort']> = [
  ['none', 'none'],
  ['time', 'time'],
  ['size', 'size'],
  ['extension', 'extension'],
  ['version', 'version'],
  ['name', 'width'],
]
const FORMATS: Choices<LsStyle['format']> = [
  ['long', 'verbose', 'long'],
  ['commas', 'commas'],
  ['across', 'horizontal', 'across'],
  ['columns', 'vertical'],
  ['single', 'single-column'],
]
const INDICATORS: Choices<LsStyle['indicators']> = [
  ['none', 'none'],
  ['slash', 'slash'],
  ['file-type', 'file-type'],
  ['classify', 'classify'],
]
const WHENS: Choices<'always' | 'never' | 'auto'> = [
  ['always', 'always', 'yes', 'force'],
  ['never', 'never', 'no', 'none'],
  ['auto', 'auto', 'tty', 'if-tty'],
]
const QUOTINGS: Choices<LsStyle['quoting']> = [
  ['literal', 'literal'],
  ['shell', 'shell'],
  ['shell', 'shell-always'],
  ['shell-escape', 'shell-escape'],
  ['shell-escape', 'shell-escape-always'],
  ['c', 'c'],
  ['c', 'c-maybe'],
  ['escape', 'escape'],
  ['c', 'locale'],
  ['c', 'clocale'],
]

/** Terminals that dircolors' built-in table knows; ls shows no colour on others. */
const COLOUR_TERMS =
  /^(ansi|con[0-9]+x[0-9]+|cons25|console|cygwin|dtterm|Eterm|eterm(-color)?|gnome|hurd|jfbterm|konsole|kterm|linux|mach|mlterm|putty|rxvt|screen|st|terminator|tmux|vt100|vt220|xterm)|color/

/** What the options of ls add up to; later ones win over earlier ones. */
export function styleOf(process: Process, options: Options, name: string): LsStyle {
  const terminal = process.stdout.isTerminal
  const style: LsStyle = {
    format: name === 'vdir' ? 'long' : name === 'dir' || terminal ? 'columns' : 'single',
    hidden: 'no',
    sort: 'name',
    reverse: false,
    time: 'mtime',
    timeStyle: options.value('time-style') ?? process.env.get('TIME_STYLE') ?? 'locale',
    directoriesFirst: options.has('group-directories-first'),
    listDirectories: !options.has('d'),
    recursive: options.has('R'),
    dereference: options.has('L') ? 'always' : options.has('H') ? 'operands' : 'never',
    indicators: 'none',
    colour: false,
    palette: undefined,
    inode: options.has('i'),
    blocks: options.has('s'),
    human: 'no',
    blockSize: 1,
    owner: true,
    group: true,
    numeric: options.has('n'),
    width: Number(options.value('w') ?? process.env.get('COLUMNS') ?? process.terminal?.columns ?? 80) || 80,
    quoting: name !== 'ls' ? 'escape' : terminal ? 'shell-escape' : 'literal',
    mask: terminal && name === 'ls',
    ignore: options.values('I'),
    zero: options.has('zero'),
  }
  for (const { key, value } of options.given) apply(style, key, value, terminal)
  const env = process.env
  if (style.colour && !env.get('LS_COLORS') && !env.get('COLORTERM') && !COLOUR_TERMS.test(env.get('TERM') ?? '')) style.colour = false
  if (style.colour) style.palette = new Palette(env.get('LS_COLORS'))
  if (options.has('n', 'g', 'o') && style.format !== 'long') style.format = 'long'
  if (options.has('zero')) Object.assign(style, { format: 'single', colour: false, quoting: 'literal', mask: false })
  // `-t`, `-u` and `-c` sort by time; with -l the latter two only choose which time is shown.
  if (style.time !== 'mtime' && style.format !== 'long' && !options.has('S', 'U', 'X', 'v', 't', 'sort') && options.has('c', 'u'))
    style.sort = 'time'
  return style
}

function apply(style: LsStyle, key: string, value: string | undefined, terminal: boolean): void {
  switch (key) {
    case 'a':
      style.hidden = 'all'
      break
    case 'A':
      style.hidden = 'almost'
      break
    case 'f':
      Object.assign(style, { hidden: 'all', sort: 'none', colour: false })
      if (style.format === 'long') style.format = terminal ? 'columns' : 'single'
      break
    case 'l':
      style.format = 'long'
      break
    case 'g':
      Object.assign(style, { format: 'long', owner: false })
      break
    case 'o':
      Object.assign(style, { format: 'long', group: false })
      break
    case 'G':
      style.group = false
      break
    case 'n':
      Object.assign(style, { format: 'long', numeric: true })
      break
    case '1':
      if (style.format !== 'long') style.format = 'single'
      break
    case 'C':
      style.format = 'columns'
      break
    case 'x':
      style.format = 'across'
      break
    case 'm':
      style.format = 'commas'
      break
    case 'format':
      style.format = oneOf(FORMATS, value as string, '--format')
      break
    case 'r':
      style.reverse = true
      break
    case 't':
      style.sort = 'time'
      break
    case 'S':
      style.sort = 'size'
      break
    case 'U':
      style.sort = 'none'
      break
    case 'X':
      style.sort = 'extension'
      break
    case 'v':
      style.sort = 'version'
      break
    case 'sort':
      style.sort = oneOf(SORTS, value as string, '--sort')
      break
    case 'c':
      style.time = 'ctime'
      break
    case 'u':
      style.time = 'atime'
      break
    case 'time':
      style.time = oneOf(TIMES, value as string, '--time')
      break
    case 'full-time':
      Object.assign(style, { format: 'long', timeStyle: 'full-iso' })
      break
    case 'F':
      style.indicators = value === undefined || appliesNow(oneOf(WHENS, value, '--classify'), terminal) ? 'classify' : 'none'
      break
    case 'p':
      style.indicators = 'slash'
      break
    case 'file-type':
      style.indicators = 'file-type'
      break
    case 'indicator-style':
      style.indicators = oneOf(INDICATORS, value as string, '--indicator-style')
      break
    case 'color': {
      const when = value === undefined ? 'always' : oneOf(WHENS, value, '--color')
      style.colour = appliesNow(when, terminal)
      break
    }
    case 'h':
      style.human = 'binary'
      break
    case 'si':
      style.human = 'si'
      break
    case 'k':
      style.blockSize = 1024
      break
    case 'block-size':
      style.blockSize = { K: 1024, k: 1024, M: 1048576, G: 1073741824 }[value as string] ?? (Number(value) || 1)
      break
    case 'N':
      style.quoting = 'literal'
      break
    case 'b':
      style.quoting = 'escape'
      break
    case 'Q':
      style.quoting = 'c'
      break
    case 'q':
      style.mask = true
      break
    case 'show-control-chars':
      style.mask = false
      break
    case 'quoting-style':
      style.quoting = oneOf(QUOTINGS, value as string, '--quoting-style')
      break
    default:
  }
}

function appliesNow(when: 'always' | 'never' | 'auto', terminal: boolean): boolean {
  return when === 'always' || (when === 'auto' && terminal)
}

function oneOf<T>(choices: Choices<T>, word: string, option: string): T {
  const exact = choices.find(([, ...words]) => words.includes(word))
  const near = choices.filter(([, ...words]) => words.some((candidate) => candidate.startsWith(word)))
  const found = exact ?? (near.length === 1 ? near[0] : undefined)
  if (found) return found[0]
  const list = choices.map(([, ...words]) => `  - ${words.map((candidate) => `'${candidate}'`).join(', ')}`).join('\n')
  throw new Usage(
    `${near.length > 1 ? 'ambiguous' : 'invalid'} argument '${word}' for '${option}'\nValid arguments are:\n${list}`,
    false,
    1,
  )
}
