import type { JSX } from 'preact'
import type { SessionRow } from '../../../api/shapes.ts'
import { apiAddress, get } from '../api.ts'
import { count } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Facets } from '../parts/facets.tsx'
import { isNarrow } from '../parts/narrow.ts'
import { PageHead } from '../parts/panel.tsx'
import { QueryBar } from '../parts/query-bar.tsx'
import { SESSION_COLUMNS, SessionLine } from '../parts/session-line.tsx'
import { VirtualList } from '../parts/virtual-list.tsx'
import { period } from '../period.ts'
import { link, navigate, parameter } from '../router.ts'

interface Found {
  total: number
  /** Whether there are more. */
  atLeast: boolean
  facets: Record<string, { value: string; count: number }[]>
}

export function Sessions(): JSX.Element {
  const { since, until } = period.value
  const q = parameter('q')
  const { data, problem, loading } = useLoaded((abort) => get<Found>('/sessions/facets', { q, since, until }, abort), [q, since, until])
  return (
    <>
      <PageHead
        ofPeriod
        title="Sessions"
        about={
          data && !problem
            ? `${data.atLeast ? 'more than ' : ''}${count(data.total)} found${loading ? ', looking again …' : ''}`
            : loading
              ? 'looking …'
              : undefined
        }
      >
        <a class="button" href={apiAddress('/sessions', { q, since, until, limit: 500 })} download="sundew-sessions.json">
          JSON
        </a>
      </PageHead>
      <QueryBar problem={problem} />
      <div class="with-facets">
        <Facets facets={data?.facets} />
        {problem?.status === 400 ? (
          <div class="list" />
        ) : (
          <VirtualList<SessionRow>
            label="sessions"
            list={`${q} ${since} ${until}`}
            load={(offset, limit, abort) =>
              get<{ sessions: SessionRow[] }>('/sessions', { q, since, until, offset, limit }, abort).then(({ sessions }) => sessions)
            }
            total={data?.atLeast ? undefined : data?.total}
            rowHeight={isNarrow.value ? 64 : 34}
            head={
              <div class="session-grid">
                {SESSION_COLUMNS.map((name) => (
                  <span key={name}>{name}</span>
                ))}
              </div>
            }
            row={(session) => (
              <div class="session-grid">
                <SessionLine session={session} />
              </div>
            )}
            onOpen={({ session }) => navigate(link(`/sessions/${session}`))}
            keys={(selected) =>
              selected ? [{ key: 'r', what: 'replay', run: () => navigate(link(`/sessions/${selected.session}`, { view: 'replay' })) }] : []
            }
            empty="no session in this period; try a longer one or a wider query"
          />
        )}
      </div>
    </>
  )
}
