import type { JSX } from 'preact'
import { printableLine } from '../../../../events/printable.ts'
import { countryName } from '../format.ts'
import { pickValue, sessionsWith } from '../query.ts'
import { Untrusted } from './untrusted.tsx'

/** A value that can be filtered by: click, Alt-click, Shift-click. */
export function Value({ field, value, label, mono = true }: { field: string; value: string; label?: string; mono?: boolean }): JSX.Element {
  return (
    <a
      class={mono ? 'value mono' : 'value'}
      href={sessionsWith(field, value)}
      title={`${field}: click narrows, Alt-click excludes, Shift-click opens a window`}
      onClick={(event) => pickValue(event, field, value)}
    >
      <Untrusted text={label ?? value} oneLine />
    </a>
  )
}

const SOURCES: Readonly<Record<string, string>> = {
  static: 'answered by the simulated host itself',
  cache: 'a model answered this before',
  llm: 'a model answered',
  pin: 'an operator wrote this answer',
  fallback: 'no model was there, or its answer was no good',
}

/** Where an answer came from, always in the same colour. */
export function SourceBadge({ source, count }: { source: string; count?: number }): JSX.Element {
  return (
    <span class={`badge source-${source in SOURCES ? source : 'static'}`} title={SOURCES[source] ?? source}>
      {source}
      {count === undefined ? null : <span class="badge-count">{count}</span>}
    </span>
  )
}

/** Share of a session's answers by their source, as one bar. */
export function SourceBar({ answers }: { answers: Record<string, number> }): JSX.Element | null {
  const total = Object.values(answers).reduce((sum, n) => sum + n, 0)
  if (total === 0) return null
  const parts = Object.keys(SOURCES).filter((source) => answers[source])
  return (
    <span class="source-bar" title={parts.map((source) => `${source} ${answers[source]}`).join(', ')}>
      {parts.map((source) => (
        <span class={`source-${source}`} style={{ flexGrow: answers[source] ?? 0 }} />
      ))}
    </span>
  )
}

export function LureBadge({ lure }: { lure: string }): JSX.Element {
  return (
    <a class={`lure lure-${hue(lure)}`} href={sessionsWith('lure', lure)} onClick={(event) => pickValue(event, 'lure', lure)}>
      {lure || '?'}
    </a>
  )
}

/** `attack:T1105` as T1105; others whole. */
export function Tag({ tag }: { tag: string }): JSX.Element {
  const [kind = '', ...rest] = tag.split(':')
  const label = kind === 'attack' ? rest.join(':') : tag
  return (
    <a
      class={`tag tag-${kind}`}
      href={sessionsWith('tag', tag)}
      title={printableLine(tag)}
      onClick={(event) => pickValue(event, 'tag', tag)}
    >
      <Untrusted text={label} oneLine />
    </a>
  )
}

export function Country({ code }: { code: string | undefined }): JSX.Element | null {
  if (!code) return null
  return (
    <a
      class="country"
      href={sessionsWith('country', code)}
      title={countryName(code)}
      onClick={(event) => pickValue(event, 'country', code)}
    >
      {code}
    </a>
  )
}

export function NewBadge(): JSX.Element {
  return (
    <span class="new" title="never seen before this period">
      new
    </span>
  )
}

/** One of eight colours, the same for a lure on every page. */
export function hue(name: string): number {
  const known = ['ssh', 'http', 'telnet', 'redis', 'ftp', 'smb', 'mysql', 'sip']
  const place = known.indexOf(name)
  if (place >= 0) return place
  let sum = 0
  for (const character of name) sum = (sum * 31 + character.charCodeAt(0)) % 8
  return sum
}
