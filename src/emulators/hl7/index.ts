/**
 * The listener of a hospital's integration engine: HL7 version 2 over MLLP.
 *
 *   client:   VT MSH|^~\&|HOLPAS|HC|HCIE|HC|…||ADT^A01|900412|P|2.5 CR PID|… CR FS CR
 *   us:       VT MSH|^~\&|HCIE|HC|HOLPAS|HC|…||ACK^A01^ACK|…|P|2.5 CR MSA|AA|900412 CR FS CR
 *   attacker: VT MSH|… QBP^Q22^QBP_Q21 … CR QPD|IHE PDQ Query|1|@PID.5.1^DOE CR RCP|I CR FS CR
 *   us:       VT MSH|… RSP^K22^RSP_K22 … MSA|AA … QAK|1|OK|…  PID|1||9900117^^^HC^MR||ZZDOE^JOHN|…  → hl7.query
 *   scanner:  GET / HTTP/1.1                             us: close, without a word
 *
 * mllp.ts cuts the stream, codec.ts reads messages, refusal.ts judges them, query.ts looks into the hospital's records.
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { institutionOf } from '../../host/hospital/institution.ts'
import { hospitalRecords } from '../../host/hospital/records.ts'
import { defineLure } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import { LimitReached } from '../../sensor/visit.ts'
import { encodeBatch } from './answer.ts'
import { Hl7Error, type Hl7Message, parseMessage, type Segment } from './codec.ts'
import { type Hl7Visit, hl7Events, recordMessage, recordNoise } from './events.ts'
import { encodeFrame, type Frame, MllpDecoder } from './mllp.ts'
import { Receiver } from './receiver.ts'
import { Stamps } from './stamps.ts'

/** Bytes looked at of one message; of a larger one the size and the hash are known. */
const MESSAGE_BYTES = 1024 * 1024
const MESSAGES = 5_000
/** Messages of one batch that are answered one by one. */
const BATCH_MESSAGES = 500
const TURN_BYTES = 8 * 1024

export default defineLure({
  name: 'hl7',
  standsFor: ['Medpot'],
  about: 'HL7 v2 over MLLP, an integration engine',
  profiles: ['standard', 'medical'],
  ports: [{ transport: 'tcp', port: 2575 }],
  options: z.strictObject({
    /** Silence in ms after which text without a frame is taken for a whole message. */
    bareAfterMs: z.number().int().min(50).max(30_000).default(2_000),
    /** Silence in ms after which the engine closes. */
    idleMs: z.number().int().min(1_000).default(60_000),
  }),
  events: hl7Events,

  start: () => new Stamps(),

  async serve(visit, { persona, identity, options, room: stamps }) {
    const institution = institutionOf(persona)
    const house = { authority: initials(institution.name), town: institution.town }
    const receiver = new Receiver(hospitalRecords(identity), house, () => stamps.next(persona.timezone))
    const decoder = new MllpDecoder(MESSAGE_BYTES)
    const slice = new TimeSlice()
    for (let messages = 0; messages < MESSAGES; ) {
      const isOpen = await readInto(decoder, visit, decoder.isUndecided ? options.bareAfterMs : options.idleMs)
      for (let piece = decoder.next(); piece; piece = decoder.next()) {
        await slice.turn()
        if (piece.is === 'noise') {
          if (recordNoise(visit, piece.bytes) !== 'unknown') return
          continue
        }
        messages++
        await answer(visit, receiver, piece, () => stamps.next(persona.timezone))
      }
      if (!isOpen) return
    }
    throw new LimitReached('messages', MESSAGES)
  },
})

/** Reads on; false when the sender has gone, or was silent with nothing left to be decided. */
async function readInto(decoder: MllpDecoder, visit: Hl7Visit, patienceMs: number): Promise<boolean> {
  const wasUndecided = decoder.isUndecided
  try {
    const bytes = await visit.read({ within: patienceMs })
    if (bytes) decoder.push(bytes)
    else decoder.settle()
    return bytes !== undefined
  } catch (error) {
    if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
    decoder.settle()
    return wasUndecided
  }
}

async function answer(visit: Hl7Visit, receiver: Receiver, frame: Frame, stamp: () => ReturnType<Stamps['next']>): Promise<void> {
  const startedAt = performance.now()
  let message: Hl7Message
  try {
    message = parseMessage(frame.bytes)
  } catch (error) {
    if (!(error instanceof Hl7Error)) throw error
    recordNoise(visit, frame.bytes)
    return
  }
  const answers = frame.size > frame.bytes.length ? refuse(visit, receiver, frame, message) : accept(visit, receiver, frame, message, stamp)
  for (const one of answers) await visit.write(encodeFrame(one, frame.framing))
  visit.record('turn', {
    kind: 'hl7',
    input: evidence(frame.bytes.subarray(0, TURN_BYTES)),
    output: evidence(Buffer.from(answers.join('').slice(0, TURN_BYTES), 'latin1')),
    source: 'static',
    durationMs: performance.now() - startedAt,
  })
}

function refuse(visit: Hl7Visit, receiver: Receiver, frame: Frame, message: Hl7Message): string[] {
  const reception = receiver.refuseLarge(message)
  recordMessage(visit, frame, message, reception)
  return reception.answers
}

function accept(visit: Hl7Visit, receiver: Receiver, frame: Frame, message: Hl7Message, stamp: () => ReturnType<Stamps['next']>): string[] {
  const isBatch = message.segments[0]?.name !== 'MSH'
  const answers = (isBatch ? messagesOf(message) : [message]).flatMap((one) => {
    const reception = receiver.receive(one)
    recordMessage(visit, frame, one, reception)
    return reception.answers
  })
  return isBatch ? [encodeBatch(message, answers, stamp())] : answers
}

/** The messages of a batch: each begins with its MSH; the envelopes around them belong to none. */
function messagesOf({ separators, segments }: Hl7Message): Hl7Message[] {
  const messages: Segment[][] = []
  for (const segment of segments) {
    if (segment.name === 'MSH' && messages.length === BATCH_MESSAGES) break
    if (segment.name === 'MSH') messages.push([segment])
    else if (!/^[BF](?:HS|TS)$/.test(segment.name)) messages.at(-1)?.push(segment)
  }
  return messages.map((own) => ({ separators, segments: own }))
}

/** The authority of a house's numbers: `Hollin Cross Hospital` is HC. */
function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => !/^hospital$/i.test(word))
  return (words.length > 1 ? words : name.split(/\s+/)).map((word) => word.charAt(0).toUpperCase()).join('')
}
