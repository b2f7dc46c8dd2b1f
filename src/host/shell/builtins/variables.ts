import type { HostText } from '../../command.ts'
import { ShellExit } from '../control.ts'
import { expandSubscript } from '../expand/parameter-expansion.ts'
import { defineFunction } from '../functions.ts'
import type { Builtin } from '../machinery.ts'
import { OWN_ATTRIBUTES } from '../own-variables.ts'
import { assigning, isName, parseTarget } from '../parameters.ts'
import { printFunction } from '../print.ts'
import { declarationOf, doubleQuote, quoteForReuse } from '../quote.ts'
import type { Shell } from '../shell.ts'
import type { Variable } from '../variables.ts'
import { invalidOption, takeFlags, usageLine } from './usage.ts'

/** Attributes that letters of `declare` turn on. */
const ATTRIBUTES: Readonly<Record<string, keyof Variable>> = {
  x: 'exported',
  r: 'readonly',
  i: 'integer',
  l: 'lower',
  u: 'upper',
  n: 'reference',
}

export const declare: Builtin = async (shell, args, name) => {
  const on = new Set<string>()
  const off = new Set<string>()
  const rest = [...args]
  while (rest[0] !== undefined && /^[-+]./.test(rest[0])) {
    const option = rest.shift() as string
    if (option === '--') break
    for (const letter of option.slice(1)) {
      if (!'aAfFgiIlnprtux'.includes(letter)) return invalidOption(shell, name, `${option[0]}${letter}`)
      if (option.startsWith('-')) on.add(letter)
      else off.add(letter)
    }
  }
  if (name === 'local' && shell.functionDepth === 0) {
    await shell.complain(`local: ${shell.dialect.notInFunction}`)
    if (shell.dialect.strict && !shell.interactive) throw new ShellExit(2)
    return 1
  }
  if (on.has('f') || on.has('F')) return showFunctions(shell, rest, on.has('F'), on)
  if (on.has('p')) return showDeclarations(shell, rest, on, name)
  if (rest.length === 0) return listVariables(shell, on, name)
  let status = 0
  for (const arg of rest) if (!(await declareOne(shell, arg, on, off, name))) status = 1
  return status
}

async function declareOne(shell: Shell, arg: HostText, on: ReadonlySet<string>, off: ReadonlySet<string>, name: string): Promise<boolean> {
  const match = /^([A-Za-z_]\w*)(?:\[([^\]]*)\])?(?:(\+?=)([\s\S]*))?$/.exec(arg)
  if (!match) {
    await shell.complain(`${name}: \`${arg}': not a valid identifier`)
    return false
  }
  const [, variableName, subscript, operator, value = ''] = match as unknown as [
    string,
    string,
    string | undefined,
    string | undefined,
    string | undefined,
  ]
  const local = shell.functionDepth > 0 && !on.has('g')
  const variable = local
    ? shell.vars.makeLocal(variableName)
    : on.has('g')
      ? shell.vars.makeGlobal(variableName)
      : shell.vars.make(variableName)
  if (variable.readonly && (operator || off.has('r'))) {
    await shell.complain(`${name}: ${variableName}: readonly variable`)
    return false
  }
  if (on.has('A') && !variable.table)
    Object.assign(variable, { table: new Map(), value: undefined, array: undefined, unassigned: !operator })
  if (on.has('a') && !variable.array) {
    const { value: before } = variable
    Object.assign(variable, {
      array: new Map(before === undefined ? [] : [[0, before]]),
      value: undefined,
      unassigned: before === undefined && !operator,
    })
  }
  for (const letter of off) clear(variable, ATTRIBUTES[letter])
  for (const letter of on) if (letter !== 'r') set(variable, ATTRIBUTES[letter])
  if (local && variableName === 'OPTIND' && !operator) shell.optind = { index: 1, char: 0 }
  if (operator) await give(shell, variable, variableName, subscript, operator === '+=', value, name)
  if (on.has('r')) variable.readonly = true
  return true
}

async function give(
  shell: Shell,
  variable: Variable,
  name: string,
  subscript: string | undefined,
  append: boolean,
  value: HostText,
  builtin: string,
): Promise<void> {
  const key = subscript === undefined ? undefined : await expandSubscript(shell, name, subscript)
  await assigning(
    shell,
    () => {
      if (variable.reference) variable.value = value
      else if (key !== undefined) shell.parameters.setElement(name, key, value)
      else if (append) shell.parameters.append(name, value)
      else shell.parameters.assign(variable, name, value)
    },
    `${builtin}: `,
  )
}

