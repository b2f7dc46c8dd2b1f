import type { Process } from '../../command.ts'
import type { ProcessInfo } from '../../process/list.ts'
import { accountsOf } from '../gnu/accounts.ts'
import { Failure } from '../gnu/command.ts'
import { COLUMNS, type Column } from './columns.ts'

/** What a command line of ps asks for. */
export interface PsRequest {
  select: (info: ProcessInfo) => boolean
  columns: Column[]
  titles: boolean
  sort: { key: string; descending: boolean }[]
  forest: boolean
  /** Lines are cut to the terminal's width unless wide. */
  wide: boolean
  /** A line for each thread. */
  threads: boolean
}

const FORMATS = {
  plain: ['pid', 'tname', 'time', 'ucmd'],
  f: ['uidname', 'pid', 'ppid', 'c', 'stime', 'tname', 'time', 'cmd'],
  F: ['uidname', 'pid', 'ppid', 'c', 'sz', 'rss', 'psr', 'stime', 'tname', 'time', 'cmd'],
  l: ['f', 's', 'uid', 'pid', 'ppid', 'c', 'opri', 'ni', 'addr_1', 'sz', 'wchan', 'tname', 'time', 'ucmd'],
  ly: ['s', 'uid', 'pid', 'ppid', 'c', 'opri', 'ni', 'rss', 'sz', 'wchan', 'tname', 'time', 'ucmd'],
  j: ['pid', 'pgid', 'sid', 'tname', 'time', 'ucmd'],
  u: ['user', 'pid', '%cpu', '%mem', 'vsz', 'rss', 'tname', 'stat', 'start_time', 'bsdtime', 'command'],
  x: ['pid', 'tname', 'stat', 'bsdtime', 'command'],
  bl: ['f', 'uid', 'pid', 'ppid', 'pri', 'ni', 'vsz', 'rss', 'wchan', 'stat', 'tname', 'bsdtime', 'command'],
  bj: ['ppid', 'pid', 'pgid', 'sid', 'tname', 'tpgid', 'stat', 'uid', 'bsdtime', 'command'],
  v: ['pid', 'tname', 'stat', 'bsdtime', 'maj_flt', 'trs', 'drs', 'rss', '%mem', 'command'],
  s: ['uid', 'pid', 'pending', 'blocked', 'ignored', 'caught', 'stat', 'tname', 'bsdtime', 'command'],
} satisfies Record<string, string[]>

/** Reads Unix (`-ef`), BSD (`aux`) and long (`--sort=-pcpu`) options as procps does. */
export function parsePs(process: Process, words: readonly string[]): PsRequest {
  return new PsParser(process, words).parse()
}

class PsParser {
  readonly #process: Process
  readonly #words: readonly string[]
  #at = 0
  #format: keyof typeof FORMATS = 'plain'
  #custom: Column[] = []
  #titled = true
  #tests: ((info: ProcessInfo) => boolean)[] = []
  #all: ((info: ProcessInfo) => boolean) | undefined
  #negate = false
  #bsd = { a: false, x: false, used: false }
  #sort: PsRequest['sort'] = []
  #forest = false
  #wide = false
  #noHeader = false
  #threads = false
  #label = false
  #noFlags = false

  constructor(process: Process, words: readonly string[]) {
    this.#process = process
    this.#words = words
  }

  parse(): PsRequest {
    while (this.#at < this.#words.length) {
      const word = this.#words[this.#at++] as string
      if (word.startsWith('--')) this.#long(word.slice(2))
      else if (word.startsWith('-') && word.length > 1) this.#unix(word.slice(1))
      else if (/^\d+(,\d+)*$/.test(word)) this.#byNumber('pid', word)
      else this.#bsdOptions(word)
    }
    const columns = this.#custom.length ? this.#custom : this.#formatted().map((name) => COLUMNS[name] as Column)
    return {
      select: this.#selection(),
      columns,
      titles: this.#titled && !this.#noHeader,
      sort: this.#sort,
      forest: this.#forest,
      wide: this.#wide,
      threads: this.#threads,
    }
  }

