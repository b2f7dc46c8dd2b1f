import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import type { KernelProcess } from '../../process/kernel-process.ts'
import { toText } from '../../text.ts'
import { absolutePath } from '../gnu/relative.ts'
import { runModule } from './main-modules.ts'
import { PythonOptionError, pythonOptions } from './options.ts'
import { PythonProgram, settle } from './program.ts'
import { interactive } from './repl.ts'
import { versionOf } from './version.ts'

const MOST_SOURCE = 4 * 1024 * 1024

/** `python3` of any call: its options, and what they say to run. @returns its exit status */
export async function python(process: KernelProcess): Promise<number> {
  let options: ReturnType<typeof pythonOptions>
  try {
    options = pythonOptions(process)
  } catch (error) {
    if (!(error instanceof PythonOptionError)) throw error
    await process.stderr.write(error.message)
    return 2
  }
  if (options.says !== undefined) {
    await process.stdout.write(options.says)
    return 0
  }
  const { unbuffered, what, args } = options
  switch (what.kind) {
    case 'command': {
      const program = new PythonProgram(process, ['-c', ...args], { unbuffered, path: '', interactive: false })
      await program.begin()
      const ending = await program.run(what.code, { name: '<string>', lines: undefined })
      if (options.inspect && process.stdin.isTerminal) return interactive(process, program, '')
      return settle(process, program, ending)
    }
    case 'module':
      return runModule(process, what.name, args, unbuffered)
    case 'stdin':
      return fromStdin(process, what.name, args, unbuffered)
    case 'file':
      return script(process, what.path, args, unbuffered)
  }
}

async function fromStdin(process: KernelProcess, name: string, args: readonly string[], unbuffered: boolean): Promise<number> {
  const isInteractive = process.stdin.isTerminal
  const program = new PythonProgram(process, [name, ...args], { unbuffered, path: '', interactive: isInteractive })
  await program.begin()
  if (isInteractive) {
    const { number, build, compiler } = versionOf(process)
    return interactive(
      process,
      program,
      `Python ${number} (${build}) [${compiler}] on linux\nType "help", "copyright", "credits" or "license" for more information.\n`,
    )
  }
  const source = toText(await process.stdin.all(MOST_SOURCE))
  return settle(process, program, await program.run(source, { name: '<stdin>', lines: undefined }))
}

async function script(process: KernelProcess, path: string, args: readonly string[], unbuffered: boolean): Promise<number> {
  let source: string
  try {
    source = toText(await process.openInput(isFolder(process, path) ? `${path.replace(/\/$/, '')}/__main__.py` : path).all(MOST_SOURCE))
  } catch (error) {
    if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
    const full = absolutePath(process, path)
    await process.stderr.write(
      isFolder(process, path)
        ? `${process.exe}: can't find '__main__' module in '${full}'\n`
        : `${interpreter(process)}: can't open file '${full}': [Errno ${error.code === 'ENOENT' ? 2 : error.code === 'ENOTDIR' ? 20 : 13}] ${error.message}\n`,
    )
    return isFolder(process, path) ? 1 : 2
  }
  const real = absolutePath(process, path)
  const program = new PythonProgram(process, [path, ...args], {
    unbuffered,
    path: real.slice(0, real.lastIndexOf('/')) || '/',
    interactive: false,
  })
  await program.begin({ file: real })
  return settle(process, program, await program.run(source, { name: real, lines: source.split('\n') }))
}

/** The name that errors of the interpreter itself begin with: what it was called by, in full. */
function interpreter(process: Process): string {
  return process.argv[0] ?? 'python3'
}

function isFolder(process: Process, path: string): boolean {
  try {
    return process.files.stat(path).type === 'directory'
  } catch (error) {
    if (error instanceof HostError) return false
    throw error
  }
}