function set(variable: Variable, attribute: keyof Variable | undefined): void {
  if (attribute === 'lower') variable.upper = false
  if (attribute === 'upper') variable.lower = false
  if (attribute) Object.assign(variable, { [attribute]: true })
}

function clear(variable: Variable, attribute: keyof Variable | undefined): void {
  if (attribute) Object.assign(variable, { [attribute]: false })
}

async function showFunctions(shell: Shell, names: readonly string[], namesOnly: boolean, on: ReadonlySet<string>): Promise<number> {
  const wanted = names.length ? names : [...shell.functions.keys()].sort()
  let status = 0
  for (const name of wanted) {
    const definition = shell.functions.get(name)
    if (!definition) status = 1
    else if (namesOnly) await shell.say(names.length ? `${name}\n` : `declare -f ${name}\n`)
    else if (!on.has('x') && !on.has('r')) await shell.say(printFunction(name, definition))
  }
  return status
}

async function showDeclarations(shell: Shell, names: readonly string[], on: ReadonlySet<string>, builtin: string): Promise<number> {
  let status = 0
  for (const name of names.length ? names : allNames(shell)) {
    const text = declarationOf(shell, name)
    if (text === undefined) {
      if (names.length === 0) continue
      await shell.complain(`${builtin}: ${name}: not found`)
      status = 1
    } else if (names.length || hasAll(shell, name, on)) await shell.say(`${text}\n`)
  }
  return status
}

/** Names of the variables, those that bash makes up among them. */
function allNames(shell: Shell): string[] {
  return [...new Set([...shell.vars.names(), ...shell.parameters.ownNames])].sort()
}

function hasAll(shell: Shell, name: string, on: ReadonlySet<string>): boolean {
  const variable = shell.vars.find(name)
  const letters = [...on].filter((letter) => letter !== 'p')
  const has = (letter: string): boolean => {
    if (!variable) return OWN_ATTRIBUTES[name]?.includes(letter) === true
    if (letter === 'a') return variable.array !== undefined
    if (letter === 'A') return variable.table !== undefined
    const attribute = ATTRIBUTES[letter]
    return attribute === undefined || variable[attribute] === true
  }
  return letters.length === 0 || letters.some(has)
}

async function listVariables(shell: Shell, on: ReadonlySet<string>, name: string): Promise<number> {
  if (name === 'local') {
    for (const local of shell.vars.localNames()) await shell.say(`${declarationOf(shell, local)}\n`)
    return 0
  }
  if (on.size > 0) return showDeclarations(shell, [], on, name)
  await shell.say(allVariables(shell))
  for (const [functionName, definition] of [...shell.functions].sort()) await shell.say(printFunction(functionName, definition))
  return 0
}

/** `name=value` of every variable, as `set` prints it. */
export function allVariables(shell: Shell): string {
  if (shell.dialect.name === 'dash') return dashVariables(shell)
  const own = shell.dialect.name === 'bash' ? bashOwn(shell) : new Map<string, string>()
  const names = shell.vars.names().filter((name) => {
    const variable = shell.vars.find(name)
    return variable?.value !== undefined || variable?.array || variable?.table
  })
  return [...new Set([...names, ...own.keys()])]
    .sort()
    .map((name) => `${shell.vars.find(name) ? shortDeclaration(shell, name) : `${name}=${own.get(name)}`}\n`)
    .join('')
}

