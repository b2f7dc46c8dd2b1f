import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { byteString, hostText, latin1, rawBytes } from './gnu/bytes.ts'
import { baseName, dirName, gnuCommand, joinPath } from './gnu/command.ts'
import type { Options } from './gnu/options.ts'
import { makeFolders, statIfThere } from './gnu/tree.ts'
import { Patcher, type Text } from './patch/apply.ts'
import { type FilePatch, type Hunk, PatchFault, parsePatches, reversed } from './patch/parse.ts'

const MOST_BYTES = 4 * 1024 * 1024
/** Lines of context that may differ. */
const FUZZ = 2

export default gnuCommand({
  name: 'patch',
  package: 'patch',
  usage: '[OPTION]... [ORIGFILE [PATCHFILE]]',
  version: 'GNU patch 2.7.6',
  trouble: 2,
  short: 'bcd:D:eEfF:g:i:lnNo:p:r:RstTuvV:x:Y:z:Z',
  long: {
    backup: 'b',
    batch: 't',
    directory: 'd',
    'dry-run': 'dry-run',
    force: 'f',
    forward: 'N',
    fuzz: 'F',
    input: 'i',
    'no-backup-if-mismatch': 'no-backup-if-mismatch',
    output: 'o',
    quiet: 's',
    'reject-file': 'r',
    'remove-empty-files': 'E',
    reverse: 'R',
    silent: 's',
    strip: 'p',
    suffix: 'z',
    unified: 'u',
    verbose: 'verbose',
  },
  async run(process, options) {
    const [, , extra] = options.operands
    if (extra !== undefined) {
      await process.stderr.write(`patch: ${extra}: extra operand\npatch: Try 'patch --help' for more information.\n`)
      return 2
    }
    try {
      return await new PatchRun(process, options).run()
    } catch (error) {
      if (!(error instanceof PatchFault)) throw error
      await process.stderr.write(hostText(`patch: **** ${error.message}\n`))
      return 2
    }
  },
})

/** One call of patch. */
class PatchRun {
  readonly #process: Process
  readonly #options: Options
  readonly #folder: HostText
  readonly #isQuiet: boolean
  readonly #isDry: boolean

  constructor(process: Process, options: Options) {
    this.#process = process
    this.#options = options
    this.#folder = options.value('d') ?? ''
    this.#isQuiet = options.has('s')
    this.#isDry = options.has('dry-run')
  }

