import type { HostText, Process, ProcessInput } from '../command.ts'
import { HostError } from '../contract.ts'
import { complain, Failure, gnuCommand } from './gnu/command.ts'
import { parseSize } from './gnu/size.ts'

const POLL_MS = 1000

interface Cut {
  bytes: boolean
  count: number
  fromStart: boolean
  separator: number
}

/** Input that is kept whole. */
const ENOUGH = 1024 * 1024

export default gnuCommand({
  name: 'tail',
  usage: '[OPTION]... [FILE]...',
  about: 'Print the last 10 lines of each FILE to standard output.',
  authors: 'Paul Rubin, David MacKenzie, Ian Lance Taylor,\nand Jim Meyering',
  short: 'c:fFn:qs:vz',
  long: {
    bytes: 'c',
    follow: 'follow?',
    lines: 'n',
    pid: 'pid=',
    quiet: 'q',
    silent: 'q',
    retry: 'retry',
    'sleep-interval': 's',
    verbose: 'v',
    'zero-terminated': 'z',
  },
  modern,
  async run(process, options) {
    const unit = options.last('c', 'n') ?? 'n'
    const text = options.value(unit) ?? '10'
    const count = parseSize(text.replace(/^[-+]/, ''))
    if (count === undefined) throw new Failure(`invalid number of ${unit === 'c' ? 'bytes' : 'lines'}: '${text}'`)
    const cut = { bytes: unit === 'c', count, fromStart: text.startsWith('+'), separator: options.has('z') ? 0 : 10 }
    const names = options.operands
    const titled = options.last('q', 'v') === 'v' || (names.length > 1 && !options.has('q'))
    const followed: Followed[] = []
    const fine = await showAll(process, names, cut, titled, followed)
    const follows = options.last('f', 'F', 'follow')
    if (!follows) return fine ? 0 : 1
    if (followed.length === 0 && names.length > 0 && follows !== 'F') {
      await complain(process, 'no files remaining')
      return 1
    }
    return follow(process, followed, titled)
  },
})

/** `-5`, `+3`, `-2cf`: with one file at most (parse_obsolete_option of tail.c). */
function modern(words: readonly HostText[]): readonly HostText[] {
  const [first = '', second, ...rest] = words
  const isAlone = rest.length === 0 && !/^-./.test(second ?? '')
  const old = isAlone || (second === '--' && rest.length < 2) ? /^([-+])(\d*)([bcl]?)(f?)$/.exec(first) : undefined
  if (!old?.[2] && !(old && first.startsWith('+') && first.length > 1)) {
    const digit = words.find((word, i) => /^-\d/.test(word) && words[i - 1] !== '-n' && words[i - 1] !== '-c')
    if (digit) throw new Failure(`option used in invalid context -- ${digit[1]}`)
    return words
  }
  const [, sign, count, unit, follow] = old as unknown as [string, string, string, string, string]
  const number = `${sign === '+' ? '+' : ''}${count || 10}${unit === 'b' ? 'b' : ''}`
  return [unit === 'b' || unit === 'c' ? '-c' : '-n', number, ...(follow ? ['-f'] : []), ...words.slice(1)]
}

async function showAll(process: Process, names: HostText[], cut: Cut, titled: boolean, followed: Followed[]): Promise<boolean> {
  let first = true
  let fine = true
  for (const name of names.length ? names : ['-']) {
    const title = async (): Promise<void> => {
      if (titled) await process.stdout.write(`${first ? '' : '\n'}==> ${name === '-' ? 'standard input' : name} <==\n`)
      first = false
    }
    try {
      const input = name === '-' ? process.stdin : process.openInput(name)
      await title()
      await copyLast(process, input, cut)
      if (name !== '-') followed.push({ name, size: process.files.stat(name).size })
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      fine = false
      await complain(
        process,
        error.code === 'EISDIR' ? `error reading '${name}': ${error.message}` : `cannot open '${name}' for reading: ${error.message}`,
      )
    }
  }
  return fine
}

async function copyLast(process: Process, input: ProcessInput, cut: Cut): Promise<void> {
  if (cut.fromStart) return copyFrom(process, input, cut)
  let parts: Uint8Array[] = []
  let size = 0
  let held = 0
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    await process.spend(1)
    parts.push(chunk)
    size += chunk.length
    // What is not among the last is dropped whenever as much has come as was kept.
    if (size < Math.max(ENOUGH, 2 * held)) continue
    const all = Buffer.concat(parts)
    const last = all.subarray(startOfLast(all, cut))
    parts = [last]
    size = last.length
    if (size > held) process.hold(size - held)
    else process.release(held - size)
    held = size
  }
  const kept = Buffer.concat(parts)
  const start = startOfLast(kept, cut)
  if (start < kept.length) await process.stdout.write(kept.subarray(start))
}

function startOfLast(bytes: Buffer, cut: Cut): number {
  if (cut.count === 0) return bytes.length
  if (cut.bytes) return Math.max(0, bytes.length - cut.count)
  let at = bytes.at(-1) === cut.separator ? bytes.length - 1 : bytes.length
  for (let seen = 0; seen < cut.count; seen++) {
    if (at <= 0) return 0
    at = bytes.lastIndexOf(cut.separator, at - 1)
    if (at < 0) return 0
  }
  return at + 1
}

/** `tail -n +3` begins with line 3; `+0` and `+1` are the whole. */
async function copyFrom(process: Process, input: ProcessInput, cut: Cut): Promise<void> {
  let skip = Math.max(0, cut.count - 1)
  for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) {
    await process.spend(1)
    let at = 0
    if (cut.bytes) {
      at = Math.min(skip, chunk.length)
      skip -= at
    } else {
      while (skip > 0 && at < chunk.length) {
        const next = chunk.indexOf(cut.separator, at)
        at = next < 0 ? chunk.length : next + 1
        if (next >= 0) skip--
      }
    }
    if (at < chunk.length) await process.stdout.write(chunk.subarray(at))
  }
}

interface Followed {
  name: HostText
  size: number
}

async function follow(process: Process, files: Followed[], titled: boolean): Promise<number> {
  let shown = files.at(-1)
  for (;;) {
    await process.sleep(POLL_MS)
    for (const file of files) {
      const size = sizeOf(process, file.name)
      if (size === undefined || size === file.size) continue
      if (size < file.size) {
        await complain(process, `${file.name}: file truncated`)
        file.size = 0
      }
      if (titled && shown !== file) await process.stdout.write(`\n==> ${file.name} <==\n`)
      shown = file
      const bytes = process.files.read(file.name).subarray(file.size)
      file.size += bytes.length
      await process.stdout.write(bytes)
    }
  }
}

function sizeOf(process: Process, name: HostText): number | undefined {
  try {
    return process.files.stat(name).size
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}
