import { createHash } from 'node:crypto'
import { HostError } from './contract.ts'
import { systemOf } from './image/system.ts'
import type { KernelProcess } from './process/kernel-process.ts'
import { recordedAnswer } from './recorded/answers.ts'

export interface UsualAnswer {
  stdout: string
  stderr: string
  exitCode: number
}

/** Programs that print nothing and succeed when they are called without trouble. */
const QUIET =
  /^(.*d|sync|ldconfig|update-.*|depmod|mandb|systemd-.*|dbus-.*|grub-.*|invoke-rc\.d|deb-systemd-.*|.*ctl|chattr|setcap|setfacl|.*-reload|logrotate|tzselect|sensible-.*|xdg-.*)$/

/** Programs that are of no use without arguments and say so. */
const WANTS_OPERAND =
  /^(.*stat|.*dump|.*2.*|mk.*|ch.*|.*cp|.*mv|get.*|set.*|add.*|del.*|user.*|group.*|dig|host|lsattr|compress|.*zip.*|patch|strace|ltrace|objdump|gdb|gcc|g\+\+|cc|ld|as|ar|nm|strip|tcpdump|socat|ncat)$/

/**
 * What a program would most likely say, without a model: its version and help from its package, a missing file by its
 * name, a missing operand in the words of its family, nothing from what is silent anyway.
 */
export function usualAnswer(process: KernelProcess, name: string, path: string): UsualAnswer {
  const args = process.argv.slice(1)
  const called = process.argv[0] ?? name
  const own = called.slice(called.lastIndexOf('/') + 1)
  if (args.some((arg) => arg === '--version' || arg === '-V')) return said(versionText(process, own, path))
  if (args.some((arg) => arg === '--help' || arg === '-h' || arg === '-?')) return said(helpText(own))
  const missing = args.find((arg) => isMissingPath(process, arg))
  if (missing !== undefined) return { stdout: '', stderr: missingFile(own, missing), exitCode: style(own) === 'bsd' ? 1 : 2 }
  if (args.length === 0 && WANTS_OPERAND.test(own) && !QUIET.test(own)) return { stdout: '', stderr: missingOperand(own), exitCode: 1 }
  return { stdout: '', stderr: '', exitCode: 0 }
}

function said(stdout: string): UsualAnswer {
  return { stdout, stderr: '', exitCode: 0 }
}

type Style = 'gnu' | 'util-linux' | 'bsd'

/** The family that a program's manner follows; the same for each call. */
function style(name: string): Style {
  return (['gnu', 'gnu', 'util-linux', 'bsd'] as const)[(createHash('md5').update(name).digest()[0] as number) & 3] as Style
}

function versionText(process: KernelProcess, name: string, path: string): string {
  const known = recordedAnswer(process, '--version')
  if (known) return known.text
  const { version, suite } = packageOf(process, path)
  const family = style(name)
  if (family === 'util-linux') return `${name} from ${suite} ${version}\n`
  return family === 'gnu' ? `${name} (${suite}) ${version}\n` : `${name} ${version}\n`
}

function helpText(name: string): string {
  switch (style(name)) {
    case 'util-linux':
      return `\nUsage:\n ${name} [options] [<argument>...]\n\nOptions:\n -q, --quiet    suppress normal output\n -v, --verbose  explain what is being done\n\n -h, --help     display this help\n -V, --version  display version\n\nFor more details see ${name}(8).\n`
    case 'bsd':
      return `usage: ${name} [-hqvV] [-c config] [-f file] [argument ...]\n`
    case 'gnu':
      return `Usage: ${name} [OPTION]... [FILE]...\n\n  -q, --quiet      suppress all normal output\n  -v, --verbose    explain what is being done\n      --help       display this help and exit\n      --version    output version information and exit\n`
  }
}

function missingFile(name: string, file: string): string {
  switch (style(name)) {
    case 'util-linux':
      return `${name}: cannot open ${file}: No such file or directory\n`
    case 'bsd':
      return `${name}: ${file}: No such file or directory\n`
    case 'gnu':
      return `${name}: cannot access '${file}': No such file or directory\n`
  }
}

function missingOperand(name: string): string {
  switch (style(name)) {
    case 'util-linux':
      return `${name}: bad usage\nTry '${name} --help' for more information.\n`
    case 'bsd':
      return `usage: ${name} [-hqvV] [-c config] [-f file] [argument ...]\n`
    case 'gnu':
      return `${name}: missing operand\nTry '${name} --help' for more information.\n`
  }
}

function isMissingPath(process: KernelProcess, word: string): boolean {
  if (word.startsWith('-') || !(word.includes('/') || /\.[a-z]{1,4}$/.test(word)) || /^\w+:\/\//.test(word)) return false
  try {
    process.view.lstat(word)
    return false
  } catch (error) {
    if (error instanceof HostError) return true
    throw error
  }
}

/** The package that brought a program, and its version without the distribution's part. */
function packageOf(process: KernelProcess, path: string): { suite: string; version: string } {
  const { persona } = process.world
  const target = path.replace(/^\/s?bin\//, (folder) => `/usr${folder}`)
  for (const [name, entries] of systemOf(persona.os.family).packages) {
    if (!entries.some((entry) => entry.path === target || entry.path === path)) continue
    const installed = persona.packages.find((p) => p.split(' ')[0] === name)
    const version = installed?.split(' ')[1] ?? '1.0'
    return { suite: name, version: version.replace(/^\d+:/, '').replace(/[-+~].*$/, '') }
  }
  return { suite: path.slice(path.lastIndexOf('/') + 1), version: '1.0' }
}
