import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import type { McpContext } from './mcp-context.ts'

/** A text of the catalog with its marks filled in for this source. What an attacker gave is put in last, so that it makes no mark. */
export function fillText(text: string, values: Readonly<Record<string, unknown>>, place: string, { context, visit }: McpContext): string {
  const { persona, identity } = context
  const facts: Record<string, string> = {
    hostname: persona.hostname,
    domain: persona.domain,
    uuid: identity.uuid(`mcp ${visit.session} ${place}`),
    now: `${new Date().toISOString().slice(0, 19)}Z`,
  }
  const known = text.replace(/\{\{(hostname|domain|uuid|now)\}\}/g, (mark, name: string) => facts[name] ?? mark)
  const secret = fillHoneytokenText(known, HoneytokenMint.of(context), { owner: persona.name, place, source: visit.source.ip })
  return secret.replace(/\{\{argument (\w+)\}\}/g, (_mark, name: string) => String(values[name] ?? ''))
}
