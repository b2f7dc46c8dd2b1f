import type { HoneytokenKind } from '../../config/honeytoken-kinds.ts'
import type { Identity } from '../../config/identity.ts'
import type { Resource } from './api.ts'
import words from './facts/words.json' with { type: 'json' }

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Row = Record<string, Json>

/** What stands for a secret until somebody reads it. */
export const secretMark = (kind: HoneytokenKind, name: string): string => `{{honeytoken:${kind}:${name}}}`

/** The objects of a resource: those of its file, then those made up; the same after every restart. */
export function rowsOf(name: string, { seed, generate, id }: Resource, identity: Identity, domain: string): Row[] {
  const rows = seed.map((row, at): Row => ({ id: idOf(name, at, id, identity), ...(row as Row) }))
  if (!generate) return rows
  for (let n = 0; n < generate.count; n++) {
    const at = rows.length
    const draw = drawer(identity.random(`rest-api/${name}/${n}`), domain, `${name}-${at + 1}`)
    const fields = Object.entries(generate.fields).map(([field, how]) => [field, draw(how, at + 1)])
    rows.push({ id: idOf(name, at, id, identity), ...Object.fromEntries(fields) })
  }
  return rows
}

function idOf(name: string, at: number, id: Resource['id'], identity: Identity): Json {
  return id === 'uuid' ? identity.uuid(`rest-api/${name}/${at}`) : at + 1
}

/** One object's draws: a person's name and address of mail belong together. */
function drawer(random: () => number, domain: string, label: string): (how: string, n: number) => Json {
  const below = (n: number): number => Math.floor(random() * n)
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T
  const person = `${pick(words.first)} ${pick(words.last)}`
  const [city = '', country = ''] = pick(words.city)
  const digits = (count: number): string => Array.from({ length: count }, () => below(10)).join('')
  return (how, n) => {
    const [word = '', argument = ''] = how.split(/ (.*)/)
    switch (word) {
      case 'id':
        return n
      case 'uuid':
        return Array.from({ length: 16 }, () => below(256).toString(16).padStart(2, '0'))
          .join('')
          .replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5')
      case 'person':
        return person
      case 'company':
        return pick(words.company)
      case 'email':
        return `${person.toLowerCase().replace(' ', '.')}@${domain}`
      case 'phone':
        return `+49 40 ${digits(7)}`
      case 'city':
        return city
      case 'country':
        return country
      case 'street':
        return `${pick(words.street)} ${1 + below(180)}`
      case 'amount':
        return (500 + below(2_000_000)) / 100
      case 'integer':
        return 1 + below(40)
      case 'date':
        return new Date(Date.UTC(2024, 0, 1) + below(700 * 86_400) * 1000).toISOString()
      case 'boolean':
        return below(2) === 1
      case 'iban':
        return `DE${digits(2)}${digits(18)}`
      case 'card':
        return `**** **** **** ${digits(4)}`
      case 'pick':
        return numbered(pick(argument.split('|')))
      case 'honeytoken':
        return secretMark(argument as HoneytokenKind, label)
      default:
        return `${pick(words.words)} ${pick(words.words)}`
    }
  }
}

function numbered(text: string): Json {
  return /^\d{1,15}$/.test(text) ? Number(text) : text
}
