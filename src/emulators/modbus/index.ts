/**
 * A Modicon M340 that runs a water works.
 *
 *   client:   0001 0000 0006 01 | 03 0000 0005          us: 0001 0000 000d 01 | 03 0a 0b54 …       tank level 2.900 m, …
 *   attacker: 0002 0000 0006 01 | 05 0000 ff00          us: the same back; intake pump 1 starts     → modbus.request, a write
 *   nmap:     0003 0000 0005 01 | 2b 0e 01 00           us: Schneider Electric, BMX P34 2020, v2.70
 *   attacker: 0004 0000 0005 01 | 5a 00 41 ff 00        us: 5a 00 fe; the controller stops           → a stop
 *
 * The codec reads requests, service.ts answers them, memory.ts maps addresses to the plant that all industrial lures share.
 */
import { z } from 'zod'
import { plantOf } from '../../host/plant/plant.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import {
  decodeMbap,
  decodeRequest,
  EXCEPTION,
  encodeAdu,
  LENGTH,
  MBAP_BYTES,
  type Mbap,
  ModbusException,
  type ModbusRequest,
} from './codec.ts'
import { Controller } from './controller.ts'
import { modbusEvents, recordRequest } from './events.ts'
import { execute } from './service.ts'

const REQUESTS = 20_000

export default defineLure({
  name: 'modbus',
  standsFor: ['Conpot'],
  about: 'Modicon M340 of a water works',
  profiles: ['standard', 'ics'],
  ports: [{ transport: 'tcp', port: 502 }],
  options: z.strictObject({
    /** Unit identifiers that answer; behind the others the gateway finds nobody. 0 and 255 are the controller itself. */
    units: z.array(z.number().int().min(0).max(255)).default([0, 1, 255]),
  }),
  events: modbusEvents,

  start: ({ identity, persona, state }) => new Controller(identity, plantOf({ identity, state, persona }), state),

  async serve(visit, { room: controller, options }) {
    for (let requests = 0; requests < REQUESTS; requests++) {
      const frame = await nextFrame(visit)
      if (!frame) return
      const { mbap, pdu } = frame
      const { request, answer, exception } = answerTo(pdu, options.units.includes(mbap.unit), controller)
      controller.count(exception === undefined)
      recordRequest(visit, mbap, pdu, request, exception)
      if (answer) await visit.write(encodeAdu(mbap.transaction, mbap.unit, answer))
    }
    throw new LimitReached('requests', REQUESTS)
  },
})

/** The next frame for us; undefined when the client has left, or sent what cannot be cut into frames any more. */
async function nextFrame(visit: Visit<typeof modbusEvents>): Promise<{ mbap: Mbap; pdu: Buffer } | undefined> {
  for (;;) {
    if ((await visit.peek(1)).length === 0) return undefined
    const mbap = decodeMbap(await visit.exactly(MBAP_BYTES))
    if (mbap.length < LENGTH.min || mbap.length > LENGTH.max) {
      visit.record('modbus.malformed', { length: mbap.length, protocol: mbap.protocol })
      return undefined
    }
    const pdu = await visit.exactly(mbap.length - 1)
    if (mbap.protocol === 0) return { mbap, pdu }
    // Messaging guide §4.3.2: a frame of another protocol is dropped without a word.
    visit.record('modbus.malformed', { length: mbap.length, protocol: mbap.protocol })
  }
}

interface Answer {
  request?: ModbusRequest
  answer?: Buffer | undefined
  exception?: number
}

function answerTo(pdu: Buffer, isOurs: boolean, controller: Controller): Answer {
  let request: ModbusRequest | undefined
  try {
    if (!isOurs) throw new ModbusException(EXCEPTION.gatewayTarget)
    request = decodeRequest(pdu)
    return { request, answer: execute(request, controller) }
  } catch (error) {
    if (!(error instanceof ModbusException)) throw error
    return { ...(request ? { request } : {}), answer: Buffer.from([pdu[0]! | 0x80, error.code]), exception: error.code }
  }
}
