import { attempt, complain, Failure, gnuCommand } from './gnu/command.ts'
import { parseSize } from './gnu/size.ts'
import { statIfThere } from './gnu/tree.ts'

/** What is written at once; zeros take no memory. */
const PIECE = Buffer.alloc(1024 * 1024)

export default gnuCommand({
  name: 'fallocate',
  package: 'util-linux',
  usage: '[options] <filename>',
  about: '\nPreallocate space to, or deallocate space from a file.',
  short: 'cdil:no:pzxv',
  long: { length: 'l', offset: 'o', 'keep-size': 'n', 'punch-hole': 'p', 'dig-holes': 'd', 'zero-range': 'z', posix: 'x', verbose: 'v' },
  async run(process, options) {
    const [path, extra] = options.operands
    if (path === undefined) throw new Failure('no filename specified')
    if (extra !== undefined) throw new Failure('unexpected number of arguments')
    const text = options.value('l')
    if (text === undefined && !options.has('d')) throw new Failure('no length argument specified')
    const length = text === undefined ? 0 : (parseSize(text) ?? 0)
    if (length <= 0 && !options.has('d')) throw new Failure(text === '0' ? 'invalid length value specified' : 'failed to parse length')
    const fine = await attempt(
      async () => {
        const output = process.openOutput(path, 'append')
        const end = Number(options.value('o') ?? 0) + length
        let size = statIfThere(process, path)?.size ?? 0
        while (size < end && !options.has('n', 'p', 'd')) {
          const piece = PIECE.subarray(0, Math.min(PIECE.length, end - size))
          await process.spend(1)
          await output.write(piece)
          size += piece.length
        }
      },
      (error) =>
        complain(process, error.code === 'ENOSPC' ? `fallocate failed: ${error.message}` : `cannot open ${path}: ${error.message}`),
    )
    return fine ? 0 : 1
  },
})
