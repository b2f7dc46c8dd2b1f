import { gnuCommand } from './gnu/command.ts'
import { queueOf } from './postfix/queue.ts'

export default gnuCommand({
  name: 'postsuper',
  package: 'postfix',
  paths: ['/usr/sbin/postsuper'],
  usage: '-d queue_id',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    if (process.uid !== 0) {
      await process.stderr.write('postsuper: fatal: use of this command is reserved for the superuser\n')
      return 1
    }
    const words = process.argv.slice(1)
    const queue = queueOf(process.world)
    const removed = words
      .flatMap((word, i) => (words[i - 1] === '-d' ? (word === 'ALL' ? [...queue.keys()] : [word]) : []))
      .filter((id) => queue.delete(id))
    for (const id of removed) if (!words.includes('ALL')) await process.stderr.write(`postsuper: ${id}: removed\n`)
    if (removed.length) await process.stderr.write(`postsuper: Deleted: ${removed.length} message${removed.length === 1 ? '' : 's'}\n`)
    return 0
  },
})
