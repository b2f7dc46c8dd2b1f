import type { CommandFile, Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { gnuCommand } from './command.ts'

/** `gcc` and `g++`: sources become an executable of the host's kind, as large as a small program is. */
export function compilerCommand(name: 'gcc' | 'g++'): CommandFile {
  return gnuCommand({
    name,
    package: name,
    paths:
      name === 'gcc'
        ? ['/usr/bin/gcc-12', '/usr/bin/gcc', '/usr/bin/cc', '/usr/bin/x86_64-linux-gnu-gcc-12']
        : ['/usr/bin/g++-12', '/usr/bin/g++', '/usr/bin/c++'],
    usage: '[options] file...',
    applet: false,
    rawArguments: true,
    short: '',
    run: (process) => compile(process, process.argv.slice(1)),
  })
}

async function compile(process: Process, words: readonly string[]): Promise<number> {
  const name = process.argv[0]?.split('/').at(-1)
  if (words.includes('--version')) {
    const version = process.world.persona.packages.find((entry) => /^gcc-\d+-base /.test(entry))?.split(' ')[1] ?? '12.2.0-14+deb12u1'
    await process.stdout.write(
      `${name} (Debian ${version}) ${version.split('-')[0]}\nCopyright (C) 2022 Free Software Foundation, Inc.\nThis is free software; see the source for copying conditions.  There is NO\nwarranty; not even for MERCHANTABILITY or FITNESS FOR A PARTICULAR PURPOSE.\n\n`,
    )
    return 0
  }
  if (words.includes('-dumpversion') || words.includes('-dumpmachine')) {
    await process.stdout.write(words.includes('-dumpversion') ? '12\n' : 'x86_64-linux-gnu\n')
    return 0
  }
  const sources: string[] = []
  let output: string | undefined
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '-o') output = words[++i]
    else if (/^-[xILDUl]$/.test(word)) i++
    else if (!word.startsWith('-') || word === '-') sources.push(word)
  }
  if (sources.length === 0) {
    await process.stderr.write(`${name}: fatal error: no input files\ncompilation terminated.\n`)
    return 1
  }
  for (const source of sources) {
    if (source === '-') continue
    try {
      process.files.read(source)
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      await process.stderr.write(`cc1: fatal error: ${source}: ${error.message}\ncompilation terminated.\n`)
      return 1
    }
  }
  await process.sleep(350 + sources.length * 120)
  const object = words.includes('-c')
  const target = output ?? (object ? (sources[0] as string).replace(/^.*\//, '').replace(/\.\w+$/, '.o') : 'a.out')
  try {
    process.files.write(target, process.world.files.read('/usr/bin/env').subarray(0, 15_960), object ? 0o644 : 0o755)
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(
      `/usr/bin/ld: cannot open output file ${target}: ${error.message}\ncollect2: error: ld returned 1 exit status\n`,
    )
    return 1
  }
  return 0
}
