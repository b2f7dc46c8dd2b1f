import type { HospitalRecords } from '../../host/hospital/records.ts'
import { type AckCode, encodeAck, type Stamp } from './answer.ts'
import type { Hl7Message, Segment } from './codec.ts'
import { answerQuery, type House, type Query, type QueryAnswer, queryIn } from './query.ts'
import { type Refusal, refusalOf } from './refusal.ts'

/** What one message got. */
export interface Reception {
  /** Answers in the order in which they go out: none, one, or a commit and an application acknowledgement. */
  answers: string[]
  code: AckCode
  refusal?: Refusal
  query?: Query & QueryAnswer
}

/** How an engine receives: checks, acknowledges in the mode that the sender asks for, answers queries. */
export class Receiver {
  readonly #records: HospitalRecords
  readonly #house: House
  readonly #stamp: () => Stamp

  constructor(records: HospitalRecords, house: House, stamp: () => Stamp) {
    this.#records = records
    this.#house = house
    this.#stamp = stamp
  }

  receive(message: Hl7Message): Reception {
    const header = message.segments[0] as Segment
    const refusal = refusalOf(message)
    // An acknowledgement is not acknowledged, or two engines would never stop.
    if (header.component(9, 1) === 'ACK' && !refusal) return { answers: [], code: 'AA' }
    const query = refusal ? undefined : queryIn(message)
    const answered = query && answerQuery(message, query, this.#records, this.#house, this.#stamp())
    const code: AckCode = refusal ? `A${refusal.kind}` : 'AA'
    const result = answered?.message ?? encodeAck(message, code, this.#stamp(), refusal)
    return {
      answers: this.#inMode(message, result, refusal),
      code,
      ...(refusal ? { refusal } : {}),
      ...(query && answered ? { query: { ...query, ...answered } } : {}),
    }
  }

  /** A message too large to be looked at: what is known of it is its header. */
  refuseLarge(message: Hl7Message): Reception {
    const refusal: Refusal = { kind: 'E', code: 207, text: 'Application internal error', segment: 'MSH', field: 0 }
    return { answers: [encodeAck(message, 'AE', this.#stamp(), refusal)], code: 'AE', refusal }
  }

  /** Original mode sends the result. Enhanced mode (chapter 2 §2.9.3) first a commit, each only when the sender wants it. */
  #inMode(message: Hl7Message, result: string, refusal: Refusal | undefined): string[] {
    const header = message.segments[0] as Segment
    const [accept, application] = [header.field(15).trim(), header.field(16).trim()]
    if (accept === '' && application === '') return [result]
    const answers: string[] = []
    const commit: AckCode = refusal ? `C${refusal.kind}` : 'CA'
    if (accept !== '' && isWanted(accept, !refusal)) answers.push(encodeAck(message, commit, this.#stamp(), refusal))
    if (isWanted(application, !refusal)) answers.push(result)
    return answers
  }
}

/** Table 0155: always, never, on errors, on success. */
function isWanted(condition: string, isSuccess: boolean): boolean {
  switch (condition) {
    case 'NE':
      return false
    case 'ER':
      return !isSuccess
    case 'SU':
      return isSuccess
    default:
      return true
  }
}
