import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HostError } from '../../contract.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { toText } from '../../text.ts'
import { PythonProgram, settle } from './program.ts'
import names from './stdlib-names.json' with { type: 'json' }

/** Modules of the library that are programs here: `-m NAME` runs lib/main/NAME.py. */
const PROGRAMS = new Set(['base64', 'http.server', 'json.tool', 'platform'])

/** `python3 -m NAME` */
export async function runModule(process: KernelProcess, name: string, args: readonly string[], unbuffered: boolean): Promise<number> {
  const own = findFile(process, name)
  if (own) {
    const program = new PythonProgram(process, [own.path, ...args], { unbuffered, path: process.cwd, interactive: false })
    await program.begin({ file: own.path })
    return settle(process, program, await program.run(own.text, { name: own.path, lines: own.text.split('\n') }))
  }
  if (PROGRAMS.has(name)) {
    const source = libraryProgram(name)
    if (source !== undefined) {
      const file = `/usr/lib/python3.11/${name.replaceAll('.', '/')}.py`
      const program = new PythonProgram(process, [file, ...args], { unbuffered, path: process.cwd, interactive: false })
      await program.begin({ file })
      return settle(process, program, await program.run(source, { name: file, lines: undefined }))
    }
  }
  if (Object.hasOwn(names, name)) {
    const program = new PythonProgram(process, [name, ...args], { unbuffered, path: process.cwd, interactive: false })
    await program.begin()
    return settle(process, program, { kind: 'unsupported' })
  }
  const interpreter = `/usr/bin/${(process.argv[0] ?? 'python3').replace(/^.*\//, '')}`
  const parent = name.slice(0, Math.max(0, name.lastIndexOf('.')))
  await process.stderr.write(
    parent !== '' && !Object.hasOwn(names, parent.split('.')[0] as string)
      ? `${interpreter}: Error while finding module specification for '${name}' (ModuleNotFoundError: No module named '${parent.split('.')[0]}')\n`
      : `${interpreter}: No module named ${name}\n`,
  )
  return 1
}

function findFile(process: KernelProcess, name: string): { path: string; text: string } | undefined {
  const base = `${process.cwd.replace(/\/$/, '')}/${name.replaceAll('.', '/')}`
  for (const path of [`${base}/__main__.py`, `${base}.py`]) {
    try {
      if (process.files.stat(path).type === 'file') return { path, text: toText(process.files.read(path)) }
    } catch (error) {
      if (!(error instanceof HostError)) throw error
    }
  }
  return undefined
}

function libraryProgram(name: string): string | undefined {
  try {
    return readFileSync(join(import.meta.dirname, 'lib', 'main', `${name}.py`), 'utf8')
  } catch {
    return undefined
  }
}
