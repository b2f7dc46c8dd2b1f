import type { Process } from '../command.ts'
import { toText } from '../text.ts'
import { Services } from '../world/services.ts'
import { baseName, gnuCommand } from './gnu/command.ts'
import { OptionError, parseOptions } from './gnu/options.ts'
import { ownAddress, post, queueText, withHeaders } from './postfix/queue.ts'

const MOST_LETTER = 10 * 1024 * 1024

/** postfix's sendmail, which is `mailq` and `newaliases` too. */
export default gnuCommand({
  name: 'sendmail',
  package: 'postfix',
  paths: ['/usr/sbin/sendmail'],
  usage: '[options] [recipient ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const called = baseName(process.argv[0] as string)
    const words = process.argv.slice(1)
    if (called === 'mailq' || words.includes('-bp')) {
      await process.stdout.write(queueText(process))
      return 0
    }
    if (called === 'newaliases' || words.includes('-bi')) return newAliases(process)
    let recipients: string[]
    let sender = ownAddress(process)
    let fromHeaders = false
    let dot = true
    try {
      const options = parseOptions(words, { short: 'B:C:F:GIN:O:QR:UV:X:b:e:f:h:imno:p:q::r:tvx' })
      recipients = options.operands.flatMap((word) => word.split(',')).filter(Boolean)
      sender = options.value('f') ?? options.value('r') ?? sender
      fromHeaders = options.has('t')
      dot = !options.has('i') && !options.values('o').includes('i')
      if (options.has('q')) return 0
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      await process.stderr.write(`sendmail: ${error.message}\nsendmail: fatal: usage: sendmail [options]\n`)
      return 64
    }
    let text = toText(Buffer.from(await process.stdin.all(MOST_LETTER)))
    const end = dot ? text.search(/^\.\r?$/m) : -1
    if (end >= 0) text = text.slice(0, end)
    if (fromHeaders) recipients.push(...headerRecipients(text))
    if (recipients.length === 0) {
      await process.stderr.write(
        fromHeaders
          ? `sendmail: fatal: ${ownAddress(process).split('@')[0]}(${process.uid}): No recipient addresses found in message header\n`
          : 'sendmail: fatal: Recipient addresses must be specified on the command line or via the -t option\n',
      )
      return 64
    }
    if (Services.of(process.world).unit('postfix')?.state !== 'active')
      await process.stderr.write('postdrop: warning: mail_queue_enter: create file maildrop: mail system is down\n')
    await post(process, { sender, recipients, text: withHeaders(process, sender, text) })
    return 0
  },
})

function headerRecipients(text: string): string[] {
  const head = text.split(/\r?\n\r?\n/)[0] ?? ''
  return [...head.matchAll(/^(?:To|Cc|Bcc):(.*(?:\n[ \t].*)*)/gim)]
    .flatMap(([, list = '']) => list.split(',').map((entry) => (/<([^<>]*)>/.exec(entry)?.[1] ?? entry).trim()))
    .filter(Boolean)
}

async function newAliases(process: Process): Promise<number> {
  if (process.uid !== 0) {
    await process.stderr.write('postalias: fatal: open database /etc/aliases.db: Permission denied\n')
    return 75
  }
  if (process.world.files.may('r', '/etc/aliases')) return 0
  await process.stderr.write('postalias: fatal: open /etc/aliases: No such file or directory\n')
  return 75
}
