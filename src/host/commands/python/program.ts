import { evidence } from '../../../events/bytes.ts'
import { HostError } from '../../contract.ts'
import { errno } from '../../files/errno.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { toBytes } from '../../text.ts'
import { askEngine } from '../gnu/help.ts'
import { noteIndicator } from '../net/target.ts'
import { descriptorBacking } from './builtins/open.ts'
import { parseSource } from './builtins/source.ts'
import { ProgramReplaced } from './children.ts'
import { PyFile } from './file.ts'
import { Frame, type SourceFile } from './frame.ts'
import { Importer } from './importer.ts'
import { Machine } from './machine.ts'
import type { Program } from './syntax.ts'
import { formatException } from './traceback.ts'
import { FILES } from './types/others.ts'
import { exceptionClass, T } from './types.ts'
import { Call, type PyException, PyModule, type Steps, Unsupported, type Value } from './value.ts'

export interface ProgramOptions {
  /** `-u` */
  unbuffered: boolean
  /** sys.path[0] */
  path: string
  interactive: boolean
}

/** How a program ended: its exit status, or that it is not for us. */
export type Ending = { kind: 'exit'; status: number } | { kind: 'interrupted' } | { kind: 'unsupported' }

/** One run of the interpreter: the machine with its streams and `__main__`. */
export class PythonProgram {
  readonly machine: Machine
  readonly main: PyModule
  readonly #process: KernelProcess
  readonly #noted = new Set<string>()

  constructor(process: KernelProcess, argv: readonly string[], options: ProgramOptions) {
    this.#process = process
    const m = new Machine(process, argv)
    this.machine = m
    m.importer = new Importer(m)
    m.firstPath = options.path
    m.isInteractive = options.interactive
    m.noteSource = (source) => this.note(source)
    m.stdin = this.#stream(0, 'stdin', options.unbuffered)
    m.stdout = this.#stream(1, 'stdout', options.unbuffered)
    m.stderr = this.#stream(2, 'stderr', true)
    if (m.stderr.buffering === 'none') m.stderr.buffering = 'line'
    m.stderr.errors = 'backslashreplace'
    this.main = new PyModule('__main__', new Map<string, Value>(), T.module)
    m.modules.set('__main__', this.main)
    process.onSignal('INT', () => {
      if (m.ignoresInterrupts > 0) return
      m.interrupted = true
      process.interrupt(errno('EINTR'))
    })
  }

