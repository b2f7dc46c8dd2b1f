/**
 * WINS replication: a partner that takes requests, tells of no names, and keeps what is pushed at it.
 *
 *   client: association start request, version 2.5    us: association start response            → wins.association
 *   client: owner-version map request                 us: one owner, ourselves                  → wins.replication
 *   client: name records request                      us: none                                  → wins.replication
 *   client: anything longer than a request (MS04-045) us: nothing                               → wins.replication, artifact
 */
import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import {
  encodeMessage,
  encodeNoRecords,
  encodeOwnerMap,
  encodeStart,
  OPCODE,
  opcodeName,
  opcodeOf,
  parseMessage,
  parseStart,
  TYPE,
  WinsError,
} from './codec.ts'

const LARGEST_MESSAGE = 1024 * 1024
/** The longest request of an honest partner is far shorter. */
const LARGE_MESSAGE = 256
const MESSAGES = 1000
const PATIENCE_MS = 120_000
const KEPT_BYTES = 1024
const SMB_GREETING = Buffer.from('\xffSMB', 'latin1')

const winsEvents = {
  'wins.association': z.object({ association: z.number(), major: z.number(), minor: z.number() }),
  'wins.replication': z.object({ type: z.number(), operation: z.string(), bytes: z.number(), body: Evidence }),
  'wins.protocol-error': z.object({ message: z.string(), bytes: Evidence }),
}

export default defineLure({
  name: 'wins',
  standsFor: ['Dionaea'],
  about: 'WINS replication of Windows, requests recorded',
  profiles: ['standard', 'llm', 'mini', 'tarpit', 'windows'],
  ports: [{ transport: 'tcp', port: 42 }],
  options: z.strictObject({}),
  events: winsEvents,

  start: ({ identity }) => ({
    association: identity.integer('wins/association', 0x10000, 0x7fffffff),
    highest: BigInt(identity.integer('wins/records', 40, 4000)),
  }),

  async serve(visit, { room }) {
    const partner = { theirs: 0, ours: room.association++ & 0x7fffffff }
    const address = visit.local.ip.includes(':') ? '127.0.0.1' : visit.local.ip
    for (let messages = 0; messages < MESSAGES; messages++) {
      const length = (await visit.exactly(4, { within: PATIENCE_MS })).readUInt32BE()
      if (length > LARGEST_MESSAGE) {
        visit.record('wins.protocol-error', {
          message: `a message of ${length} bytes`,
          bytes: evidence(await visit.peek(KEPT_BYTES, { within: 2000 })),
        })
        return
      }
      const bytes = await visit.exactly(length, { within: PATIENCE_MS })
      try {
        if (await answer(visit, bytes, partner, address, room.highest)) return
      } catch (error) {
        if (!(error instanceof WinsError)) throw error
        visit.record('wins.protocol-error', { message: error.message, bytes: evidence(bytes.subarray(0, KEPT_BYTES)) })
        if (bytes.length > LARGE_MESSAGE) visit.capture(bytes, { how: 'wins.message' })
        return
      }
    }
  },
})

/** Answers one message; true when it was the last. @throws WinsError */
async function answer(
  visit: Visit<typeof winsEvents>,
  bytes: Buffer,
  partner: { theirs: number; ours: number },
  address: string,
  highest: bigint,
): Promise<boolean> {
  if (bytes.subarray(0, 4).equals(SMB_GREETING)) {
    // What the real service makes of it, by nmap's line for Microsoft Windows Wins: half of the greeting comes back.
    const handle = Buffer.alloc(4)
    handle.writeUInt32BE(partner.ours)
    const head = Buffer.from('0000001eff53ad8000000001', 'hex')
    await visit.write(Buffer.concat([head, Buffer.alloc(11), handle.subarray(1), Buffer.from('0000010000810002', 'hex')]))
    throw new WinsError('an SMB greeting')
  }
  const { type, body } = parseMessage(bytes)
  if (type === TYPE.START_REQUEST) {
    const start = parseStart(body)
    visit.record('wins.association', start)
    partner.theirs = start.association
    const response = encodeStart({ association: partner.ours, major: 2, minor: 5 })
    await visit.write(encodeMessage({ association: partner.theirs, type: TYPE.START_RESPONSE, body: response }))
    return false
  }
  const opcode = type === TYPE.REPLICATION ? opcodeOf(body) : undefined
  const operation = opcode !== undefined ? opcodeName(opcode) : type === TYPE.STOP ? 'stop' : `type ${type}`
  const isLarge = body.length > LARGE_MESSAGE
  visit.record(
    'wins.replication',
    { type, operation, bytes: body.length, body: evidence(body.subarray(0, KEPT_BYTES)) },
    isLarge ? ['cve:CVE-2004-1080', 'attack:T1210'] : [],
  )
  if (isLarge) visit.capture(body, { how: 'wins.message' })
  if (type === TYPE.STOP) return true
  const reply =
    opcode === OPCODE.MAP_REQUEST ? encodeOwnerMap(address, highest) : opcode === OPCODE.RECORDS_REQUEST ? encodeNoRecords() : undefined
  if (reply) await visit.write(encodeMessage({ association: partner.theirs, type: TYPE.REPLICATION, body: reply }))
  return false
}
