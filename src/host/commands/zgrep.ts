import type { CommandFile } from '../command.ts'
import { CompressionError, decompress, isGzip } from './gnu/gzip.ts'
import { statIfThere } from './gnu/tree.ts'

/** `zgrep` and its kin: a script around gzip and grep. */
const command: CommandFile = {
  name: 'zgrep',
  package: 'gzip',
  paths: ['/usr/bin/zgrep', '/usr/bin/zegrep', '/usr/bin/zfgrep'],
  async run(process) {
    const words = process.argv.slice(1)
    const kind = /z([ef]?)grep$/.exec(process.argv[0] ?? '')?.[1]
    const options: string[] = kind ? [`-${kind.toUpperCase()}`] : []
    let pattern: string | undefined
    const files: string[] = []
    for (let at = 0; at < words.length; at++) {
      const word = words[at] as string
      if (word === '-e' || word === '-A' || word === '-B' || word === '-C' || word === '-m') {
        options.push(word, words[++at] ?? '')
        if (word === '-e') pattern ??= ''
      } else if (word.startsWith('-') && word !== '-') options.push(word)
      else if (pattern === undefined) {
        pattern = word
        options.push('-e', word)
      } else files.push(word)
    }
    if (pattern === undefined) {
      await process.stderr.write(
        `Usage: ${process.argv[0]} [OPTION]... [-e] PATTERN [FILE]...\nLook for instances of PATTERN in the input FILEs, using their\nuncompressed contents if they are compressed.\n`,
      )
      return 2
    }
    let status = 1
    for (const file of files.length ? files : ['-']) {
      if (file !== '-' && !statIfThere(process, file)) {
        await process.stderr.write(`gzip: ${/\.gz$/.test(file) ? file : `${file}.gz`}: No such file or directory\n`)
        status = 2
        continue
      }
      let bytes = Buffer.from(await (file === '-' ? process.stdin : process.openInput(file)).all())
      await process.spend(bytes.length >> 6)
      try {
        if (isGzip(bytes)) bytes = Buffer.from(decompress(bytes))
      } catch (error) {
        if (!(error instanceof CompressionError)) throw error
        await process.stderr.write(`\ngzip: ${file}: ${error.message}\n`)
        status = 2
        continue
      }
      const named = files.length > 1 && !options.includes('-h') ? ['-H'] : []
      const found = await process.run(['grep', ...named, `--label=${file}`, ...options, '-'], { stdin: bytes })
      if (found === 0 && status === 1) status = 0
      if (found > 1) status = 2
    }
    return status
  },
}

export default command
