import type { CommandFile } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { complain, gnuCommand } from './command.ts'

/** Options with a value of the programs that only change how another one runs. */
const OPTIONS: Record<string, string> = {
  ionice: '+c:n:p:t',
  setsid: '+cfw',
  stdbuf: '+i:o:e:',
  taskset: '+acp',
  chrt: '+abfiormp',
  unbuffer: '+p',
}
/** How many operands of its own come before the command. */
const OPERANDS: Record<string, number> = { taskset: 1, chrt: 1 }

/** `setsid`, `ionice`, `stdbuf` …: start another command; what they change of it does not show. */
export function wrapperCommand(name: string, fromPackage: string): CommandFile {
  return gnuCommand({
    name,
    package: fromPackage,
    usage: '[options] <program> [arguments ...]',
    trouble: 125,
    short: OPTIONS[name] as string,
    async run(process, options) {
      const command = options.operands.slice(OPERANDS[name] ?? 0)
      if (command.length === 0) {
        if (name === 'ionice') await process.stdout.write('none: prio 0\n')
        else if (name === 'taskset' && options.has('p'))
          await process.stdout.write(`pid ${options.operands.at(-1)}'s current affinity mask: f\n`)
        else {
          await complain(process, name === 'setsid' ? 'no command specified' : 'missing operand')
          await process.stderr.write(`Try '${process.argv[0]} --help' for more information.\n`)
          return 1
        }
        return 0
      }
      try {
        return await process.run(command, name === 'setsid' ? { background: !options.has('w') } : {})
      } catch (error) {
        if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
        await complain(process, `failed to execute ${command[0]}: ${error.message}`)
        return error.code === 'ENOENT' ? 127 : 126
      }
    },
  })
}
