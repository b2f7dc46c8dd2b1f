import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { dirname, join } from 'node:path'
import { parseSync } from 'vite'

/** Names that a module takes from another: `connect`, `* as net`, `default`; none when it is loaded for its effect. */
interface Taken {
  /** `node:net` for a module of Node however it is spelled; a path from the project's folder for one of ours. */
  from: string
  names: string[]
}

/** What one module could reach beyond itself with. */
export interface Outward {
  taken: Taken[]
  /** What has no import: globals that connect or run code, and loading of what only the running program knows. */
  globals: string[]
}

/** Globals of Node that connect, run text as code, or lead to everything else. */
const GLOBALS = new Set(['fetch', 'WebSocket', 'EventSource', 'eval', 'Function', 'WebAssembly', 'globalThis', 'global', 'require'])
/** Members that load or start something, whatever object they are asked of: simulated processes have none of these names. */
const MEMBERS = new Set(['_linkedBinding', 'getBuiltinModule', 'dlopen', 'execve', 'mainModule', 'loadExtension', 'enableLoadExtension'])

/** Reads a module as Node does; types are nothing to it. */
export function outwardOf(path: string, text: string): Outward {
  const { program, module, errors } = parseSync(path, text)
  if (errors.length) throw new Error(`${path}: ${errors[0]?.message}`)
  const taken: Taken[] = []
  const globals: string[] = []
  const own = new Set<string>()
  for (const { moduleRequest, entries } of module.staticImports) {
    const values = entries.filter(({ isType }) => !isType)
    for (const { localName } of entries) own.add(localName.value)
    if (entries.length && values.length === 0) continue
    taken.push({ from: nameOf(path, moduleRequest.value), names: values.map(({ importName: { kind, name } }) => name ?? kind) })
  }
  for (const { entries } of module.staticExports) {
    for (const { moduleRequest, importName, isType } of entries) {
      if (moduleRequest && !isType) taken.push({ from: nameOf(path, moduleRequest.value), names: [importName.name ?? importName.kind] })
    }
  }
  walk(program as Node, (node, parent, key) => {
    if (/^(FunctionDeclaration|ClassDeclaration|VariableDeclarator)$/.test(node.type)) {
      if (node.id?.name) own.add(node.id.name)
    }
    if (node.type === 'ImportExpression') {
      const from = node.source?.value
      if (typeof from === 'string') taken.push({ from: nameOf(path, from), names: ['*'] })
      else globals.push('import(…)')
    }
    const member = memberOf(node)
    if (member !== undefined && MEMBERS.has(member)) globals.push(member)
    if (member === 'binding' && node.object?.name === 'process') globals.push('process.binding')
    if (node.type === 'Identifier' && GLOBALS.has(node.name ?? '') && isReference(parent, key)) globals.push(node.name ?? '')
  })
  return { taken, globals: globals.filter((name) => !own.has(name)) }
}

/** Every module of Sundew but the console's pages, which run in the operator's browser. */
export function everyModule(): Map<string, Outward> {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts') && !f.startsWith('console/web/'))
  return new Map(files.map((f) => [join('src', f), outwardOf(join('src', f), readFileSync(join('src', f), 'utf8'))]))
}

/** Those of the modules that Node loads when it loads these. */
export function reachedFrom(modules: ReadonlyMap<string, Outward>, ...roots: string[]): Map<string, Outward> {
  const reached = new Map<string, Outward>()
  const waiting = [...roots]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const outward = modules.get(path)
    if (!outward || reached.has(path)) continue
    reached.set(path, outward)
    waiting.push(...outward.taken.map(({ from }) => from))
  }
  return reached
}

function nameOf(path: string, from: string): string {
  if (from.startsWith('.')) return join(dirname(path), from)
  return isBuiltin(from) && !from.startsWith('node:') ? `node:${from}` : from
}

/** What is looked at of a node of the syntax tree (ESTree). */
interface Node {
  type: string
  name?: string
  value?: unknown
  computed?: boolean
  shorthand?: boolean
  id?: Node | null
  source?: Node
  object?: Node
  property?: Node
}

/** `b` of `a.b` and of `a['b']`. */
function memberOf(node: Node | undefined): string | undefined {
  if (node?.type !== 'MemberExpression') return undefined
  return node.computed ? String(node.property?.value) : node.property?.name
}

function walk(node: Node, look: (node: Node, parent: Node | undefined, key: string) => void, parent?: Node, key = ''): void {
  // Types are gone when it runs.
  if (node.type.startsWith('TS') && !/^TS(As|Satisfies|NonNull)/.test(node.type)) return
  look(node, parent, key)
  for (const [name, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (child !== null && typeof child === 'object' && 'type' in child) walk(child as Node, look, node, name)
    }
  }
}

/** Not the name of a property or of a method, and not what an import or export calls it. */
function isReference(parent: Node | undefined, key: string): boolean {
  if (!parent) return false
  if (parent.type === 'MemberExpression' && key === 'property') return parent.computed === true
  if (/^(Property|MethodDefinition|PropertyDefinition)$/.test(parent.type) && key === 'key')
    return parent.computed || parent.shorthand === true
  return !/^(Import|Export)\w*Specifier$/.test(parent.type)
}
