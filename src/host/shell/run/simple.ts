import type { HostText } from '../../command.ts'
import { FunctionReturn, RedirectionFailed, ShellExit } from '../control.ts'
import type { SimpleCommandNode } from '../grammar.ts'
import { assigning } from '../parameters.ts'
import { printSimple } from '../print.ts'
import type { Shell } from '../shell.ts'
import { SPECIAL } from '../special.ts'
import { trace, tracedWord } from '../trace.ts'
import { runTrap } from '../traps.ts'
import type { Variable } from '../variables.ts'
import { arrayArgument, arrayElements, assign } from './assign.ts'
import { runExternal } from './external.ts'
import { redirect, redirectShell } from './redirect.ts'

/** Builtins that take assignments as arguments, and arrays among them. */
const DECLARING = new Set(['declare', 'typeset', 'local', 'export', 'readonly'])

/** Functions may call each other this deep; then the shell's stack is full. */
const DEEPEST_CALL = 200

/** Runs a simple command. */
export async function runSimple(shell: Shell, node: SimpleCommandNode, how: { replace: boolean }): Promise<number> {
  shell.substituted = false
  if (!shell.inTrap) shell.command = node
  if (shell.traps.has('DEBUG') && shell.functionDepth === 0) await runTrap(shell, 'DEBUG')
  const argv = await wordsOf(shell, node)
  if (argv.length === 0) return runAssignments(shell, node)
  if (shell.options.has('xtrace')) await traceCommand(shell, node, argv)
  const name = argv[0] as HostText
  const status = await shell.withWords(argv, () => dispatch(shell, node, argv, how))
  shell.lastWord.value = argv.at(-1) ?? name
  closeTransient(shell)
  return status
}

async function dispatch(shell: Shell, node: SimpleCommandNode, argv: HostText[], how: { replace: boolean }): Promise<number> {
  const name = argv[0] as HostText
  if (name === 'exec') return runExec(shell, node, argv)
  const body = shell.functions.get(name)
  const builtin = shell.disabledBuiltins.has(name) ? undefined : shell.machinery.builtins.get(name)
  if (!body && !builtin) {
    const prefix = await assignmentValues(shell, node)
    return runExternal(shell, argv, {
      replace: how.replace && shell.traps.size === 0,
      redirections: node.redirections,
      assignments: prefix,
      text: () => printSimple(node),
    })
  }
  return withRedirections(shell, node, () =>
    withAssignments(shell, node, async () => {
      if (body) return callFunction(shell, name, argv.slice(1))
      const arrays = DECLARING.has(name) ? await declareArrays(shell, node, argv) : argv
      return (await builtin?.(shell, arrays.slice(1), name)) ?? 0
    }),
  )
}

/** Expands the words of a command; an array assignment among the arguments of `declare` stays for later. */
async function wordsOf(shell: Shell, node: SimpleCommandNode): Promise<HostText[]> {
  if (!node.name) return []
  const name = node.name.parts.length === 1 && node.name.parts[0]?.type === 'Literal' ? node.name.parts[0].value : undefined
  if (name === undefined || !DECLARING.has(name)) return shell.machinery.words(shell, [node.name, ...node.args])
  const argv: HostText[] = [name]
  for (const word of node.args) {
    const first = word.parts[0]
    if (arrayArgument(word)) argv.push(ARRAY)
    // The value of an assignment is not split, whatever it expands to.
    else if (first?.type === 'Literal' && /^[A-Za-z_]\w*\+?=/.test(first.value)) argv.push(await assignmentText(shell, word))
    else argv.push(...(await shell.machinery.words(shell, [word])))
  }
  return argv
}

/** Stands for an array assignment in the arguments of a declaring builtin. */
const ARRAY = '\0array'

async function assignmentText(shell: Shell, word: SimpleCommandNode['args'][number]): Promise<HostText> {
  const text = await shell.machinery.text(shell, word)
  return text
}

/** Does the array assignments among the arguments and leaves their names, so that the builtin sets the attributes. */
async function declareArrays(shell: Shell, node: SimpleCommandNode, argv: HostText[]): Promise<HostText[]> {
  if (!argv.includes(ARRAY)) return argv
  const flags = argv.filter((arg) => /^[-+][A-Za-z]+$/.test(arg)).join('')
  const arrays = node.args.map(arrayArgument).filter((a) => a !== undefined)
  const local = shell.functionDepth > 0 && !flags.includes('g') && argv[0] !== 'export' && argv[0] !== 'readonly'
  const result: HostText[] = []
  for (const arg of argv) {
    if (arg !== ARRAY) {
      result.push(arg)
      continue
    }
    const array = arrays.shift()
    if (!array) continue
    const variable = local ? shell.vars.makeLocal(array.name) : shell.vars.make(shell.vars.resolve(array.name))
    if (flags.includes('A') && !variable.table) Object.assign(variable, { table: new Map(), value: undefined })
    if (/i/.test(flags.replace(/\+/g, ''))) variable.integer = true
    const elements = await arrayElements(shell, array.name, array.words)
    await assigning(shell, () => shell.parameters.setArray(array.name, elements, array.append, variable))
    result.push(array.name)
  }
  return result
}

async function runAssignments(shell: Shell, node: SimpleCommandNode): Promise<number> {
  return withRedirections(shell, node, async () => {
    for (const assignment of node.assignments) {
      if (assignment.append && shell.dialect.name === 'dash') {
        await shell.complain(shell.dialect.notFound(printSimple({ ...node, assignments: [assignment], redirections: [] })))
        return 127
      }
      const shown = await assign(shell, assignment)
      await trace(shell, shown)
    }
    closeTransient(shell)
    return shell.substituted ? shell.status : 0
  })
}

