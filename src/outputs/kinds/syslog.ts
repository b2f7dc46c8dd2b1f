import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { OutputOf } from '../../config/outputs.ts'
import { Egress } from '../egress.ts'
import type { Sink } from '../sink.ts'
import { syslogMessage } from '../syslog-message.ts'

/**
 * After this much silence a new connection counts as accepted. With TLS 1.3 a receiver looks at our certificate only when we believe to be connected
 * already: what was written until it hangs up is lost.
 */
const OBJECTION_MS = 500

/** RFC 5424 over UDP (RFC 5426), TCP or TLS with octet counting (RFC 6587 §3.4.1, RFC 5425). No syslog transport acknowledges. */
export function openSyslog({ host, port, transport, body, facility, maxBytes, tls }: OutputOf<'syslog'>): Sink {
  const egress = new Egress([`${host}:${port}`], tls)
  let socket: Socket | undefined
  let trouble: Error | undefined
  return {
    async send(events, signal) {
      const messages = events.map((event) => syslogMessage(event, { facility, body, maxBytes }))
      if (transport === 'udp') {
        await egress.udp(host, port, messages, signal)
        return
      }
      let isNew = false
      if (!socket || socket.destroyed || !socket.writable) {
        trouble = undefined
        isNew = true
        socket = await egress.tcp(host, port, { tls: transport === 'tls', signal })
        // Receivers say nothing; reading is how the end of the connection shows.
        socket
          .on('error', (error) => {
            trouble = error
            socket?.destroy()
          })
          .on('end', () => socket?.destroy())
          .resume()
      }
      await written(socket, Buffer.concat(messages.flatMap((message) => [Buffer.from(`${message.length} `), message])), signal)
      if (isNew) await sleep(OBJECTION_MS, undefined, { signal })
      if (socket.destroyed) throw new Error(`the receiver closed the connection${trouble ? `: ${trouble.message}` : ''}`)
    },
    close() {
      socket?.destroy()
      egress.close()
    },
  }
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
