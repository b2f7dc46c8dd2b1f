import { toText } from '../text.ts'
import { addJournalLine } from '../world/logs-journal.ts'
import { gnuCommand } from './gnu/command.ts'

const LOG = '/var/log/syslog'

export default gnuCommand({
  name: 'logger',
  package: 'bsdutils',
  version: 'logger from util-linux 2.38.1',
  usage: '[options] [<message>]',
  about: 'Enter messages into the system log.',
  short: 'ef:hin:P:p:sS:t:Tu:dV',
  long: { file: 'f', server: 'n', port: 'P', priority: 'p', stderr: 's', tag: 't', tcp: 'T', socket: 'u', udp: 'd', id: 'id?' },
  async run(process, options) {
    const { world } = process
    const tag = `${options.value('t') ?? process.user}${options.has('i') ? `[${process.pid}]` : ''}`
    const lines = options.operands.length
      ? [options.operands.join(' ')]
      : toText(Buffer.from(await process.stdin.all()))
          .split('\n')
          .filter(Boolean)
    for (const line of lines.slice(0, 1000)) {
      addJournalLine(world, { identifier: tag, pid: undefined, unit: undefined, text: line })
      if (options.has('s')) await process.stderr.write(`<13>${tag}: ${line}\n`)
    }
    if (world.files.may('w', LOG))
      world.files.append(LOG, Buffer.from(lines.map((line) => `${stamp(world.now())} ${world.hostname} ${tag}: ${line}\n`).join('')))
    return 0
  },
})

function stamp(now: number): string {
  const at = new Date(now)
  const month = at.toLocaleString('en-US', { month: 'short', timeZone: 'UTC' })
  return `${month} ${String(at.getUTCDate()).padStart(2)} ${at.toISOString().slice(11, 19)}`
}
