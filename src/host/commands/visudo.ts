import type { HostText, Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { runEditor } from './gnu/sensible-editor.ts'

const SUDOERS = '/etc/sudoers'
const INCLUDED = '/etc/sudoers.d'

export default gnuCommand({
  name: 'visudo',
  package: 'sudo',
  paths: ['/usr/sbin/visudo'],
  usage: '[-chIOPqsV] [[-f] sudoers ]',
  short: 'chIOPqsVf:x:',
  long: { check: 'c', file: 'f', help: 'h', quiet: 'q', strict: 's', version: 'V' },
  applet: false,
  async run(process, options) {
    const file = options.value('f') ?? options.operands[0] ?? SUDOERS
    if (options.has('V')) {
      await process.stdout.write('visudo version 1.9.13p3\nvisudo grammar version 50\n')
      return 0
    }
    return options.has('c') ? check(process, file, options.has('f') || options.operands.length > 0) : edit(process, file)
  },
})

async function check(process: Process, file: HostText, alone: boolean): Promise<number> {
  const files = [file]
  if (!alone)
    try {
      files.push(...process.files.list(INCLUDED).map((name) => `${INCLUDED}/${name}`))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  for (const path of files) {
    let text: string
    try {
      text = toText(process.files.read(path))
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await process.stderr.write(`visudo: unable to open ${path}: ${error.message}\n`)
      return 1
    }
    const wrong = syntaxError(text)
    if (wrong) {
      await process.stderr.write(`${path}${wrong}`)
      return 1
    }
    await process.stdout.write(`${path}: parsed OK\n`)
  }
  return 0
}

async function edit(process: Process, file: HostText): Promise<number> {
  const { files, stderr, stdout, stdin } = process
  const copy = `${file}.tmp`
  let before: Buffer
  try {
    before = files.read(file)
    files.write(copy, before, 0o700)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await stderr.write(`visudo: ${file}: ${error.message}\n`)
    return 1
  }
  try {
    for (;;) {
      await runEditor(process, copy)
      const after = files.read(copy)
      if (after.equals(before)) {
        await stdout.write(`visudo: ${copy} unchanged\n`)
        return 0
      }
      const wrong = syntaxError(toText(after))
      if (!wrong) {
        files.write(file, after, 0o440)
        return 0
      }
      await stderr.write(`${file}${wrong}`)
      await stdout.write('What now? ')
      const answer = (await stdin.line())?.trim()
      if (answer === undefined || answer === 'x') return 1
      if (answer === 'Q') {
        files.write(file, after, 0o440)
        return 0
      }
    }
  } finally {
    files.remove(copy)
  }
}

const COMMENT = /^#(?!include(dir)?\b)/
const FINE =
  /^(Defaults([@:!>]\S+)?\s+\S|@include(dir)?\s+\S|#include(dir)?\s+\S|(User|Runas|Host|Cmnd|Cmd)_Alias\s+[A-Z]\w*\s*=\s*\S|\S.*\S?\s*=\s*\S)/

/** What the parser says of the first line that it does not understand, with the place behind it. */
function syntaxError(text: string): string | undefined {
  for (const [i, line] of text.replace(/\\\n/g, '').split('\n').entries()) {
    const plain = line.trim()
    if (plain === '' || COMMENT.test(plain) || FINE.test(plain)) continue
    return `:${i + 1}:${line.length + 1}: syntax error\n${line}\n${' '.repeat(line.length)}^\n`
  }
  return undefined
}