async function withRedirections(shell: Shell, node: SimpleCommandNode, body: () => Promise<number>): Promise<number> {
  if (node.redirections.length === 0) return body()
  let undo: () => void
  try {
    undo = await redirectShell(shell, node.redirections)
  } catch (error) {
    if (!(error instanceof RedirectionFailed)) throw error
    if (shell.dialect.strict && !shell.interactive && isSpecial(node)) throw new ShellExit(2)
    return shell.dialect.redirection
  }
  try {
    return await body()
  } finally {
    undo()
  }
}

/** A special builtin whose redirection fails ends a POSIX shell. */
function isSpecial(node: SimpleCommandNode): boolean {
  const first = node.name?.parts[0]
  return first?.type === 'Literal' && SPECIAL.has(first.value)
}

/** `VAR=value command`: the variables hold while a builtin or function runs. */
async function withAssignments(shell: Shell, node: SimpleCommandNode, body: () => Promise<number>): Promise<number> {
  if (node.assignments.length === 0) return body()
  const before: [string, Variable | undefined][] = []
  for (const { name, value } of await assignmentValues(shell, node)) {
    before.push([name, shell.vars.find(name)])
    if (shell.vars.find(name)?.readonly) {
      await shell.complain(`${name}: readonly variable`)
      continue
    }
    shell.vars.replace(name, { value, exported: true })
    if (name === 'PATH') shell.hashed.clear()
  }
  try {
    return await body()
  } finally {
    for (const [name, variable] of before.reverse()) shell.vars.replace(name, variable)
  }
}

async function assignmentValues(shell: Shell, node: SimpleCommandNode): Promise<{ name: string; value: HostText }[]> {
  const values: { name: string; value: HostText }[] = []
  for (const { name, value, append } of node.assignments) {
    const text = value ? await shell.machinery.text(shell, value) : ''
    values.push({ name, value: append ? (shell.parameters.get(name) ?? '') + text : text })
  }
  return values
}

export async function callFunction(shell: Shell, name: string, args: HostText[]): Promise<number> {
  const definition = shell.functions.get(name)
  if (!definition) return 127
  if (shell.functionDepth >= DEEPEST_CALL) shell.overflow()
  const { positional } = shell
  const loops = shell.loopDepth
  shell.positional = args
  shell.vars.pushFrame()
  shell.functionDepth++
  shell.loopDepth = 0
  shell.calls.push({ function: name, source: shell.functionSources.get(name) ?? '', line: shell.line })
  const before = shell.traps.get('RETURN')
  try {
    return await withRedirectionsOf(shell, definition.redirections, () => shell.machinery.compound(shell, definition.body))
  } catch (error) {
    if (error instanceof FunctionReturn) return error.status
    throw error
  } finally {
    // A function does not inherit the trap, but may set its own.
    if (shell.traps.get('RETURN') !== before) await runTrap(shell, 'RETURN')
    shell.calls.pop()
    shell.functionDepth--
    shell.loopDepth = loops
    shell.vars.popFrame()
    shell.positional = positional
  }
}

async function withRedirectionsOf(
  shell: Shell,
  redirections: SimpleCommandNode['redirections'],
  body: () => Promise<number>,
): Promise<number> {
  return withRedirections(shell, { type: 'SimpleCommand', name: null, args: [], assignments: [], redirections }, body)
}

/** `exec`: without a command its redirections stay; with one, the program takes the shell's place. */
async function runExec(shell: Shell, node: SimpleCommandNode, argv: HostText[]): Promise<number> {
  try {
    await redirect(shell, node.redirections, shell.process.descriptors)
  } catch (error) {
    if (!(error instanceof RedirectionFailed)) throw error
    if (shell.dialect.strict && !shell.interactive) throw new ShellExit(shell.dialect.redirection)
    return shell.dialect.redirection
  }
  let rest = argv.slice(1)
  let name: HostText | undefined
  let login = false
  let clean = false
  while (rest[0]?.startsWith('-') && rest[0].length > 1) {
    const option = rest.shift() as string
    if (option === '--') break
    for (const letter of option.slice(1)) {
      if (letter === 'l') login = true
      else if (letter === 'c') clean = true
      else if (letter === 'a') name = rest.shift()
      else {
        await shell.complain(`exec: -${letter}: invalid option`)
        await shell.process.stderr.write('exec: usage: exec [-cl] [-a name] [command [argument ...]] [redirection ...]\n')
        return 2
      }
    }
  }
  if (rest.length === 0) return 0
  const prefix = await assignmentValues(shell, node)
  const zero = `${login ? '-' : ''}${name ?? (login ? (rest[0] as string).replace(/^.*\//, '') : rest[0])}`
  rest = [...rest]
  return runExternal(shell, rest, {
    replace: true,
    exec: true,
    redirections: [],
    assignments: prefix,
    zero,
    clean,
    text: () => rest.join(' '),
  })
}

async function traceCommand(shell: Shell, node: SimpleCommandNode, argv: HostText[]): Promise<void> {
  for (const { name, value } of await assignmentValues(shell, node)) await trace(shell, `${name}=${tracedWord(shell, value)}`)
  await trace(
    shell,
    argv
      .filter((arg) => arg !== ARRAY)
      .map((arg) => tracedWord(shell, arg))
      .join(' '),
  )
}

function closeTransient(shell: Shell): void {
  for (const fd of shell.transientDescriptors.splice(0)) shell.process.descriptors.close(fd)
}
