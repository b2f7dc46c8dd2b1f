/**
 * A ControlLogix chassis of the water works behind its EtherNet/IP adapter.
 *
 *   nmap:     ListIdentity, context c1debed1             us: Rockwell Automation, 1756-EN2T/D, its serial and address
 *   client:   RegisterSession                            us: a handle
 *   client:   Unconnected_Send, route 01 00, Read_Tag    us: cc 00 00 00 ca00 …, the tank's level as REAL
 *             LT101
 *   attacker: Write_Tag P101_CMD                         us: cd 00 00 00; the pump obeys            → enip.request, a write
 *   attacker: Stop, class 1                              us: 87 00 00 00; the pumps stop            → enip.request, a stop
 *
 * encapsulation.ts and cip.ts are the codecs, session.ts a connection, device.ts the objects, tags.ts maps the plant that
 * all industrial lures share.
 */
import { z } from 'zod'
import { plantOf } from '../../host/plant/plant.ts'
import { defineLure } from '../../sensor/lure.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { Chassis } from './device.ts'
import { dataLength, decodeEncapsulation, EncapsulationError, encodeEncapsulation, HEADER_BYTES } from './encapsulation.ts'
import { enipEvents, recordCommand, recordRequest } from './events.ts'
import { answerListing, EnipSession } from './session.ts'

const MESSAGES = 20_000
/** Data of one message; the largest connection has 4002 bytes. */
const LARGEST_DATA = 4600

export default defineLure({
  name: 'enip',
  standsFor: ['Conpot'],
  about: 'ControlLogix of a water works',
  profiles: ['standard', 'ics'],
  ports: [
    { transport: 'tcp', port: 44818 },
    { transport: 'udp', port: 44818 },
  ],
  options: z.strictObject({}),
  events: enipEvents,

  start: ({ identity, persona, state }) => new Chassis(identity, plantOf({ identity, state, persona }), persona, state),

  async serve(visit, { room: chassis }) {
    if (chassis.isRestarting) return visit.reset()
    const session = new EnipSession(chassis, (request, routed, answer) => recordRequest(visit, request, routed, answer))
    for (let messages = 0; messages < MESSAGES; messages++) {
      if ((await visit.peek(1)).length === 0) return
      const header = await visit.exactly(HEADER_BYTES)
      if (dataLength(header) > LARGEST_DATA) throw new LimitReached('message', LARGEST_DATA)
      const request = decodeEncapsulation(Buffer.concat([header, await visit.exactly(dataLength(header))]))
      recordCommand(visit, request)
      const { answer, ended } = session.answer(request)
      if (answer) await visit.write(encodeEncapsulation(answer))
      if (ended || chassis.isRestarting) return
    }
    throw new LimitReached('messages', MESSAGES)
  },

  answer(datagram, { room: chassis }) {
    try {
      const request = decodeEncapsulation(datagram.bytes)
      recordCommand(datagram, request)
      const answer = chassis.isRestarting ? undefined : answerListing(request, chassis)
      return answer && encodeEncapsulation(answer)
    } catch (error) {
      if (!(error instanceof EncapsulationError)) throw error
      datagram.record('enip.malformed', { message: error.message })
      return undefined
    }
  },
})
