import type { HostText, Process } from '../../command.ts'
import { type FileStat, HostError } from '../../contract.ts'
import { complain, joinPath } from './command.ts'
import { confirms } from './confirm.ts'
import { quoted } from './quote.ts'
import { isInside, statIfThere } from './tree.ts'

export interface CopyPolicy {
  recursive: boolean
  /** Whether links are copied as links. */
  keepLinks: boolean
  /** Follow a link named on the command line. */
  followOperands: boolean
  preserve: { mode: boolean; owner: boolean; times: boolean; attributes: boolean }
  overwrite: 'always' | 'never' | 'ask' | 'newer'
  force: boolean
  link: 'none' | 'hard' | 'symbolic'
  verbose: boolean
  backup: string | undefined
  attributesOnly: boolean
  removeDestination: boolean
}

/** Copies files and trees with the messages of GNU cp; `mv` across file systems and `install` use it too. */
export class Copier {
  readonly #process: Process
  readonly #policy: CopyPolicy
  status = 0

  constructor(process: Process, policy: CopyPolicy) {
    this.#process = process
    this.#policy = policy
  }

  async fail(message: string): Promise<void> {
    this.status = 1
    await complain(this.#process, message)
  }

  async copy(from: HostText, to: HostText): Promise<void> {
    let stat: FileStat
    try {
      stat = this.#policy.keepLinks && !this.#policy.followOperands ? this.#process.files.lstat(from) : this.#process.files.stat(from)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return this.fail(`cannot stat ${quoted(from)}: ${error.message}`)
    }
    if (stat.type === 'directory' && !this.#policy.recursive) return this.fail(`-r not specified; omitting directory ${quoted(from)}`)
    if (stat.type !== 'directory' && to.endsWith('/') && !statIfThere(this.#process, to) && statIfThere(this.#process, parentOf(to)))
      return this.fail(`cannot create regular file ${quoted(to)}: Not a directory`)
    if (stat.type === 'directory' && isInside(this.#process, parentOf(to), from)) {
      if (!statIfThere(this.#process, to)) this.#process.files.mkdir(to, 0o755)
      return this.fail(`cannot copy a directory, ${quoted(from)}, into itself, ${quoted(to)}`)
    }
    await this.#entry(from, to, stat, 0)
  }

  async #entry(from: HostText, to: HostText, stat: FileStat, depth: number): Promise<void> {
    const pause = this.#process.spend(3)
    if (pause) await pause
    try {
      if (stat.type === 'directory') await this.#folder(from, to, stat, depth)
      else await this.#file(from, to, stat)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      const verb =
        stat.type === 'directory'
          ? 'cannot create directory'
          : error.code === 'EACCES' && !this.#process.files.may('r', from)
            ? 'cannot open'
            : 'cannot create regular file'
      await this.fail(
        verb === 'cannot open' ? `cannot open ${quoted(from)} for reading: ${error.message}` : `${verb} ${quoted(to)}: ${error.message}`,
      )
    }
  }

  async #folder(from: HostText, to: HostText, stat: FileStat, depth: number): Promise<void> {
    const existing = statIfThere(this.#process, to)
    if (existing && existing.type !== 'directory')
      return this.fail(`cannot overwrite non-directory ${quoted(to)} with directory ${quoted(from)}`)
    if (!existing) {
      this.#process.files.mkdir(to, 0o700 | (stat.mode & 0o777 & ~this.#process.umask))
      if (this.#policy.verbose) await this.#process.stdout.write(`${quoted(from)} -> ${quoted(to)}\n`)
    }
    if (depth > 300) return
    for (const name of this.#process.files.list(from)) {
      const inner = joinPath(from, name)
      const innerStat = this.#policy.keepLinks
        ? this.#process.files.lstat(inner)
        : (statIfThere(this.#process, inner) ?? this.#process.files.lstat(inner))
      await this.#entry(inner, joinPath(to, name), innerStat, depth + 1)
    }
    if (!existing) this.#process.files.chmod(to, this.#policy.preserve.mode ? stat.mode : stat.mode & 0o777 & ~this.#process.umask)
    this.#keep(to, stat, false)
  }

  async #file(from: HostText, to: HostText, stat: FileStat): Promise<void> {
    const { files } = this.#process
    const existing = statIfThere(this.#process, to, false)
    if (existing && !(await this.#mayReplace(from, to, stat, existing))) return
    if (this.#policy.link === 'hard') files.link(from, to)
    else if (this.#policy.link === 'symbolic') files.symlink(from, to)
    else if (stat.type === 'symlink') files.symlink(files.readlink(from), to)
    else if (stat.type === 'file' || !this.#policy.recursive) await this.#content(from, to, stat)
    else files.mknod(to, stat.type as 'fifo', stat.mode, stat.device)
    if (this.#policy.verbose) await this.#process.stdout.write(`${quoted(from)} -> ${quoted(to)}\n`)
    this.#keep(to, stat, stat.type === 'symlink')
    const capability = this.#policy.preserve.attributes && stat.type === 'file' ? files.capability(from) : undefined
    if (capability !== undefined && this.#process.uid === 0) files.setCapability(to, capability)
  }

  async #mayReplace(from: HostText, to: HostText, stat: FileStat, existing: FileStat): Promise<boolean> {
    const { files } = this.#process
    const target = statIfThere(this.#process, to)
    if (target && target.inode === stat.inode && target.type === stat.type) {
      await this.fail(`${quoted(from)} and ${quoted(to)} are the same file`)
      return false
    }
    if (existing.type === 'directory') {
      await this.fail(`cannot overwrite directory ${quoted(to)} with non-directory`)
      return false
    }
    if (this.#policy.overwrite === 'never') return false
    if (this.#policy.overwrite === 'newer' && target && stat.mtime <= target.mtime) return false
    if (this.#policy.overwrite === 'ask' && !(await confirms(this.#process, `${this.#process.argv[0]}: overwrite ${quoted(to)}? `)))
      return false
    if (this.#policy.backup !== undefined) files.rename(to, to + this.#policy.backup)
    else if (this.#policy.link !== 'none' || stat.type === 'symlink' || this.#policy.removeDestination) {
      if (this.#policy.force || this.#policy.removeDestination) files.remove(to)
    } else if (this.#policy.force && target && !files.may('w', to)) files.remove(to)
    return true
  }

  async #content(from: HostText, to: HostText, stat: FileStat): Promise<void> {
    const there = statIfThere(this.#process, to)
    if (this.#policy.attributesOnly) {
      if (!there) this.#process.files.write(to, Buffer.alloc(0), stat.mode & 0o777 & ~this.#process.umask)
      return
    }
    const input = this.#process.openInput(from)
    const output = this.#process.openOutput(to, 'truncate')
    if (!there) this.#process.files.chmod(to, this.#policy.preserve.mode ? stat.mode : stat.mode & 0o777 & ~this.#process.umask)
    for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
      await this.#process.spend(1 + (chunk.length >> 10))
      await output.write(chunk)
    }
  }

  #keep(to: HostText, stat: FileStat, isLink: boolean): void {
    const { mode, owner, times } = this.#policy.preserve
    const { files } = this.#process
    if (owner && this.#process.uid === 0) files.lchown(to, stat.uid, stat.gid)
    if (isLink) return
    if (mode) files.chmod(to, stat.mode)
    if (times) files.utimes(to, stat.atime, stat.mtime)
  }
}

function parentOf(path: HostText): HostText {
  const trimmed = path.replace(/\/+$/, '')
  const slash = trimmed.lastIndexOf('/')
  return slash < 0 ? '.' : slash === 0 ? '/' : trimmed.slice(0, slash)
}
