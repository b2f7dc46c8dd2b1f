import { type Evidence, evidenceText } from '../events/bytes.ts'
import type { SundewEvent } from '../events/schema.ts'
import { fields } from './transcript.ts'

/** An event in one line, as tails show it. The text is the attacker's: make it printable before it is shown. */
export function gistOf({ type, data }: SundewEvent): string {
  const text = (value: unknown): string => evidenceText(value as Evidence)
  if (type === 'turn') return `${text(data.input)} → ${text(data.output).slice(0, 60)} [${data.source}]`
  if (type === 'login') {
    return `${text(data.username)}:${data.password === undefined ? '' : text(data.password)} ${data.accepted ? 'let in' : 'refused'}`
  }
  return fields(data)
}
