import { Pipe } from '../../process/pipe.ts'
import type { CommandNode, SimpleCommandNode } from '../grammar.ts'
import { printCommand } from '../print.ts'
import type { Shell } from '../shell.ts'

/** bash puts its ends of the pipes as high as the first 64 descriptors allow (move_to_high_fd). */
const HIGHEST = 63

/**
 * `coproc NAME COMMAND`: runs a command beside the shell, with pipes to its input and from its output whose descriptors
 * are `${NAME[1]}` and `${NAME[0]}`; its pid is `$NAME_PID`.
 */
export async function startCoprocess(
  shell: Shell,
  name: string,
  command: CommandNode,
  run: (child: Shell, command: CommandNode) => Promise<number>,
): Promise<number> {
  const [input, output] = [new Pipe(), new Pipe()]
  const descriptors = shell.process.descriptors.copy()
  descriptors.set(0, input.reader)
  descriptors.set(1, output.writer)
  const monitor = shell.options.has('monitor')
  const child = await shell.spawn((sub) => run(sub, command), {
    descriptors,
    ...(monitor && { pgid: 'own' as const }),
  })
  const own = shell.process.descriptors
  const free = (from: number): number => {
    let fd = from
    while (fd > 2 && own.get(fd)) fd--
    return fd
  }
  const from = free(HIGHEST)
  own.set(from, output.reader)
  const to = free(from - 3)
  own.set(to, input.writer)
  shell.parameters.setArray(
    name,
    [from, to].map((fd) => ({ subscript: undefined, value: String(fd) })),
    false,
  )
  shell.parameters.set(`${name}_PID`, String(child.pid))
  shell.lastBackground = child.pid
  const job = shell.jobs?.add([child], `coproc ${name} ${printCommand(command)}`, true)
  if (job && shell.interactive) await shell.process.stderr.write(`[${job.number}] ${child.pid}\n`)
  return 0
}

/** The command behind the mark of a simple coprocess. */
export function withoutMark(command: SimpleCommandNode): SimpleCommandNode {
  const [name, ...args] = command.args
  return { ...command, name: name ?? null, args }
}
