import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { toText } from '../../text.ts'
import { Frame, type SourceFile } from './frame.ts'
import { importError } from './imports.ts'
import type { Machine } from './machine.ts'
import { NATIVE_MODULES } from './modules/index.ts'
import { parseProgram } from './parser.ts'
import names from './stdlib-names.json' with { type: 'json' }
import { PythonSyntaxError } from './syntax.ts'
import { syntaxRaised } from './syntax-raised.ts'
import { T } from './types.ts'
import { Call, PyList, PyModule, type Steps, type Value } from './value.ts'

/** Modules of ours that are written in Python. */
const LIBRARY = join(import.meta.dirname, 'lib')
const MOST_SOURCE = 512 * 1024
const HOME = '/usr/lib/python3.11'

const NAMES: Readonly<Record<string, { file: string | null; names: string }>> = names

/** Finds and runs modules: ours, those of CPython that are only names to us, and files of the host. */
export class Importer {
  readonly #machine: Machine

  constructor(machine: Machine) {
    this.#machine = machine
  }

  /** The module of a dotted name, with those above it. @throws Raised ModuleNotFoundError */
  *load(name: string): Steps<PyModule> {
    const { modules } = this.#machine
    const known = modules.get(name)
    if (known) return known
    const dot = name.lastIndexOf('.')
    const parent = dot < 0 ? undefined : yield* this.load(name.slice(0, dot))
    const again = modules.get(name)
    if (again) return again
    const made = yield* this.#find(name, parent)
    if (!made) {
      const isPackage = parent === undefined || parent.attributes.has('__path__')
      throw importError(
        parent && !isPackage ? `No module named '${name}'; '${parent.name}' is not a package` : `No module named '${name}'`,
        name,
      )
    }
    parent?.attributes.set(name.slice(dot + 1), made)
    return made
  }

  *#find(name: string, parent: PyModule | undefined): Steps<PyModule | undefined> {
    const native = NATIVE_MODULES[name]
    if (DEPRECATED.has(name)) yield* this.#warn(name)
    if (native) {
      const module = this.#known(name)
      this.#machine.modules.set(name, module)
      for (const [key, value] of native(this.#machine)) module.attributes.set(key, value)
      const all = NAMES[name]?.names.split(' ') ?? []
      module.lacks = new Set(all.filter((one) => !module.attributes.has(one)))
      return module
    }
    const source = this.#isInstalled(name) ? libraryText(name) : undefined
    if (source !== undefined) {
      const module = this.#known(name)
      yield* this.run(module, source, { name: module.file ?? `${HOME}/${name}.py`, lines: undefined, isLibrary: true })
      const all = NAMES[name]?.names.split(' ') ?? []
      module.lacks = new Set(all.filter((one) => !module.attributes.has(one)))
      return module
    }
    const ofHost = yield* this.#ofHost(name, parent)
    if (ofHost) return ofHost
    if (!Object.hasOwn(NAMES, name)) return undefined
    if (/^(?:tkinter|idlelib|turtle|lib2to3)/.test(name)) return undefined
    const module = this.#known(name)
    module.lacks = new Set(NAMES[name]?.names.split(' '))
    this.#machine.modules.set(name, module)
    return module
  }

  /** Says that a module will go, to who imports it from `__main__`. */
  *#warn(name: string): Steps<void> {
    const { frame, stderr } = this.#machine
    if (frame?.globals.get('__name__') !== '__main__') return
    const { line } = frame.at.at
    const text = frame.source.lines?.[line - 1]?.trim()
    const shown = text === undefined ? '' : `  ${text}\n`
    yield stderr.writeText(
      `${frame.source.name}:${line}: DeprecationWarning: '${name}' is deprecated and slated for removal in Python 3.13\n${shown}`,
    )
  }

  /** Debian's packages of Python modules that are not part of CPython. */
  #isInstalled(name: string): boolean {
    return name !== 'requests' || this.#machine.process.world.persona.packages.some((entry) => entry.startsWith('python3-requests '))
  }

  /** An empty module as CPython has it. */
  #known(name: string): PyModule {
    const module = new PyModule(name, new Map<string, Value>([['__name__', name]]), T.module)
    const file = NAMES[name]?.file
    if (typeof file === 'string' && file !== '') {
      module.file = `${HOME}/${file}`
      if (file.endsWith('__init__.py')) module.attributes.set('__path__', new PyList([module.file.replace(/\/__init__\.py$/, '')], T.list))
    }
    return module
  }

  *#ofHost(name: string, parent: PyModule | undefined): Steps<PyModule | undefined> {
    const path = parent?.attributes.get('__path__') ?? this.#machine.modules.get('sys')?.attributes.get('path')
    const folders = path instanceof PyList ? path.items.filter((item): item is string => typeof item === 'string') : []
    const last = name.slice(name.lastIndexOf('.') + 1)
    const { files } = this.#machine.process
    for (const folder of folders) {
      const base = folder === '' ? '' : `${folder}/`
      for (const file of [`${base}${last}/__init__.py`, `${base}${last}.py`]) {
        if (!files.may('r', file)) continue
        const full = file.startsWith('/') ? file : `${this.#machine.process.cwd.replace(/\/$/, '')}/${file}`
        const text = toText(files.read(file).subarray(0, MOST_SOURCE))
        const module = new PyModule(name, new Map<string, Value>([['__name__', name]]), T.module)
        module.file = full
        module.attributes.set('__file__', full)
        if (file.endsWith('/__init__.py')) module.attributes.set('__path__', new PyList([full.replace(/\/__init__\.py$/, '')], T.list))
        module.attributes.set('__package__', file.endsWith('/__init__.py') ? name : name.slice(0, Math.max(0, name.lastIndexOf('.'))))
        yield* this.run(module, text, { name: full, lines: text.split('\n') })
        return module
      }
    }
    return undefined
  }

  /** Runs a module's source. */
  *run(module: PyModule, text: string, source: SourceFile): Steps<void> {
    const { modules } = this.#machine
    modules.set(module.name, module)
    const builtins = modules.get('builtins')
    if (builtins) module.attributes.set('__builtins__', builtins)
    try {
      const program = parse(text, source.name)
      const { attributes } = module
      const frame = new Frame({ name: '<module>', scope: program.scope, locals: attributes, globals: attributes, outer: undefined, source })
      yield new Call(this.#machine.inFrame(frame, this.#machine.execute(program.body, frame) as Steps<unknown>))
    } catch (error) {
      modules.delete(module.name)
      throw error
    }
  }
}

function parse(text: string, file: string): ReturnType<typeof parseProgram> {
  try {
    return parseProgram(text)
  } catch (error) {
    if (error instanceof PythonSyntaxError) throw syntaxRaised(error, file, text)
    throw error
  }
}

/** PEP 594 */
const DEPRECATED = new Set(
  'aifc audioop cgi cgitb chunk crypt imghdr mailcap msilib nis nntplib ossaudiodev pipes sndhdr spwd sunau telnetlib uu xdrlib'.split(' '),
)

const texts = new Map<string, string | undefined>()

function libraryText(name: string): string | undefined {
  if (!/^[a-z_0-9]+(?:\.[a-z_0-9]+)*$/.test(name)) return undefined
  if (!texts.has(name) && LIBRARY_NAMES.has(name)) texts.set(name, readFileSync(join(LIBRARY, `${name}.py`), 'utf8'))
  return texts.get(name)
}

/** What lies in lib/. */
const LIBRARY_NAMES = new Set(
  readdirSync(LIBRARY)
    .filter((file) => file.endsWith('.py'))
    .map((file) => file.slice(0, -3)),
)
