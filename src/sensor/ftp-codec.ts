/** RFC 959, RFC 2428 and RFC 3659 as bytes: command lines, host-port arguments, line ends of TYPE A. */

export interface Command {
  /** In capitals. */
  verb: string
  /** All behind the first blank, one character a byte. */
  argument: string
}

export function parseCommand(line: Buffer): Command {
  // RFC 959 §4.1.3: ABOR comes behind Telnet's IP and Synch, which are bytes from 240 on.
  const text = line
    .toString('latin1')
    .replace(/^[\xf0-\xff]{1,16}/, '')
    .replace(/\r+$/, '')
  const blank = text.indexOf(' ')
  return blank < 0
    ? { verb: text.toUpperCase(), argument: '' }
    : { verb: text.slice(0, blank).toUpperCase(), argument: text.slice(blank + 1) }
}

export interface HostPort {
  address: string
  port: number
}

/** `127,0,0,1,4,1` of PORT; undefined when it is none. */
export function parsePort(argument: string): HostPort | undefined {
  const parts = /^(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})$/.exec(argument.trim())?.slice(1).map(Number)
  if (!parts || parts.some((n) => n > 255)) return undefined
  return { address: parts.slice(0, 4).join('.'), port: (parts[4] as number) * 256 + (parts[5] as number) }
}

/** `|1|192.0.2.1|8000|` of EPRT, RFC 2428 §2. */
export function parseEprt(argument: string): HostPort | undefined {
  const mark = argument[0]
  const [, family, address = '', port = ''] = mark === undefined ? [] : argument.split(mark, 5)
  const isKnown = (family === '1' && /^\d{1,3}(\.\d{1,3}){3}$/.test(address)) || (family === '2' && /^[0-9A-Fa-f:.]{2,45}$/.test(address))
  return isKnown && /^\d{1,5}$/.test(port) && Number(port) < 65_536 ? { address, port: Number(port) } : undefined
}

/** The arguments of the answer to PASV; IPv6 has no form there. */
export function formatPasv({ address, port }: HostPort): string {
  const host = /^\d+(\.\d+){3}$/.test(address) ? address : '0.0.0.0'
  return `${host.replaceAll('.', ',')},${port >> 8},${port & 255}`
}

/** TYPE A on the way out: RFC 959 §3.1.1.1, lines end with CRLF. */
export const toAscii = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
export const fromAscii = (bytes: Buffer): Buffer => Buffer.from(bytes.toString('latin1').replace(/\r\n/g, '\n'), 'latin1')

/** `20240305100000`, RFC 3659 §2.3. */
export function timeVal(time: number): string {
  return new Date(time).toISOString().replace(/\D/g, '').slice(0, 14)
}

export function parseTimeVal(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?/.exec(text)
  const time = match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6] ?? '00'}Z`) : Number.NaN
  return Number.isNaN(time) ? undefined : time
}
