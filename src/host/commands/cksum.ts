import type { HostText, Process, ProcessInput } from '../command.ts'
import { gnuCommand, Usage } from './gnu/command.ts'
import { digest } from './gnu/digest.ts'
import { eachInput } from './gnu/inputs.ts'

/** CRC of POSIX cksum: polynomial 0x04C11DB7, most significant bit first, followed by the length. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n << 24
  for (let k = 0; k < 8; k++) c = c & 0x80000000 ? (c << 1) ^ 0x04c11db7 : c << 1
  return c >>> 0
})

export default gnuCommand({
  name: 'cksum',
  usage: '[OPTION]... [FILE]...',
  about: 'Print or verify checksums.',
  authors: 'Padraig Brady and Q. Frank Xia',
  short: 'a:c',
  long: { algorithm: 'a', check: 'c' },
  async run(process, options) {
    const named = options.value('a')
    if (named !== undefined && named !== 'crc') return byAlgorithm(process, options.operands, named)
    const fine = await eachInput(process, options.operands, async (input, name) => {
      const { crc, size } = await sum(input)
      await process.stdout.write(`${crc} ${size}${options.operands.length ? ` ${name}` : ''}\n`)
    })
    return fine ? 0 : 1
  },
})

const ALGORITHMS: Readonly<Record<string, string>> = {
  md5: 'MD5',
  sha1: 'SHA1',
  sha224: 'SHA224',
  sha256: 'SHA256',
  sha384: 'SHA384',
  sha512: 'SHA512',
  blake2b: 'BLAKE2b',
  sm3: 'SM3',
}

/** `-a NAME`: tagged lines, as the programs named after the algorithms give with `--tag`. */
async function byAlgorithm(process: Process, files: readonly HostText[], name: string): Promise<number> {
  const tag = Object.hasOwn(ALGORITHMS, name) ? ALGORITHMS[name] : undefined
  if (tag === undefined)
    throw new Usage(
      `invalid argument '${name}' for '--algorithm'\nValid arguments are:\n${['bsd', 'sysv', 'crc', ...Object.keys(ALGORITHMS)].map((known) => `  - '${known}'`).join('\n')}`,
    )
  const fine = await eachInput(process, files, async (input, file) =>
    process.stdout.write(`${tag} (${file}) = ${await digest(process, input, name === 'blake2b' ? 'blake2b512' : name)}\n`),
  )
  return fine ? 0 : 1
}

async function sum(input: ProcessInput): Promise<{ crc: number; size: number }> {
  let crc = 0
  let size = 0
  const add = (byte: number): void => {
    crc = ((crc << 8) ^ (TABLE[((crc >>> 24) ^ byte) & 0xff] as number)) >>> 0
  }
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    size += chunk.length
    for (const byte of chunk) add(byte)
  }
  for (let length = size; length > 0; length = Math.floor(length / 256)) add(length & 0xff)
  return { crc: ~crc >>> 0, size }
}
