import { toText } from '../text.ts'
import { Failure, gnuCommand } from './gnu/command.ts'

const VARIABLE = /\$(?:([A-Za-z_]\w{0,255})|\{([A-Za-z_]\w{0,255})\})/g

export default gnuCommand({
  name: 'envsubst',
  package: 'gettext-base',
  usage: '[OPTION] [SHELL-FORMAT]',
  applet: false,
  short: 'hVv',
  long: { variables: 'v' },
  async run(process, options) {
    const [format, ...more] = options.operands
    if (more.length) throw new Failure('too many arguments')
    const named =
      format === undefined ? undefined : new Set([...format.matchAll(VARIABLE)].map((found) => found[1] ?? (found[2] as string)))
    if (options.has('v')) {
      if (named === undefined) throw new Failure('missing arguments')
      await process.stdout.write([...named].map((name) => `${name}\n`).join(''))
      return 0
    }
    const text = toText(Buffer.from(await process.stdin.all()))
    await process.spend(text.length >> 8)
    await process.stdout.write(
      text.replace(VARIABLE, (whole, plain: string | undefined, braced: string | undefined) => {
        const name = plain ?? (braced as string)
        return named && !named.has(name) ? whole : (process.env.get(name) ?? '')
      }),
    )
    return 0
  },
})
