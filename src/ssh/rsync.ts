import type { ProgramIo } from './program.ts'

/** `rsync --server …` at the start of a command line. */
const SERVER = /^(?:\S*\/)?rsync --server /

export function isRsyncServer(command: string): boolean {
  return SERVER.test(command)
}

/** Protocol number of rsync 3.2 (rsync.h, PROTOCOL_VERSION). */
const PROTOCOL = Buffer.of(31, 0, 0, 0)
/** RERR_STREAMIO of errcode.h. */
const EXIT_STREAM_ERROR = 12
const KEPT = 4096

/**
 * The server's side of rsync up to where the file list would begin: it exchanges version numbers, listens to what the
 * client says first, and breaks off as an rsync does whose stream ended.
 */
export async function rsyncServer(io: ProgramIo, said: (bytes: Buffer) => void): Promise<number> {
  await io.write(PROTOCOL)
  const version = await io.input.exactly(4)
  const first = (await io.input.some()) ?? Buffer.alloc(0)
  said(Buffer.concat([version, first.subarray(0, KEPT)]))
  await io.error('rsync: connection unexpectedly closed (4 bytes received so far) [Receiver]\n')
  return EXIT_STREAM_ERROR
}
