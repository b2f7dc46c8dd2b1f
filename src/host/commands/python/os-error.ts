import { constants } from 'node:os'
import type { HostError } from '../../contract.ts'
import { raise } from './types.ts'
import type { Raised, Value } from './value.ts'

/** Classes that OSError turns into by its number. */
const CLASSES: Readonly<Record<string, string>> = {
  EAGAIN: 'BlockingIOError',
  EALREADY: 'BlockingIOError',
  EINPROGRESS: 'BlockingIOError',
  EPIPE: 'BrokenPipeError',
  ECHILD: 'ChildProcessError',
  ECONNABORTED: 'ConnectionAbortedError',
  ECONNREFUSED: 'ConnectionRefusedError',
  ECONNRESET: 'ConnectionResetError',
  EEXIST: 'FileExistsError',
  ENOENT: 'FileNotFoundError',
  EINTR: 'InterruptedError',
  EISDIR: 'IsADirectoryError',
  ENOTDIR: 'NotADirectoryError',
  EACCES: 'PermissionError',
  EPERM: 'PermissionError',
  ESRCH: 'ProcessLookupError',
  ETIMEDOUT: 'TimeoutError',
}

/** Linux' numbers; the machine that this runs on may have others. */
export const ERRNO: Readonly<Record<string, number>> = { ...constants.errno }

const NAMES = new Map(Object.entries(ERRNO).map(([name, number]) => [number, name]))

/** The class for an errno. */
export function classForErrno(number: bigint): string {
  return CLASSES[NAMES.get(Number(number)) ?? ''] ?? 'OSError'
}

/** OSError of a name, with its text and file. */
export function osError(code: string, message: string, filename?: Value, filename2?: Value): Raised {
  const raised = raise(CLASSES[code] ?? 'OSError', BigInt(ERRNO[code] ?? 5), message)
  if (filename !== undefined) raised.exception.attributes.set('filename', filename)
  if (filename2 !== undefined) raised.exception.attributes.set('filename2', filename2)
  return raised
}

export function raisedFrom(error: HostError, filename?: Value, filename2?: Value): Raised {
  return osError(error.code, error.message, filename, filename2)
}

export function isHostError(error: unknown): error is HostError {
  return error instanceof Error && error.name === 'HostError'
}

/** Runs what may fail with a host's error, which then names the file. */
export function withFile<R>(filename: Value, run: () => R, filename2?: Value): R {
  try {
    return run()
  } catch (error) {
    if (isHostError(error) && error.code !== 'EINTR') throw raisedFrom(error, filename, filename2)
    throw error
  }
}
