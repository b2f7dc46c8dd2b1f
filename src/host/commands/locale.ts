import { gnuCommand } from './gnu/command.ts'

const CATEGORIES = [
  'CTYPE',
  'NUMERIC',
  'TIME',
  'COLLATE',
  'MONETARY',
  'MESSAGES',
  'PAPER',
  'NAME',
  'ADDRESS',
  'TELEPHONE',
  'MEASUREMENT',
  'IDENTIFICATION',
]

export default gnuCommand({
  name: 'locale',
  package: 'libc-bin',
  usage: 'NAME\n  or:  locale [-a|-m]',
  applet: false,
  short: 'amckv',
  long: { 'all-locales': 'a', charmaps: 'm', 'category-name': 'c', 'keyword-name': 'k', verbose: 'v' },
  async run(process, options) {
    if (options.has('a')) {
      const own = process.world.persona.locale.replace(/\.UTF-8$/i, '.utf8')
      const names = [...new Set(['C', 'C.utf8', ...(own.startsWith('C') ? [] : [own]), 'POSIX'])]
      await process.stdout.write(names.map((name) => `${name}\n`).join(''))
      return 0
    }
    if (options.has('m')) {
      await process.stdout.write(['ANSI_X3.4-1968', 'ISO-8859-1', 'ISO-8859-15', 'UTF-8'].map((name) => `${name}\n`).join(''))
      return 0
    }
    const { env } = process
    const all = env.get('LC_ALL') ?? ''
    const lang = env.get('LANG') ?? ''
    if (options.operands.length) {
      for (const name of options.operands) {
        if (name === 'charmap')
          await process.stdout.write(/utf-?8/i.test(all || env.get('LC_CTYPE') || lang) ? 'UTF-8\n' : 'ANSI_X3.4-1968\n')
      }
      return 0
    }
    const rows = CATEGORIES.map((category) => {
      const own = env.get(`LC_${category}`)
      return own && !all ? `LC_${category}=${own}\n` : `LC_${category}="${all || lang || 'POSIX'}"\n`
    })
    await process.stdout.write(`LANG=${lang}\nLANGUAGE=${env.get('LANGUAGE') ?? ''}\n${rows.join('')}LC_ALL=${all}\n`)
    return 0
  },
})
