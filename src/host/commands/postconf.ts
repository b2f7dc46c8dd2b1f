import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { gnuCommand } from './gnu/command.ts'
import { configText } from './gnu/config-files.ts'
import { mailName } from './postfix/queue.ts'

const MAIN = '/etc/postfix/main.cf'

export default gnuCommand({
  name: 'postconf',
  package: 'postfix',
  paths: ['/usr/sbin/postconf'],
  usage: '[-n] [-d] [-e] [parameter ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const names = words.filter((word) => !word.startsWith('-'))
    const flags = words.filter((word) => word.startsWith('-')).join('')
    const text = configText(process.files, MAIN)
    if (text instanceof HostError) {
      await process.stderr.write(`postconf: fatal: open ${MAIN}: ${text.message}\n`)
      return 1
    }
    const given = parametersOf(text)
    if (flags.includes('e') || names.some((name) => name.includes('='))) return edit(process, text, names)
    const all = new Map([...Object.entries(defaults(process)), ...(flags.includes('d') ? [] : given)])
    const wanted = names.length ? names : [...(flags.includes('n') ? given : all).keys()].sort()
    for (const name of wanted) {
      const value = all.get(name)
      if (value === undefined) await process.stderr.write(`postconf: warning: ${name}: unknown parameter\n`)
      else await process.stdout.write(flags.includes('h') ? `${value}\n` : `${name} =${value ? ` ${value}` : ''}\n`)
    }
    return 0
  },
})

function parametersOf(text: string): Map<string, string> {
  const found = new Map<string, string>()
  let last: string | undefined
  for (const line of text.split('\n').slice(0, 5000)) {
    if (/^\s*(#|$)/.test(line)) continue
    const pair = /^(\w+)\s*=\s*(.*)$/.exec(line)
    if (pair) {
      last = pair[1] as string
      found.set(last, (pair[2] as string).trim())
    } else if (last !== undefined) found.set(last, `${found.get(last)} ${line.trim()}`)
  }
  return found
}

async function edit(process: Process, text: string, settings: readonly string[]): Promise<number> {
  let next = text
  for (const setting of settings) {
    const [name = '', value = ''] = setting.split(/\s*=\s*(.*)/s)
    const at = next.split('\n').findIndex((line) => line.startsWith(name) && /^\s*=/.test(line.slice(name.length)))
    const lines = next.split('\n')
    if (at >= 0) lines[at] = `${name} = ${value}`
    else lines.splice(lines.at(-1) === '' ? -1 : lines.length, 0, `${name} = ${value}`)
    next = lines.join('\n')
  }
  try {
    process.files.write(MAIN, Buffer.from(next))
    return 0
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    await process.stderr.write(`postconf: fatal: open ${MAIN} for writing: ${error.message}\n`)
    return 1
  }
}

/** What postfix 3.7 takes where main.cf is silent, of what people ask for. */
function defaults({ world }: Process): Record<string, string> {
  return {
    alias_maps: 'hash:/etc/aliases',
    compatibility_level: '0',
    config_directory: '/etc/postfix',
    daemon_directory: '/usr/lib/postfix/sbin',
    data_directory: '/var/lib/postfix',
    inet_interfaces: 'all',
    inet_protocols: 'all',
    mail_name: 'Postfix',
    mail_owner: 'postfix',
    mail_version: '3.7.11',
    mailbox_size_limit: '51200000',
    message_size_limit: '10240000',
    mydestination: '$myhostname, localhost.$mydomain, localhost',
    mydomain: world.persona.domain,
    myhostname: mailName(world),
    mynetworks: '127.0.0.0/8 [::1]/128',
    myorigin: '$myhostname',
    queue_directory: '/var/spool/postfix',
    relayhost: '',
    smtp_tls_security_level: '',
    smtpd_banner: '$myhostname ESMTP $mail_name',
    smtpd_relay_restrictions: 'permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination',
  }
}
