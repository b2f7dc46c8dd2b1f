import type { Persona } from '../config/persona.ts'
import { coreEvents } from '../events/schema.ts'
import type { EventReader } from '../store/contract.ts'

/** A secret that a persona's files show to whoever reads them. Where the file has a mark, each reader is shown its own. */
export interface Honeytoken {
  persona: string
  /** Path inside the host. */
  file: string
  /** What it looks like it opens: `AWS key`, `password`, `token`. */
  kind: string
  secret: string
}

/** One that came back: somebody has read it, and has tried it. */
export interface HoneytokenReturn extends Honeytoken {
  /** How: `login`, `command`, `request`. */
  how: string
  value: string
  count: number
  /** UTC milliseconds. */
  firstSeen: number
  lastSeen: number
  /** Of a minted one: address that it was shown to, and those that have used it. */
  mintedFor?: string
  usedBy?: string[]
}

/** Bytes of a file that are searched, and the shortest secret that nobody types by chance. */
const SEARCHED = 64 * 1024
const SHORTEST = 8

const KINDS: readonly { kind: string; pattern: RegExp }[] = [
  { kind: 'AWS key', pattern: /\b(AKIA[0-9A-Z]{16})\b/g },
  { kind: 'AWS secret', pattern: /aws_secret_access_key\s{0,4}=\s{0,4}([A-Za-z0-9/+]{30,64})/gi },
  { kind: 'token', pattern: /\b((?:gh[pousr]|glpat|xox[bp]|hf|sk)[_-][A-Za-z0-9_-]{16,80})\b/g },
  { kind: 'password in a URL', pattern: /:\/\/[\w.-]{1,64}:([^\s@/'"]{8,64})@/g },
  { kind: 'password', pattern: /(?:password|passwd|pass|secret|api_?key|token)["']?\s{0,4}[:=]\s{0,4}["']?([^\s"',;<>${}]{8,80})/gi },
]

/** The secrets that lie in the files and pages of a persona. */
export function honeytokensOf(persona: Pick<Persona, 'name' | 'files' | 'site'>): Honeytoken[] {
  const found = new Map<string, Honeytoken>()
  for (const [file, bytes] of [...persona.files, ...persona.site]) {
    const text = bytes.toString('latin1', 0, SEARCHED)
    for (const { kind, pattern } of KINDS) {
      for (const [, secret] of text.matchAll(pattern)) {
        if (secret !== undefined && isSecret(secret) && !found.has(secret)) found.set(secret, { persona: persona.name, file, kind, secret })
      }
    }
  }
  return [...found.values()]
}

/** Returns of minted secrets that are looked at, the newest. */
const MINTED = 1_000

/** Secrets that the mint made and that came back, as the sensor saw it; latest first. */
export async function mintedReturns(store: Pick<EventReader, 'events'>): Promise<HoneytokenReturn[]> {
  const returns = new Map<string, HoneytokenReturn & { usedBy: string[] }>()
  for (const { time, srcIp, data } of await store.events({ type: 'honeytoken.returned', latest: true, limit: MINTED })) {
    const parsed = coreEvents['honeytoken.returned'].safeParse(data).data
    if (!parsed) continue
    const { kind, owner, place, value, how, mintedFor } = parsed
    const known = returns.get(`${value} ${how}`)
    const row = known ?? {
      persona: owner,
      file: place,
      kind,
      secret: value,
      how,
      value,
      count: 0,
      firstSeen: time,
      lastSeen: time,
      mintedFor,
      usedBy: [],
    }
    row.count++
    row.lastSeen = time
    if (srcIp !== undefined && !row.usedBy.includes(srcIp)) row.usedBy.push(srcIp)
    returns.set(`${value} ${how}`, row)
  }
  return [...returns.values()].sort((a, b) => b.lastSeen - a.lastSeen)
}

/** Where they were used, of all that the store holds; latest first. */
export async function honeytokenReturns(tokens: readonly Honeytoken[], store: Pick<EventReader, 'facts'>): Promise<HoneytokenReturn[]> {
  const returns: HoneytokenReturn[] = []
  for (const token of tokens) {
    for (const [field, how] of [
      ['password', 'login'],
      ['input', 'command'],
      ['request', 'request'],
    ] as const) {
      const facts = await store.facts({ field, contains: token.secret.replaceAll('*', ''), limit: 20 })
      for (const { value, count, firstSeen, lastSeen } of facts) {
        if (value.includes(token.secret)) returns.push({ ...token, how, value, count, firstSeen, lastSeen })
      }
    }
  }
  return returns.sort((a, b) => b.lastSeen - a.lastSeen)
}

/** Words of a configuration file that stand where a secret would: a path, a variable, one word in small letters. */
function isSecret(text: string): boolean {
  return text.length >= SHORTEST && !/^[/~.]|^[a-z_-]+$|^\(|\)$|\.\w{2,4}$/.test(text)
}
