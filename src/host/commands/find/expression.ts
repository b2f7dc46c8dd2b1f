import type { HostText, Process } from '../../command.ts'
import type { FileStat } from '../../contract.ts'
import { accountsOf, groupName, userName } from '../gnu/accounts.ts'
import { byteString } from '../gnu/bytes.ts'
import { baseName, Failure } from '../gnu/command.ts'
import { globMatch } from '../gnu/glob.ts'
import { parseMode } from '../gnu/mode.ts'
import { parseDate } from '../gnu/parse-date.ts'
import { zoneOf } from '../gnu/strftime.ts'
import { statIfThere } from '../gnu/tree.ts'
import { Regex, type Syntax } from '../regex/regex.ts'

/** A file that find looks at. */
export interface Candidate {
  path: HostText
  /** The start that it was found from. */
  start: HostText
  stat: FileStat
  depth: number
}

/** What the actions of an expression need done by the walk. */
export interface Actions {
  print(candidate: Candidate, end: string): Promise<void>
  list(candidate: Candidate): Promise<void>
  format(candidate: Candidate, format: string): Promise<void>
  remove(candidate: Candidate): Promise<boolean>
  execute(candidate: Candidate, argv: readonly HostText[], options: { folder: boolean; ask: boolean }): Promise<boolean>
  gather(batch: Batch, candidate: Candidate): Promise<void>
  toFile(file: HostText, text: string): Promise<void>
  prune(): void
  quit(): void
}

export interface Batch {
  argv: HostText[]
  folder: boolean
  paths: HostText[]
}

export type Test = (candidate: Candidate, actions: Actions) => Promise<boolean> | boolean

export interface FindPlan {
  test: Test
  batches: Batch[]
  maxDepth: number
  minDepth: number
  depthFirst: boolean
  follow: boolean
}

const TYPES: Record<string, FileStat['type']> = {
  f: 'file',
  d: 'directory',
  l: 'symlink',
  c: 'character',
  b: 'block',
  p: 'fifo',
  s: 'socket',
}
const MINUTE = 60_000
const DAY = 86_400_000
const ACTIONS = new Set(['-print', '-print0', '-ls', '-printf', '-exec', '-execdir', '-ok', '-okdir', '-delete', '-fprint', '-quit'])

/** Parses the expression of a find command line. @throws Failure */
export function parseExpression(process: Process, words: readonly HostText[]): FindPlan {
  return new ExpressionParser(process, words).plan()
}

