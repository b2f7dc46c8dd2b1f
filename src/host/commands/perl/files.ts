import type { HostText, Process, ProcessInput, ProcessOutput } from '../../command.ts'
import { toBytes } from '../../text.ts'
import type { Interpreter } from './interpreter.ts'
import { bytesOf, hostName, type Machine } from './machine.ts'
import { Unsupported } from './syntax.ts'
import { Box, Handle, Ref, text, type Value } from './value.ts'

/** A line of a handle, or of the files of the command line; undefined at the end. */
export async function readLine(p: Interpreter, from: Value): Promise<Value> {
  const { machine } = p
  const handle = from === undefined || (typeof from === 'string' && (from === '' || from === 'ARGV')) ? undefined : handleOf(machine, from)
  if (from !== undefined && typeof from === 'string' && from !== '' && from !== 'ARGV' && !handle) return undefined
  if (handle) return readFrom(machine, handle)
  for (;;) {
    const current = machine.current ?? (await nextInput(machine))
    if (!current) return undefined
    const line = await readFrom(machine, current)
    if (line !== undefined) return line
    machine.current = undefined
    await finishInPlace(machine)
  }
}

export async function readLines(p: Interpreter, from: Value): Promise<Value[]> {
  const lines: Value[] = []
  for (let line = await readLine(p, from); line !== undefined; line = await readLine(p, from)) {
    const pause = p.machine.spend()
    if (pause) await pause
    lines.push(line)
    p.machine.boundedList(lines)
  }
  return lines
}

export function handleOf(machine: Machine, value: Value): Handle | undefined {
  if (value instanceof Handle) return value
  if (value instanceof Ref && value.to instanceof Box && value.to.value instanceof Handle) return value.to.value
  return machine.handles.get(text(value).replace(/^\*?(?:main::)?/, ''))
}

async function readFrom(machine: Machine, handle: Handle): Promise<Value> {
  machine.lastRead = handle
  const separator = machine.scalarOf('/')
  const end = separator === undefined ? undefined : text(separator)
  const paragraphs = end === ''
  const mark = paragraphs ? '\n\n' : end
  if (paragraphs) handle.buffer = handle.buffer.replace(/^\n+/, '')
  while (!handle.ended && (mark === undefined || !handle.buffer.includes(mark))) {
    if (handle === machine.stdin) await machine.flush()
    const chunk = await handle.input?.read()
    if (!chunk) handle.ended = true
    else {
      handle.buffer += Buffer.from(chunk).toString('latin1')
      machine.bounded(handle.buffer)
    }
    if (paragraphs && handle.line === 0) handle.buffer = handle.buffer.replace(/^\n+/, '')
  }
  if (handle.buffer === '') return undefined
  handle.line++
  const at = mark === undefined ? -1 : handle.buffer.indexOf(mark)
  const line = at < 0 ? handle.buffer : handle.buffer.slice(0, at + (mark as string).length)
  handle.buffer = handle.buffer.slice(line.length)
  return line
}

/** Opens the next file of `<>`; standard input when none was named. */
async function nextInput(machine: Machine): Promise<Handle | undefined> {
  machine.inputs ??= machine.array('ARGV').items.length
    ? machine
        .array('ARGV')
        .items.splice(0)
        .map((name) => hostName(text(name)))
    : ['-']
  for (let name = machine.inputs.shift(); name !== undefined; name = machine.inputs.shift()) {
    machine.setScalar('ARGV', bytesOf(name))
    if (name === '-') {
      machine.current = machine.stdin
      return machine.stdin
    }
    try {
      const handle = new Handle('')
      handle.line = machine.lastRead?.line ?? 0
      handle.input = machine.process.openInput(name)
      machine.current = handle
      if (machine.inPlace !== undefined) await beginInPlace(machine, name, handle)
      return handle
    } catch (error) {
      machine.failed(error)
      await machine.warn(`Can't open ${name}: ${text(machine.scalarOf('!'))}${machine.lastRead ? machine.place : '.\n'}`)
    }
  }
  return undefined
}

/** `-i`: the file is read whole, and what is printed takes its place. */
async function beginInPlace(machine: Machine, name: string, handle: Handle): Promise<void> {
  const { files } = machine.process
  const bytes = files.read(name)
  handle.buffer = bytes.toString('latin1')
  handle.ended = true
  if (machine.inPlace)
    files.write(machine.inPlace.includes('*') ? machine.inPlace.replace('*', name) : name + machine.inPlace, bytes, files.stat(name).mode)
  const out = new Handle('ARGVOUT')
  let written = ''
  out.output = {
    isTerminal: false,
    write: async (data) => {
      written = machine.bounded(written + latin1Of(data))
    },
  }
  out.finish = async () => {
    machine.hasActed = true
    files.write(name, Buffer.from(written, 'latin1'))
    return 0
  }
  machine.handles.set('ARGVOUT', out)
  machine.selected = out
}

async function finishInPlace(machine: Machine): Promise<void> {
  const out = machine.handles.get('ARGVOUT')
  if (!out) return
  await out.finish?.()
  machine.handles.delete('ARGVOUT')
  machine.selected = machine.handles.get('STDOUT') as Handle
}

/** What is written, as Perl has it. */
function latin1Of(data: Uint8Array | HostText): string {
  return Buffer.from(typeof data === 'string' ? toBytes(data) : data).toString('latin1')
}

