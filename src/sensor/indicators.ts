import type { Recorder } from '../events/recorder.ts'

type Kind = 'url' | 'email' | 'wallet'

/** Text that is looked at, and how many of each kind are noted. */
const LOOKED_AT = 64 * 1024
const MOST = 16

const PATTERNS: readonly [Kind, RegExp][] = [
  ['url', /(?:https?|ftp|tftp|ldap|rmi|tcp):\/\/[^\s'"|;<>`\\()]{1,300}/gi],
  ['email', /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,4}\.[A-Za-z]{2,12}/g],
  // Bitcoin addresses: base58 and bech32; what ransom notes ask money to.
  ['wallet', /\b(?:bc1[a-z0-9]{25,62}|[13][1-9A-HJ-NP-Za-km-z]{25,34})\b/g],
]

/** What a text of an attacker points at. */
export function indicatorsIn(text: string): { kind: Kind; value: string }[] {
  const head = text.slice(0, LOOKED_AT)
  return PATTERNS.flatMap(([kind, pattern]) => [...new Set(head.match(pattern) ?? [])].slice(0, MOST).map((value) => ({ kind, value })))
}

/** Writes down what a text points at. Nothing of it is followed. */
export function recordIndicators(recorder: Recorder, text: string, how: string): void {
  for (const { kind, value } of indicatorsIn(text)) recorder.record('indicator', { kind, value, how })
}
