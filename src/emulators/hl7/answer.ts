import { encodeMessage, encodeSegment, escapeText, type Hl7Message, type Segment, type Separators } from './codec.ts'
import type { Refusal } from './refusal.ts'

export type AckCode = 'AA' | 'AE' | 'AR' | 'CA' | 'CE' | 'CR'

/** What an answer has of its own: the time, in the zone of the house, and a control id that no other answer has. */
export interface Stamp {
  time: string
  controlId: string
}

/** The header of an answer: their separators, sender and receiver changed over, their version and processing mode. */
export function answerHeader(asked: Hl7Message, type: string, { time, controlId }: Stamp): string {
  const { separators } = asked
  const header = asked.segments[0] as Segment
  const field = (n: number): string => header.field(n)
  const fields = [separators.encoding, field(5), field(6), field(3), field(4), time, '', type, controlId, field(11), field(12)]
  return encodeSegment('MSH', fields, separators)
}

/** MSA, with what the message called itself. */
export function acknowledgement(asked: Hl7Message, code: AckCode, text = ''): string {
  const { separators } = asked
  return encodeSegment('MSA', [code, (asked.segments[0] as Segment).field(10), escapeText(text, separators)], separators)
}

/** A general acknowledgement, chapter 2 §2.13. */
export function encodeAck(asked: Hl7Message, code: AckCode, stamp: Stamp, refusal?: Refusal): string {
  const segments = [answerHeader(asked, ackType(asked), stamp), acknowledgement(asked, code, refusal?.text)]
  if (refusal) segments.push(errorSegment(asked, refusal))
  return encodeMessage(segments)
}

/** `ACK`, the event of the message, and since 2.3.1 the structure. */
function ackType({ segments, separators }: Hl7Message): string {
  const header = segments[0] as Segment
  const event = header.component(9, 2)
  if (event === '') return 'ACK'
  const parts = versionOf(header) >= 2.31 ? ['ACK', event, 'ACK'] : ['ACK', event]
  return parts.map((part) => escapeText(part, separators)).join(separators.component)
}

/** ERR changed its shape with 2.5: before, one field told place and trouble. */
function errorSegment({ segments, separators }: Hl7Message, { kind, code, text, segment, field }: Refusal): string {
  const { component, subcomponent } = separators
  const place = [segment, '1', ...(field ? [String(field)] : [])]
  if (versionOf(segments[0] as Segment) >= 2.5) {
    const meaning = [String(code), text, 'HL70357'].join(component)
    return encodeSegment('ERR', ['', place.join(component), meaning, kind === 'E' ? 'E' : 'F'], separators)
  }
  return encodeSegment('ERR', [[...place, ...(field ? [] : ['']), [code, text].join(subcomponent)].join(component)], separators)
}

/** `2.3.1` as 2.31; no version as the newest. */
function versionOf(header: Segment): number {
  const [, major, minor, patch = ''] = /^(\d)\.(\d)(?:\.(\d))?/.exec(header.component(12, 1)) ?? []
  return major === undefined ? 2.9 : Number(`${major}.${minor}${patch}`)
}

/** A batch of answers, chapter 2 §2.15: the envelopes that came go back around it. */
export function encodeBatch(asked: Hl7Message, answers: readonly string[], { time, controlId }: Stamp): string {
  const { separators, segments } = asked
  const envelope = (name: string): string[] => {
    const from = segments.find((segment) => segment.name === name)
    if (!from) return []
    const fields = [
      separators.encoding,
      from.field(5),
      from.field(6),
      from.field(3),
      from.field(4),
      time,
      '',
      '',
      '',
      controlId,
      from.field(11),
    ]
    return [`${encodeSegment(name, fields, separators)}\r`]
  }
  const end = (name: string, count: number): string => `${encodeSegment(name, [String(count)], separators)}\r`
  const file = envelope('FHS')
  const batch = [...envelope('BHS'), ...answers, end('BTS', answers.length)]
  return [...file, ...batch, ...(file.length ? [end('FTS', 1)] : [])].join('')
}

/** One component for a query's answer, escaped. */
export function cell(separators: Separators, ...components: readonly string[]): string {
  return components.map((text) => escapeText(text, separators)).join(separators.component)
}