  async run(): Promise<number> {
    if (this.#folder && statIfThere(this.#process, this.#folder)?.type !== 'directory')
      throw new PatchFault(`Can't change to directory ${this.#folder} : No such file or directory`)
    const patches = parsePatches(await this.#input())
    if (patches.length === 0) throw new PatchFault('Only garbage was found in the patch input.')
    let failed = 0
    for (const patch of patches) failed += await this.#file(this.#options.has('R') ? reversed(patch) : patch)
    return failed > 0 ? 1 : 0
  }

  async #input(): Promise<string> {
    const name = this.#options.value('i') ?? this.#options.operands[1]
    if (name === undefined || name === '-') return latin1(await this.#process.stdin.all(MOST_BYTES))
    try {
      return latin1(await this.#process.openInput(this.#in(name)).all(MOST_BYTES))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new PatchFault(`Can't open patch file ${name} : ${error.message}`)
    }
  }

  #in(name: HostText): HostText {
    return this.#folder && !name.startsWith('/') ? joinPath(this.#folder, name) : name
  }

  async #say(text: string): Promise<void> {
    if (!this.#isQuiet) await this.#process.stdout.write(hostText(text))
  }

  /** Asks at the terminal; without one the question is followed by nothing. */
  async #ask(question: string): Promise<string> {
    await this.#process.stdout.write(hostText(question))
    if (this.#process.terminal) return (await this.#process.openInput('/dev/tty').line())?.trim() ?? ''
    await this.#process.stdout.write('\n')
    return ''
  }

  /** Patches one file. @returns the hunks that did not get in */
  async #file(patch: FilePatch): Promise<number> {
    const isNew = patch.oldName === '/dev/null' || patch.hunks[0]?.oldStart === 0
    const name = this.#options.operands[0] ?? this.#nameFor(patch, isNew) ?? (await this.#askForName(patch))
    if (name === undefined) return this.#ignored(patch.hunks.length, '')
    const output = this.#options.value('o')
    const shown = output === undefined ? name : `${output} (read from ${name})`
    const saying = `${this.#isDry ? 'checking' : 'patching'} file ${byteString(shown)}\n`
    const before = this.#read(name)
    if (output === '-') await this.#process.stderr.write(hostText(saying))
    else await this.#say(saying)
    if (patch.fault) throw patch.fault
    const wanted = await this.#direction(patch, before)
    if (!wanted) return this.#ignored(patch.hunks.length, this.#reject(name, patch, patch.hunks))
    const { text, rejected, isExact } = await this.#apply(wanted, before)
    if (!this.#isDry) await this.#save(name, wanted, { before, text, isExact: isExact && rejected.length === 0 })
    if (rejected.length === 0) return 0
    const kept = this.#reject(name, wanted, rejected)
    await this.#say(`${rejected.length} out of ${patch.hunks.length} hunk${patch.hunks.length === 1 ? '' : 's'} FAILED${kept}\n`)
    return rejected.length
  }

  /** The file that the patch's own names lead to. */
  #nameFor(patch: FilePatch, isNew: boolean): HostText | undefined {
    const strip = this.#options.value('p')
    const names = [patch.oldName, patch.newName, patch.indexName].flatMap((name) => {
      const text = name === undefined || name === '/dev/null' ? undefined : stripped(hostText(name), strip)
      return text === undefined || text.startsWith('/') || text.split('/').includes('..') ? [] : [text]
    })
    const there = names.filter((name) => statIfThere(this.#process, this.#in(name)) !== undefined)
    const parts = (name: string): number => name.split('/').length
    there.sort((a, b) => parts(a) - parts(b) || baseName(a).length - baseName(b).length || a.length - b.length)
    return there[0] ?? (isNew ? names.at(-1) : undefined)
  }

  async #askForName(patch: FilePatch): Promise<HostText | undefined> {
    const { leading, firstLine } = patch
    const rule = '--------------------------\n'
    await this.#process.stdout.write(
      hostText(
        `can't find file to patch at input line ${firstLine}\nPerhaps you ${this.#options.has('p') ? 'used the wrong' : 'should have used the'} -p or --strip option?\n` +
          (leading.length ? `The text leading up to this was:\n${rule}${leading.map((line) => `|${line}\n`).join('')}${rule}` : ''),
      ),
    )
    if (this.#options.has('f', 't')) {
      await this.#process.stdout.write('No file to patch.  Skipping patch.\n')
      return undefined
    }
    const name = await this.#ask('File to patch: ')
    if (name && statIfThere(this.#process, this.#in(name))) return name
    await this.#ask('Skip this patch? [y] ')
    await this.#process.stdout.write('Skipping patch.\n')
    return undefined
  }

  async #ignored(hunks: number, kept: string): Promise<number> {
    await this.#say(`${hunks} out of ${hunks} hunk${hunks === 1 ? '' : 's'} ignored${kept}\n`)
    return hunks
  }

  #read(name: HostText): Text {
    if (!statIfThere(this.#process, this.#in(name))) return { lines: [], isWhole: true }
    const text = latin1(this.#process.files.read(this.#in(name)).subarray(0, MOST_BYTES))
    if (text === '') return { lines: [], isWhole: true }
    const isWhole = text.endsWith('\n')
    return { lines: (isWhole ? text.slice(0, -1) : text).split('\n'), isWhole }
  }

  /** The patch, or its reverse when it was applied before and the answer is yes; undefined = it is left alone. */
  async #direction(patch: FilePatch, before: Text): Promise<FilePatch | undefined> {
    const first = patch.hunks[0]
    if (!first || this.#options.has('f') || this.#fits(first, before)) return patch
    const back = reversed(patch)
    if (!this.#fits(back.hunks[0] as Hunk, before)) return patch
    const what = `${this.#options.has('R') ? 'Unreversed' : 'Reversed (or previously applied)'} patch detected!  `
    if (this.#options.has('N')) {
      await this.#say(`${what}Skipping patch.\n`)
      return undefined
    }
    if (this.#options.has('t')) {
      await this.#say(`${what}${this.#options.has('R') ? 'Ignoring' : 'Assuming'} -R.\n`)
      return back
    }
    if (/^y/i.test(await this.#ask(`${what}${this.#options.has('R') ? 'Ignore' : 'Assume'} -R? [n] `))) return back
    if (/^y/i.test(await this.#ask('Apply anyway? [n] '))) return patch
    await this.#process.stdout.write('Skipping patch.\n')
    return undefined
  }

  #fits(hunk: Hunk, before: Text): boolean {
    const patcher = new Patcher(before)
    return patcher.apply(hunk, this.#fuzz).ok
  }

  get #fuzz(): number {
    const given = this.#options.value('F')
    return given !== undefined && /^\d{1,3}$/.test(given) ? Number(given) : FUZZ
  }

  async #apply(patch: FilePatch, before: Text): Promise<{ text: Text; rejected: Hunk[]; isExact: boolean }> {
    const patcher = new Patcher(before)
    const rejected: Hunk[] = []
    let isExact = true
    for (const [i, hunk] of patch.hunks.entries()) {
      await this.#process.spend(10 + before.lines.length + hunk.lines.length)
      const outcome = patcher.apply(hunk, this.#fuzz)
      if (!outcome.ok) {
        rejected.push(hunk)
        await this.#say(`Hunk #${i + 1} FAILED at ${outcome.line}.\n`)
        continue
      }
      const { line, fuzz, offset } = outcome
      if (fuzz === 0 && offset === 0) continue
      isExact = false
      const moved = offset === 0 ? '' : ` (offset ${offset} line${offset === 1 ? '' : 's'})`
      const how = `Hunk #${i + 1} succeeded at ${line}${fuzz ? ` with fuzz ${fuzz}` : ''}${moved}.\n`
      if (this.#options.value('o') === '-') await this.#process.stderr.write(how)
      else await this.#say(how)
    }
    return { text: patcher.finish(), rejected, isExact }
  }

  async #save(name: HostText, patch: FilePatch, { before, text, isExact }: { before: Text; text: Text; isExact: boolean }): Promise<void> {
    const { files } = this.#process
    const bytes = bytesOf(text)
    const output = this.#options.value('o')
    if (output === '-') return this.#process.stdout.write(bytes)
    const path = this.#in(output ?? name)
    const former = statIfThere(this.#process, path)
    if (former && (this.#options.has('b') || (!isExact && !this.#options.has('no-backup-if-mismatch'))))
      files.write(`${path}${this.#options.value('z') ?? '.orig'}`, bytesOf(before), former.mode & 0o7777)
    if (bytes.length === 0 && (patch.newName === '/dev/null' || this.#options.has('E'))) {
      if (former) files.remove(path)
      return undefined
    }
    makeFolders(this.#process, dirName(path))
    files.write(path, bytes, former ? former.mode & 0o7777 : undefined)
    return undefined
  }

  /** Keeps hunks that did not get in. @returns where they are, as the summary says it */
  #reject(name: HostText, { header }: FilePatch, hunks: readonly Hunk[]): string {
    if (this.#isDry) return ''
    const file = this.#options.value('r') ?? `${this.#options.value('o') ?? name}.rej`
    if (file === '-') return ''
    const [old, fresh] = header ?? [`--- ${byteString(name)}`, `+++ ${byteString(name)}`]
    const head = [old.replace(/^\*\*\*/, '---'), fresh.replace(/^---/, '+++')]
    this.#process.files.write(this.#in(file), rawBytes(`${[...head, ...hunks.flatMap(unifiedLines)].join('\n')}\n`))
    return ` -- saving rejects to file ${byteString(file)}`
  }
}

function bytesOf({ lines, isWhole }: Text): Buffer {
  return rawBytes(lines.length ? lines.join('\n') + (isWhole ? '\n' : '') : '')
}

function unifiedLines({ oldStart, newStart, lines }: Hunk): string[] {
  const range = (start: number, count: number): string => (count === 1 ? `${start}` : `${start},${count}`)
  const count = (other: string): number => lines.filter(({ mark }) => mark !== other).length
  return [
    `@@ -${range(oldStart, count('+'))} +${range(newStart, count('-'))} @@`,
    ...lines.flatMap(({ mark, text, isCut }) => [`${mark}${text}`, ...(isCut ? ['\\ No newline at end of file'] : [])]),
  ]
}

/** @param strip leading folders to leave off; without it only the last part is left */
function stripped(name: HostText, strip: string | undefined): HostText | undefined {
  const parts = name.split(/\/+/)
  if (strip === undefined) return parts.at(-1)
  return parts.slice(Number(strip) || 0).join('/') || undefined
}
