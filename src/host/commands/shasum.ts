import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { hostText, LineReader } from './gnu/bytes.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { digest } from './gnu/digest.ts'
import { eachInput } from './gnu/inputs.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'

const ALGORITHMS: Record<string, string> = {
  1: 'sha1',
  224: 'sha224',
  256: 'sha256',
  384: 'sha384',
  512: 'sha512',
  512224: 'sha512-224',
  512256: 'sha512-256',
}

/** Perl's. */
export default gnuCommand({
  name: 'shasum',
  package: 'perl',
  usage: '[OPTION]... [FILE]...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), {
        short: 'a:bchstUvwp0',
        long: {
          algorithm: 'a',
          binary: 'b',
          check: 'c',
          status: 's',
          text: 't',
          UNIVERSAL: 'U',
          warn: 'w',
          tag: 'tag',
          quiet: 'quiet',
          'ignore-missing': 'x',
          strict: 'x',
        },
      })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      const name = /'-*([^']+)'/.exec(error.message)?.[1]
      await process.stderr.write(`Unknown option: ${name}\nType shasum -h for help\n`)
      return 1
    }
    if (options.has('v', 'version')) {
      await process.stdout.write('6.02\n')
      return 0
    }
    const number = options.value('a') ?? '1'
    const algorithm = ALGORITHMS[number]
    if (algorithm === undefined) {
      await process.stderr.write('shasum: Unrecognized algorithm\nType shasum -h for help\n')
      return 1
    }
    if (options.has('c')) return check(process, options.operands, { quiet: options.has('quiet', 's'), silent: options.has('s') })
    const fine = await eachInput(process, options.operands, async (input, file) => {
      const sum = await digest(process, input, algorithm)
      await process.stdout.write(
        options.has('tag')
          ? `SHA${number} (${file}) = ${sum}\n`
          : `${sum} ${options.has('b') ? '*' : options.has('U') ? 'U' : ' '}${file}\n`,
      )
    })
    return fine ? 0 : 1
  },
})

/** Digits of a sum tell its algorithm. */
const BY_LENGTH: Record<number, string> = { 40: 'sha1', 56: 'sha224', 64: 'sha256', 96: 'sha384', 128: 'sha512' }

async function check(process: Process, lists: readonly string[], { quiet, silent }: { quiet: boolean; silent: boolean }): Promise<number> {
  let [good, failed, missing, malformed] = [0, 0, 0, 0]
  const fine = await eachInput(process, lists, async (input, list) => {
    const lines = new LineReader(process, input)
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      const [, sum = '', name = ''] = /^\\?([0-9a-fA-F]{40,128}) [ *?^U](.+)$/.exec(line) ?? []
      const algorithm = BY_LENGTH[sum.length]
      if (algorithm === undefined) {
        malformed++
        continue
      }
      good++
      const file = hostText(name)
      try {
        const same = (await digest(process, process.openInput(file), algorithm)) === sum.toLowerCase()
        if (!same) failed++
        if (!silent && !(same && quiet)) await process.stdout.write(`${file}: ${same ? 'OK' : 'FAILED'}\n`)
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        missing++
        await complain(process, `${file}: ${error.message}`)
        await process.stdout.write(`${file}: FAILED open or read\n`)
      }
    }
    if (good === 0) await complain(process, `${list === '-' ? 'standard input' : list}: no properly formatted SHA checksum lines found`)
  })
  if (!fine) return 2
  const warn = (count: number, one: string, many: string): Promise<void> | undefined =>
    count && good && !silent ? complain(process, `WARNING: ${count} ${count === 1 ? one : many}`) : undefined
  await warn(missing, 'listed file could not be read', 'listed files could not be read')
  await warn(malformed, 'line is improperly formatted', 'lines are improperly formatted')
  await warn(failed, 'computed checksum did NOT match', 'computed checksums did NOT match')
  return good > 0 && failed === 0 && missing === 0 ? 0 : 1
}
