import type { JSX } from 'preact'
import type { z } from 'zod'
import type { HoneytokenShape, RecognitionShape } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { ago, count, percent } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Value } from '../parts/badges.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now, period } from '../period.ts'

type Returned = z.infer<typeof HoneytokenShape>

/** Was I recognised? And did anybody believe me enough to try what they found? */
export function Recognised(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded((abort) => get<RecognitionShape[]>('/recognised', { since, until }, abort), [since, until])
  const { data: tokens } = useLoaded((abort) => get<{ planted: number; returns: Returned[] }>('/honeytokens', {}, abort), [])
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
      <Panel title="Honeytokens that came back" aside={tokens && <span class="dim">{count(tokens.planted)} planted</span>}>
        {tokens?.returns.length === 0 && <Empty>none of them was tried so far</Empty>}
        <ul class="plain-list">
          {tokens?.returns.map((token) => (
            <li key={`${token.secret} ${token.how} ${token.value}`}>
              <span class="badge">{token.how}</span> <span class="dim">{token.kind} of</span> <span class="mono">{token.file}</span>{' '}
              <span class="dim">({token.persona})</span>{' '}
              <Value field={token.how === 'login' ? 'password' : token.how === 'command' ? 'input' : 'request'} value={token.value} />{' '}
              <span class="dim">
                {token.count}×, {ago(token.lastSeen, now.value)}
              </span>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  )
}