const MODES: Readonly<Record<string, 'read' | 'truncate' | 'append' | 'update'>> = {
  '<': 'read',
  '>': 'truncate',
  '>>': 'append',
  '+<': 'update',
  '+>': 'truncate',
}

/** `open`: two and three arguments, pipes, texts in memory, copies of handles. */
export async function openHandle(p: Interpreter, handle: Handle, given: readonly Value[]): Promise<Value> {
  const { machine } = p
  const [first = '', ...others] = given.map((value) => (value instanceof Ref || value instanceof Handle ? value : text(value)))
  let mode = text(first).trim().replace(/:.*$/, '')
  let [target] = others as Value[]
  if (others.length === 0) {
    const [, sign = '<', rest = ''] = /^\s*(\+?[<>]{1,2}&?=?|\|)?\s*([\s\S]*?)\s*$/.exec(text(first)) ?? []
    mode = sign
    target = rest
    if (rest.endsWith('|') && sign === '<') {
      mode = '-|'
      target = rest.slice(0, -1)
    } else if (sign === '|') mode = '|-'
  }
  Object.assign(handle, { buffer: '', ended: false, line: 0, input: undefined, output: undefined, finish: undefined })
  const words = others.slice(1).map(text)
  if (mode === '-|') return pipeFrom(p, handle, text(target), words)
  if (mode === '|-') return pipeTo(p, handle, text(target), words)
  if (/&=?$/.test(mode)) {
    const other = handleOf(machine, typeof target === 'string' ? target.replace(/^=/, '') : target)
    if (!other) throw new Unsupported('open of a descriptor')
    handle.input = other.input
    handle.output = other.output
    return 1
  }
  const how = MODES[mode]
  if (!how) return machine.die(`Unknown open() mode '${mode}'`)
  if (target instanceof Ref && target.to instanceof Box) return openText(handle, how, target.to)
  try {
    const name = hostName(text(target))
    if (how === 'read') {
      if (name === '-') handle.input = machine.process.stdin
      else {
        const stat = machine.process.files.stat(name)
        handle.input = stat.type === 'directory' ? nothing : machine.process.openInput(name)
      }
    } else if (how === 'update') {
      handle.input = machine.process.openInput(name)
      handle.output = machine.process.openOutput(name, 'append')
    } else handle.output = name === '-' ? machine.process.stdout : machine.process.openOutput(name, how)
    machine.hasActed ||= how !== 'read'
    return 1
  } catch (error) {
    return machine.failed(error)
  }
}

const nothing: ProcessInput = {
  read: async () => undefined,
  all: async () => new Uint8Array(),
  line: async () => undefined,
  isTerminal: false,
}

function openText(handle: Handle, how: string, box: Box): Value {
  if (how === 'read') {
    handle.buffer = text(box.value)
    handle.ended = true
    return 1
  }
  if (how === 'truncate') box.value = ''
  handle.output = {
    isTerminal: false,
    write: async (data) => {
      box.value = text(box.value) + latin1Of(data)
    },
  }
  return 1
}

async function pipeFrom(p: Interpreter, handle: Handle, command: string, words: string[]): Promise<Value> {
  const { output, status } = await runCommand(p.machine, command, words)
  handle.buffer = output
  handle.ended = true
  handle.finish = async () => status
  return status === 127 && words.length ? undefined : p.machine.process.pid + 1
}

async function pipeTo(p: Interpreter, handle: Handle, command: string, words: string[]): Promise<Value> {
  let written = ''
  handle.output = {
    isTerminal: false,
    write: async (data) => {
      written = p.machine.bounded(written + latin1Of(data))
    },
  }
  handle.finish = async () => {
    await p.machine.flush()
    return p.machine.process.run(commandWords(command, words), { stdin: Buffer.from(written, 'latin1') })
  }
  return p.machine.process.pid + 1
}

/** One text goes through a shell when it has something for one; several words do not. */
export function commandWords(command: string, words: readonly string[]): string[] {
  if (words.length > 0) return [hostName(command), ...words.map(hostName)]
  return /[$&*(){}[\]'";\\|?<>~`\n=%]/.test(command) ? ['sh', '-c', hostName(command)] : command.trim().split(/\s+/).map(hostName)
}

/** Runs a command for what it prints. */
export async function runCommand(
  machine: Machine,
  command: string,
  words: readonly string[] = [],
): Promise<{ output: string; status: number }> {
  await machine.flush()
  let output = ''
  const sink: ProcessOutput = {
    isTerminal: false,
    write: async (data) => {
      output = machine.bounded(output + latin1Of(data))
    },
  }
  const status = await started(machine.process, commandWords(command, words), { stdin: 'inherit', stdout: sink }, machine)
  return { output, status }
}

/** A command that is not there gives -1 and `$!`. */
export async function started(process: Process, argv: string[], options: Parameters<Process['run']>[1], machine: Machine): Promise<number> {
  machine.hasActed = true
  try {
    return await process.run(argv, options)
  } catch (error) {
    machine.failed(error)
    return -1
  }
}

export async function closeHandle(machine: Machine, handle: Handle): Promise<Value> {
  const wasOpen = handle.input !== undefined || handle.output !== undefined || handle.finish !== undefined || handle.buffer !== ''
  const status = await handle.finish?.()
  if (status !== undefined) machine.setScalar('?', status << 8)
  Object.assign(handle, { input: undefined, output: undefined, buffer: '', ended: true, finish: undefined, line: 0 })
  return wasOpen && !status ? 1 : ''
}
