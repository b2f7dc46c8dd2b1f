import type { Socket } from 'node:net'
import type { OutputOf } from '../../config/outputs.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { cefOf } from '../cef.ts'
import { Egress } from '../egress.ts'
import { readable } from '../event-text.ts'
import { ocsfOf } from '../ocsf.ts'
import { severityOf } from '../severity.ts'
import type { Sink } from '../sink.ts'

/** What still goes into one datagram over most links without trouble; RFC 5426 §3.2 has receivers take 2 KiB and more. */
const LARGEST_DATAGRAM = 8 * 1024

/** Private enterprise number of documentation (RFC 5612). */
const SD_ID = 'sundew@32473'

/** RFC 5424 over UDP (RFC 5426), TCP or TLS with octet counting (RFC 6587 §3.4.1, RFC 5425). No syslog transport acknowledges. */
export function openSyslog({ host, port, transport, body, facility, tls }: OutputOf<'syslog'>): Sink {
  const egress = new Egress([`${host}:${port}`], tls)
  const write = WRITERS[body]
  let socket: Socket | undefined
  return {
    async send(events, signal) {
      if (transport === 'udp') {
        await egress.udp(
          host,
          port,
          events.map((event) => datagram(event, facility, write)),
        )
        return
      }
      if (!socket || socket.destroyed || !socket.writable) {
        socket = await egress.tcp(host, port, { tls: transport === 'tls', signal })
        // Receivers say nothing; reading is how the end of the connection shows.
        socket
          .on('error', () => socket?.destroy())
          .on('end', () => socket?.destroy())
          .resume()
      }
      const counted = events.map((event) => {
        const message = Buffer.from(syslogLine(event, facility, write(event)))
        return Buffer.concat([Buffer.from(`${message.length} `), message])
      })
      await written(socket, Buffer.concat(counted), signal)
    },
    close() {
      socket?.destroy()
      egress.close()
    },
  }
}

const WRITERS: Record<OutputOf<'syslog'>['body'], (event: SundewEvent) => string> = {
  json: (event) => JSON.stringify({ ...event, data: readable(event.data) }),
  cef: cefOf,
  ocsf: (event) => JSON.stringify(ocsfOf(event)),
}

/** One message: `<PRI>1 TIME HOST sundew - TYPE [structured data] BODY`. */
export function syslogLine(event: SundewEvent, facility: number, body: string): string {
  const params = { id: event.id, session: event.session, src: event.srcIp, dst_port: event.dstPort, lure: event.lure }
  const data = Object.entries(params).flatMap(([key, value]) => (value === undefined ? [] : [`${key}="${escaped(String(value))}"`]))
  const head = `<${facility * 8 + SYSLOG_SEVERITY[severityOf(event)]}>1 ${new Date(event.time).toISOString()} ${event.sensor.slice(0, 255)}`
  return `${head} sundew - ${event.type.slice(0, 32)} [${SD_ID} ${data.join(' ')}] ${body}`
}

/** RFC 5424 §6.2.1. */
const SYSLOG_SEVERITY = { low: 6, medium: 5, high: 4, critical: 3 } as const

function escaped(value: string): string {
  return value.replaceAll(/["\\\]]/g, '\\$&').replaceAll(/[\x00-\x1f\x7f]/g, ' ')
}

/** An event that does not fit loses its data, and says so: cut JSON would be no JSON. */
function datagram(event: SundewEvent, facility: number, write: (event: SundewEvent) => string): Buffer {
  const whole = Buffer.from(syslogLine(event, facility, write(event)))
  if (whole.length <= LARGEST_DATAGRAM) return whole
  return Buffer.from(syslogLine(event, facility, write({ ...event, data: { truncated: true } })))
}

function written(socket: Socket, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error?: Error | null): void => {
      socket.off('close', closed)
      signal.removeEventListener('abort', aborted)
      if (error) reject(error)
      else resolve()
    }
    const closed = (): void => settle(new Error('the receiver closed the connection'))
    const aborted = (): void => {
      socket.destroy()
      settle(new Error('the receiver does not read'))
    }
    socket.once('close', closed)
    signal.addEventListener('abort', aborted, { once: true })
    socket.write(bytes, settle)
  })
}
