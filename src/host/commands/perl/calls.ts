import { readLine } from './files.ts'
import { FUNCTIONS } from './functions.ts'
import type { Interpreter } from './interpreter.ts'
import { flag } from './operations.ts'
import { type Node, Unsupported } from './syntax.ts'
import { type Code, Handle, Ref, type Scope, text, type Value } from './value.ts'

/** Calls a function, Perl's or the program's, a reference to one, or a method. */
export async function called(
  p: Interpreter,
  node: Node & { type: 'call' | 'invoke' | 'method' },
  scope: Scope,
  wantsList: boolean,
): Promise<Value[]> {
  if (node.type === 'invoke') {
    const code = p.codeOf(await p.scalar(node.code, scope))
    return p.machine.callCode(code, await p.lists(node.args, scope), wantsList)
  }
  if (node.type === 'method') return method(p, node, scope, wantsList)
  const own = p.machine.subs.get(node.name.includes('::') ? node.name : `${p.machine.package}::${node.name}`)
  if (own) {
    const args = await p.lists(node.args, scope)
    p.machine.line = node.line
    return p.machine.callCode(own, args, wantsList)
  }
  const native = Object.hasOwn(FUNCTIONS, node.name) ? FUNCTIONS[node.name] : undefined
  if (native) {
    p.machine.line = node.line
    return native(p, node, scope, wantsList)
  }
  if (!node.parenthesised && node.args.length === 0 && /^[A-Z]/.test(node.name)) return [node.name]
  if (node.parenthesised || node.args.length > 0) {
    if (/^(?:dbmopen|format|pipe|socketpair|sem|msg|shm|get|set|end|lstat)/.test(node.name)) throw new Unsupported(node.name)
    return p.machine.die(`Undefined subroutine &${node.name.includes('::') ? '' : 'main::'}${node.name} called`)
  }
  if (p.machine.strict) return p.machine.die(`Bareword "${node.name}" not allowed while "strict subs" in use`)
  return [node.name]
}

async function method(p: Interpreter, node: Node & { type: 'method' }, scope: Scope, wantsList: boolean): Promise<Value[]> {
  const object = await p.scalar(node.object, scope)
  const args = [object, ...(await p.lists(node.args, scope))]
  p.machine.line = node.line
  const named = typeof node.name === 'string' ? node.name : await p.scalar(node.name, scope)
  if (named instanceof Ref) return p.machine.callCode(p.codeOf(named), args, wantsList)
  const name = text(named)
  const handle = object instanceof Handle ? object : typeof object === 'string' ? p.machine.handles.get(object) : undefined
  if (handle) return handleMethod(p, handle, name, args)
  const home = object instanceof Ref ? object.to.blessed : text(object)
  if (object === undefined) return p.machine.die(`Can't call method "${name}" on an undefined value`)
  if (home === undefined) return p.machine.die(`Can't call method "${name}" on unblessed reference`)
  const start = name.startsWith('SUPER::') ? undefined : p.method(name, home)
  const code = start ?? (name.startsWith('SUPER::') ? superMethod(p, name.slice(7)) : undefined)
  if (code) return p.machine.callCode(code, args, wantsList)
  if (name === 'isa') return [flag(p.isA(home, text(args[1])))]
  if (name === 'can') {
    const found = p.method(text(args[1]), home)
    return [found ? new Ref(found) : '']
  }
  if (name === 'VERSION') return [p.machine.scalarOf(`${home}::VERSION`)]
  if (name === 'import' || name === 'unimport') return []
  if (home === '') return p.machine.die(`Can't call method "${name}" without a package or object reference`)
  return p.machine.die(
    object instanceof Ref || p.machine.modules.has(home) || [...p.machine.subs.keys()].some((known) => known.startsWith(`${home}::`))
      ? `Can't locate object method "${name}" via package "${home}"`
      : `Can't locate object method "${name}" via package "${home}" (perhaps you forgot to load "${home}"?)`,
  )
}

function superMethod(p: Interpreter, name: string): Code | undefined {
  for (const parent of p.machine.array(`${p.machine.package}::ISA`).items) {
    const found = p.method(name, text(parent))
    if (found) return found
  }
  return undefined
}

async function handleMethod(p: Interpreter, handle: Handle, name: string, args: Value[]): Promise<Value[]> {
  const rest = args.slice(1)
  if (name === 'print' || name === 'say')
    return [flag(await p.machine.write(handle, rest.map(text).join('') + (name === 'say' ? '\n' : '')))]
  if (name === 'autoflush' || name === 'binmode' || name === 'blocking') return [1]
  if (name === 'getline') return [await readLine(p, handle)]
  if (name === 'close') return [1]
  if (name === 'fdopen') return ['']
  throw new Unsupported(`handle method ${name}`)
}

/** `print`, `printf`, `say`. */
export async function printed(p: Interpreter, node: Node & { type: 'print' }, scope: Scope): Promise<Value> {
  const { machine } = p
  let handle: Handle | undefined = machine.selected
  if (node.handle) {
    const named = await p.scalar(node.handle, scope)
    handle = named instanceof Handle ? named : machine.handles.get(text(named).replace(/^\*?(?:main::)?/, ''))
  }
  const values = node.args.length ? await p.lists(node.args, scope) : [machine.scalarOf('_')]
  machine.line = node.line
  const shown =
    node.name === 'printf'
      ? text(
          (
            await FUNCTIONS.sprintf?.(
              p,
              {
                type: 'call',
                name: 'sprintf',
                args: values.map((value) => literal(value, node.line)),
                parenthesised: true,
                line: node.line,
              },
              scope,
              false,
            )
          )?.[0],
        )
      : values.map(text).join(text(machine.scalarOf(','))) + (node.name === 'say' ? '\n' : text(machine.scalarOf('\\')))
  if (!handle) return ''
  return flag(await machine.write(handle, machine.bounded(shown)))
}

function literal(value: Value, line: number): Node {
  return typeof value === 'number' ? { type: 'number', value, line } : { type: 'string', value: text(value), line }
}