/** dash quotes every value, and a quote in it by others around it. */
function dashVariables(shell: Shell): string {
  return shell.vars
    .names()
    .sort()
    .map((name) => [name, shell.vars.find(name)?.value] as const)
    .map(([name, value]) => (value === undefined ? '' : `${name}='${value.replaceAll("'", `'"'"'`)}'\n`))
    .join('')
}

/** Variables that bash makes up when they are asked for, as `set` shows them. */
function bashOwn(shell: Shell): Map<string, string> {
  const own = new Map<string, string>()
  for (const name of ['BASHOPTS', 'BASH_VERSION', 'EUID', 'PPID', 'SHELLOPTS', 'UID', '_'])
    own.set(name, plainOrQuoted(shell.parameters.get(name) ?? ''))
  for (const name of ['BASH_ALIASES', 'BASH_ARGV', 'BASH_CMDS', 'BASH_LINENO', 'BASH_SOURCE', 'DIRSTACK', 'GROUPS']) own.set(name, '()')
  own.set('BASH_ARGC', shell.source === 'stdin' ? '()' : '([0]="0")')
  own.set('BASH_LOADABLES_PATH', '/usr/local/lib/bash:/usr/lib/bash:/opt/local/lib/bash:/usr/pkg/lib/bash:/opt/pkg/lib/bash:.')
  for (const name of ['BASH_VERSINFO', 'PIPESTATUS'])
    own.set(name, `(${(shell.parameters.list(name) ?? []).map((value, at) => `[${at}]=${doubleQuote(value)}`).join(' ')})`)
  return own
}

function plainOrQuoted(value: string): string {
  return value === '' || /^[A-Za-z0-9_./:,@%+^~=-]*$/.test(value) ? value : quoteForReuse(value)
}

function shortDeclaration(shell: Shell, name: string): string {
  const variable = shell.vars.find(name)
  if (variable?.array || variable?.table) return (declarationOf(shell, name) ?? '').replace(/^declare -\S+ /, '')
  const value = variable?.value ?? ''
  if (shell.dialect.name !== 'bash') return `${name}=${quoteForReuse(value)}`
  return `${name}=${plainOrQuoted(value)}`
}

export const exportBuiltin: Builtin = async (shell, args, name) => {
  const { given, rest, bad } = takeFlags(args, 'fnp')
  if (bad) return invalidOption(shell, name, bad)
  const readonly = name === 'readonly'
  if (rest.length === 0) {
    for (const variable of shell.dialect.name === 'bash' ? allNames(shell) : shell.vars.names()) {
      const facts = shell.vars.find(variable)
      const isListed = readonly ? (facts ? facts.readonly : OWN_ATTRIBUTES[variable]?.includes('r')) : facts?.exported
      if (!isListed) continue
      await shell.say(
        shell.dialect.name === 'bash'
          ? `${declarationOf(shell, variable)}\n`
          : `${name} ${variable}=${quoteForReuse(facts?.value ?? '')}\n`,
      )
    }
    return 0
  }
  if (given.has('f')) return rest.every((f) => shell.functions.has(f)) ? 0 : 1
  let status = 0
  for (const arg of rest) {
    const match = /^([A-Za-z_]\w*)(?:(\+?=)([\s\S]*))?$/.exec(arg)
    if (!match) {
      await shell.complain(
        shell.dialect.name === 'bash' ? `${name}: \`${arg}': not a valid identifier` : `${name}: ${arg.split('=')[0]}: bad variable name`,
      )
      status = shell.dialect.name === 'bash' ? 1 : 2
      continue
    }
    const [, variableName, operator, value = ''] = match as unknown as [string, string, string | undefined, string | undefined]
    const variable = shell.vars.make(shell.vars.resolve(variableName))
    if (operator) {
      await assigning(shell, () =>
        operator === '+=' ? shell.parameters.append(variableName, value) : shell.parameters.set(variableName, value),
      )
    }
    if (readonly) variable.readonly = true
    else variable.exported = !given.has('n')
  }
  return status
}

export const readonly: Builtin = (shell, args, name) => {
  const flags = args.filter((a) => /^-[aAfp]+$/.test(a))
  if (flags.some((f) => /[aA]/.test(f)))
    return declare(shell, [...flags.map((f) => f.replace('p', '')), '-r', ...args.filter((a) => !flags.includes(a))], name)
  return exportBuiltin(shell, args, name)
}

export const unset: Builtin = async (shell, args) => {
  const { given, rest, bad } = takeFlags(args, 'fvn')
  if (bad) return invalidOption(shell, 'unset', bad)
  let status = 0
  for (const arg of rest) {
    const target = parseTarget(arg)
    if (!given.has('f') && target && (shell.vars.find(target.name) || given.has('v'))) {
      if (!(await unsetVariable(shell, target, given.has('n')))) status = 1
    } else if (!given.has('v') && shell.functions.has(arg)) defineFunction(shell, arg, undefined)
    else if (!target) {
      await shell.complain(shell.dialect.name === 'bash' ? `unset: \`${arg}': not a valid identifier` : `unset: ${arg}: bad variable name`)
      status = 1
    }
  }
  return status
}

async function unsetVariable(shell: Shell, target: { name: string; subscript: string | undefined }, reference: boolean): Promise<boolean> {
  const name = reference ? target.name : shell.vars.resolve(target.name)
  const variable = shell.vars.find(name)
  if (variable?.readonly) {
    await shell.complain(`unset: ${target.name}: cannot unset: readonly variable`)
    return false
  }
  if (target.subscript === undefined || target.subscript === '@' || target.subscript === '*') {
    shell.vars.unset(name)
    if (name === 'PATH') shell.hashed.clear()
    return true
  }
  const key = await expandSubscript(shell, name, target.subscript)
  if (variable?.table) variable.table.delete(key)
  else if (variable?.array) {
    const index = Number(shell.parameters.indexOf(key))
    variable.array.delete(index < 0 ? Math.max(-1, ...variable.array.keys()) + 1 + index : index)
  } else if (key === '0') shell.vars.unset(name)
  return true
}

export const shift: Builtin = async (shell, args) => {
  const count = args[0] === undefined ? 1 : Number(args[0])
  if (!Number.isInteger(count)) {
    await shell.complain(
      shell.dialect.name === 'bash' ? `shift: ${args[0]}: numeric argument required` : `shift: Illegal number: ${args[0]}`,
    )
    return shell.dialect.name === 'bash' ? 1 : 2
  }
  if (count < 0 || count > shell.positional.length) {
    if (count < 0) await shell.complain(`shift: ${args[0]}: shift count out of range`)
    else if (shell.dialect.name === 'dash') {
      await shell.complain("shift: can't shift that many")
      if (!shell.interactive) throw new ShellExit(2)
    }
    return 1
  }
  shell.positional.splice(0, count)
  return 0
}

/** getopts keeps its place within a cluster in the shell, and OPTIND in the variable. */
export const getopts: Builtin = async (shell, args) => {
  const [spec, name] = args
  if (spec === undefined || name === undefined) {
    await usageLine(shell, 'getopts')
    return 2
  }
  if (!isName(name)) {
    await shell.complain(`getopts: \`${name}': not a valid identifier`)
    return 1
  }
  const words = args.length > 2 ? args.slice(2) : shell.positional
  const state = shell.optind
  const say = (value: string, argument: string | undefined) => {
    const { char, index } = state
    shell.parameters.set(name, value)
    if (argument === undefined) shell.vars.unset('OPTARG')
    else shell.parameters.set('OPTARG', argument)
    shell.parameters.set('OPTIND', String(index))
    shell.optind = { index, char }
  }
  const word = words[state.index - 1]
  if (state.char === 0) {
    if (word === undefined || !word.startsWith('-') || word === '-') {
      say('?', undefined)
      return 1
    }
    if (word === '--') {
      state.index++
      say('?', undefined)
      return 1
    }
    state.char = 1
  }
  const letter = word?.[state.char] ?? ''
  const at = letter === ':' ? -1 : spec.indexOf(letter)
  const silent = spec.startsWith(':')
  const wantsArgument = at >= 0 && spec[at + 1] === ':'
  const last = state.char + 1 >= (word?.length ?? 0)
  let argument: string | undefined
  if (wantsArgument) {
    argument = last ? words[state.index] : word?.slice(state.char + 1)
    state.index += last ? 2 : 1
    state.char = 0
  } else if (last) {
    state.index++
    state.char = 0
  } else state.char++
  if (at < 0) {
    if (!silent && shell.parameters.get('OPTERR') !== '0')
      await shell.process.stderr.write(`${shell.prefixName}: illegal option -- ${letter}\n`)
    say('?', silent ? letter : undefined)
    return 0
  }
  if (wantsArgument && argument === undefined) {
    state.index = words.length + 1
    if (!silent && shell.parameters.get('OPTERR') !== '0')
      await shell.process.stderr.write(`${shell.prefixName}: option requires an argument -- ${letter}\n`)
    say(silent ? ':' : '?', silent ? letter : undefined)
    return 0
  }
  say(letter, argument)
  return 0
}
