import { randomInt } from 'node:crypto'
import type { ProgramIo } from './program.ts'

/** `rsync --server …` at the start of a command line. */
const SERVER = /^(?:\S*\/)?rsync --server /

export function isRsyncServer(command: string): boolean {
  return SERVER.test(command)
}

/** Protocol number of rsync 3.2 (rsync.h, PROTOCOL_VERSION). */
const PROTOCOL = 31
/** RERR_STREAMIO of errcode.h. */
const EXIT_STREAM_ERROR = 12
const KEPT = 4096
/** A client has said all that it says by itself when it is quiet for this long. */
const QUIET_MS = 1500

/**
 * The server's side of rsync up to where files would go over: it exchanges version numbers, answers with no compatibility flags
 * and a checksum seed (compat.c, setup_protocol), listens to what the client says then (the names, sizes, times and owners of what
 * it pushes; the filters of what it wants), and breaks off as an rsync does whose other process died.
 */
export async function rsyncServer(io: ProgramIo, said: (bytes: Buffer) => void): Promise<number> {
  const version = Buffer.alloc(4)
  version.writeUInt32LE(PROTOCOL)
  await io.write(version)
  const theirs = await io.input.exactly(4)
  const flagsAndSeed = Buffer.alloc(5)
  flagsAndSeed.writeUInt32LE(randomInt(2 ** 31), 1)
  await io.write(flagsAndSeed)
  const heard = [theirs]
  let bytes = theirs.length
  for (let part = await soon(io.input.some()); part && bytes < KEPT; part = await soon(io.input.some())) {
    heard.push(part)
    bytes += part.length
  }
  said(Buffer.concat(heard).subarray(0, KEPT))
  return EXIT_STREAM_ERROR
}

/** What comes within {@link QUIET_MS}. */
function soon(reading: Promise<Buffer | undefined>): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, QUIET_MS, undefined)
    reading.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
