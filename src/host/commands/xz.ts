import { packerCommand } from './compression/packer.ts'
import { isXz, packXz, unpackXz } from './compression/xz.ts'

export default packerCommand({
  name: 'xz',
  package: 'xz-utils',
  paths: ['/usr/bin/xz', '/usr/bin/unxz', '/usr/bin/xzcat'],
  unpackers: ['unxz'],
  toOutput: ['xzcat'],
  suffix: '.xz',
  archives: { '.txz': '.tar' },
  usage: '[OPTION]... [FILE]...',
  about: 'Compress or decompress FILEs in the .xz format.',
  version: 'xz (XZ Utils) 5.4.1\nliblzma 5.4.1',
  isPacked: isXz,
  pack: packXz,
  unpack: unpackXz,
  report: (name, packed, plain) =>
    `${name} (1/1)\n  100 % ${size(packed).padStart(16)} / ${size(plain)} = ${plain === 0 ? '---' : (packed / plain).toFixed(3)}\n`,
  troubleOfCorrupt: 1,
  messages: {
    missing: (name, reason) => `${name}: ${reason}`,
    exists: (name) => `${name}: File exists`,
    suffixed: (name, suffix) => `${name}: File already has \`${suffix}' suffix, skipping`,
    unsuffixed: (name, isPacked) => `${name}: ${isPacked ? 'Filename has an unknown suffix, skipping' : 'File format not recognized'}`,
    directory: (name) => `${name}: Is a directory, skipping`,
    corrupt: (name, reason) => `${name}: ${reason}`,
    terminal: 'Compressed data cannot be written to a terminal',
  },
})

function size(bytes: number): string {
  return bytes < 10_000 ? `${bytes} B` : `${(bytes / 1024).toFixed(1)} KiB`
}
