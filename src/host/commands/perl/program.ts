import type { Process } from '../../command.ts'
import { Died, Exited, LoopJump, Returned } from './control.ts'
import { closeHandle } from './files.ts'
import { Interpreter } from './interpreter.ts'
import { bytesOf, Machine } from './machine.ts'
import { useModule } from './modules.ts'
import type { PerlOptions } from './options.ts'
import { parsePerl } from './parser.ts'
import { type Node, PerlSyntaxError, Unsupported } from './syntax.ts'
import { PerlArray, Ref, Scope, text } from './value.ts'

/** Runs a program; undefined when it has what the interpreter does not know and nothing has happened yet. */
export async function runPerl(process: Process, options: PerlOptions): Promise<number | undefined> {
  const machine = new Machine(process, options.file)
  let tree: Node
  try {
    const used = options.modules.map((use) => parsePerl(use, options.file))
    tree = parsePerl(wrapped(options), options.file)
    if (tree.type === 'block') tree.body.unshift(...used.flatMap(beforeTheProgram))
  } catch (error) {
    if (error instanceof Unsupported) return undefined
    if (!(error instanceof PerlSyntaxError)) throw error
    await process.stderr.write(
      latin1(
        `${error.message}${/^Can't find|aborted/.test(error.message) ? '' : `Execution of ${options.file} aborted due to compilation errors.\n`}`,
      ),
    )
    return 255
  }
  if (options.checks) {
    await process.stderr.write(`${options.file} syntax OK\n`)
    return 0
  }
  prepare(machine, options)
  const interpreter = new Interpreter(machine)
  interpreter.useModule = (node, scope, isRequired) => useModule(interpreter, node, scope, isRequired)
  try {
    return await finished(interpreter, tree)
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error
    await machine.flush()
    return machine.hasActed ? 255 : undefined
  }
}

function prepare(machine: Machine, options: PerlOptions): void {
  machine.array('ARGV').items = options.args.map(bytesOf)
  machine.array('INC').items = [
    '/etc/perl',
    '/usr/local/lib/x86_64-linux-gnu/perl/5.36.0',
    '/usr/local/share/perl/5.36.0',
    '/usr/lib/x86_64-linux-gnu/perl5/5.36',
    '/usr/share/perl5',
    '/usr/lib/x86_64-linux-gnu/perl-base',
    '/usr/lib/x86_64-linux-gnu/perl/5.36',
    '/usr/share/perl/5.36',
    '/usr/local/lib/site_perl',
  ]
  machine.inPlace = options.inPlace
  machine.warnings = options.warns
  if (options.separator !== undefined) machine.setScalar('/', options.separator === 'slurp' ? undefined : options.separator)
  if (options.lineEnd !== undefined) machine.setScalar('\\', options.lineEnd)
}

/** What the switches put around a program. */
function wrapped({ code, loops, prints, chomps, splits }: PerlOptions): string {
  if (!loops) return code
  const chomp = chomps ? 'chomp;' : ''
  const split = splits === undefined ? '' : `our @F=split(${splits});`
  return `LINE: while (<>) {${chomp}${split}${code}\n;}${prints ? ' continue { print or die "-p destination: $!\\n"; }' : ''}`
}

async function finished(p: Interpreter, tree: Node): Promise<number> {
  const { machine } = p
  const scope = new Scope()
  scope.slots.set('@_', new PerlArray())
  scope.slots.delete('@_')
  let status = await ending(p, () => p.localised(() => p.program(tree, scope)))
  for (const block of machine.endBlocks) status = (await ending(p, async () => void (await machine.callCode(block, [], false)))) || status
  for (const handle of machine.handles.values()) if (handle.finish) await closeHandle(machine, handle)
  await machine.flush()
  return status
}

async function ending(p: Interpreter, work: () => Promise<void>): Promise<number> {
  const { machine } = p
  try {
    await work()
    return 0
  } catch (error) {
    if (error instanceof Exited) return error.status
    if (error instanceof Returned || error instanceof LoopJump) return 0
    if (!(error instanceof Died)) throw error
    await machine.flush()
    const { value } = error
    const handler = machine.global('%SIG')
    if (value === 'Out of memory!\n') {
      await machine.process.stderr.write('Out of memory!\n')
      return 1
    }
    await machine.process.stderr.write(await machine.encoded(value instanceof Ref ? text(value) : text(value)))
    return handler ? statusOfFailure(machine) : 255
  }
}

/** `die` ends with `$!`, or with the status of the last child, or with 255. */
function statusOfFailure(machine: Machine): number {
  const errors: Record<string, number> = {
    'No such file or directory': 2,
    'Permission denied': 13,
    'Connection refused': 111,
    'No route to host': 113,
    'Connection timed out': 110,
    'Is a directory': 21,
    'Not a directory': 20,
    'File exists': 17,
    'Invalid argument': 22,
  }
  const failed = errors[text(machine.scalarOf('!'))]
  const child = Number(text(machine.scalarOf('?'))) >> 8
  return failed ?? (child > 0 ? child : 255)
}

function latin1(value: string): Uint8Array {
  return Buffer.from(value, 'latin1')
}

/** What `-M` asks for has no line of its own. */
function beforeTheProgram(tree: Node): Node[] {
  return tree.type === 'block' ? tree.body.map((node) => ({ ...node, line: 0 })) : []
}
