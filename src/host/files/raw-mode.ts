import type { FileStat } from '../contract.ts'

/** S_IFMT bits of st_mode by what a file is (inode(7)). */
export const TYPE_BITS: Readonly<Record<FileStat['type'], number>> = {
  fifo: 0o010000,
  character: 0o020000,
  directory: 0o040000,
  block: 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
}

/** st_mode: what a file is, and its permissions. */
export function rawMode({ type, mode }: Pick<FileStat, 'type' | 'mode'>): number {
  return TYPE_BITS[type] | mode
}
