import type { JSX } from 'preact'
import { printableLine } from '../../../../events/printable.ts'
import { countryName, shortCount } from '../format.ts'
import { pickValue, sessionsWith } from '../query.ts'
import { Untrusted } from './untrusted.tsx'

const NAMES: Readonly<Record<string, string>> = {
  lure: 'Lure',
  persona: 'Persona',
  source: 'Answered by',
  country: 'Country',
  port: 'Port',
  tag: 'Tag',
  src_ip: 'Source',
  hassh: 'HASSH',
}

/** What the found sessions have in common, each value one click from a narrower query. */
export function Facets({ facets }: { facets: Record<string, { value: string; count: number }[]> | undefined }): JSX.Element {
  return (
    <aside class="facets" aria-label="facets">
      {Object.entries(facets ?? {})
        .filter(([, values]) => values.length > 0)
        .map(([field, values]) => (
          <details key={field} open>
            <summary>{NAMES[field] ?? field}</summary>
            <ul>
              {values.map(({ value, count }) => (
                <li key={value}>
                  <a
                    href={sessionsWith(field, value)}
                    title={field === 'country' ? countryName(value) : printableLine(value)}
                    onClick={(event) => pickValue(event, field, value)}
                  >
                    <span class="mono facet-value">
                      <Untrusted text={field === 'tag' ? value.replace('attack:', '') : value} oneLine />
                    </span>
                    <span class="mono dim">{shortCount(count)}</span>
                  </a>
                </li>
              ))}
            </ul>
          </details>
        ))}
    </aside>
  )
}