  /** The columns of a named format, with those that `-y`, `-L`, `-T` and `-M` put in. */
  #formatted(): string[] {
    const names: string[] = [...FORMATS[this.#format === 'l' && this.#noFlags ? 'ly' : this.#format]]
    if (this.#threads && this.#format !== 'u') {
      const place = names.indexOf('ppid') + 1 || names.indexOf('pid') + 1
      names.splice(place, 0, names.includes('c') ? 'lwp' : this.#format === 'plain' ? 'lwp' : 'spid')
      if (names.includes('c')) names.splice(names.indexOf('c') + 1, 0, 'nlwp')
    }
    return this.#label ? ['label', ...names] : names
  }

  #selection(): (info: ProcessInfo) => boolean {
    const own = this.#process.world.processes.get(this.#process.pid)
    const tests = this.#tests
    let chosen: (info: ProcessInfo) => boolean
    if (this.#all)
      chosen = tests.length ? (info) => (this.#all as (i: ProcessInfo) => boolean)(info) || tests.some((test) => test(info)) : this.#all
    else if (tests.length) chosen = (info) => tests.some((test) => test(info))
    else if (this.#bsd.used) chosen = (info) => (this.#bsd.a || info.uid === this.#process.uid) && (this.#bsd.x || info.tty !== undefined)
    else chosen = (info) => info.uid === this.#process.uid && info.tty === own?.tty && (own?.tty !== undefined || info.sid === own?.sid)
    return this.#negate ? (info) => !chosen(info) : chosen
  }

  /** Value glued to the option or in the next word. */
  #value(rest: string): string {
    if (rest !== '') return rest.replace(/^=/, '')
    const next = this.#words[this.#at++]
    if (next === undefined) throw new Failure('error: list of arguments expected')
    return next
  }

  #unix(cluster: string): void {
    for (let i = 0; i < cluster.length; i++) {
      const letter = cluster[i] as string
      const rest = cluster.slice(i + 1)
      switch (letter) {
        case 'e':
        case 'A':
          this.#all = () => true
          break
        case 'a':
          this.#all = (info) => info.tty !== undefined && info.sid !== info.pid
          break
        case 'd':
          this.#all = (info) => info.sid !== info.pid
          break
        case 'N':
          this.#negate = true
          break
        case 'f':
          this.#format = this.#format === 'F' ? 'F' : 'f'
          break
        case 'F':
          this.#format = 'F'
          break
        case 'l':
          this.#format = 'l'
          break
        case 'j':
          this.#format = 'j'
          break
        case 'H':
          this.#forest = true
          break
        case 'w':
          this.#wide = true
          break
        case 'y':
          this.#noFlags = true
          break
        case 'M':
        case 'Z':
          this.#label = true
          break
        case 'L':
        case 'T':
          this.#threads = true
          break
        case 'c':
        case 'm':
        case 'P':
          break
        case 'x':
          // `ps -x` is taken as the BSD option, as procps does when it makes no other sense.
          this.#bsd = { ...this.#bsd, used: true, x: true }
          if (this.#format === 'plain') this.#format = 'x'
          break
        case 'o':
        case 'O':
          this.#columns(this.#value(rest), letter === 'O')
          return
        case 'p':
        case 'q':
          this.#byNumber('pid', this.#value(rest))
          return
        case 'g':
        case 's':
          this.#byNumber('sid', this.#value(rest))
          return
        case 'C': {
          const names = this.#value(rest).split(',')
          this.#tests.push((info) => names.includes(info.comm))
          return
        }
        case 'u':
        case 'U':
          this.#byUser(this.#value(rest))
          return
        case 'G':
          this.#value(rest)
          return
        case 't': {
          const names = this.#value(rest)
            .split(',')
            .map((name) => name.replace(/^\/dev\//, ''))
          this.#tests.push((info) => info.tty !== undefined && (names.includes(info.tty) || names.includes(info.tty.replace('pts/', ''))))
          return
        }
        case 'V':
          throw new PsVersion()
        default:
          throw new Failure('error: unsupported SysV option')
      }
    }
  }

  #bsdOptions(cluster: string): void {
    this.#bsd.used = true
    if (this.#format === 'plain') this.#format = 'x'
    for (let i = 0; i < cluster.length; i++) {
      const letter = cluster[i] as string
      const rest = cluster.slice(i + 1)
      switch (letter) {
        case 'a':
          this.#bsd.a = true
          break
        case 'x':
          this.#bsd.x = true
          break
        case 'u':
          this.#format = 'u'
          break
        case 'l':
          this.#format = 'bl'
          break
        case 'j':
          this.#format = 'bj'
          break
        case 's':
          this.#format = 's'
          break
        case 'v':
          this.#format = 'v'
          break
        case 'Z':
        case 'M':
          this.#label = true
          break
        case 'X':
          this.#threads = false
          break
        case 'f':
          this.#forest = true
          break
        case 'w':
          this.#wide = true
          break
        case 'h':
          this.#noHeader = true
          break
        case 'e':
        case 'c':
        case 'n':
        case 'r':
        case 'T':
        case 'm':
        case 'S':
        case 'H':
        case 'g':
          break
        case 'o':
          this.#columns(this.#value(rest), false)
          return
        case 'p':
          this.#byNumber('pid', this.#value(rest))
          return
        case 'U':
          this.#byUser(this.#value(rest))
          return
        case 't':
          this.#value(rest)
          return
        case 'k':
          this.#sortBy(this.#value(rest))
          return
        case 'V':
          throw new PsVersion()
        default:
          throw new Failure(`error: unsupported option (BSD syntax)`)
      }
    }
  }

  #long(word: string): void {
    const at = word.indexOf('=')
    const name = at < 0 ? word : word.slice(0, at)
    const value = (): string => (at < 0 ? this.#value('') : word.slice(at + 1))
    switch (name) {
      case 'sort':
        this.#sortBy(value())
        break
      case 'pid':
        this.#byNumber('pid', value())
        break
      case 'ppid':
        this.#byNumber('ppid', value())
        break
      case 'user':
      case 'User':
        this.#byUser(value())
        break
      case 'format':
        this.#columns(value(), false)
        break
      case 'forest':
        this.#forest = true
        break
      case 'no-headers':
      case 'no-heading':
      case 'noheader':
      case 'no-header':
        this.#noHeader = true
        break
      case 'headers':
      case 'deselect':
      case 'width':
      case 'cols':
      case 'columns':
      case 'rows':
        if (name === 'deselect') this.#negate = true
        else if (name !== 'headers') value()
        break
      case 'version':
        throw new PsVersion()
      default:
        throw new Failure('error: unknown gnu long option')
    }
  }

  #columns(list: string, extended: boolean): void {
    const parts: Column[] = []
    for (const part of namesOf(list)) {
      const at = part.indexOf('=')
      for (const [i, name] of (at < 0 ? part : part.slice(0, at)).split(/[,\s]+/).entries()) {
        const [, bare = name, size] = /^(.*):([1-9]\d{0,2})$/.exec(name) ?? []
        const known = Object.hasOwn(COLUMNS, bare.toLowerCase()) ? (COLUMNS[bare.toLowerCase()] as Column) : undefined
        const found = known && size !== undefined ? { ...known, width: Number(size) } : known
        if (!found) throw new Failure(`error: unknown user-defined format specifier "${name}"`)
        const last = i === (at < 0 ? part : part.slice(0, at)).split(/[,\s]+/).length - 1
        parts.push(at >= 0 && last ? { ...found, title: part.slice(at + 1), width: Math.max(found.width, part.length - at - 1) } : found)
      }
    }
    if (extended)
      this.#custom = [
        COLUMNS.pid as Column,
        ...parts,
        COLUMNS.s as Column,
        COLUMNS.tname as Column,
        COLUMNS.time as Column,
        COLUMNS.command as Column,
      ]
    else this.#custom.push(...parts)
    this.#titled = this.#custom.some((entry) => entry.title !== '')
  }

  #byNumber(field: 'pid' | 'ppid' | 'sid', list: string): void {
    const numbers = list.split(/[\s,]+/).filter((word) => word !== '')
    if (numbers.some((word) => !/^\d{1,10}$/.test(word))) throw new Failure('error: process ID list syntax error')
    this.#tests.push((info) => numbers.includes(String(info[field])))
  }

  #byUser(list: string): void {
    const accounts = accountsOf(this.#process)
    const ids = list.split(',').map((name) => {
      const uid = accounts.user(name)?.uid ?? (/^\d+$/.test(name) ? Number(name) : undefined)
      if (uid === undefined) throw new Failure('error: user name does not exist')
      return uid
    })
    this.#tests.push((info) => ids.includes(info.uid))
  }

  #sortBy(list: string): void {
    for (const part of list.split(',')) {
      const key = part.replace(/^[-+]/, '').toLowerCase()
      if (!Object.hasOwn(COLUMNS, key)) throw new Failure('error: unknown sort specifier')
      this.#sort.push({ key, descending: part.startsWith('-') })
    }
  }
}

/** The parts of a list; a title after the only `=` goes on to the end unless it is empty. */
function namesOf(list: string): string[] {
  const titled = /=(?=[^,])/.exec(list)
  if (!titled || list.split('=').length > 2) return list.split(/[,\s]+/)
  const start = list.lastIndexOf(',', titled.index) + 1
  return [...(start ? list.slice(0, start - 1).split(/[,\s]+/) : []), list.slice(start)]
}

export class PsVersion extends Error {}
