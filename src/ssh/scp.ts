import { posix } from 'node:path'
import { HostError, type HostFiles } from '../host/contract.ts'
import { toBytes, toText } from '../host/text.ts'
import type { ProgramIo } from './program.ts'
import { ControlError, type Entry, readEntry, readTimes } from './scp-lines.ts'
import { shellWords } from './shell-words.ts'

/** The remote side of an old-style scp, as its command line asks for it. */
export interface ScpRequest {
  direction: 'upload' | 'download'
  recursive: boolean
  /** Keep times and modes. */
  preserve: boolean
  /** The target must be a directory. */
  intoDirectory: boolean
  paths: string[]
}

export interface ScpSetup {
  files: HostFiles
  /** Where relative paths begin. */
  home: string
  copied(direction: ScpRequest['direction'], path: string, bytes: number): void
  uploaded(path: string, bytes: Buffer): void
}

/** Reads `scp -t …` and `scp -f …`; undefined for every other command line, and for one that needs a shell to be understood. */
export function readScpCommand(command: string): ScpRequest | undefined {
  const words = shellWords(command)
  return words && readScpWords(words)
}

/** The same of words that a shell has made. */
export function readScpWords(words: readonly string[]): ScpRequest | undefined {
  if (posix.basename(words[0] ?? '') !== 'scp') return undefined
  const first = words.findIndex((word, i) => i > 0 && (word === '--' || !word.startsWith('-')))
  const end = first < 0 ? words.length : first
  const flags = words.slice(1, end).join('')
  const paths = words.slice(words[end] === '--' ? end + 1 : end)
  const isSink = flags.includes('t')
  if (isSink === flags.includes('f')) return undefined
  return {
    direction: isSink ? 'upload' : 'download',
    recursive: flags.includes('r'),
    preserve: flags.includes('p'),
    intoDirectory: flags.includes('d'),
    paths,
  }
}

/** Plays `scp -t` or `scp -f` on the host's files: the protocol of rcp, as OpenSSH's scp.c speaks it with `-O` clients. */
export async function scp(io: ProgramIo, request: ScpRequest, setup: ScpSetup): Promise<number> {
  try {
    return await (request.direction === 'upload' ? new Sink(io, request, setup) : new Source(io, request, setup)).run()
  } catch (error) {
    if (error instanceof Stopped) return 1
    throw error
  }
}

/** It exits on the spot. */
class Stopped extends Error {}

const OK = Buffer.of(0)
/** Longest control line: a path and its mode and size. */
const MAX_LINE = 4096 + 64
/** Bytes of one uploaded file; beyond, the disk is full. */
const MAX_FILE = 96 * 1024 * 1024
const MAX_DEPTH = 64

class Sink {
  readonly #io: ProgramIo
  readonly #request: ScpRequest
  readonly #setup: ScpSetup
  #failed = false
  #times: { atime: number; mtime: number } | undefined

  constructor(io: ProgramIo, request: ScpRequest, setup: ScpSetup) {
    this.#io = io
    this.#request = request
    this.#setup = setup
  }

  async run(): Promise<number> {
    const [wanted, ...others] = this.#request.paths
    if (wanted === undefined || others.length) return this.#stop('ambiguous target')
    const target = posix.resolve(this.#setup.home, wanted)
    if (this.#request.intoDirectory && !this.#isDirectory(target)) {
      return this.#stop(`${wanted}: ${this.#exists(target) ? 'Not a directory' : 'No such file or directory'}`)
    }
    await this.#io.write(OK)
    await this.#receiveInto(target, 0)
    return this.#failed ? 1 : 0
  }

  /** Control lines until the end of this directory or of the input. */
  async #receiveInto(target: string, depth: number): Promise<void> {
    for (let isFirst = true; !(await this.#io.input.atEnd()); isFirst = false) {
      const line = (await this.#io.input.line(MAX_LINE)).subarray(0, -1)
      switch (line[0]) {
        // Warnings and errors of the client's side, which it has shown to its user.
        case 0x01:
          this.#failed = true
          break
        case 0x02:
          throw new Stopped()
        case 0x45: // E
          await this.#io.write(OK)
          return
        case 0x54: // T
          this.#times = await this.#checked(() => readTimes(toText(line)))
          await this.#io.write(OK)
          break
        case 0x43: // C
        case 0x44: // D
          await this.#readEntry(await this.#checked(() => readEntry(toText(line))), target, depth)
          break
        case undefined:
          return this.#stop('protocol error: unexpected <newline>')
        default:
          // What a login script prints comes here first.
          return this.#stop(isFirst ? toText(line) : 'protocol error: expected control record')
      }
    }
  }

  async #checked<T>(read: () => T): Promise<T> {
    try {
      return read()
    } catch (error) {
      if (error instanceof ControlError) return this.#stop(error.message)
      throw error
    }
  }

  async #readEntry({ kind, mode, size, name }: Entry, target: string, depth: number): Promise<void> {
    const path = this.#isDirectory(target) ? posix.join(target, name) : target
    if (kind === 'D') await this.#readDirectory(path, mode, depth)
    else await this.#readFile(path, mode, size)
  }

