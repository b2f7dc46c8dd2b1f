import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs'

const PIECE = 64 * 1024
const NEWLINE = 0x0a

/**
 * The last whole line of a file, without its end; undefined when there is no such file or no line in it. What a crash has left behind
 * it, without an end, is cut off.
 */
export function lastLine(path: string): string | undefined {
  const fd = openIfThere(path)
  if (fd === undefined) return undefined
  try {
    const { size } = fstatSync(fd)
    const end = newlineBefore(fd, size)
    if (end + 1 < size) ftruncateSync(fd, end + 1)
    if (end < 0) return undefined
    const start = newlineBefore(fd, end) + 1
    const line = Buffer.alloc(end - start)
    readSync(fd, line, 0, line.length, start)
    return line.toString()
  } finally {
    closeSync(fd)
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r+')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Where the last line end before a place is; -1 when there is none. */
function newlineBefore(fd: number, place: number): number {
  const piece = Buffer.alloc(PIECE)
  for (let end = place; end > 0; end -= PIECE) {
    const start = Math.max(0, end - PIECE)
    const read = readSync(fd, piece, 0, end - start, start)
    const found = piece.subarray(0, read).lastIndexOf(NEWLINE)
    if (found >= 0) return start + found
  }
  return -1
}
