import { isErrno } from '../../../files/errno.ts'
import { MOST_DESCRIPTORS } from '../../../process/descriptors.ts'
import type { KernelProcess } from '../../../process/kernel-process.ts'
import { toText } from '../../../text.ts'
import { type Backing, PyFile } from '../file.ts'
import type { Machine } from '../machine.ts'
import { asInteger, payload } from '../operators.ts'
import { isHostError, osError, raisedFrom } from '../os-error.ts'
import { define } from '../signature.ts'
import { FILES } from '../types/others.ts'
import { classOf, typeError, typeName, valueError } from '../types.ts'
import { PyBytes, type Steps, type Value } from '../value.ts'

/** The text of a path argument. @throws Raised TypeError */
export function* pathOf(m: Machine, value: Value, what = 'expected str, bytes or os.PathLike object, not '): Steps<string> {
  const plain = payload(value)
  if (typeof plain === 'string') {
    if (plain.includes('\0')) throw valueError('embedded null byte')
    return plain
  }
  if (plain instanceof PyBytes) return toText(plain.data)
  const own = typeof plain === 'object' && plain !== null ? classOf(plain).find('__fspath__') : undefined
  if (own === undefined) throw typeError(what + typeName(value))
  return (yield* m.call(own, [value])) as string
}

/** A descriptor of the process as a file object's backing. */
export function descriptorBacking(process: KernelProcess, fd: number, path?: string): Backing {
  const file = (): NonNullable<ReturnType<KernelProcess['descriptors']['get']>> => process.descriptors.need(fd)
  return {
    fd,
    get isTerminal() {
      return process.descriptors.get(fd)?.isTerminal ?? false
    },
    async read(max) {
      const stop = file().isTerminal ? process.beforeRead(file()) : undefined
      if (stop) await stop
      const bytes = await file().read(max, process.block)
      const wait = process.moved(bytes?.length ?? 0)
      if (wait) await wait
      return bytes
    },
    async write(bytes) {
      await file().write(bytes, process.block)
      const wait = process.moved(bytes.length)
      if (wait) await wait
    },
    close: () => process.descriptors.close(fd),
    ...(path !== undefined && {
      content: () => process.files.read(path),
      replace: (content: Buffer) => process.files.write(path, content),
    }),
  }
}

/** open() of a path. @throws Raised */
export function openPath(m: Machine, path: string, mode: string, shown: Value = path): PyFile {
  const { process } = m
  const letters = mode.replace(/[bt]/g, '')
  if (!/^[rwax]\+?$/.test(letters) || /[bt].*[bt]/.test(mode))
    throw valueError(/^[rwaxbt+]*$/.test(mode) ? 'must have exactly one of create/read/write/append mode' : `invalid mode: '${mode}'`)
  const isBinary = mode.includes('b')
  const isUpdate = letters.includes('+')
  const cls = isBinary ? (isUpdate ? FILES.random : letters[0] === 'r' ? FILES.reader : FILES.writer) : FILES.text
  try {
    const type = typeAt(process, path)
    if (type === 'directory') throw osError('EISDIR', 'Is a directory', shown)
    if (letters[0] === 'x' && type !== undefined) throw osError('EEXIST', 'File exists', shown)
    if (letters === 'r+' && type === undefined) throw osError('ENOENT', 'No such file or directory', shown)
    const how = letters[0] === 'r' ? (isUpdate ? 'update' : 'read') : letters[0] === 'a' ? 'append' : 'truncate'
    const fd = process.descriptors.free(3)
    if (fd >= MOST_DESCRIPTORS) throw osError('EMFILE', 'Too many open files', shown)
    process.descriptors.set(fd, process.openFile(path, how))
    const isRegular = typeAt(process, path) === 'file'
    const backing = descriptorBacking(process, fd, isRegular ? path : undefined)
    const memory = isUpdate && isRegular ? Buffer.from(process.files.read(path)) : undefined
    return new PyFile(m, cls, { name: typeof shown === 'string' ? shown : path, mode, backing, ...(memory && { memory }) })
  } catch (error) {
    if (isHostError(error)) throw raisedFrom(error, shown)
    throw error
  }
}

function typeAt(process: KernelProcess, path: string): string | undefined {
  try {
    return process.files.stat(path).type
  } catch (error) {
    if (isErrno(error)) return undefined
    throw error
  }
}

export const openFile = define(
  'open',
  'file, mode=, buffering=, encoding=, errors=, newline=, closefd=, opener=',
  function* (
    m: Machine,
    file: Value,
    given: Value | undefined,
    buffering: Value | undefined,
    encoding: Value | undefined,
    errors: Value | undefined,
    newline: Value | undefined,
  ): Steps<Value> {
    const mode = typeof given === 'string' ? given : 'r'
    const fd = asInteger(file)
    let opened: PyFile
    if (fd !== undefined) {
      m.process.descriptors.need(Number(fd))
      const cls = mode.includes('b') ? (mode.includes('r') ? FILES.reader : FILES.writer) : FILES.text
      opened = new PyFile(m, cls, { name: `<fd:${fd}>`, mode, backing: descriptorBacking(m.process, Number(fd)) })
    } else opened = openPath(m, yield* pathOf(m, file), mode, file)
    if (typeof encoding === 'string') {
      if (!opened.isText) throw valueError("binary mode doesn't take an encoding argument")
      opened.encoding = encoding.toLowerCase() === 'utf8' ? 'utf-8' : encoding.toLowerCase()
    }
    if (typeof errors === 'string') opened.errors = errors
    if (typeof newline === 'string') opened.newline = newline
    if (buffering === 0n) {
      if (opened.isText) throw valueError("can't have unbuffered text I/O")
      opened.buffering = 'none'
    } else if (buffering === 1n || opened.isTerminal) opened.buffering = 'line'
    m.openFiles.add(opened)
    return opened
  },
)