class ExpressionParser {
  readonly #process: Process
  readonly #words: readonly HostText[]
  readonly #now: number
  readonly #plan: FindPlan = {
    test: () => true,
    batches: [],
    maxDepth: Number.POSITIVE_INFINITY,
    minDepth: 0,
    depthFirst: false,
    follow: false,
  }
  #at = 0
  #acts = false
  #depth = 0
  #syntax: Syntax = 'basic'
  #fromDayStart = false

  constructor(process: Process, words: readonly HostText[]) {
    this.#process = process
    this.#words = words
    this.#now = process.world.now()
  }

  plan(): FindPlan {
    const test = this.#words.length ? this.#list() : () => true
    if (this.#at < this.#words.length) {
      const word = this.#words[this.#at] as string
      throw new Failure(word === ')' ? "you have too many ')'" : `paths must precede expression: \`${word}'`, 1, true)
    }
    const print: Test = async (candidate, actions) => {
      if (await test(candidate, actions)) await actions.print(candidate, '\n')
      return true
    }
    return { ...this.#plan, test: this.#acts ? test : print }
  }

  #list(): Test {
    let left = this.#or()
    while (this.#words[this.#at] === ',') {
      this.#at++
      const [first, second] = [left, this.#or()]
      left = async (candidate, actions) => {
        await first(candidate, actions)
        return second(candidate, actions)
      }
    }
    return left
  }

  #or(): Test {
    let left = this.#and()
    while (this.#words[this.#at] === '-o' || this.#words[this.#at] === '-or') {
      this.#at++
      const [first, second] = [left, this.#and()]
      left = async (candidate, actions) => (await first(candidate, actions)) || second(candidate, actions)
    }
    return left
  }

  #and(): Test {
    let left = this.#not()
    for (;;) {
      const word = this.#words[this.#at]
      if (word === undefined || word === ')' || word === '-o' || word === '-or' || word === ',') return left
      if (word === '-a' || word === '-and') this.#at++
      const [first, second] = [left, this.#not()]
      left = async (candidate, actions) => (await first(candidate, actions)) && second(candidate, actions)
    }
  }

  #not(): Test {
    const word = this.#words[this.#at]
    if (word === '!' || word === '-not') {
      this.#at++
      const inner = this.#not()
      return async (candidate, actions) => !(await inner(candidate, actions))
    }
    if (word === '(') {
      this.#at++
      if (++this.#depth > 100) throw new Failure('expression too deep')
      if (this.#words[this.#at] === ')') throw new Failure('invalid expression; empty parentheses are not allowed.')
      const inner = this.#list()
      if (this.#words[this.#at] !== ')')
        throw new Failure("invalid expression; I was expecting to find a ')' somewhere but did not see one.", 1, true)
      this.#at++
      this.#depth--
      return inner
    }
    return this.#primary()
  }

  #argument(name: string): HostText {
    const word = this.#words[this.#at++]
    if (word === undefined) throw new Failure(`missing argument to \`${name}'`, 1, true)
    return word
  }

  /** A number with `+` (more) or `-` (less) before it. */
  #comparison(name: string, text: string): (value: number) => boolean {
    const found = /^([-+]?)(\d{1,15}(?:\.\d+)?)$/.exec(text)
    if (!found) throw new Failure(`invalid argument \`${text}' to \`${name}'`, 1, true)
    const wanted = Number(found[2])
    if (found[1] === '+') return (value) => value > wanted
    if (found[1] === '-') return (value) => value < wanted
    return (value) => value === wanted
  }

  #primary(): Test {
    const name = this.#words[this.#at++]
    if (name === undefined) throw new Failure('invalid expression; expected an expression after the operator')
    if (!name.startsWith('-')) throw new Failure(`paths must precede expression: \`${name}'`, 1, true)
    if (ACTIONS.has(name)) this.#acts = true
    switch (name) {
      case '-name':
      case '-iname': {
        const pattern = this.#argument(name)
        return ({ path }) => globMatch(pattern, baseName(path), { ignoreCase: name === '-iname' })
      }
      case '-path':
      case '-wholename':
      case '-ipath': {
        const pattern = this.#argument(name)
        return ({ path }) => globMatch(pattern, path, { ignoreCase: name === '-ipath' })
      }
      case '-regex':
      case '-iregex': {
        const regex = Regex.compile(byteString(this.#argument(name)), this.#syntax, name === '-iregex')
        return ({ path }) => {
          const text = byteString(path)
          const match = regex.exec(text)
          return match?.[0] === 0 && match[1] === text.length
        }
      }
      case '-regextype':
        this.#syntax = /extended|awk|egrep/.test(this.#argument(name)) ? 'extended' : 'basic'
        return () => true
      case '-lname': {
        const pattern = this.#argument(name)
        return ({ path, stat }) => stat.type === 'symlink' && globMatch(pattern, this.#process.files.readlink(path))
      }
      case '-type':
      case '-xtype': {
        const kinds = this.#argument(name)
          .split(',')
          .map((letter) => {
            if (!TYPES[letter]) throw new Failure(`Unknown argument to ${name}: ${letter}`)
            return TYPES[letter]
          })
        if (name === '-type') return ({ stat }) => kinds.includes(stat.type)
        // A link counts as what it points at; as a link when it points at nothing.
        return ({ path, stat }) =>
          kinds.includes((stat.type === 'symlink' ? statIfThere(this.#process, path) : undefined)?.type ?? stat.type)
      }
      case '-size':
        return this.#size()
      case '-empty':
        return ({ stat, path }) =>
          stat.type === 'file' ? stat.size === 0 : stat.type === 'directory' && this.#process.files.list(path).length === 0
      case '-perm':
        return this.#permissions()
      case '-user': {
        const user = this.#argument(name)
        const uid = accountsOf(this.#process).user(user)?.uid ?? (/^\d+$/.test(user) ? Number(user) : undefined)
        if (uid === undefined) throw new Failure(`‘${user}’ is not the name of a known user`.replace(/[‘’]/g, "'"))
        return ({ stat }) => stat.uid === uid
      }
      case '-group': {
        const group = this.#argument(name)
        const gid = accountsOf(this.#process).group(group)?.gid ?? (/^\d+$/.test(group) ? Number(group) : undefined)
        if (gid === undefined) throw new Failure(`'${group}' is not the name of an existing group`)
        return ({ stat }) => stat.gid === gid
      }
      case '-uid':
      case '-gid':
      case '-links':
      case '-inum': {
        const matches = this.#comparison(name, this.#argument(name))
        const field = ({ '-uid': 'uid', '-gid': 'gid', '-links': 'links', '-inum': 'inode' } as const)[name]
        return ({ stat }) => matches(stat[field])
      }
      case '-nouser':
        return ({ stat }) => userName(this.#process, stat.uid) === String(stat.uid)
      case '-nogroup':
        return ({ stat }) => groupName(this.#process, stat.gid) === String(stat.gid)
      case '-mtime':
      case '-atime':
      case '-ctime':
      case '-mmin':
      case '-amin':
      case '-cmin':
        return this.#age(name)
      case '-newer':
      case '-anewer':
      case '-cnewer':
      case '-samefile': {
        const file = this.#argument(name)
        const reference = statIfThere(this.#process, file)
        if (!reference) throw new Failure(`'${file}': No such file or directory`, 1, true)
        if (name === '-samefile') return ({ stat }) => stat.inode === reference.inode
        const field = name === '-anewer' ? 'atime' : name === '-cnewer' ? 'ctime' : 'mtime'
        return ({ stat }) => stat[field] > reference.mtime
      }
      case '-newermt':
      case '-newerct': {
        const text = this.#argument(name)
        const time = parseDate(text, this.#now, zoneOf(this.#process))
        if (time === undefined) throw new Failure(`I cannot figure out how to interpret '${text}' as a date or time`)
        return ({ stat }) => (name === '-newermt' ? stat.mtime : stat.ctime) > time
      }
      case '-readable':
        return ({ path }) => this.#process.files.may('r', path)
      case '-writable':
        return ({ path }) => this.#process.files.may('w', path)
      case '-executable':
        return ({ path }) => this.#process.files.may('x', path)
      case '-true':
        return () => true
      case '-false':
        return () => false
      case '-maxdepth':
      case '-mindepth': {
        const text = this.#argument(name)
        if (!/^\d{1,6}$/.test(text)) throw new Failure(`Expected a positive decimal integer argument to ${name}, but got '${text}'`)
        if (name === '-maxdepth') this.#plan.maxDepth = Number(text)
        else this.#plan.minDepth = Number(text)
        return () => true
      }
      case '-depth':
      case '-d':
        this.#plan.depthFirst = true
        return () => true
      case '-follow':
        this.#plan.follow = true
        return () => true
      case '-daystart':
        this.#fromDayStart = true
        return () => true
      case '-xdev':
      case '-mount':
      case '-noleaf':
      case '-ignore_readdir_race':
      case '-warn':
      case '-nowarn':
        return () => true
      case '-fstype':
      case '-context':
        this.#argument(name)
        return () => false
      case '-print':
      case '-print0':
        return async (candidate, actions) => {
          await actions.print(candidate, name === '-print' ? '\n' : '\0')
          return true
        }
      case '-ls':
        return async (candidate, actions) => {
          await actions.list(candidate)
          return true
        }
      case '-printf': {
        const format = this.#argument(name)
        return async (candidate, actions) => {
          await actions.format(candidate, format)
          return true
        }
      }
      case '-fprint': {
        const file = this.#argument(name)
        return async (candidate, actions) => {
          await actions.toFile(file, `${candidate.path}\n`)
          return true
        }
      }
      case '-delete':
        this.#plan.depthFirst = true
        return (candidate, actions) => actions.remove(candidate)
      case '-prune':
        return (_, actions) => {
          actions.prune()
          return true
        }
      case '-quit':
        return (_, actions) => {
          actions.quit()
          return true
        }
      case '-exec':
      case '-execdir':
      case '-ok':
      case '-okdir':
        return this.#exec(name)
      default:
        throw new Failure(`unknown predicate \`${name}'`, 1, true)
    }
  }

  #size(): Test {
    const text = this.#argument('-size')
    const found = /^([-+]?\d{1,15})([bcwkMG]?)$/.exec(text)
    if (!found) throw new Failure(`Invalid argument \`${text}' to -size`.replace('`', "'"))
    const unit = { b: 512, c: 1, w: 2, k: 1024, M: 1048576, G: 1073741824 }[found[2] || 'b'] as number
    const matches = this.#comparison('-size', found[1] as string)
    return ({ stat }) => matches(Math.ceil(stat.size / unit))
  }

  #permissions(): Test {
    const text = this.#argument('-perm')
    const kind = text[0] === '-' || text[0] === '/' ? text[0] : ''
    const change = parseMode(text.slice(kind.length), 0)
    if (!change) throw new Failure(`invalid mode '${text}'`)
    const wanted = change(0, false)
    if (kind === '-') return ({ stat }) => (stat.mode & wanted) === wanted
    if (kind === '/') return ({ stat }) => wanted === 0 || (stat.mode & wanted) !== 0
    return ({ stat }) => stat.mode === wanted
  }

  #age(name: string): Test {
    const matches = this.#comparison(name, this.#argument(name))
    const field = ({ m: 'mtime', a: 'atime', c: 'ctime' } as const)[name[1] as 'm']
    const unit = name.endsWith('min') ? MINUTE : DAY
    const base = this.#fromDayStart ? Math.ceil(this.#now / DAY) * DAY : this.#now
    // GNU drops the fraction of an age in days and rounds one in minutes up.
    return ({ stat }) => matches(unit === DAY ? Math.floor((base - stat[field]) / DAY) : Math.ceil((base - stat[field]) / MINUTE))
  }

  #exec(name: string): Test {
    const argv: HostText[] = []
    for (;;) {
      const word = this.#words[this.#at++]
      if (word === undefined) throw new Failure(`missing argument to \`${name}'`, 1, true)
      if (word === ';') break
      if (word === '+' && argv.at(-1) === '{}') {
        const batch: Batch = { argv: argv.slice(0, -1), folder: name.endsWith('dir'), paths: [] }
        this.#plan.batches.push(batch)
        return async (candidate, actions) => {
          await actions.gather(batch, candidate)
          return true
        }
      }
      argv.push(word)
    }
    if (argv.length === 0) throw new Failure(`missing argument to \`${name}'`, 1, true)
    const options = { folder: name.endsWith('dir'), ask: name.startsWith('-ok') }
    return (candidate, actions) => actions.execute(candidate, argv, options)
  }
}
