import { evidence } from '../../events/bytes.ts'
import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { toBytes } from '../text.ts'
import { gnuCommand } from './gnu/command.ts'
import { noteIndicator } from './net/target.ts'
import { type PerlOptions, readOptions } from './perl/options.ts'
import { runPerl } from './perl/program.ts'
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
    const options = readOptions(process.argv.slice(1))
    if (typeof options === 'string') {
      await process.stderr.write(options)
      return 29
    }
    if (options.shows) return show(process, options)
    const source = await sourceOf(process, options)
    if (typeof source === 'number') return source
    options.code = source
    note(process, source)
    return (
      (await runPerl(process, options)) ?? runOneLiner(process, source, options.lineEnd === undefined ? PERL : { ...PERL, printEnd: '\n' })
    )
  },
})

/** The program's text; a status when it cannot be read. */
async function sourceOf(process: Process, options: PerlOptions): Promise<string | number> {
  const { source } = options
  if (source === undefined) return options.code
  try {
    const bytes = source === '-' ? Buffer.from(await process.stdin.all(1024 * 1024)) : process.files.read(source)
    const text = bytes.toString('latin1')
    for (const word of /^#!.*perl\s+-(\w+)/.exec(text.slice(0, 200))?.[1] ?? '') if (word === 'w') options.warns = true
    return text
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    await process.stderr.write(`Can't open perl script "${source}": ${error.message}\n`)
    return 2
  }
}

function note(process: Process, code: string): void {
  process.recorder.capture(Buffer.from(code, 'latin1'), { how: 'perl program', name: evidence(toBytes('perl')) })
  for (const [url] of code.matchAll(/\b(?:https?|ftp):\/\/[^\s"'`<>\\)]{1,2000}/g)) noteIndicator(process, 'url', url, 'perl')
  for (const found of code.matchAll(/["']((?:\d{1,3}\.){3}\d{1,3}|[\w.-]{1,200}\.[a-z]{2,20})[:"']{1,3}[\s,;]*(?:\$\w+=)?(\d{2,5})/g))
    noteIndicator(process, 'host', `${found[1]}:${found[2]}`, 'perl socket')
}

async function show(process: Process, { shows, asked }: PerlOptions): Promise<number> {
  const entry = (process.world.persona.packages.find((name) => name.startsWith('perl-base '))?.split(' ')[1] ?? '5.36.0-7').split(
    '-',
  )[0] as string
  const [, minor, patch] = entry.split('.')
  if (shows === 'configuration') {
    const known: Record<string, string> = {
      version: entry,
      osname: 'linux',
      archname: 'x86_64-linux-gnu-thread-multi',
      perlpath: '/usr/bin/perl',
      useithreads: 'define',
      ivsize: '8',
    }
    const name = asked ?? 'version'
    await process.stdout.write(`${name}=${Object.hasOwn(known, name) ? `'${known[name]}'` : `'UNKNOWN'`};\n`)
    return 0
  }
  await process.stdout.write(
    `\nThis is perl 5, version ${minor}, subversion ${patch} (v${entry}) built for x86_64-linux-gnu-thread-multi\n(with 60 registered patches, see perl -V for more detail)\n\nCopyright 1987-2022, Larry Wall\n\nPerl may be copied only under the terms of either the Artistic License or the\nGNU General Public License, which may be found in the Perl 5 source kit.\n\nComplete documentation for Perl, including FAQ lists, should be found on\nthis system using "man perl" or "perldoc perl".  If you have access to the\nInternet, point your browser at https://www.perl.org/, the Perl Home Page.\n\n`,
  )
  return 0
}
