import type { JSX } from 'preact'
import type { SourceDetail } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { count, countryName, dayAndClock } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Value } from '../parts/badges.tsx'
import { Facets } from '../parts/facets.tsx'
import { PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { SessionTable } from '../parts/session-line.tsx'
import { sessionsWith } from '../query.ts'

export function Source({ ip }: { ip: string }): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<SourceDetail>(`/sources/${encodeURIComponent(ip)}`, {}, abort), [ip])
  const place = data && [data.country && countryName(data.country), data.asn].filter(Boolean).join(', ')
  return (
    <>
      <PageHead
        title={ip}
        about={data && `${place || 'place unknown'}; first seen ${dayAndClock(data.firstSeen)}, last ${dayAndClock(data.lastSeen)} UTC`}
      >
        <a class="button" href={sessionsWith('src_ip', ip)}>
          its sessions
        </a>
      </PageHead>
      <ProblemNote problem={problem} />
      {data && (
        <div class="with-facets">
          <Facets facets={data.facets} />
          <div class="stack">
            <div class="panels">
              <Panel title={`Sessions by hour of the day (UTC): ${count(data.sessions)}`} className="two">
                <Hours hours={data.hours} />
              </Panel>
              <Panel title="Logins let in">
                <ul class="plain-list">
                  {data.credentials.map((credential) => (
                    <li key={credential}>
                      <Value field="credential" value={credential} />
                    </li>
                  ))}
                  {data.credentials.length === 0 && <li class="empty">none</li>}
                </ul>
              </Panel>
            </div>
            <Panel title="Latest sessions">
              <SessionTable sessions={data.latest} />
            </Panel>
          </div>
        </div>
      )}
    </>
  )
}

function Hours({ hours }: { hours: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...hours)
  return (
    <ol class="hours">
      {hours.map((n, hour) => (
        <li key={hour} title={`${hour}:00: ${n} sessions`}>
          <i class="heat" style={{ opacity: n === 0 ? 0.08 : 0.2 + (n / most) * 0.8 }} />
          <span class="mono dim">{hour % 6 === 0 ? hour : ''}</span>
        </li>
      ))}
    </ol>
  )
}
