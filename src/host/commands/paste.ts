import { byteString, LineReader, Writer } from './gnu/bytes.ts'
import { attempt, complainOf, gnuCommand } from './gnu/command.ts'

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', '\\': '\\', '0': '', b: '\b', f: '\f', r: '\r', v: '\v' }

export default gnuCommand({
  name: 'paste',
  usage: '[OPTION]... [FILE]...',
  about: 'Write lines consisting of the sequentially corresponding lines from\neach FILE, separated by TABs, to standard output.',
  authors: 'David M. Ihnat and David MacKenzie',
  short: 'd:sz',
  long: { delimiters: 'd', serial: 's', 'zero-terminated': 'z' },
  async run(process, options) {
    const delimiters = delimitersOf(byteString(options.value('d') ?? '\t'))
    const separator = options.has('z') ? '\0' : '\n'
    const readers: LineReader[] = []
    const stdin = new LineReader(process, process.stdin, separator)
    for (const name of options.operands.length ? options.operands : ['-']) {
      const opened = await attempt(
        () => void readers.push(name === '-' ? stdin : new LineReader(process, process.openInput(name), separator)),
        (error) => complainOf(process, name, error),
      )
      if (!opened) return 1
    }
    const out = new Writer(process.stdout)
    await (options.has('s') ? serial(readers, delimiters, separator, out) : parallel(readers, delimiters, separator, out))
    await out.flush()
    return 0
  },
})

function delimitersOf(text: string): string[] {
  const list: string[] = []
  for (let at = 0; at < text.length; at++) {
    const c = text[at] as string
    if (c === '\\' && at + 1 < text.length) {
      const next = text[++at] as string
      list.push(ESCAPES[next] ?? next)
    } else list.push(c)
  }
  return list.length ? list : ['']
}

async function serial(readers: LineReader[], delimiters: string[], separator: string, out: Writer): Promise<void> {
  for (const reader of readers) {
    let index = 0
    let line = await reader.next()
    if (line !== undefined) await out.write(line)
    for (line = await reader.next(); line !== undefined; line = await reader.next()) {
      await out.write((delimiters[index++ % delimiters.length] as string) + line)
    }
    await out.write(separator)
  }
}

async function parallel(readers: LineReader[], delimiters: string[], separator: string, out: Writer): Promise<void> {
  for (;;) {
    const row: (string | undefined)[] = []
    for (const reader of readers) row.push(await reader.next())
    if (row.every((cell) => cell === undefined)) return
    await out.write(row.map((cell, i) => (i ? delimiters[(i - 1) % delimiters.length] : '') + (cell ?? '')).join('') + separator)
  }
}
