import type { SourceMemory } from './device.ts'
import { clip, type JetdirectVisit } from './events.ts'
import type { PjlCommand } from './pjl.ts'
import { FileError, isOutside, pathOf } from './volume.ts'

type Action = 'query' | 'list' | 'read' | 'write' | 'append' | 'mkdir' | 'delete' | 'format'

/** ATT&CK: what is done with the files. */
const TECHNIQUES: Record<Action, string[]> = {
  query: ['attack:T1083'],
  list: ['attack:T1083'],
  read: ['attack:T1005'],
  write: ['attack:T1105'],
  append: ['attack:T1105'],
  mkdir: [],
  delete: ['attack:T1070.004'],
  format: ['attack:T1561'],
}

/** Entries of one listing; the client asks on with ENTRY. */
const MOST_ENTRIES = 1000
/** Bytes of one upload; the client asks on with OFFSET. */
const MOST_BYTES = 1024 * 1024

/** The answer to a file command of PJL chapter 9: lines, or bytes that the form feed follows; none for those that have none. */
export function answerFiles(command: PjlCommand, memory: SourceMemory, visit: JetdirectVisit): Buffer | undefined {
  switch (command.command) {
    case 'FSQUERY':
      return attempt('query', command, visit, (path) => `${named('FSQUERY', command)} ${describe(memory.volume.find(path))}\r\n\f`)
    case 'FSDIRLIST':
      return attempt('list', command, visit, (path) => list(path, command, memory))
    case 'FSUPLOAD':
      return attempt('read', command, visit, (path) => upload(path, command, memory))
    case 'FSMKDIR':
      return silent('mkdir', command, visit, (path) => memory.volume.mkdir(path))
    case 'FSDELETE':
      return silent('delete', command, visit, (path) => memory.volume.remove(path))
    case 'FSINIT':
      return silent('format', command, visit, (path) => memory.volume.clear(path), command.options.get('VOLUME'))
    default:
      return undefined
  }
}

/** FSDOWNLOAD and FSAPPEND: the file is kept as evidence and on the simulated disk. Neither is answered. */
export function storeFile(
  command: PjlCommand,
  { bytes, size, sha256 }: { bytes: Buffer; size: number; sha256: string },
  memory: SourceMemory,
  visit: JetdirectVisit,
): void {
  const action = command.command === 'FSAPPEND' ? 'append' : 'write'
  if (bytes.length) visit.capture(bytes, { name: clip(nameOf(command)), how: `jetdirect.${action}` })
  const place = (path: string): void => (action === 'append' ? memory.volume.append(path, bytes) : memory.volume.write(path, bytes))
  silent(action, command, visit, place, nameOf(command), { size, sha256 })
}

function list(path: string, command: PjlCommand, { volume }: SourceMemory): string {
  const first = numberOf(command, 'ENTRY', 1)
  const count = Math.min(numberOf(command, 'COUNT', MOST_ENTRIES), MOST_ENTRIES)
  const folders = ['. TYPE=DIR', '.. TYPE=DIR']
  const lines = [...folders, ...volume.list(path).map(([name, entry]) => `${name} ${describe(entry)}`)]
  const shown = lines.slice(Math.max(0, first - 1), Math.max(0, first - 1) + count)
  return `${named('FSDIRLIST', command)} ENTRY=${first}\r\n${shown.map((line) => `${line}\r\n`).join('')}\f`
}

function upload(path: string, command: PjlCommand, { volume }: SourceMemory): Buffer {
  const bytes = volume.read(path)
  const offset = numberOf(command, 'OFFSET', 0)
  const part = bytes.subarray(offset, offset + Math.min(numberOf(command, 'SIZE', bytes.length), MOST_BYTES))
  const header = `@PJL FSUPLOAD FORMAT:BINARY NAME="${nameOf(command)}" OFFSET=${offset} SIZE=${part.length}\r\n`
  return Buffer.concat([Buffer.from(header, 'latin1'), part, Buffer.from('\f')])
}

function describe(entry: { type: 'DIR' } | { type: 'FILE'; bytes: Buffer }): string {
  return entry.type === 'DIR' ? 'TYPE=DIR' : `TYPE=FILE SIZE=${entry.bytes.length}`
}

function nameOf(command: PjlCommand): string {
  return command.options.get('NAME') ?? ''
}

function named(verb: string, command: PjlCommand): string {
  return `@PJL ${verb} NAME="${nameOf(command)}"`
}

function numberOf({ options }: PjlCommand, name: string, otherwise: number): number {
  const n = Number.parseInt(options.get(name)?.slice(0, 10) ?? '', 10)
  return Number.isNaN(n) || n < 0 ? otherwise : n
}

/** Does what has an answer; the answer to what goes wrong is its FILEERROR. */
function attempt(action: Action, command: PjlCommand, visit: JetdirectVisit, make: (path: string) => string | Buffer): Buffer {
  let path: string | undefined
  try {
    path = pathOf(nameOf(command))
    const answer = make(path)
    note(action, nameOf(command), path, visit)
    return typeof answer === 'string' ? Buffer.from(answer, 'latin1') : answer
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    note(action, nameOf(command), path, visit, { error: error.code })
    return Buffer.from(`${named(command.command, command)}\r\nFILEERROR=${error.code}\r\n\f`, 'latin1')
  }
}

function silent(
  action: Action,
  command: PjlCommand,
  visit: JetdirectVisit,
  change: (path: string) => void,
  name = nameOf(command),
  facts: { size?: number; sha256?: string } = {},
): undefined {
  let path: string | undefined
  try {
    path = pathOf(name)
    change(path)
    note(action, name, path, visit, facts)
  } catch (error) {
    if (!(error instanceof FileError)) throw error
    note(action, name, path, visit, { ...facts, error: error.code })
  }
}

/** Writes down what was done with a file. */
export function note(
  action: Action,
  name: string,
  path: string | undefined,
  visit: JetdirectVisit,
  facts: { size?: number; sha256?: string; error?: number } = {},
): void {
  const climbs = path !== undefined && isOutside(path) ? ['cve:CVE-2010-4107'] : []
  visit.record('jetdirect.file', { action, name: clip(name, 512), ...facts }, [...TECHNIQUES[action], ...climbs])
}
