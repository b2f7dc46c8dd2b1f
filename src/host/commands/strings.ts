import { latin1, Writer } from './gnu/bytes.ts'
import { complain, gnuCommand } from './gnu/command.ts'
import { eachInput } from './gnu/inputs.ts'

export default gnuCommand({
  name: 'strings',
  package: 'binutils',
  paths: ['/usr/bin/x86_64-linux-gnu-strings', '/usr/bin/strings'],
  version: 'GNU strings (GNU Binutils for Debian) 2.40',
  usage: '[option(s)] [file(s)]',
  about: ' Display printable strings in [file(s)] (stdin by default)',
  short: 'adfhn:oe:t:wvV0123456789',
  long: { all: 'a', bytes: 'n', radix: 't', 'print-file-name': 'f', encoding: 'e' },
  async run(process, options) {
    const digits = options.given.filter((o) => /^\d$/.test(o.key)).map((o) => o.key)
    const least = Number(options.value('n') ?? (digits.join('') || '4'))
    if (!Number.isInteger(least) || least < 1) {
      await complain(process, `invalid minimum string length ${options.value('n')}`)
      return 1
    }
    const radix = options.value('t') ?? (options.has('o') ? 'o' : undefined)
    const out = new Writer(process.stdout)
    const fine = await eachInput(
      process,
      options.operands,
      async (input, name) => {
        const text = latin1(await input.all())
        let at = 0
        for (const run of text.split(/[^\t\x20-\x7e]/)) {
          if (run.length >= least) {
            const where = radix ? `${at.toString(radix === 'x' ? 16 : radix === 'o' ? 8 : 10).padStart(7)} ` : ''
            await out.write(`${options.has('f') ? `${name}: ` : ''}${where}${run}\n`)
          }
          at += run.length + 1
          const pause = process.spend(1)
          if (pause) await pause
        }
      },
      (name) => `'${name}': No such file`,
    )
    await out.flush()
    return fine ? 0 : 1
  },
})
