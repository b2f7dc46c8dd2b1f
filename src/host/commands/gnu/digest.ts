import { createHash } from 'node:crypto'
import type { CommandFile, Process, ProcessInput } from '../../command.ts'
import { isBusyBox } from '../busybox/flavour.ts'
import { hostText, LineReader } from './bytes.ts'
import { attempt, complain, complainOf, gnuCommand } from './command.ts'
import { eachInput } from './inputs.ts'

/** `md5sum`, `sha1sum` and their kind. */
export function digestCommand(name: string, algorithm: string, tag: string): CommandFile {
  return gnuCommand({
    name,
    usage: '[OPTION]... [FILE]...',
    about: `Print or check ${tag} (${algorithm === 'md5' ? '128' : algorithm === 'sha1' ? '160' : algorithm.slice(3)}-bit) checksums.`,
    authors: 'Ulrich Drepper, Scott Miller, and David Madore',
    short: 'bctwz',
    long: {
      binary: 'b',
      check: 'c',
      tag: 'tag',
      text: 't',
      zero: 'z',
      'ignore-missing': 'ignore-missing',
      quiet: 'quiet',
      status: 'status',
      strict: 'strict',
      warn: 'w',
    },
    async run(process, options) {
      if (options.has('c')) return check(process, options.operands, algorithm, options.has('quiet', 'status'), options.has('status'))
      const fine = await eachInput(process, options.operands, async (input, file) => {
        const sum = await digest(process, input, algorithm)
        const escaped = /[\\\n]/.test(file)
        const shown = escaped ? file.replaceAll('\\', '\\\\').replaceAll('\n', '\\n') : file
        const line = options.has('tag')
          ? `${tag} (${shown}) = ${sum}`
          : `${sum} ${options.has('b') && !isBusyBox(process) ? '*' : ' '}${shown}`
        await process.stdout.write(`${escaped ? '\\' : ''}${line}${options.has('z') ? '\0' : '\n'}`)
      })
      return fine ? 0 : 1
    },
  })
}

export async function digest(process: Process, input: ProcessInput, algorithm: string): Promise<string> {
  const hash = createHash(algorithm)
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    await process.spend(chunk.length >> 8)
    hash.update(chunk)
  }
  return hash.digest('hex')
}

async function check(process: Process, lists: readonly string[], algorithm: string, quiet: boolean, silent: boolean): Promise<number> {
  let failed = 0
  let missing = 0
  let malformed = 0
  let useless = 0
  const fine = await eachInput(process, lists, async (input, list) => {
    const lines = new LineReader(process, input)
    let good = 0
    for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
      const found = /^\\?([0-9a-fA-F]{32,128}) [ *](.+)$/.exec(line) ?? /^\w+ \((.+)\) = ([0-9a-f]{32,128})$/.exec(line)
      if (!found) {
        malformed++
        continue
      }
      good++
      const [sum, file] = /^[0-9a-fA-F]+$/.test(found[1] as string)
        ? [found[1] as string, hostText(found[2] as string)]
        : [found[2] as string, hostText(found[1] as string)]
      await attempt(
        async () => {
          const same = (await digest(process, file === '-' ? process.stdin : process.openInput(file), algorithm)) === sum.toLowerCase()
          if (!same) failed++
          if (!silent && !(same && quiet)) await process.stdout.write(`${file}: ${same ? 'OK' : 'FAILED'}\n`)
        },
        async (error) => {
          missing++
          await complainOf(process, file, error)
          if (!silent) await process.stdout.write(`${file}: FAILED open or read\n`)
        },
      )
    }
    if (good === 0) useless++
    if (good === 0) await complain(process, `${list === '-' ? "'standard input'" : list}: no properly formatted checksum lines found`)
  })
  const warn = (count: number, one: string, many: string): Promise<void> | undefined =>
    count && !silent ? complain(process, `WARNING: ${count} ${count === 1 ? one : many}`) : undefined
  await warn(malformed, 'line is improperly formatted', 'lines are improperly formatted')
  await warn(missing, 'listed file could not be read', 'listed files could not be read')
  await warn(failed, 'computed checksum did NOT match', 'computed checksums did NOT match')
  return fine && failed === 0 && missing === 0 && useless === 0 ? 0 : 1
}
