/** IRC's lines (RFC 1459 §2.3.1), one character a byte. */

export interface IrcMessage {
  /** In capitals. */
  command: string
  parameters: string[]
}

const MOST_PARAMETERS = 15

/** Undefined for an empty line. A prefix is not believed: a client speaks for itself. */
export function parseMessage(line: Buffer): IrcMessage | undefined {
  let rest = line.toString('latin1').replace(/^ +/, '')
  if (rest.startsWith(':')) rest = rest.slice(rest.indexOf(' ') + 1 || rest.length).replace(/^ +/, '')
  const words: string[] = []
  while (rest !== '') {
    const isLast = words.length === MOST_PARAMETERS
    if (words.length > 0 && (rest.startsWith(':') || isLast)) {
      words.push(rest.replace(/^:/, ''))
      break
    }
    const blank = rest.indexOf(' ')
    words.push(blank < 0 ? rest : rest.slice(0, blank))
    rest = blank < 0 ? '' : rest.slice(blank).replace(/^ +/, '')
  }
  const [command, ...parameters] = words
  return command === undefined ? undefined : { command: command.toUpperCase(), parameters }
}

/** rfc1459 casemapping: `{}|~` are the small letters of `[]\^`. */
export function fold(name: string): string {
  return name.toLowerCase().replace(/[[\]\\^]/g, (c) => String.fromCharCode(c.charCodeAt(0) + 32))
}

export function isNick(name: string): boolean {
  return name.length <= 31 && /^[A-Za-z[\]\\`_^{|}][A-Za-z0-9[\]\\`_^{|}-]*$/.test(name)
}

export function isChannel(name: string): boolean {
  return name.length <= 64 && /^#[^\x00\x07\x0a\x0d ,]*$/.test(name)
}

/** A file or chat that is offered (DCC): the address is a number of 32 bits. */
export interface Dcc {
  kind: string
  file: string
  address: string
  port: number
}

export function parseDcc(text: string): Dcc | undefined {
  const match = /^\x01DCC (\w{1,16}) ("[^"]{1,200}"|[^ ]{1,200}) (\d{1,10}|[0-9a-fA-F:.]{3,45}) (\d{1,5})/.exec(text)
  if (!match) return undefined
  const [, kind = '', file = '', given = '', port] = match
  const number = Number(given)
  const address = Number.isInteger(number) ? [24, 16, 8, 0].map((bits) => Math.floor(number / 2 ** bits) % 256).join('.') : given
  return { kind: kind.toUpperCase(), file: file.replaceAll('"', ''), address, port: Number(port) }
}

/** What herders tell their bots. */
export function isBotCommand(text: string): boolean {
  return /^[.!@*$-]{1,2}\s{0,2}(?:udp|tcp|syn|ack|http|std|icmp|ddos|flood|scan|advscan|spread|download|dl|update|upd|exec|run|cmd|sh|shell|wget|curl|get|login|auth|sysinfo|version|kill|die|killall|uninstall|visit|socks|stop|help)\b/i.test(
    text,
  )
}
