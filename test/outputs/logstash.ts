import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { RULES, type Rule } from './logstash-rules.ts'

export type Document = Record<string, unknown> & { '@timestamp': number }

/** What becomes of one line; a string says why it is dropped. */
export function filter(rule: Rule, line: string): Document | string {
  const fields = decode(rule, line)
  if (typeof fields === 'string') return fields
  if (rule.grok) {
    const match = rule.grok.map((pattern) => pattern.exec(String(fields.message))).find((found) => found)
    if (!match) return '_grokparsefailure'
    Object.assign(fields, match.groups)
  }
  if (rule.requires && !fields[rule.requires]) return `no ${rule.requires}`
  const time = parseDate(String(fields[rule.date.field]), rule.date.format)
  if (Number.isNaN(time)) return `_dateparsefailure of ${fields[rule.date.field]}`
  if (rule.split) [fields.src_ip, fields.src_port] = String(fields[rule.split]).split(':')
  for (const [from, to] of Object.entries(rule.rename ?? {})) {
    const value = from.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], fields)
    if (value === undefined) continue
    fields[to] = value
    delete fields[from]
  }
  for (const [name, value] of Object.entries(rule.add ?? {})) {
    if (fields[name] !== undefined && value !== 'MY_EXTIP') return `${name} would become a list`
    fields[name] ??= value
  }
  for (const name of rule.removes ?? []) delete fields[name]
  // Converted for all types, so that these do not differ from one honeypot to the next.
  for (const name of ['src_port', 'dest_port', 'status'])
    if (fields[name] !== undefined) fields[name] = Number.parseInt(String(fields[name]), 10) || 0
  for (const name of ['id', 'request']) if (fields[name] !== undefined && fields[name] !== null) fields[name] = String(fields[name])
  return { ...fields, '@timestamp': time }
}

function decode(rule: Rule, line: string): Record<string, unknown> | string {
  if (rule.codec === 'json') {
    try {
      return JSON.parse(line) as Record<string, unknown>
    } catch {
      return '_jsonparsefailure'
    }
  }
  if (rule.kv) {
    const pairs = line.split(',').map((pair) => {
      const colon = pair.indexOf(':')
      return [
        pair.slice(0, colon).replaceAll(/[ '{}]/g, ''),
        pair
          .slice(colon + 1)
          .trim()
          .replaceAll(/['{}]/g, ''),
      ]
    })
    return Object.fromEntries(pairs) as Record<string, unknown>
  }
  if (rule.csv) {
    const cells = [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = '']) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    )
    return Object.fromEntries(rule.csv.map((name, i) => [name, cells[i]]))
  }
  return { message: line }
}

const FORMATS: Record<Rule['date']['format'], RegExp> = {
  iso: /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:\d\d)?$/,
  'space.SSSSSS': /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/,
  'space.SSSSSSSSS': /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}$/,
  space: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/,
}

/** Logstash runs in UTC there, so a time without a zone is UTC. */
function parseDate(text: string, format: Rule['date']['format']): number {
  if (!FORMATS[format].test(text)) return Number.NaN
  const iso = text
    .replace(' ', 'T')
    .replace(',', '.')
    .replace(/(\.\d{3})\d*/, '$1')
  return Date.parse(/Z|[+-]\d\d:\d\d$/.test(iso) ? iso : `${iso}Z`)
}

interface Read {
  documents: (Document & { type: string })[]
  dropped: string[]
}

/** Every line of a folder that Logstash reads, filtered. */
export function replay(folder: string): Read {
  const read: Read = { documents: [], dropped: [] }
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const rule = RULES.find(({ file }) => file.test(path))
    if (!rule) continue
    for (const line of readFileSync(join(folder, path), 'utf8').split('\n')) {
      if (line === '' || (rule.csv && line.startsWith('timestamp,'))) continue
      const found = filter(rule, line)
      if (typeof found === 'string') read.dropped.push(`${rule.type}: ${found}: ${line.slice(0, 300)}`)
      else read.documents.push({ ...found, type: rule.type })
    }
  }
  return read
}
