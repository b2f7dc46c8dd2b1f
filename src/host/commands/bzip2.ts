import { isBzip2, unpackBzip2 } from './compression/bzip2-decoder.ts'
import { packBzip2 } from './compression/bzip2-encoder.ts'
import { packerCommand } from './compression/packer.ts'

export default packerCommand({
  name: 'bzip2',
  package: 'bzip2',
  paths: ['/usr/bin/bzip2', '/usr/bin/bunzip2', '/usr/bin/bzcat'],
  unpackers: ['bunzip2'],
  toOutput: ['bzcat'],
  suffix: '.bz2',
  archives: { '.bz': '', '.tbz2': '.tar', '.tbz': '.tar' },
  usage: '[flags and input files in any order]',
  about: '',
  version: 'bzip2, a block-sorting file compressor.  Version 1.0.8, 13-Jul-2019.',
  isPacked: isBzip2,
  pack: packBzip2,
  unpack: unpackBzip2,
  report: (name, packed, plain) => {
    const ratio = packed / Math.max(1, plain)
    return `  ${name}: ${(1 / ratio).toFixed(3).padStart(6)}:1, ${(8 * ratio).toFixed(3).padStart(6)} bits/byte, ${(100 * (1 - ratio)).toFixed(2).padStart(5)}% saved, ${plain} in, ${packed} out.\n`
  },
  troubleOfCorrupt: 2,
  messages: {
    missing: (name, reason) => `Can't open input file ${name}: ${reason}.`,
    exists: (name) => `Output file ${name} already exists.`,
    suffixed: (name, suffix) => `Input file ${name} already has ${suffix} suffix.`,
    unsuffixed: (name) => `Can't guess original name for ${name} -- using ${name}.out`,
    directory: (name) => `Input file ${name} is a directory.`,
    corrupt: (name, reason) =>
      reason === 'not a bzip2 file' ? `${name} is not a bzip2 file.` : `${reason}\n\tInput file = ${name}, output file = (none)`,
    terminal: "I won't write compressed data to a terminal.\nbzip2: For help, type: `bzip2 --help'.",
  },
})
