import { gnuCommand } from './gnu/command.ts'
import { queueOf, queueText } from './postfix/queue.ts'

const USAGE = 'usage: postqueue -f | postqueue -i queueid | postqueue -p | postqueue -j | postqueue -s site'

export default gnuCommand({
  name: 'postqueue',
  package: 'postfix',
  paths: ['/usr/sbin/postqueue'],
  usage: '-p',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [verb] = process.argv.slice(1)
    switch (verb) {
      case '-p':
        await process.stdout.write(queueText(process))
        return 0
      case '-f':
      case '-i':
      case '-s':
        return 0
      case '-j':
        for (const { id, size, at, sender, recipients } of queueOf(process.world).values())
          await process.stdout.write(
            `${JSON.stringify({ queue_name: 'deferred', queue_id: id, arrival_time: Math.floor(at / 1000), message_size: size, forced_expire: false, sender, recipients: recipients.map(({ address, reason }) => ({ address, delay_reason: reason })) })}\n`,
          )
        return 0
      default:
        await process.stderr.write(`postqueue: fatal: ${USAGE}\n`)
        return 64
    }
  },
})
