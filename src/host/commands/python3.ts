import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { absolutePath } from './gnu/relative.ts'
import { evaluateList, NotSimple } from './script/expression.ts'
import { PYTHON } from './script/languages.ts'
import { runOneLiner } from './script/one-liner.ts'

export default gnuCommand({
  name: 'python3',
  package: 'python3',
  paths: ['/usr/bin/python3.11', '/usr/bin/python3', '/usr/bin/python3.10', '/usr/bin/python3.12'],
  usage: '[option] ... [-c cmd | -m mod | file | -] [arg] ...',
  applet: false,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const version = pythonVersion(process)
    let at = 0
    while (/^-[bBdEhiIOqsSuvVWxX]+$|^--version$/.test(words[at] ?? '')) {
      if (/^(-V+|--version)$/.test(words[at] as string)) {
        await process.stdout.write(`Python ${version}\n`)
        return 0
      }
      if (/^-[WX]$/.test(words[at] as string)) at++
      at++
    }
    const first = words[at]
    if (first === '-c') {
      const code = words[at + 1]
      if (code !== undefined) return runOneLiner(process, code, PYTHON)
      await process.stderr.write(
        "Argument expected for the -c option\nusage: python3 [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry `python -h' for more information.\n",
      )
      return 2
    }
    if (first === '-m') return module(process, words[at + 1] ?? '', words.slice(at + 2))
    if (first === undefined || first === '-')
      return process.stdin.isTerminal ? repl(process, version) : runOneLiner(process, toText(await process.stdin.all(1024 * 1024)), PYTHON)
    try {
      return await runOneLiner(process, toText(process.files.read(first)), PYTHON)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await process.stderr.write(
        `${process.argv[0]}: can't open file '${absolutePath(process, first)}': [Errno ${error.code === 'ENOENT' ? 2 : error.code === 'EISDIR' ? 21 : 13}] ${error.message}\n`,
      )
      return error.code === 'EISDIR' ? 1 : 2
    }
  },
})

function pythonVersion(process: Process): string {
  const entry = process.world.persona.packages.find((name) => /^python3\.\d+ /.test(name))?.split(' ')[1] ?? '3.11.2-6'
  return (entry.split('-')[0] as string).replace(/\+.*$/, '')
}

async function module(process: Process, name: string, args: readonly string[]): Promise<number> {
  if (name === 'http.server' || name === 'SimpleHTTPServer') {
    await process.stdout.write(
      `Serving HTTP on 0.0.0.0 port ${args.find((word) => /^\d+$/.test(word)) ?? 8000} (http://0.0.0.0:${args.find((word) => /^\d+$/.test(word)) ?? 8000}/) ...\n`,
    )
    for (;;) await process.sleep(60_000)
  }
  await process.stderr.write(`${process.argv[0]}: No module named ${name}\n`)
  return 1
}

/** The interactive interpreter: prints what is plain, and raises what it would raise for the rest. */
async function repl(process: Process, version: string): Promise<number> {
  await process.stdout.write(
    `Python ${version} (main, Apr 28 2025, 14:11:48) [GCC 12.2.0] on linux\nType "help", "copyright", "credits" or "license" for more information.\n`,
  )
  for (;;) {
    await process.stdout.write('>>> ')
    const line = (await process.stdin.line())?.replace(/\r?\n$/, '')
    if (line === undefined) {
      await process.stdout.write('\n')
      return 0
    }
    const text = line.trim()
    if (/^(exit|quit)\(\d*\)$/.test(text)) return 0
    if (text === 'exit' || text === 'quit') await process.stdout.write(`Use ${text}() or Ctrl-D (i.e. EOF) to exit\n`)
    else if (text !== '' && !/^(import|from)\s/.test(text)) await evaluate(process, text)
  }
}

async function evaluate(process: Process, text: string): Promise<void> {
  if (/\(/.test(text)) {
    await runOneLiner(process, text, PYTHON)
    return
  }
  try {
    const values = evaluateList(text, PYTHON)
    await process.stdout.write(`${values.map((value) => (typeof value === 'string' ? `'${value}'` : String(value))).join(', ')}\n`)
  } catch (error) {
    if (!(error instanceof NotSimple)) throw error
    if (/^\w+$/.test(text))
      await process.stderr.write(
        `Traceback (most recent call last):\n  File "<stdin>", line 1, in <module>\nNameError: name '${text}' is not defined\n`,
      )
    else if (!/^\w[\w.]*\s*=[^=]/.test(text))
      await process.stderr.write(
        `  File "<stdin>", line 1\n    ${text}\n    ${'^'.repeat(Math.max(1, text.split(/\s/)[0]?.length ?? 1))}\nSyntaxError: invalid syntax\n`,
      )
  }
}
