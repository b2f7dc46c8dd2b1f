/** What BIND tells about itself in class CH: `version.bind`, `hostname.bind`, `authors.bind`, `id.server`. */
import { readFileSync } from 'node:fs'
import { CLASS, type Question, type ResourceRecord, TYPE } from './codec.ts'
import { rotated } from './rotate.ts'

export interface ChaosAnswer {
  answers: ResourceRecord[]
  authority: ResourceRecord[]
}

/** Who wrote BIND, as it lists them itself. */
const AUTHORS: readonly string[] = JSON.parse(readFileSync(new URL('./authors.json', import.meta.url), 'utf8'))

/** Undefined for names that are no zone of the built-in view: REFUSED. */
export function answerChaos({ name, type }: Question, version: string, hostname: string): ChaosAnswer | undefined {
  const texts: Readonly<Record<string, readonly string[]>> = {
    'version.bind': [version],
    'hostname.bind': [hostname],
    'authors.bind': rotated(AUTHORS),
    'id.server': [],
  }
  const held = texts[name.toLowerCase()]
  if (!held) return undefined
  const of = (data: ResourceRecord['data'], ttl = 0): ResourceRecord => ({ name, class: CLASS.CH, ttl, data })
  const soa = of({ type: 'SOA', primary: name, mailbox: `hostmaster.${name}`, numbers: [0, 28_800, 7200, 604_800, 86_400] }, 86_400)
  const records: Readonly<Record<number, ResourceRecord[]>> = {
    [TYPE.TXT]: held.map((text) => of({ type: 'TXT', text })),
    [TYPE.SOA]: [soa],
    [TYPE.NS]: [of({ type: 'NS', name })],
  }
  const answers = type === TYPE.ANY ? [TYPE.TXT, TYPE.SOA, TYPE.NS].flatMap((one) => records[one]!) : (records[type] ?? [])
  return { answers, authority: answers.length ? [] : [soa] }
}