  async #readDirectory(path: string, mode: number, depth: number): Promise<void> {
    if (!this.#request.recursive) return this.#stop('protocol error: received directory without -r')
    if (depth >= MAX_DEPTH) return this.#complain(`${path}: File name too long`)
    if (this.#exists(path) && !this.#isDirectory(path)) return this.#complain(`${path}: Not a directory`)
    if (!this.#isDirectory(path)) {
      const problem = attempt(() => this.#setup.files.mkdir(path, mode))
      if (problem) return this.#complain(`${path}: ${problem}`)
    }
    await this.#io.write(OK)
    await this.#receiveInto(path, depth + 1)
  }

  async #readFile(path: string, mode: number, size: number): Promise<void> {
    const problem = attempt(() => this.#setup.files.write(path, Buffer.alloc(0), mode))
    if (problem) return this.#complain(`${path}: ${problem}`)
    await this.#io.write(OK)
    const bytes = await this.#content(size)
    const written = attempt(() => this.#keep(path, bytes, mode))
    // The client says how its reading went; whatever it says, what came is kept.
    if ((await this.#io.input.exactly(1))[0] !== 0) {
      await this.#io.input.line(MAX_LINE)
      this.#failed = true
    }
    this.#setup.copied('upload', path, size)
    if (written || bytes.length < size) await this.#complain(`${path}: ${written ?? 'No space left on device'}`)
    else await this.#io.write(OK)
  }

  #keep(path: string, bytes: Buffer, mode: number): void {
    this.#setup.uploaded(path, bytes)
    this.#setup.files.write(path, bytes, mode)
    if (this.#request.preserve) this.#setup.files.chmod(path, mode)
    if (this.#times) this.#setup.files.utimes(path, this.#times.atime, this.#times.mtime)
    this.#times = undefined
  }

  /** Reads `size` bytes and keeps as many as a file may have. */
  async #content(size: number): Promise<Buffer> {
    const parts: Buffer[] = []
    let kept = 0
    for (let left = size; left > 0; ) {
      if (await this.#io.input.atEnd()) return this.#stop('Broken pipe')
      const part = await this.#io.input.atMost(Math.min(left, 64 * 1024))
      left -= part.length
      if (kept + part.length > MAX_FILE) continue
      kept += part.length
      parts.push(part)
    }
    return Buffer.concat(parts)
  }

  async #complain(text: string): Promise<void> {
    this.#failed = true
    await this.#io.write(Buffer.concat([Buffer.of(1), toBytes(`scp: ${text}\n`)]))
  }

  async #stop(text: string): Promise<never> {
    await this.#complain(text)
    throw new Stopped()
  }

  #isDirectory(path: string): boolean {
    return typeOf(this.#setup.files, path) === 'directory'
  }

  #exists(path: string): boolean {
    return typeOf(this.#setup.files, path) !== undefined
  }
}

class Source {
  readonly #io: ProgramIo
  readonly #request: ScpRequest
  readonly #setup: ScpSetup
  #failed = false

  constructor(io: ProgramIo, request: ScpRequest, setup: ScpSetup) {
    this.#io = io
    this.#request = request
    this.#setup = setup
  }

  async run(): Promise<number> {
    await this.#acknowledged()
    for (const path of this.#request.paths) await this.#send(posix.resolve(this.#setup.home, path), path, 0)
    return this.#failed ? 1 : 0
  }

  async #send(path: string, shown: string, depth: number): Promise<void> {
    const type = typeOf(this.#setup.files, path)
    if (type === undefined) return this.#complain(`${shown}: No such file or directory`)
    if (type === 'directory') return this.#sendDirectory(path, shown, depth)
    if (type !== 'file') return this.#complain(`${shown}: not a regular file`)
    let bytes: Buffer = Buffer.alloc(0)
    const problem = attempt(() => {
      bytes = this.#setup.files.read(path)
    })
    if (problem) return this.#complain(`${shown}: ${problem}`)
    const { mode, mtime, atime } = this.#setup.files.stat(path)
    if (!(await this.#sendTimes(mtime, atime))) return
    if (!(await this.#line(`C${octal(mode)} ${bytes.length} ${posix.basename(path)}`))) return
    await this.#io.write(bytes)
    await this.#io.write(OK)
    this.#setup.copied('download', path, bytes.length)
    await this.#acknowledged()
  }

  async #sendDirectory(path: string, shown: string, depth: number): Promise<void> {
    if (!this.#request.recursive || depth >= MAX_DEPTH) return this.#complain(`${shown}: not a regular file`)
    const { mode, mtime, atime } = this.#setup.files.stat(path)
    let names: string[] = []
    const problem = attempt(() => {
      names = this.#setup.files.list(path)
    })
    if (problem) return this.#complain(`${shown}: ${problem}`)
    if (!(await this.#sendTimes(mtime, atime))) return
    if (!(await this.#line(`D${octal(mode)} 0 ${posix.basename(path)}`))) return
    for (const name of names) await this.#send(posix.join(path, name), posix.join(shown, name), depth + 1)
    await this.#line('E')
  }

  async #sendTimes(mtime: number, atime: number): Promise<boolean> {
    if (!this.#request.preserve) return true
    return this.#line(`T${Math.floor(mtime / 1000)} 0 ${Math.floor(atime / 1000)} 0`)
  }

  async #line(text: string): Promise<boolean> {
    await this.#io.write(toBytes(`${text}\n`))
    return this.#acknowledged()
  }

  /** The client answers each step with a zero byte, or with what is wrong. */
  async #acknowledged(): Promise<boolean> {
    const [byte] = await this.#io.input.exactly(1)
    if (byte === 0) return true
    this.#failed = true
    await this.#io.input.line(MAX_LINE)
    // A warning is for this file alone.
    if (byte !== 1) throw new Stopped()
    return false
  }

  async #complain(text: string): Promise<void> {
    this.#failed = true
    await this.#io.write(Buffer.concat([Buffer.of(1), toBytes(`scp: ${text}\n`)]))
  }
}

/** Runs it; strerror's text when the host refuses. */
function attempt(deed: () => void): string | undefined {
  try {
    deed()
    return undefined
  } catch (error) {
    if (error instanceof HostError) return error.message
    throw error
  }
}

function typeOf(files: HostFiles, path: string): string | undefined {
  try {
    return files.stat(path).type
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}
