import { installedPackages } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'

/** Files that one package has moved away for its own: what, whereto, who. */
const DIVERSIONS: readonly [from: string, to: string, by: string][] = [
  ['/usr/share/man/man1/sh.1.gz', '/usr/share/man/man1/sh.distrib.1.gz', 'dash'],
  ['/bin/sh', '/bin/sh.distrib', 'dash'],
  ['/usr/share/vim/vim90/doc/help.txt', '/usr/share/vim/vim90/doc/help.txt.vim-tiny', 'vim-runtime'],
  ['/usr/share/vim/vim90/doc/tags', '/usr/share/vim/vim90/doc/tags.vim-tiny', 'vim-runtime'],
]

export default gnuCommand({
  name: 'dpkg-divert',
  package: 'dpkg',
  usage: '[<option> ...] <command>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const [path = ''] = words.filter((word) => !word.startsWith('-'))
    const installed = installedPackages(process.world)
    const there = DIVERSIONS.filter(([, , by]) => installed.has(by))
    const verb = words.find((word) => /^--(list|truename|listpackage|add|remove)$/.test(word))
    const unknown = words.find(
      (word) =>
        word.startsWith('-') &&
        !/^--(list|truename|listpackage|add|remove|package|divert|rename|no-rename|local|quiet|test|admindir|root|instdir|version|help)(=|$)/.test(
          word,
        ),
    )
    if (unknown !== undefined) {
      await process.stderr.write(`dpkg-divert: error: unknown option ${unknown}\n\nUse --help for help about diverting files.\n`)
      return 2
    }
    switch (verb) {
      case '--list':
        for (const [from, to, by] of there)
          if (path === '' || globMatch(path, from) || globMatch(path, to) || globMatch(path, by))
            await process.stdout.write(`diversion of ${from} to ${to} by ${by}\n`)
        return 0
      case '--truename':
        await process.stdout.write(`${there.find(([from]) => from === path)?.[1] ?? path}\n`)
        return 0
      case '--listpackage': {
        const by = there.find(([from]) => from === path)?.[2]
        if (by !== undefined) await process.stdout.write(`${by}\n`)
        return 0
      }
      default:
        if (path === '' || process.uid !== 0) {
          await process.stderr.write(
            path === ''
              ? `dpkg-divert: error: ${verb ?? '--add'} needs a single argument\n\nUse --help for help about diverting files.\n`
              : 'dpkg-divert: error: failed to open diversions file: Permission denied\n',
          )
          return 2
        }
        if (verb === '--remove') await process.stdout.write(`No diversion 'any diversion of ${path}', none removed.\n`)
        else await process.stdout.write(`Adding 'local diversion of ${path} to ${path}.distrib'\n`)
        return 0
    }
  },
})
