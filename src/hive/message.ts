import { Envelope, type SundewEvent } from '../events/schema.ts'
import { idAt, timeOfId } from '../events/uuid7.ts'
import { type Entry, entryOf } from '../store/entry.ts'
import { EVENTS, sensorOf } from './names.ts'

/** A sensor's clock may be wrong by so much; events of later days would make partitions that nobody needs, and never grow old. */
const FUTURE_MS = 86_400_000

/** A message of the stream as it was delivered. */
export interface Message {
  subject: string
  /** Its number in the stream, and when the stream took it: a stream that was made anew counts from the start again. */
  seq: number
  takenAtNanos: number
  text: string
}

/**
 * What a sensor has published, as the database keeps it. A sensor may say anything: what does not fit, speaks for another sensor or is of a day to
 * come is a dead letter.
 */
export function entryOfMessage(message: Message, now = Date.now()): Entry {
  let said: unknown
  try {
    said = JSON.parse(message.text)
  } catch {
    return deadLetter(message, 'is not JSON')
  }
  const verdict = Envelope.safeParse(said)
  if (!verdict.success) return deadLetter(message, verdict.error.message)
  const event = said as SundewEvent
  const sensor = sensorOf(message.subject)
  if (event.sensor !== sensor) return deadLetter(message, `came from the sensor ${sensor}, and says that it is of another`)
  if (event.time > now + FUTURE_MS) return deadLetter(message, 'is of a day to come')
  // A clock that was ahead and was put right: ids go on from where they were, so that their order holds at the sensor.
  const kept = timeOfId(event.id) > now + FUTURE_MS ? { ...event, id: idAt(event.time, event.id) } : event
  return { event: kept, body: JSON.stringify(kept) }
}

/** Dead letters are kept by their place in the stream: their ids may be anything. */
function deadLetter({ seq, takenAtNanos, text }: Message, reason: string): Entry {
  const shown = { id: `${EVENTS}/${seq}/${takenAtNanos}`, time: Date.now(), sensor: '', type: 'dead-letter', data: { text } }
  return entryOf(shown as SundewEvent, reason)
}
