import { attempt, complainOf, Failure, gnuCommand, Usage } from './gnu/command.ts'
import { quoted } from './gnu/quote.ts'

const TYPES: Record<string, 'block' | 'character' | 'fifo'> = { b: 'block', c: 'character', u: 'character', p: 'fifo' }

export default gnuCommand({
  name: 'mknod',
  usage: '[OPTION]... NAME TYPE [MAJOR MINOR]',
  about: 'Create the special file NAME of the given TYPE.',
  authors: 'David MacKenzie',
  short: 'm:Z',
  long: { mode: 'm' },
  async run(process, options) {
    const [name, letter, major, minor] = options.operands
    if (name === undefined) throw new Usage('missing operand')
    if (letter === undefined) throw new Usage(`missing operand after ${quoted(name)}`)
    const type = TYPES[letter]
    if (!type) throw new Usage(`invalid device type ${quoted(letter)}`)
    if (type !== 'fifo' && minor === undefined)
      throw new Usage(`missing operand after ${quoted(major ?? letter)}\nSpecial files require major and minor device numbers.`)
    if (type === 'fifo' && major !== undefined)
      throw new Usage(`extra operand ${quoted(major)}\nFifos do not have major and minor device numbers.`)
    for (const [text, what] of [
      [major, 'major'],
      [minor, 'minor'],
    ] as const) {
      if (type !== 'fifo' && !/^\d{1,7}$/.test(text as string)) throw new Failure(`invalid ${what} device number ${quoted(text as string)}`)
    }
    const mode = Number.parseInt(options.value('m') ?? (0o666 & ~process.umask).toString(8), 8)
    const device = type === 'fifo' ? undefined : { major: Number(major), minor: Number(minor) }
    return (await attempt(
      () => process.files.mknod(name, type, mode, device),
      (error) => complainOf(process, name, error),
    ))
      ? 0
      : 1
  },
})
