import type { JSX } from 'preact'
import type { RecognitionShape } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { count, percent } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Value } from '../parts/badges.tsx'
import { Empty, PageHead, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { period } from '../period.ts'

/** Was I recognised? */
export function Recognised(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded((abort) => get<RecognitionShape[]>('/recognised', { since, until }, abort), [since, until])
  return (
    <>
      <PageHead
        ofPeriod
        title="Recognised?"
        about="how long visitors stay, and what they type before they leave, by persona and prompt version"
      />
      <ProblemNote problem={problem} />
      {data?.length === 0 && <Empty>nobody typed anything in this period</Empty>}
      {data && data.length > 0 && (
        <div class="list still">
          <div class="list-head recognition-grid">
            <span>Persona and prompt version</span>
            <span class="number">Sessions</span>
            <span class="number">Inputs</span>
            <span class="number">Seconds</span>
            <span class="number">Left early</span>
            <span class="number">Checked us</span>
            <span class="number">Guard fired</span>
            <span>Typed last</span>
          </div>
          {data.map((row) => (
            <div key={row.prompt} class="list-row tall recognition-grid">
              <span class="cell">
                <Value field={row.prompt.includes('@') ? 'prompt' : 'persona'} value={row.prompt} />
                {!row.prompt.includes('@') && <span class="dim"> without a model</span>}
              </span>
              <span class="cell number mono">{count(row.sessions)}</span>
              <span class="cell number mono">{row.medianInputs}</span>
              <span class="cell number mono">{Math.round(row.medianSeconds)}</span>
              <span class="cell number mono">{percent(row.leftEarly)}</span>
              <span class="cell number mono">{percent(row.checked)}</span>
              <span class="cell number mono">{percent(row.guarded)}</span>
              <span class="cell last-inputs mono">
                {row.lastInputs.slice(0, 4).map(({ value, count: times }) => (
                  <span key={value}>
                    <span class="dim">{times}×</span> <Untrusted text={value.slice(0, 120)} oneLine />
                  </span>
                ))}
              </span>
            </div>
          ))}
        </div>
      )}
    </>
  )
}
