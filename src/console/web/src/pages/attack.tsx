import type { JSX } from 'preact'
import type { AttackMatrix } from '../../../api/shapes.ts'
import { apiAddress, get } from '../api.ts'
import { count, shortCount } from '../format.ts'
import { useLoaded } from '../load.ts'
import { PageHead, ProblemNote } from '../parts/panel.tsx'
import { period } from '../period.ts'
import { sessionsWith } from '../query.ts'

export function Attack(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded((abort) => get<AttackMatrix>('/attack', { since, until }, abort), [since, until])
  const most = Math.max(1, ...(data?.tactics.flatMap(({ techniques }) => techniques.map((technique) => technique.count)) ?? []))
  return (
    <>
      <PageHead ofPeriod title="ATT&CK" about="techniques by the events that showed them">
        <a class="button" href={apiAddress('/attack/navigator', { since, until, domain: 'enterprise-attack' })} download>
          Navigator: Enterprise
        </a>
        <a class="button" href={apiAddress('/attack/navigator', { since, until, domain: 'ics-attack' })} download>
          Navigator: ICS
        </a>
      </PageHead>
      <ProblemNote problem={problem} />
      <div class="matrix">
        {data?.tactics
          .filter(({ techniques }) => techniques.length > 0)
          .map((tactic) => (
            <section key={tactic.id}>
              <h2>{tactic.name}</h2>
              {[...tactic.techniques]
                .sort((a, b) => b.count - a.count || a.id.localeCompare(b.id))
                .map((technique) => (
                  <a
                    key={technique.id}
                    class={technique.count === 0 ? 'technique none' : 'technique'}
                    href={sessionsWith('attack', technique.id)}
                    title={`${technique.id} ${technique.name}: ${count(technique.count)} events`}
                  >
                    <i
                      class="heat"
                      style={{ opacity: technique.count === 0 ? 0 : 0.12 + 0.5 * (Math.log1p(technique.count) / Math.log1p(most)) }}
                    />
                    <span class="technique-name">{technique.name}</span>
                    <span class="technique-foot mono">
                      <span class="dim">{technique.id}</span>
                      <span class="spacer" />
                      {technique.count > 0 && shortCount(technique.count)}
                    </span>
                  </a>
                ))}
            </section>
          ))}
      </div>
    </>
  )
}
