/**
 * The character generator of xinetd, RFC 864.
 *
 *   client:   connects over TCP                        us: !"#$%&'… line after line, as slowly as a thin line would carry it
 *   attacker: one byte over UDP, from a victim's       us: three lines, if the governor lets them out; then silence
 *             address
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'

/** The printable characters of ASCII, in a ring. */
const RING = Buffer.from(Array.from({ length: 95 }, (_, i) => 32 + i))
const LINE_LENGTH = 72
const UDP_LINES = 3
/** xinetd fills a buffer of 1024 bytes. */
const POTENTIAL_BYTES = 1024
const STREAM_MS = 30_000
const LINES_A_TURN = 14
const TURN_MS = 500

/** `count` lines, the first beginning at character `start` of the ring, each next at the one after. */
export function lines(start: number, count: number): Buffer {
  const twice = Buffer.concat([RING, RING])
  return Buffer.concat(
    Array.from({ length: count }, (_, i) => {
      const at = (start + i) % RING.length
      return Buffer.concat([twice.subarray(at, at + LINE_LENGTH), Buffer.from('\r\n')])
    }),
  )
}

/**
 * xinetd goes on where the last answer stopped; that would tell one attacker of the other, so it is drawn for each, from where
 * even three lines hold the alphabet that its thirteen always do.
 */
function somewhere(): number {
  return 8 + Math.floor(Math.random() * 20)
}

export default defineLure({
  name: 'chargen',
  standsFor: ['Ddospot'],
  about: 'the character generator of xinetd',
  profiles: ['tarpit'],
  ports: [
    { transport: 'udp', port: 19 },
    { transport: 'tcp', port: 19 },
  ],
  options: z.strictObject({}),
  events: {
    'chargen.request': z.object({
      transport: z.enum(['udp', 'tcp']),
      message: Evidence,
      /** Bytes that a server without a governor would have sent. */
      potentialBytes: z.number(),
    }),
  },

  answer(datagram) {
    const message = evidence(datagram.bytes.subarray(0, 256))
    datagram.asksFor('characters', POTENTIAL_BYTES)
    datagram.record('chargen.request', { transport: 'udp', message, potentialBytes: POTENTIAL_BYTES }, ['attack:T1498.002'])
    return lines(somewhere(), UDP_LINES)
  },

  async serve(visit) {
    visit.record('chargen.request', { transport: 'tcp', message: evidence(''), potentialBytes: 0 })
    const until = Date.now() + STREAM_MS
    for (let line = somewhere(); Date.now() < until; line += LINES_A_TURN) {
      await visit.write(lines(line, LINES_A_TURN))
      await visit.pause(TURN_MS)
    }
  },
})
