import { type Evidence, evidenceText } from '../../events/bytes.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { requestLine } from '../../store/facts.ts'
import { type AttackRule, attackRules } from './rules.ts'

/** Characters that rules look at. */
const EXAMINED = 4096

type Subject = { on: AttackRule['on']; text: string }

/** Rules that an event matches: what an operator is shown when asking why a tag is there. */
export function rulesOf(event: Pick<SundewEvent, 'type' | 'data'>): AttackRule[] {
  const subjects = subjectsOf(event)
  return attackRules.filter((rule) => subjects.some(({ on, text }) => on === rule.on && rule.match.test(text)))
}

/** Tags of the techniques that an event shows: `attack:T1105`. */
export function attackTags(event: Pick<SundewEvent, 'type' | 'data'>): string[] {
  return [...new Set(rulesOf(event).map(({ technique }) => `attack:${technique}`))]
}

function subjectsOf({ type, data }: Pick<SundewEvent, 'type' | 'data'>): Subject[] {
  const subjects: Subject[] = [{ on: 'event', text: type }]
  if (type === 'login') subjects.push({ on: 'login', text: `${data.accepted ? 'accepted' : 'refused'} ${data.method} ` })
  else if (type === 'artifact') subjects.push({ on: 'artifact', text: String(data.magic) })
  else if (type === 'turn' && data.kind === 'web')
    subjects.push({ on: 'request', text: (requestLine(data.detail) ?? '').slice(0, EXAMINED) })
  else if (type === 'turn') subjects.push({ on: 'input', text: evidenceText(data.input as Evidence).slice(0, EXAMINED) })
  return subjects
}
