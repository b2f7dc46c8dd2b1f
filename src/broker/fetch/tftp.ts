import { createSocket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { Failure } from '../refusal.ts'
import { pathOf } from '../target.ts'
import type { Errand, Fetched } from './errand.ts'

const BLOCK_BYTES = 512
const AGAIN_AFTER_MS = 2_000
const MOST_TRIES = 5
const READ = 1
const DATA = 3
const ACK = 4
const ERROR = 5

/** A read request of RFC 1350 in mode octet, without options: blocks of 512 bytes, each acknowledged. */
export async function fetchTftp({ target, router, meter, signal }: Errand): Promise<Fetched> {
  const path = pathOf(target)
  if (path === '') throw new Failure('no name of a file')
  const { address, port } = await router.route(target, signal)
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  let timer: NodeJS.Timeout | undefined
  try {
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const blocks: Buffer[] = []
      let last = Buffer.concat([Buffer.from([0, READ]), Buffer.from(`${path}\0octet\0`, 'utf8')])
      let tries = 0
      // The server answers from a port of its choice (§4), and keeps to it.
      let transfer: number | undefined
      const say = (): void => {
        clearTimeout(timer)
        if (++tries > MOST_TRIES) {
          reject(new Failure('no answer'))
          return
        }
        socket.send(last, transfer ?? port, address)
        timer = setTimeout(say, AGAIN_AFTER_MS)
      }
      socket.on('error', reject)
      socket.on('message', (message, from) => {
        if (from.address !== address || (transfer !== undefined && from.port !== transfer) || message.length < 4) return
        transfer = from.port
        const kind = message.readUInt16BE(0)
        if (kind === ERROR) return reject(new Failure(`answered error ${message.readUInt16BE(2)}`))
        // What comes twice is answered by the timer alone: two that answer each other's repetitions never end (RFC 1123 §4.2.3.1).
        if (kind !== DATA || message.readUInt16BE(2) !== ((blocks.length + 1) & 0xffff)) return
        try {
          meter.take(message.length)
        } catch (error) {
          return reject(error)
        }
        blocks.push(message.subarray(4, 4 + BLOCK_BYTES))
        last = Buffer.from([0, ACK, message[2] ?? 0, message[3] ?? 0])
        tries = 0
        say()
        if (message.length < 4 + BLOCK_BYTES) resolve(Buffer.concat(blocks))
      })
      signal.addEventListener('abort', () => reject(signal.reason), { once: true })
      say()
    })
    return { files: [{ url: target.url.href, bytes }] }
  } finally {
    clearTimeout(timer)
    socket.close()
  }
}
