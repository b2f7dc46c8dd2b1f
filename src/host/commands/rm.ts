import type { HostText, Process } from '../command.ts'
import { type FileStat, HostError } from '../contract.ts'
import { isBusyBox } from './busybox/flavour.ts'
import { baseName, complain, gnuCommand, joinPath, Usage } from './gnu/command.ts'
import { confirms } from './gnu/confirm.ts'
import type { Options } from './gnu/options.ts'
import { quoted } from './gnu/quote.ts'

export default gnuCommand({
  name: 'rm',
  usage: '[OPTION]... [FILE]...',
  about: 'Remove (unlink) the FILE(s).',
  authors: 'Paul Rubin, David MacKenzie, Richard M. Stallman,\nand Jim Meyering',
  short: 'dfirRIv',
  long: {
    force: 'f',
    recursive: 'r',
    dir: 'd',
    verbose: 'v',
    interactive: 'interactive?',
    'one-file-system': 'one-file-system',
    'no-preserve-root': 'no-preserve-root',
    'preserve-root': 'preserve-root?',
  },
  async run(process, options) {
    if (options.operands.length === 0) {
      if (options.has('f')) return 0
      throw new Usage('missing operand')
    }
    const removal = new Removal(process, options)
    if (options.last('f', 'i', 'I') === 'I' && (options.operands.length > 3 || removal.recursive)) {
      const count = options.operands.length
      if (
        !(await confirms(
          process,
          `${process.argv[0]}: remove ${count} argument${count > 1 ? 's' : ''}${removal.recursive ? ' recursively' : ''}? `,
        ))
      )
        return 0
    }
    for (const name of options.operands) await removal.operand(name)
    return removal.status
  },
})

class Removal {
  readonly recursive: boolean
  readonly #process: Process
  readonly #options: Options
  readonly #force: boolean
  readonly #ask: boolean
  status = 0

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
    this.recursive = options.has('r', 'R')
    this.#force = options.last('f', 'i', 'I') === 'f'
    this.#ask = options.last('f', 'i', 'I') === 'i' || options.value('interactive') === 'always'
  }

  async operand(name: HostText): Promise<void> {
    const base = baseName(name)
    if (this.recursive && (base === '.' || base === '..')) {
      return this.#fail(`refusing to remove '.' or '..' directory: skipping ${quoted(name)}`)
    }
    if (this.recursive && /^\/+$/.test(name) && !this.#options.has('no-preserve-root')) {
      await complain(this.#process, `it is dangerous to operate recursively on '/'`)
      return this.#fail('use --no-preserve-root to override this failsafe')
    }
    await this.#remove(name)
  }

  async #fail(message: string): Promise<void> {
    this.status = 1
    await complain(this.#process, message)
  }

  /** Gives whether it is gone, so that a folder with something left in it stays silently. */
  async #remove(path: HostText): Promise<boolean> {
    const pause = this.#process.spend(2)
    if (pause) await pause
    let stat: FileStat
    try {
      stat = this.#process.files.lstat(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      if (this.#force && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return true
      await this.#fail(`${isBusyBox(this.#process) ? `can't remove` : 'cannot remove'} ${quoted(path)}: ${error.message}`)
      return false
    }
    return stat.type === 'directory' ? this.#folder(path) : this.#file(path, stat)
  }

  async #file(path: HostText, stat: FileStat): Promise<boolean> {
    const kind =
      stat.type === 'file'
        ? stat.size === 0
          ? 'regular empty file'
          : 'regular file'
        : stat.type === 'symlink'
          ? 'symbolic link'
          : stat.type
    const protectedFile = !this.#force && stat.type === 'file' && this.#process.stdin.isTerminal && !this.#process.files.may('w', path)
    if (this.#ask || protectedFile) {
      if (
        !(await confirms(
          this.#process,
          `${this.#process.argv[0]}: remove ${protectedFile ? 'write-protected ' : ''}${kind} ${quoted(path)}? `,
        ))
      )
        return false
    }
    try {
      this.#process.files.remove(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#fail(`cannot remove ${quoted(path)}: ${error.message}`)
      return false
    }
    if (this.#options.has('v')) await this.#process.stdout.write(`removed ${quoted(path)}\n`)
    return true
  }

  async #folder(path: HostText): Promise<boolean> {
    if (!this.recursive) {
      if (this.#options.has('d')) return this.#removeFolder(path)
      await this.#fail(isBusyBox(this.#process) ? `${quoted(path)} is a directory` : `cannot remove ${quoted(path)}: Is a directory`)
      return false
    }
    let names: HostText[]
    try {
      names = this.#process.files.list(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#fail(`cannot remove ${quoted(path)}: ${error.message}`)
      return false
    }
    if (this.#ask && names.length && !(await confirms(this.#process, `${this.#process.argv[0]}: descend into directory ${quoted(path)}? `)))
      return false
    let empty = true
    for (const name of names) if (!(await this.#remove(joinPath(path, name)))) empty = false
    if (!empty) return false
    if (this.#ask && !(await confirms(this.#process, `${this.#process.argv[0]}: remove directory ${quoted(path)}? `))) return false
    return this.#removeFolder(path)
  }

  async #removeFolder(path: HostText): Promise<boolean> {
    try {
      this.#process.files.rmdir(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await this.#fail(`cannot remove ${quoted(path)}: ${error.message}`)
      return false
    }
    if (this.#options.has('v')) await this.#process.stdout.write(`removed directory ${quoted(path)}\n`)
    return true
  }
}
