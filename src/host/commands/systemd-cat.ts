import type { ProcessOutput } from '../command.ts'
import { HostError } from '../contract.ts'
import { toText } from '../text.ts'
import { systemdCommand } from './systemd/command.ts'

const MOST_LINES = 1000

export default systemdCommand({
  name: 'systemd-cat',
  usage: '[OPTIONS...] COMMAND ...',
  short: '+t:p:',
  long: { identifier: 't', priority: 'p', 'stderr-priority': 'stderr-priority=', 'level-prefix': 'level-prefix=' },
  async run(process, options) {
    const [program] = options.operands
    const identifier = options.value('t') ?? program?.slice(program.lastIndexOf('/') + 1) ?? 'cat'
    const note = (bytes: Uint8Array): void => {
      for (const text of toText(Buffer.from(bytes)).split('\n').filter(Boolean).slice(0, MOST_LINES))
        process.world.logs.write({ facility: 'user', identifier, pid: process.pid, unit: undefined, text })
    }
    if (program === undefined) {
      note(await process.stdin.all())
      return 0
    }
    const journal: ProcessOutput = { isTerminal: false, write: async (data) => note(Buffer.from(data as Uint8Array)) }
    try {
      return await process.run(options.operands, { stdout: journal, stderr: journal })
    } catch (error) {
      if (!(error instanceof HostError) || error.code === 'EPIPE') throw error
      await process.stderr.write(`Failed to execute process: ${error.message}\n`)
      return 1
    }
  },
})
