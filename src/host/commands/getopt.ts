import { gnuCommand } from './gnu/command.ts'
import { OptionError, Options, parseOptions } from './gnu/options.ts'

export default gnuCommand({
  name: 'getopt',
  package: 'util-linux',
  usage: [
    '<optstring> <parameters>',
    '[options] [--] <optstring> <parameters>',
    '[options] -o|--options <optstring> [options] [--] <parameters>',
  ],
  about: '\nParse command options.',
  short: '+al:n:o:qQs:TuhV',
  long: {
    alternative: 'a',
    longoptions: 'l',
    name: 'n',
    options: 'o',
    quiet: 'q',
    'quiet-output': 'Q',
    shell: 's',
    test: 'T',
    unquoted: 'u',
  },
  async run(process, options) {
    if (options.has('T')) return 4
    const words = [...options.operands]
    const isOld = options.given.length === 0
    const short = options.value('o') ?? words.shift()
    if (short === undefined) {
      await process.stderr.write(`getopt: missing optstring argument\nTry 'getopt --help' for more information.\n`)
      return 2
    }
    const long = Object.fromEntries(
      options
        .values('l')
        .flatMap((list) => list.split(','))
        .filter(Boolean)
        .map((name) => [
          name.replace(/:*$/, ''),
          `--${name.replace(/:*$/, '')}${name.endsWith('::') ? '?' : name.endsWith(':') ? '=' : ''}`,
        ]),
    )
    const { parsed, fault } = parse(words, short, long)
    if (fault !== undefined && !options.has('q')) await process.stderr.write(`${options.value('n') ?? 'getopt'}: ${fault}\n`)
    const quote = (text: string): string => (isOld || options.has('u') ? text : `'${text.replaceAll("'", "'\\''")}'`)
    const given = parsed.given.flatMap(({ key, value }) => {
      const takesValue = key.startsWith('--') ? /[?=]$/.test(long[key.slice(2)] ?? '') : short.includes(`${key}:`)
      return [key.startsWith('--') ? key : `-${key}`, ...(takesValue ? [quote(value ?? '')] : [])]
    })
    if (!options.has('Q')) await process.stdout.write(` ${[...given, '--', ...parsed.operands.map(quote)].join(' ')}\n`)
    return fault === undefined ? 0 : 1
  },
})

/** A word that cannot be read is left out, and the rest goes on. */
function parse(words: readonly string[], short: string, long: Record<string, string>): { parsed: Options; fault: string | undefined } {
  let fault: string | undefined
  for (let rest = [...words]; ; ) {
    try {
      return { parsed: parseOptions(rest, { short, long }), fault }
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      fault ??= error.message
      const bad = rest.findIndex((word) => word.startsWith('-') && word.length > 1 && !isReadable(word, rest, short, long))
      if (bad < 0) return { parsed: new Options(), fault }
      rest = rest.toSpliced(bad, 1)
    }
  }
}

function isReadable(word: string, words: readonly string[], short: string, long: Record<string, string>): boolean {
  try {
    parseOptions([word, ...words.slice(words.indexOf(word) + 1, words.indexOf(word) + 2)], { short, long })
    return true
  } catch (error) {
    if (error instanceof OptionError) return false
    throw error
  }
}
