import { evidence } from '../../events/bytes.ts'
import type { Call } from './call.ts'
import { allValues } from './document.ts'

const ASKS = /\b(bitcoin|btc|ransom|monero|xmr|recover|restore|backed up|your data|pay)\b/i
const WALLETS = /\b(?:bc1[a-z0-9]{25,60}|[13][1-9A-HJ-NP-Za-km-z]{25,34}|4[0-9AB][1-9A-HJ-NP-Za-km-z]{93}|0x[0-9a-fA-F]{40})\b/g
const MAILS = /\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,32}){1,4}\b/g
const SEARCHED = 16 * 1024

/** Looks whether a document is the note of a blackmailer, and keeps it with its wallets and addresses. */
export function noteRansom({ visit }: Call, index: string, source: Record<string, unknown>): void {
  const text = allValues(source).join('\n').slice(0, SEARCHED)
  const wallets = text.match(WALLETS) ?? []
  if (!(wallets.length > 0 && ASKS.test(text)) && !/^read[_-]?me|ransom|warning|pwned/i.test(index)) return
  if (text.trim() === '') return
  visit.record('elasticsearch.ransom', { index: evidence(index), note: evidence(text) }, ['attack:T1486', 'attack:T1491'])
  visit.capture(Buffer.from(text), { how: 'elasticsearch.ransom-note', name: evidence(index) })
  for (const wallet of new Set(wallets)) visit.record('indicator', { kind: 'wallet', value: wallet, how: 'ransom-note' })
  for (const mail of new Set(text.match(MAILS) ?? [])) visit.record('indicator', { kind: 'email', value: mail, how: 'ransom-note' })
}
