import type { HostText, Process } from '../../command.ts'
import { type FileStat, HostError } from '../../contract.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { groupName, userName } from '../gnu/accounts.ts'
import { baseName, complain, dirName, gnuCommand, joinPath } from '../gnu/command.ts'
import { confirms } from '../gnu/confirm.ts'
import { localQuotes } from '../gnu/locale.ts'
import { modeString } from '../gnu/mode.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { blocksOf } from '../ls/long.ts'
import { type Actions, type Batch, type Candidate, type FindPlan, parseExpression } from './expression.ts'
import { formatCandidate } from './format.ts'

const MOST_PATHS = 2000

/** find reads its command line itself: paths first, then an expression. */
export const findCommand = gnuCommand({
  name: 'find',
  package: 'findutils',
  usage: '[-H] [-L] [-P] [-Olevel] [-D debugopts] [path...] [expression]',
  authors: 'Eric B. Decker, James Youngman, and Kevin Dalley',
  rawArguments: true,
  short: '',
  async run(process) {
    const words = [...process.argv.slice(1)]
    if (words[0] === '--version' || words[0] === '-version') {
      await process.stdout.write(
        'find (GNU findutils) 4.9.0\nCopyright (C) 2022 Free Software Foundation, Inc.\nLicense GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.\nThis is free software: you are free to change and redistribute it.\nThere is NO WARRANTY, to the extent permitted by law.\n\nWritten by Eric B. Decker, James Youngman, and Kevin Dalley.\nFeatures enabled: D_TYPE O_NOFOLLOW(enabled) LEAF_OPTIMISATION FTS(FTS_CWDFD) CBO(level=2) \n',
      )
      return 0
    }
    let follow = false
    while (/^-[HLP]$|^-O\d$/.test(words[0] ?? '')) follow = words.shift() === '-L' || follow
    const firstExpression = words.findIndex((word) => word.startsWith('-') || word === '(' || word === '!' || word === ')')
    const paths = firstExpression < 0 ? words : words.slice(0, firstExpression)
    const plan = parseExpression(process, firstExpression < 0 ? [] : words.slice(firstExpression))
    return new Walk(process, { ...plan, follow: plan.follow || follow }).run(paths.length ? paths : ['.'])
  },
})

class Walk implements Actions {
  readonly #process: Process
  readonly #plan: FindPlan
  #status = 0
  #pruned = false
  #quit = false

  constructor(process: Process, plan: FindPlan) {
    this.#process = process
    this.#plan = plan
  }

  async run(starts: readonly HostText[]): Promise<number> {
    for (const start of starts) await this.#visit(start, start, 0)
    for (const batch of this.#plan.batches) await this.#flush(batch)
    return this.#status
  }

  async #visit(path: HostText, start: HostText, depth: number): Promise<void> {
    if (this.#quit) return
    const pause = this.#process.spend(2)
    if (pause) await pause
    const stat = await this.#stat(path)
    if (!stat) return
    const candidate = { path, start, stat, depth }
    this.#pruned = false
    if (!this.#plan.depthFirst && depth >= this.#plan.minDepth) await this.#plan.test(candidate, this)
    if (stat.type === 'directory' && !this.#pruned && depth < this.#plan.maxDepth && depth < 400) await this.#enter(path, start, depth)
    this.#pruned = false
    if (this.#plan.depthFirst && depth >= this.#plan.minDepth && !this.#quit) await this.#plan.test(candidate, this)
  }

  async #stat(path: HostText): Promise<FileStat | undefined> {
    try {
      const stat = this.#process.files.lstat(path)
      if (stat.type !== 'symlink' || !this.#plan.follow) return stat
      return this.#process.files.stat(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (this.#plan.follow && error.code === 'ENOENT') {
        try {
          return this.#process.files.lstat(path)
        } catch (inner) {
          if (!(inner instanceof HostError)) throw inner
        }
      }
      await this.#fail(path, error)
      return undefined
    }
  }

  async #enter(path: HostText, start: HostText, depth: number): Promise<void> {
    let names: HostText[]
    try {
      names = this.#process.files.list(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return this.#fail(path, error)
    }
    for (const name of names) await this.#visit(joinPath(path, name), start, depth + 1)
  }

  async #fail(path: HostText, error: HostError): Promise<void> {
    this.#status = 1
    await complain(
      this.#process,
      isBusyBox(this.#process) ? `${path}: ${error.message}` : localQuotes(this.#process, `'${path}': ${error.message}`),
    )
  }

  async print({ path }: Candidate, end: string): Promise<void> {
    await this.#process.stdout.write(path + end)
  }

  async format(candidate: Candidate, format: string): Promise<void> {
    await this.#process.stdout.write(formatCandidate(this.#process, candidate, format))
  }

  async toFile(file: HostText, text: string): Promise<void> {
    await this.#process.openOutput(file, 'append').write(text)
  }

  async list({ path, stat }: Candidate): Promise<void> {
    const time = localTime(stat.mtime, zoneOf(this.#process))
    const recent = stat.mtime > this.#process.world.now() - 182 * 86_400_000
    const when = strftime(recent ? '%b %e %H:%M' : '%b %e  %Y', time)
    const link = stat.type === 'symlink' ? ` -> ${this.#process.files.readlink(path)}` : ''
    await this.#process.stdout.write(
      `${String(stat.inode).padStart(9)} ${String(blocksOf(stat)).padStart(6)} ${modeString(stat)} ${String(stat.links).padStart(3)} ${userName(this.#process, stat.uid).padEnd(8)} ${groupName(this.#process, stat.gid).padEnd(8)} ${String(stat.size).padStart(8)} ${when} ${path}${link}\n`,
    )
  }

  async remove({ path, stat }: Candidate): Promise<boolean> {
    if (path === '.' || path === '..') return true
    try {
      if (stat.type === 'directory') this.#process.files.rmdir(path)
      else this.#process.files.remove(path)
      return true
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#status = 1
      await complain(this.#process, localQuotes(this.#process, `cannot delete '${path}': ${error.message}`))
      return false
    }
  }

  async execute({ path }: Candidate, argv: readonly HostText[], options: { folder: boolean; ask: boolean }): Promise<boolean> {
    const name = options.folder ? `./${baseName(path)}` : path
    const words = argv.map((word) => word.replaceAll('{}', () => name))
    if (options.ask && !(await confirms(this.#process, `< ${words[0]} ... ${path} > ? `))) return false
    return (await this.#run(words, options.folder ? dirName(path) : undefined)) === 0
  }

  async gather(batch: Batch, { path }: Candidate): Promise<void> {
    batch.paths.push(batch.folder ? `./${baseName(path)}` : path)
    if (batch.paths.length >= MOST_PATHS) await this.#flush(batch)
  }

  async #flush(batch: Batch): Promise<void> {
    if (batch.paths.length === 0) return
    const paths = batch.paths.splice(0)
    if ((await this.#run([...batch.argv, ...paths], undefined)) !== 0) this.#status = 1
  }

  async #run(argv: readonly HostText[], cwd: HostText | undefined): Promise<number> {
    try {
      return await this.#process.run(argv, cwd === undefined ? {} : { cwd: cwd.startsWith('/') ? cwd : joinPath(this.#process.cwd, cwd) })
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await complain(this.#process, localQuotes(this.#process, `'${argv[0]}': ${error.message}`))
      return 1
    }
  }

  prune(): void {
    this.#pruned = true
  }

  quit(): void {
    this.#quit = true
  }
}
