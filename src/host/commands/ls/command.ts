import type { CommandFile, HostText, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { complain, gnuCommand, joinPath } from '../gnu/command.ts'
import { globMatch } from '../gnu/glob.ts'
import { humanSize } from '../gnu/size.ts'
import { type Entry, entryOf, sortEntries } from './entries.ts'
import { layOut } from './layout.ts'
import { blocksOf, blocksText, longLines } from './long.ts'
import { nameCell, needsQuotes } from './name.ts'
import { type LsStyle, styleOf } from './style.ts'

const LONG = {
  all: 'a',
  'almost-all': 'A',
  author: 'author',
  escape: 'b',
  'block-size': 'block-size=',
  'ignore-backups': 'B',
  color: 'color?',
  directory: 'd',
  dired: 'D',
  classify: 'F?',
  'file-type': 'file-type',
  format: 'format=',
  'full-time': 'full-time',
  'group-directories-first': 'group-directories-first',
  'no-group': 'G',
  'human-readable': 'h',
  si: 'si',
  dereference: 'L',
  'dereference-command-line': 'H',
  hide: 'I',
  'indicator-style': 'indicator-style=',
  inode: 'i',
  ignore: 'I',
  kibibytes: 'k',
  'numeric-uid-gid': 'n',
  literal: 'N',
  'hide-control-chars': 'q',
  'show-control-chars': 'show-control-chars',
  'quote-name': 'Q',
  'quoting-style': 'quoting-style=',
  reverse: 'r',
  recursive: 'R',
  size: 's',
  sort: 'sort=',
  time: 'time=',
  'time-style': 'time-style=',
  width: 'w',
  context: 'Z',
  zero: 'zero',
}

/** `ls`, `dir` and `vdir`: one program with other defaults. */
export function lsCommand(name: string): CommandFile {
  return gnuCommand({
    name,
    usage: '[OPTION]... [FILE]...',
    about: 'List information about the FILEs (the current directory by default).',
    authors: 'Richard M. Stallman and David MacKenzie',
    trouble: 2,
    short: 'aAbBcCdDfFgGhHiI:klLmnNopqQrRsStT:uUvw:xXZ1',
    long: LONG,
    run: (process, options) => new Listing(process, styleOf(process, options, name)).run(options.operands),
  })
}

class Listing {
  readonly #process: Process
  readonly #style: LsStyle
  #status = 0
  #printed = false

  constructor(process: Process, style: LsStyle) {
    this.#process = process
    this.#style = style
  }

  async run(operands: readonly HostText[]): Promise<number> {
    const files: Entry[] = []
    const folders: Entry[] = []
    for (const name of operands.length ? operands : ['.']) {
      const entry = await this.#operand(name)
      if (!entry) continue
      const isFolder = (entry.target && this.#style.format !== 'long' ? entry.target : entry.stat).type === 'directory'
      ;(isFolder && this.#style.listDirectories ? folders : files).push(entry)
    }
    if (files.length) {
      await this.#print(sortEntries(this.#process, files, this.#style), undefined)
      this.#printed = true
    }
    const titled = this.#style.recursive || operands.length > 1
    for (const folder of sortEntries(this.#process, folders, this.#style)) await this.#folder(folder.name, titled)
    return this.#status
  }

  async #operand(name: HostText): Promise<Entry | undefined> {
    try {
      const follow = this.#style.dereference !== 'never'
      return entryOf(this.#process, name, name, follow)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#status = isBusyBox(this.#process) ? 1 : 2
      await complain(this.#process, isBusyBox(this.#process) ? `${name}: ${error.message}` : `cannot access '${name}': ${error.message}`)
      return undefined
    }
  }

  async #folder(path: HostText, titled: boolean): Promise<void> {
    let names: HostText[]
    try {
      names = this.#process.files.list(path)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      this.#status = 2
      await complain(
        this.#process,
        isBusyBox(this.#process) ? `can't open '${path}': ${error.message}` : `cannot open directory '${path}': ${error.message}`,
      )
      return
    }
    if (titled)
      await this.#process.stdout.write(
        `${this.#printed ? '\n' : ''}${needsQuotes(path) && this.#style.quoting === 'shell-escape' ? `'${path}'` : path}:\n`,
      )
    this.#printed = true
    const entries = await this.#entries(path, names)
    const total = entries.reduce((sum, entry) => sum + blocksOf(entry.stat), 0)
    await this.#print(sortEntries(this.#process, entries, this.#style), total)
    if (!this.#style.recursive) return
    for (const entry of entries) {
      if (entry.stat.type === 'directory' && entry.name !== '.' && entry.name !== '..') await this.#folder(entry.path, true)
    }
  }

  async #entries(folder: HostText, names: readonly HostText[]): Promise<Entry[]> {
    const { hidden, ignore } = this.#style
    const wanted = names.filter((name) => (hidden !== 'no' || !name.startsWith('.')) && !ignore.some((pattern) => globMatch(pattern, name)))
    const entries: Entry[] = []
    for (const name of hidden === 'all' ? ['.', '..', ...wanted] : wanted) {
      const pause = this.#process.spend(2)
      if (pause) await pause
      const path = joinPath(folder, name)
      try {
        entries.push(entryOf(this.#process, name, path, this.#style.dereference === 'always'))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        this.#status = Math.max(this.#status, 1)
        await complain(this.#process, `cannot access '${path}': ${error.message}`)
      }
    }
    return entries
  }

  async #print(entries: readonly Entry[], total: number | undefined): Promise<void> {
    const style = this.#style
    if (total !== undefined && (style.format === 'long' || style.blocks)) {
      const shown =
        style.human !== 'no'
          ? humanSize(total * 1024, style.human === 'si' ? 1000 : 1024)
          : String(style.blockSize > 1024 ? Math.ceil((total * 1024) / style.blockSize) : total)
      await this.#process.stdout.write(`total ${shown}\n`)
    }
    const quoted = style.quoting === 'shell-escape' && style.format !== 'commas' && entries.some((entry) => needsQuotes(entry.name))
    await this.#process.stdout.write(this.#text(entries, quoted))
  }

  #text(entries: readonly Entry[], quoted: boolean): string {
    const style = this.#style
    if (style.format === 'long')
      return longLines(this.#process, entries, style, quoted)
        .map((line) => `${line}\n`)
        .join('')
    const inodeWidth = Math.max(0, ...entries.map((entry) => String(entry.stat.inode).length))
    const blockWidth = Math.max(0, ...entries.map((entry) => blocksText(entry.stat, style).length))
    const cells = entries.map((entry) => {
      const inode = style.inode ? `${String(entry.stat.inode).padStart(style.format === 'commas' ? 0 : inodeWidth)} ` : ''
      const blocks = style.blocks ? `${blocksText(entry.stat, style).padStart(style.format === 'commas' ? 0 : blockWidth)} ` : ''
      const cell = nameCell(entry, style, quoted)
      return { text: inode + blocks + cell.text, width: inode.length + blocks.length + cell.width }
    })
    if (style.format === 'single') return cells.map((cell) => `${cell.text}${style.zero ? '\0' : '\n'}`).join('')
    if (style.format === 'commas') return commas(cells, style.width)
    return layOut(cells, style.width, style.format === 'across')
  }
}

function commas(cells: readonly { text: string; width: number }[], width: number): string {
  let out = ''
  let column = 0
  for (const [i, cell] of cells.entries()) {
    if (i > 0) {
      const fits = column + 2 + cell.width < width
      out += fits ? ', ' : ',\n'
      column = fits ? column + 2 : 0
    }
    out += cell.text
    column += cell.width
  }
  return cells.length ? `${out}\n` : ''
}
