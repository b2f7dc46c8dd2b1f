import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { invalidJson } from './jq/invalid-json.ts'
import { fitsTool, runTool } from './just-bash.ts'

const USAGE = `Usage:\tjq [OPTIONS] FILTER [FILES...]
\tjq [OPTIONS] --args FILTER [ARGUMENTS...]
\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]
`
/** Options that take this many words of their own. */
const WITH_VALUES: Record<string, number> = {
  '--arg': 2,
  '--argjson': 2,
  '--slurpfile': 2,
  '--rawfile': 2,
  '--indent': 1,
  '-f': 1,
  '--from-file': 1,
  '-L': 1,
}

export default gnuCommand({
  name: 'jq',
  package: 'jq',
  usage: '[OPTIONS] FILTER [FILES...]',
  trouble: 2,
  rawArguments: true,
  short: '',
  async run(process) {
    const { flags, filter: given, files } = parse(process.argv.slice(1))
    // Without a filter it is `.`, unless somebody sits there.
    const filter = given ?? (process.stdin.isTerminal && process.stdout.isTerminal ? undefined : '.')
    if (flags.includes('--version') || flags.includes('-V')) {
      await process.stdout.write('jq-1.6\n')
      return 0
    }
    if (filter === undefined) {
      await process.stderr.write(USAGE)
      return 2
    }
    const input = flags.some((flag) => flag === '--null-input' || /^-[a-zA-Z]*n/.test(flag)) ? Buffer.alloc(0) : await read(process, files)
    if (!input) return 2
    if (!fitsTool(input)) {
      await complain(process, 'error: cannot allocate memory')
      return 1
    }
    const raw = flags.some((flag) => flag === '--raw-input' || /^-[a-zA-Z]*R/.test(flag))
    const wrong = raw ? undefined : invalidJson(input.toString('utf8'))
    const result = await runTool('jq', [...flags, filter], input, process.signal)
    if (result.stdout.length && wrong === undefined) await process.stdout.write(result.stdout)
    if (wrong !== undefined) {
      await process.stderr.write(`parse error: ${wrong}\n`)
      return 4
    }
    return report(process, filter, result.stderr, result.exitCode)
  },
})

function parse(words: readonly HostText[]): { flags: HostText[]; filter: HostText | undefined; files: HostText[] } {
  const flags: HostText[] = []
  const rest: HostText[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word.startsWith('-') && word.length > 1) {
      flags.push(word)
      for (let k = WITH_VALUES[word] ?? 0; k > 0 && i + 1 < words.length; k--) flags.push(words[++i] as string)
    } else rest.push(word)
  }
  const [filter, ...files] = rest
  return { flags, filter, files }
}

async function read(process: Process, files: readonly HostText[]): Promise<Buffer | undefined> {
  if (files.length === 0) return Buffer.from(await process.stdin.all())
  const parts: Uint8Array[] = []
  let failed = false
  for (const file of files) {
    try {
      parts.push(await process.openInput(file).all())
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      failed = true
      await complain(process, `error: Could not open ${file}: ${error.message}`)
    }
  }
  return failed && parts.length === 0 ? undefined : Buffer.concat(parts)
}

async function report(process: Process, filter: HostText, stderr: string, exitCode: number): Promise<number> {
  if (stderr === '') return exitCode
  const text = stderr.trim().replace(/^jq: /, '')
  const unknown = /Unknown function: (\S+?)(?:\/(\d+))?$/.exec(text)
  if (unknown) {
    await process.stderr.write(
      `jq: error: ${unknown[1]}/${unknown[2] ?? 0} is not defined at <top-level>, line 1:\n${filter}\njq: 1 compile error\n`,
    )
    return 3
  }
  // What the filter's own parser says of it names a position; the rest happened while the filter ran.
  if (/at position \d+|unexpected token/i.test(text) && exitCode !== 0) {
    const near = /Unexpected token (\S+)/.exec(text)?.[1]
    const what = near && near !== 'EOF' ? `unexpected '${near}'` : 'unexpected $end'
    await process.stderr.write(
      `jq: error: syntax error, ${what} (Unix shell quoting issues?) at <top-level>, line 1:\n${filter}${' '.repeat(Math.max(0, filter.length - 1))}\njq: 1 compile error\n`,
    )
    return 3
  }
  await process.stderr.write(`jq: error (at <stdin>:1): ${text.replace(/^(?:parse )?error[^:]*: /, '')}\n`)
  return 5
}
