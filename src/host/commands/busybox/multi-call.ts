import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { parseYaml } from '../../../config/yaml.ts'
import type { CommandFile, HostText } from '../../command.ts'
import type { KernelProcess, Program } from '../../process/kernel-process.ts'
import { busyBoxBanner } from './banner.ts'
import { markAsApplet } from './flavour.ts'

const FILE = join(import.meta.dirname, 'applets.yaml')
const Names = z.string().transform((text) => text.trim().split(/\s+/))
const Applets = z.strictObject({ debian: Names, openwrt: Names })
const APPLETS = parseYaml(FILE, readFileSync(FILE, 'utf8'), Applets)

/** Columns of the list in the usage text. */
const LIST_WIDTH = 79

/**
 * The busybox binary: which applet it is, `argv[0]` says, or the first argument after `busybox`.
 * @param commands what there is to run as an applet
 * @param unwritten the program of an applet that has no implementation
 */
export function busyBox(commands: readonly CommandFile[], unwritten: (name: string) => Program): CommandFile {
  const byName = new Map(commands.map((command) => [command.name, command]))

  async function runApplet(process: KernelProcess): Promise<number> {
    const name = appletName(process.argv[0] ?? '')
    if (!appletsOf(process).includes(name)) {
      await process.stderr.write(`${name}: applet not found\n`)
      return 127
    }
    const isShell = name === 'sh' || name === 'ash'
    const command = byName.get(isShell ? 'ash' : name)
    if (!command) return unwritten(name)(process)
    // A shell may give its process to a program, which is no applet then: Debian's ash looks along PATH.
    return command.run(isShell ? process : markAsApplet(process))
  }

  async function run(process: KernelProcess): Promise<number> {
    if (!appletName(process.argv[0] ?? '').startsWith('busybox')) return runApplet(process)
    process.argv = process.argv.slice(1)
    const [first] = process.argv
    if (first === undefined || first === '--help') return usage(process)
    if (first === '--list') return list(process, '')
    if (first === '--list-full') return list(process, 'usr/bin/')
    return runApplet(process)
  }

  return { name: 'busybox', paths: ['/usr/bin/busybox'], package: 'busybox', run: (process) => run(process as KernelProcess) }
}

function appletsOf(process: KernelProcess): readonly string[] {
  return process.world.persona.os.family === 'openwrt' ? APPLETS.openwrt : APPLETS.debian
}

/** A login shell's name begins with a dash; folders do not count. */
function appletName(zero: HostText): string {
  return zero.slice(zero.lastIndexOf('/') + 1).replace(/^-/, '')
}

async function list(process: KernelProcess, folder: string): Promise<number> {
  await process.stdout.write(
    appletsOf(process)
      .map((name) => `${folder}${name}\n`)
      .join(''),
  )
  return 0
}

async function usage(process: KernelProcess): Promise<number> {
  await process.stdout.write(`${busyBoxBanner(process.world.persona)} multi-call binary.
BusyBox is copyrighted by many authors between 1998-2015.
Licensed under GPLv2. See source distribution for detailed
copyright notices.

Usage: busybox [function [arguments]...]
   or: busybox --list[-full]
   or: busybox --show SCRIPT
   or: busybox --install [-s] [DIR]
   or: function [arguments]...

\tBusyBox is a multi-call binary that combines many common Unix
\tutilities into a single executable.  Most people will create a
\tlink to busybox for each function they wish to use and BusyBox
\twill act like whatever it was invoked as.

Currently defined functions:
${inLines(appletsOf(process))}
`)
  return 0
}

/** As BusyBox fills its list (appletlib.c): a tab counts as eight columns. */
function inLines(names: readonly string[]): string {
  const lines: string[] = []
  let line = ''
  for (const [i, name] of names.entries()) {
    const word = i === names.length - 1 ? name : `${name},`
    if (line && 8 + line.length + 1 + word.length > LIST_WIDTH) {
      lines.push(line)
      line = word
    } else line = line ? `${line} ${word}` : word
  }
  return [...lines, line].map((one) => `\t${one}`).join('\n')
}
