import type { CommandFile, Process } from '../../command.ts'
import { latin1, rawBytes } from './bytes.ts'
import { gnuCommand } from './command.ts'
import { eachInput } from './inputs.ts'
import { Keys } from './keys.ts'

const MOST_BYTES = 8 * 1024 * 1024

/** `less` and `more`: a page a key on a terminal, plain copying otherwise. */
export function pagerCommand(name: 'less' | 'more'): CommandFile {
  return gnuCommand({
    name,
    package: name === 'less' ? 'less' : 'util-linux',
    paths: name === 'less' ? ['/usr/bin/less', '/usr/bin/pager'] : ['/usr/bin/more'],
    version: name === 'less' ? 'less 590 (GNU regular expressions)' : 'more from util-linux 2.38.1',
    usage: '[options] <file>...',
    short: 'aAb:BcCdDeEfFgGh:iIj:JkK:LmMnNo:p:PqQrRsSt:T:uUVwWx:Xy:z:?~#:+',
    async run(process, options) {
      if (options.operands.length === 0 && process.stdin.isTerminal) {
        await process.stderr.write(
          name === 'less' ? 'Missing filename ("less --help" for help)\n' : "more: bad usage\nTry 'more --help' for more information.\n",
        )
        return 1
      }
      const lines: string[] = []
      const fine = await eachInput(
        process,
        options.operands,
        async (input, file) => {
          if (options.operands.length > 1 && name === 'more') lines.push('::::::::::::::', file, '::::::::::::::')
          if (!process.stdout.isTerminal) {
            for (let chunk = await input.read(); chunk !== undefined; chunk = await input.read()) await process.stdout.write(chunk)
          } else
            lines.push(
              ...latin1(await input.all(MOST_BYTES))
                .replace(/\n$/, '')
                .split('\n'),
            )
        },
        (file, error) =>
          error.code === 'EISDIR'
            ? name === 'less'
              ? `${file} is a directory`
              : `\n*** ${file}: directory ***\n`
            : `${file}: ${error.message}`,
      )
      if (!process.stdout.isTerminal || !fine) return fine ? 0 : 1
      await page(process, lines, options.operands[0] ?? '', name, options.has('F', 'e', 'E'))
      return 0
    },
  })
}

async function page(process: Process, lines: readonly string[], file: string, name: string, quits: boolean): Promise<void> {
  const rows = Math.max(2, (process.terminal?.rows ?? 24) - 1)
  const columns = process.terminal?.columns ?? 80
  const show = async (text: string): Promise<void> => process.stdout.write(rawBytes(text))
  const shown = (from: number, to: number): string =>
    lines
      .slice(from, to)
      .map((line) => `${line.slice(0, columns)}\n`)
      .join('')
  if (lines.length <= rows && (name === 'more' || quits)) return show(shown(0, lines.length))
  const keys = new Keys(process)
  let top = 0
  let first = true
  try {
    if (name === 'less') await show('\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\r')
    for (;;) {
      const end = Math.min(lines.length, top + rows)
      const atEnd = end >= lines.length
      if (name === 'more' && atEnd) {
        await show(shown(top, end))
        return
      }
      const prompt =
        name === 'more'
          ? `\x1b[7m--More--(${Math.floor((end * 100) / lines.length)}%)\x1b[0m`
          : atEnd
            ? '\x1b[7m(END)\x1b[0m'
            : first && file
              ? `\x1b[7m${file}\x1b[0m`
              : ':'
      await show(`${name === 'less' ? '\x1b[H\x1b[J' : ''}${shown(top, end)}${prompt}`)
      first = false
      const key = await keys.next()
      await show('\r\x1b[K')
      if (key === undefined || key === 'q' || key === 'Q' || key === '\x03') return
      const most = Math.max(0, lines.length - (name === 'more' ? 1 : rows))
      if (key === ' ' || key === 'f' || key === 'pagedown') top = Math.min(most, top + rows)
      else if (key === 'b' || key === 'pageup') top = Math.max(0, top - rows)
      else if (key === '\r' || key === 'j' || key === 'down') top = Math.min(most, top + 1)
      else if (key === 'k' || key === 'up') top = Math.max(0, top - 1)
      else if (key === 'G') top = most
      else if (key === 'g') top = 0
    }
  } finally {
    if (name === 'less') await show('\r\x1b[K\x1b[?1l\x1b>\x1b[?1049l\x1b[23;0;0t')
    keys.close()
  }
}