  #stream(fd: number, name: string, unbuffered: boolean): PyFile {
    const file = new PyFile(this.machine, FILES.text, {
      name: `<${name}>`,
      mode: fd === 0 ? 'r' : 'w',
      backing: descriptorBacking(this.#process, fd),
    })
    file.buffering = unbuffered ? 'none' : file.isTerminal ? 'line' : 'full'
    file.attributes?.set('buffer', this.#binary(fd, name, file))
    return file
  }

  /** The binary side of a stream; it shares what has been written. */
  #binary(fd: number, name: string, text: PyFile): Value {
    const backing = descriptorBacking(this.#process, fd)
    const file = new PyFile(this.machine, fd === 0 ? FILES.reader : FILES.writer, {
      name: `<${name}>`,
      mode: fd === 0 ? 'rb' : 'wb',
      backing: {
        ...backing,
        isTerminal: text.isTerminal,
        read: (max) => text.readBytes(max).then((part) => (part.length > 0 ? part : undefined)),
        write: (bytes) => text.write(bytes),
      },
    })
    file.buffering = 'none'
    return file
  }

  /** Imports what every program has: builtins and sys, and the names of `__main__`. */
  async begin(facts: { file?: string } = {}): Promise<void> {
    const m = this.machine
    const builtins = await m.run(m.importModule('builtins'))
    for (const [name, value] of builtins.attributes) m.builtins.set(name, value)
    m.builtins.delete('__name__')
    const sys = await m.run(m.importModule('sys'))
    const { attributes } = this.main
    attributes.set('__name__', '__main__')
    attributes.set('__doc__', null)
    attributes.set('__package__', null)
    attributes.set('__loader__', null)
    attributes.set('__spec__', null)
    attributes.set('__builtins__', builtins)
    if (facts.file !== undefined) {
      attributes.set('__file__', facts.file)
      attributes.set('__cached__', null)
    }
    void sys
  }

  /** Writes down what a program points at. */
  note(source: string): void {
    if (this.#noted.has(source)) return
    this.#noted.add(source)
    const process = this.#process
    process.recorder.capture(toBytes(source), { how: 'python program', name: evidence('python') })
    for (const [url] of source.matchAll(/\b(?:https?|ftp):\/\/[^\s"'`<>\\)]{1,2000}/g)) noteIndicator(process, 'url', url, 'python')
    for (const found of source.matchAll(/\(\s*["']((?:\d{1,3}\.){3}\d{1,3}|[\w.-]{1,200}\.[a-z]{2,20})["']\s*,\s*(\d{2,5})\s*\)/g))
      noteIndicator(process, 'host', `${found[1]}:${found[2]}`, 'python socket')
  }

  /** Compiles and runs a whole source, and ends the interpreter. */
  async run(source: string, file: SourceFile): Promise<Ending> {
    this.note(source)
    const ending = await this.attempt(() => {
      const program = parseSource(source.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'), file.name, 'exec')
      return this.module(program, file)
    })
    return this.finish(ending)
  }

  /** Runs a program in `__main__`. */
  *module(program: Program, source: SourceFile): Steps<void> {
    for (const { line, message } of program.warnings) {
      const text = source.lines?.[line - 1]?.trim()
      yield this.machine.stderr.writeText(`${source.name}:${line}: SyntaxWarning: ${message}\n${text === undefined ? '' : `  ${text}\n`}`)
    }
    const { attributes } = this.main
    const frame = new Frame({ name: '<module>', scope: program.scope, locals: attributes, globals: attributes, outer: undefined, source })
    this.machine.echoFrame = frame
    yield new Call(this.machine.inFrame(frame, this.machine.execute(program.body, frame) as Steps<unknown>))
  }

  /** Runs steps; what nobody caught is printed. */
  async attempt(make: () => Steps<unknown>): Promise<Ending | undefined> {
    const m = this.machine
    try {
      await m.run(make())
      return undefined
    } catch (error) {
      m.frame = undefined
      if (error instanceof ProgramReplaced) m.exits = true
      if (error instanceof ProgramReplaced) return { kind: 'exit', status: error.status }
      if (error instanceof Unsupported) return { kind: 'unsupported' }
      const raised = error instanceof HostError && error.code === 'EPIPE' ? undefined : m.asRaised(error)
      if (!raised) throw error
      return await this.report(raised.exception)
    }
  }

  /** What an exception that nobody caught does: it is printed, or it is the end. */
  async report(exception: PyException): Promise<Ending> {
    const m = this.machine
    const { cls } = exception
    if (cls.isSubclassOf(exceptionClass('SystemExit'))) {
      m.exits = true
      return { kind: 'exit', status: await this.#exitStatus(exception) }
    }
    await m.stdout.flush()
    await m.stderr.writeText(await m.run(formatException(m, exception)))
    await m.stderr.flush()
    return cls.isSubclassOf(exceptionClass('KeyboardInterrupt')) ? { kind: 'interrupted' } : { kind: 'exit', status: 1 }
  }

  async #exitStatus(exception: PyException): Promise<number> {
    const m = this.machine
    const code = exception.args[0] ?? null
    if (code === null) return 0
    if (typeof code === 'bigint') return Number(BigInt.asUintN(8, code))
    if (typeof code === 'boolean') return code ? 1 : 0
    await m.stdout.flush()
    await m.stderr.writeText(`${await m.run(m.str(exception.args.length > 1 ? m.tuple(exception.args) : code))}\n`)
    await m.stderr.flush()
    return 1
  }

  /** Exit functions, and what is still in buffers. */
  async finish(ending: Ending | undefined): Promise<Ending> {
    const m = this.machine
    if (ending?.kind === 'unsupported') return ending
    for (let next = m.atExit.pop(); next; next = m.atExit.pop()) {
      const run = next
      await this.attempt(() => run())
    }
    for (const file of m.openFiles) if (!file.isClosed) await file.flush()
    await m.stdout.flush()
    await m.stderr.flush()
    return ending ?? { kind: 'exit', status: 0 }
  }
}

/** The exit status of an ending; a program that is not for us is the engine's, unless it has shown something already. */
export async function settle(process: KernelProcess, program: PythonProgram, ending: Ending): Promise<number> {
  if (ending.kind === 'exit') return ending.status
  if (ending.kind === 'interrupted') throw errno('EINTR')
  const { machine } = program
  if (!machine.hasShown && !machine.hasActed) {
    machine.stdout.discard()
    const asked = askEngine(process)
    if (asked !== undefined) return asked
  }
  await machine.stdout.flush()
  return 0
}
