import { HostError } from '../contract.ts'
import { toText } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { PERL } from './script/languages.ts'
import { runOneLiner } from './script/one-liner.ts'

export default gnuCommand({
  name: 'perl',
  package: 'perl-base',
  paths: ['/usr/bin/perl', '/usr/bin/perl5.36.0', '/usr/bin/perl5.34.0'],
  usage: '[switches] [--] [programfile] [arguments]',
  applet: false,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const entry = (process.world.persona.packages.find((name) => name.startsWith('perl-base '))?.split(' ')[1] ?? '5.36.0-7').split(
      '-',
    )[0] as string
    const [, minor, patch] = entry.split('.')
    if (words[0] === '-v' || words[0] === '--version') {
      await process.stdout.write(
        `\nThis is perl 5, version ${minor}, subversion ${patch} (v${entry}) built for x86_64-linux-gnu-thread-multi\n(with 60 registered patches, see perl -V for more detail)\n\nCopyright 1987-2022, Larry Wall\n\nPerl may be copied only under the terms of either the Artistic License or the\nGNU General Public License, which may be found in the Perl 5 source kit.\n\nComplete documentation for Perl, including FAQ lists, should be found on\nthis system using "man perl" or "perldoc perl".  If you have access to the\nInternet, point your browser at https://www.perl.org/, the Perl Home Page.\n\n`,
      )
      return 0
    }
    const code: string[] = []
    let line = false
    let file: string | undefined
    for (let i = 0; i < words.length && file === undefined; i++) {
      const word = words[i] as string
      if (/^-[a-zA-Z0]*[eE]$/.test(word)) {
        line ||= word.includes('l')
        const next = words[++i]
        if (next === undefined) {
          await process.stderr.write('No code specified for -e.\n')
          return 2
        }
        code.push(next)
      } else if (/^-[MmI]$/.test(word)) i++
      else if (!word.startsWith('-')) file = word
    }
    if (code.length) return runOneLiner(process, code.join('\n'), line ? { ...PERL, printEnd: '\n' } : PERL)
    if (file === undefined) return runOneLiner(process, toText(await process.stdin.all(1024 * 1024)), PERL)
    try {
      return await runOneLiner(process, toText(process.files.read(file)), PERL)
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await process.stderr.write(`Can't open perl script "${file}": ${error.message}\n`)
      return 2
    }
  },
})
