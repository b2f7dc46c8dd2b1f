import { readFileSync } from 'node:fs'
import type { HostText } from '../../command.ts'
import { hasSpecial, Pattern } from '../expand/pattern.ts'
import type { Builtin } from '../machinery.ts'
import type { Shell } from '../shell.ts'
import { invalidOption, takeFlags, USAGE } from './usage.ts'

/** `help` and `help PATTERN`: all topics, or what bash has to say about those of that name or beginning. */
export const help: Builtin = async (shell, args) => {
  if (shell.dialect.name === 'ash') {
    await shell.say(`Built-in commands:\n------------------\n${ASH_NAMES}\n`)
    return 0
  }
  const { given, rest, bad } = takeFlags(args, 'dms')
  if (bad) return invalidOption(shell, 'help', bad)
  if (rest.length === 0) {
    await shell.say(overview(shell))
    return 0
  }
  let status = 0
  for (const pattern of rest) {
    const topics = topicsOf(pattern)
    if (topics.length === 0) {
      status = 1
      await shell.complain(`help: no help topics match \`${pattern}'.  Try \`help help' or \`man -k ${pattern}' or \`info ${pattern}'.`)
    } else if (hasSpecial(pattern, false)) await shell.say(`Shell commands matching keyword \`${rest.join(', ')}'\n\n`)
    for (const topic of topics) await shell.say(tellOf(shell, topic, given))
  }
  return status
}

/** A builtin that tells about itself when its first word is `--help`. */
export function tellingOfItself(name: string, builtin: Builtin): Builtin {
  return async (shell, args, called) => {
    if (args[0] !== '--help') return builtin(shell, args, called)
    await shell.say(tellOf(shell, name, new Map()))
    return 2
  }
}

function topicsOf(pattern: HostText): string[] {
  if (Object.hasOwn(SYNOPSES, pattern)) return [pattern]
  const glob = new Pattern(pattern)
  return Object.keys(SYNOPSES)
    .filter((topic) => topic.startsWith(pattern) || glob.matches(topic))
    .sort()
}

function tellOf(shell: Shell, topic: string, given: ReadonlyMap<string, HostText>): string {
  const synopsis = SYNOPSES[topic] as string
  const lines = bodies().get(topic) ?? []
  if (given.has('d')) return `${topic} - ${lines[0] ?? ''}\n`
  if (given.has('s')) return `${topic}: ${synopsis}\n`
  const body = lines.map((line) => `    ${line}\n`).join('')
  if (!given.has('m')) return `${topic}: ${synopsis}\n${body}`
  return `NAME\n    ${topic} - ${lines[0] ?? ''}\n\nSYNOPSIS\n    ${synopsis}\n\nDESCRIPTION\n${body}
SEE ALSO\n    bash(1)\n\nIMPLEMENTATION\n    ${versionOf(shell)}
    Copyright (C) 2022 Free Software Foundation, Inc.
    License GPLv3+: GNU GPL version 3 or later <http://gnu.org/licenses/gpl.html>\n\n`
}

/** As BusyBox 1.35 lists them. */
const ASH_NAMES = `\t. : [ [[ alias bg break cd chdir command continue echo eval exec
\texit export false fg getopts hash help history jobs kill let
\tlocal printf pwd read readonly return set shift source test times
\ttrap true type ulimit umask unalias unset wait`

let read: ReadonlyMap<string, readonly string[]> | undefined

/** What there is to say about each builtin: topics.txt, where `@ NAME…` begins a part. Read at the first call. */
function bodies(): ReadonlyMap<string, readonly string[]> {
  if (read) return read
  const topics = new Map<string, readonly string[]>()
  for (const part of readFileSync(new URL('topics.txt', import.meta.url), 'utf8')
    .split(/^@ /m)
    .slice(1)) {
    const [names = '', ...lines] = part.trimEnd().split('\n')
    for (const name of names.split(' ')) topics.set(name, lines)
  }
  read = topics
  return topics
}

const WORDS: Readonly<Record<string, string>> = {
  job_spec: 'job_spec [&]',
  '((': '(( expression ))',
  ':': ':',
  '[': '[ arg... ]',
  '[[': '[[ expression ]]',
  case: 'case WORD in [PATTERN [| PATTERN]...) COMMANDS ;;]... esac',
  coproc: 'coproc [NAME] command [redirections]',
  false: 'false',
  true: 'true',
  for: 'for NAME [in WORDS ... ] ; do COMMANDS; done',
  'for ((': 'for (( exp1; exp2; exp3 )); do COMMANDS; done',
  function: 'function name { COMMANDS ; } or name () { COMMANDS ; }',
  if: 'if COMMANDS; then COMMANDS; [ elif COMMANDS; then COMMANDS; ]... [ else COMMANDS; ] fi',
  select: 'select NAME [in WORDS ... ;] do COMMANDS; done',
  time: 'time [-p] pipeline',
  until: 'until COMMANDS; do COMMANDS-2; done',
  variables: 'variables - Names and meanings of some shell variables',
  while: 'while COMMANDS; do COMMANDS-2; done',
  '{': '{ COMMANDS ; }',
}

const SYNOPSES: Readonly<Record<string, string>> = { ...USAGE, ...WORDS }

function overview(shell: Shell): string {
  const width = Math.floor((shell.process.terminal?.columns ?? 80) / 2)
  const all = Object.entries(SYNOPSES)
    .sort(([a], [b]) => (a === 'job_spec' ? -1 : b === 'job_spec' ? 1 : a < b ? -1 : 1))
    .map(([, usage]) => usage)
  const rows = Math.ceil(all.length / 2)
  const cell = (usage: string, most: number) => (usage.length > most - 2 ? `${usage.slice(0, most - 3)}>` : usage)
  let text = `${versionOf(shell)}
These shell commands are defined internally.  Type \`help' to see this list.
Type \`help name' to find out more about the function \`name'.
Use \`info bash' to find out more about the shell in general.
Use \`man -k' or \`info' to find out more about commands not in this list.

A star (*) next to a name means that the command is disabled.

`
  for (let i = 0; i < rows; i++) {
    const right = all[i + rows]
    text +=
      right === undefined
        ? ` ${cell(all[i] as string, width)}\n`
        : ` ${cell(all[i] as string, width).padEnd(width - 1)} ${cell(right, width - 1)}\n`
  }
  return text
}

function versionOf(shell: Shell): string {
  return `GNU bash, version 5.2.15(1)-release (${shell.process.world.persona.os.kernel.machine}-pc-linux-gnu)`
}
