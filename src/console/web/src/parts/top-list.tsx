import type { JSX } from 'preact'
import { printable } from '../../../../events/printable.ts'
import { countryName, dayAndClock, shortCount } from '../format.ts'
import { pickValue, sessionsWith } from '../query.ts'
import { Country, NewBadge } from './badges.tsx'
import { Empty } from './panel.tsx'
import { Untrusted } from './untrusted.tsx'

export interface CountedValue {
  value: string
  count: number
  firstSeen: number
  isNew: boolean
  country?: string | undefined
}

/** Values with a bar of how often they were seen. */
export function TopList({ field, facts }: { field: string; facts: readonly CountedValue[] }): JSX.Element {
  if (facts.length === 0) return <Empty>nothing in this period</Empty>
  const most = facts[0]?.count ?? 1
  return (
    <ol class="top-list">
      {facts.map((fact) => (
        <li key={fact.value}>
          <a
            href={sessionsWith(field, fact.value)}
            title={`${printable(fact.value.slice(0, 1000))}\nfirst seen ${dayAndClock(fact.firstSeen)} UTC`}
            onClick={(event) => pickValue(event, field, fact.value)}
          >
            <i class="share" style={{ width: `${(fact.count / most) * 100}%` }} />
            <span class="mono top-value">
              <Untrusted text={fact.value} oneLine />
            </span>
            {field === 'country' && <span class="dim">{countryName(fact.value)}</span>}
            {fact.isNew && <NewBadge />}
            <span class="spacer" />
            <span class="mono dim">{shortCount(fact.count)}</span>
          </a>
          {field !== 'country' && <Country code={fact.country} />}
        </li>
      ))}
    </ol>
  )
}
