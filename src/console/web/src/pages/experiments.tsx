import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { ExperimentHead, ExperimentShape } from '../../../api/lab-shapes.ts'
import { get } from '../api.ts'
import { ago, counted, duration, percent } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now } from '../period.ts'
import { link, navigate, parameter, withParameters } from '../router.ts'

export function Experiments(): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<ExperimentHead[]>('/experiments', {}, abort), [])
  return (
    <>
      <PageHead title="Experiments" about="prompts, models and temperatures over a dataset" />
      <ProblemNote problem={problem} />
      {data?.length === 0 && (
        <Empty>
          none yet: run one from a <a href={link('/datasets')}>dataset</a>
        </Empty>
      )}
      <div class="cards">
        {data?.map((one) => (
          <a key={one.id} class="card" href={link(`/experiments/${one.id}`)}>
            <span class="card-head">
              <b class="mono">{one.dataset}</b>
              <span class="spacer" />
              <span class="dim">{ago(one.startedAt, now.value)}</span>
            </span>
            {one.standings.map((standing, n) => (
              <span key={n} class="card-figures">
                <span class="mono">@{standing.prompt}</span> {standing.model} {standing.temperature}:{' '}
                <b class="mono">{percent(standing.passed)}</b>
              </span>
            ))}
            <span class="card-foot dim">
              {counted(one.rows, 'turn')}, by {one.by}
            </span>
          </a>
        ))}
      </div>
    </>
  )
}

const LOOK_EVERY_MS = 1_000
const SHOWN = ['all', 'improved', 'regressed', 'failed'] as const

export function Experiment({ id }: { id: string }): JSX.Element {
  const [round, setRound] = useState(0)
  const { data, problem } = useLoaded((abort) => get<ExperimentShape>(`/experiments/${id}`, {}, abort), [id, round])
  const isOver = data?.endedAt !== undefined
  useEffect(() => {
    if (isOver) return
    const timer = setInterval(() => setRound((n) => n + 1), LOOK_EVERY_MS)
    return () => clearInterval(timer)
  }, [isOver])
  const shown = SHOWN.find((one) => one === parameter('rows')) ?? 'all'
  return (
    <>
      <PageHead
        title={data ? `${data.dataset} experiment` : 'Experiment'}
        about={data && `${counted(data.rows.length, 'turn')}, ${counted(data.repeats, 'time')} each, seed ${data.seed}, by ${data.by}`}
      >
        {data && (
          <a class="button" href={link(`/prompts/${data.persona}`)}>
            prompts
          </a>
        )}
      </PageHead>
      <ProblemNote problem={problem} />
      {data?.running && <progress value={data.running.done} max={data.running.of} aria-label="answers so far" />}
      {data?.trouble && <p class="problem">{data.trouble}</p>}
      {data && <Matrix experiment={data} shown={shown} />}
    </>
  )
}

function Matrix({ experiment, shown }: { experiment: ExperimentShape; shown: (typeof SHOWN)[number] }): JSX.Element {
  const { rows, cells, standings } = experiment
  const [open, setOpen] = useState<string>()
  const rowsShown = rows.filter(({ id }) => {
    if (shown === 'improved' || shown === 'regressed') return standings.some((standing) => standing[shown].includes(id))
    return shown === 'all' || cells.some((cell) => cell.row === id && !cell.pass)
  })
  return (
    <>
      <div class="tabs" role="tablist">
        {SHOWN.map((one) => (
          <button
            key={one}
            type="button"
            role="tab"
            aria-selected={shown === one}
            onClick={() => navigate(withParameters({ rows: one === 'all' ? '' : one }), { replace: true })}
          >
            {one}
          </button>
        ))}
      </div>
      <div class="scroll">
        <table class="experiment">
          <thead>
            <tr>
              <th>Turn</th>
              {standings.map((standing, n) => (
                <th key={n}>
                  <span class="mono">@{standing.prompt}</span> {standing.model} {standing.temperature}
                  <div class="standing">
                    <b class="mono">{percent(standing.passed)}</b>
                    {n > 0 && (
                      <>
                        <span class="better">+{standing.improved.length} improved</span>{' '}
                        <span class="worse">−{standing.regressed.length} regressed</span>
                      </>
                    )}{' '}
                    <span class="dim">{duration(standing.medianMs)}</span>
                  </div>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rowsShown.map((row) => (
              <tr key={row.id}>
                <th scope="row" class="mono">
                  <Untrusted text={row.input.slice(0, 120)} oneLine />
                </th>
                {standings.map((_, n) => {
                  const own = cells.filter((cell) => cell.row === row.id && cell.variant === n)
                  const passed = own.filter(({ pass }) => pass).length
                  return (
                    <td key={n} class={own.length === 0 ? '' : passed === own.length ? 'passed' : 'not-passed'}>
                      <button type="button" class="plain" onClick={() => setOpen(open === `${row.id} ${n}` ? undefined : `${row.id} ${n}`)}>
                        {own.length === 0
                          ? '…'
                          : passed === own.length
                            ? 'passes'
                            : own.length === 1
                              ? 'fails'
                              : `${passed} of ${own.length}`}
                      </button>
                      {open === `${row.id} ${n}` && own.map((cell) => <Answered key={cell.repeat} cell={cell} />)}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {rowsShown.length === 0 && <Empty>no turn here</Empty>}
    </>
  )
}

function Answered({ cell: { outcome, results, recorded } }: { cell: ExperimentShape['cells'][number] }): JSX.Element {
  return (
    <Panel>
      <pre class="turn-output">
        <Untrusted text={(outcome.output + outcome.stderr).slice(0, 4000)} />
      </pre>
      <ul class="plain-list">
        {results.map((result, n) => (
          <li key={n} class={result.pass ? 'better' : 'worse'}>
            {result.pass ? '✓' : '✗'} <Untrusted text={`${result.type}: ${result.why}`} oneLine />
          </li>
        ))}
      </ul>
      {recorded && <p class="dim">a recorded answer</p>}
    </Panel>
  )
}
