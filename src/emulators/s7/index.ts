/**
 * A SIMATIC S7-300 that runs a water works.
 *
 *   client:   COTP CR, TSAP 01.02                        us: CC, our reference, the same TSAPs
 *   client:   Setup Communication, PDU 480               us: PDU 240
 *   nmap:     SZL 0011, SZL 001C                         us: 6ES7 314-6EH04-0AB0, V3.3.14, S C-…
 *   client:   Read Var DB1.DBD0 REAL                     us: FF 07 …, the tank's level
 *   attacker: PLC Stop                                   us: Ack_Data; the pumps stop               → s7.request, a stop
 *   attacker: Request Download _0800001P                 us: Ack_Data, then we ask for the block    → artifact
 *
 * cotp.ts is the transport, codec.ts the message, session.ts a connection; memory.ts maps the plant that all industrial
 * lures share into the CPU's areas.
 */
import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { plantOf } from '../../host/plant/plant.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { S7FormatError } from './codec.ts'
import { CotpFormatError, decodeTpdu, decodeTpkt, encodeConfirm, encodeData, encodeRefusal, TPKT_BYTES, type Tpdu } from './cotp.ts'
import { Cpu } from './cpu.ts'
import { s7Events } from './events.ts'
import { S7Session } from './session.ts'

type S7Visit = Visit<typeof s7Events>

const MESSAGES = 20_000
/** Bytes of one message over several TPDUs. */
const LARGEST_MESSAGE = 4096

export default defineLure({
  name: 's7',
  standsFor: ['Conpot'],
  about: 'SIMATIC S7-300 of a water works',
  profiles: ['standard', 'ics'],
  ports: [{ transport: 'tcp', port: 102 }],
  options: z.strictObject({
    /** Slots of rack 0 that have a CPU; a connection to another is refused. */
    slots: z.array(z.number().int().min(0).max(31)).default([0, 1, 2]),
  }),
  events: s7Events,

  start: ({ identity, persona, state }) => new Cpu(identity, plantOf({ identity, state, persona }), state),

  async serve(visit, { room: cpu, options }) {
    try {
      if (await connect(visit, options.slots)) await converse(visit, new S7Session(visit, cpu))
    } catch (error) {
      if (!(error instanceof CotpFormatError || error instanceof S7FormatError)) throw error
      visit.record('s7.malformed', { message: error.message })
    }
  },
})

/** The COTP connection; false when the client left, or asked for a slot that is empty. */
async function connect(visit: S7Visit, slots: readonly number[]): Promise<boolean> {
  const request = await nextTpdu(visit)
  if (request?.kind !== 'connect') return false
  const place = request.called.at(-1) ?? 0
  const [rack, slot] = [place >> 5, place & 0x1f]
  const accepted = rack === 0 && slots.includes(slot)
  visit.record('s7.connect', { calling: request.calling.toString('hex'), called: request.called.toString('hex'), rack, slot, accepted }, [
    'attack:T0846',
  ])
  await visit.write(accepted ? encodeConfirm(request, randomInt(1, 0x10000)) : encodeRefusal(request.source))
  return accepted
}

async function converse(visit: S7Visit, session: S7Session): Promise<void> {
  let message = Buffer.alloc(0)
  for (let messages = 0; messages < MESSAGES; messages++) {
    const tpdu = await nextTpdu(visit)
    if (tpdu?.kind !== 'data') return
    message = Buffer.concat([message, tpdu.data])
    if (message.length > LARGEST_MESSAGE) throw new LimitReached('message', LARGEST_MESSAGE)
    if (!tpdu.isLast) continue
    for (const answer of session.answer(message)) await visit.write(encodeData(answer))
    message = Buffer.alloc(0)
  }
  throw new LimitReached('messages', MESSAGES)
}

/** The next TPDU; undefined when the client has left. */
async function nextTpdu(visit: S7Visit): Promise<Tpdu | undefined> {
  if ((await visit.peek(1)).length === 0) return undefined
  const length = decodeTpkt(await visit.exactly(TPKT_BYTES))
  return decodeTpdu(await visit.exactly(length))
}
