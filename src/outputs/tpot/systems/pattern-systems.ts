import type { SundewEvent } from '../../../events/schema.ts'
import { textOf } from '../../event-text.ts'
import { type SystemMapping, spacedTime } from '../system.ts'
import { requestOf } from '../web.ts'

/** Logstash reads this one's message by patterns that know IPv4 alone; it drops what fits none, so that is all that is written. */
export const citrix: SystemMapping = {
  system: 'CitrixHoneypot',
  folder: 'citrixhoneypot',
  lines(event) {
    if (event.srcIp === undefined || event.srcIp.includes(':') || event.type === 'turn' || event.type === 'lure.fault') return []
    const messages = citrixMessages(event)
    return messages.map(([level, what]) => ({
      file: 'log/server.log',
      text: JSON.stringify({
        asctime: spacedTime(event, 3).replace('.', ','),
        levelname: level,
        message: `(${event.srcIp}:${event.srcPort ?? 0}): ${what}`,
        session: event.session,
        dest_ip: event.dstIp,
      }),
    }))
  },
}

function citrixMessages(event: SundewEvent): [level: string, message: string][] {
  const { type, data } = event
  if (type.endsWith('.request') && Array.isArray(data.headers)) {
    const { method, path, target, status, body } = requestOf(event)
    const state = status === 404 ? 'File not found' : 'Header'
    const lines: [string, string][] = [
      ['DEBUG', `${word(method)} ${state}: ${path.startsWith('/') ? oneLine(target) : `/${oneLine(target)}`}`],
    ]
    if (body) lines.push(['DEBUG', `${word(method)} Body: ${oneLine(body)}`])
    return lines
  }
  if (type === 'citrix.exploit')
    return [['CRITICAL', `Detected ${oneLine(textOf(data.step) ?? '')}: ${oneLine(textOf(data.detail) ?? '')}`]]
  if (type === 'citrix.command') return [['CRITICAL', `Payload: ${oneLine(textOf(data.command) ?? '')}`]]
  if (type === 'login') return [['CRITICAL', `Login: ${oneLine(textOf(data.username) ?? '')}:${oneLine(textOf(data.password) ?? '')}`]]
  return [['DEBUG', `${type} ${oneLine(JSON.stringify(data)).slice(0, 1000)}`]]
}

const word = (method: string): string => method.replaceAll(/[^A-Za-z]/g, '') || 'NONE'
const oneLine = (text: string): string => text.replaceAll(/[\x00-\x1f\x7f]/g, ' ')

/** Logstash parts this one at commas and colons: what the attacker sent has none left. */
export const ciscoasa: SystemMapping = {
  system: 'Ciscoasa',
  folder: 'ciscoasa',
  lines(event) {
    if (event.srcIp === undefined || event.type === 'lure.fault' || (event.type === 'turn' && event.data.kind === 'web')) return []
    const request = event.type.endsWith('.request') && Array.isArray(event.data.headers) ? requestOf(event) : undefined
    const payload = request ? `${request.method} ${request.target} ${request.body}` : `${event.type} ${JSON.stringify(event.data)}`
    const user =
      event.type === 'login'
        ? `, 'username': '${parted(textOf(event.data.username) ?? '')}', 'password': '${parted(textOf(event.data.password) ?? '')}'`
        : ''
    const time = new Date(event.time).toISOString().slice(0, -1)
    return [
      {
        file: 'log/ciscoasa.log',
        text: `{'timestamp': '${time}000', 'src_ip': '${event.srcIp}', 'src_port': '${event.srcPort ?? ''}', 'dest_port': '${event.dstPort ?? ''}', 'payload_printable': '${parted(payload)}'${user}}`,
      },
    ]
  },
}

function parted(text: string): string {
  return oneLine(text)
    .slice(0, 4096)
    .replaceAll(/[%,:'{}"]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
}
