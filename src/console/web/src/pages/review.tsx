import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { z } from 'zod'
import type { AgreementShape, ReviewQueue } from '../../../api/lab-shapes.ts'
import { apiAddress, get, mayActAs } from '../api.ts'
import { count, percent } from '../format.ts'
import { useKeys } from '../keyboard.ts'
import { useLoaded } from '../load.ts'
import { OpinionForm } from '../parts/opinion.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Transcript } from '../parts/transcript.tsx'
import { period } from '../period.ts'
import { link, navigate, parameter, withParameters } from '../router.ts'

const RULES = [
  ['guard', 'a guard rule fired'],
  ['fallback', 'a built-in answer stood in'],
  ['slow', 'slowest 1 %'],
  ['new', 'first of a new command'],
  ['random', 'drawn at random'],
  ['second', 'judged by one other'],
] as const
const WHY: ReadonlyMap<string, string> = new Map(RULES)

/** Turns that wait for judgement, one at a time. */
export function Review(): JSX.Element {
  const { since, until } = period.value
  const rules = parameter('rules') || 'guard,fallback,slow,new,random'
  const [version, setVersion] = useState(0)
  const [place, setPlace] = useState(0)
  const [said, setSaid] = useState('')
  const { data, problem } = useLoaded(
    (abort) => get<ReviewQueue>('/review/queue', { since, until, rules }, abort),
    [since, until, rules, version],
  )
  const { data: agreement } = useLoaded((abort) => get<z.infer<typeof AgreementShape>[]>('/review/agreement', {}, abort), [version])
  const queue = data?.queue ?? []
  const item = queue[Math.min(place, queue.length - 1)]
  const go = (by: number): void => setPlace(Math.max(0, Math.min(queue.length - 1, place + by)))
  const open = (): void => item && navigate(link(`/sessions/${item.session}`))
  useKeys([
    { key: 'j', what: 'next turn', run: () => go(1) },
    { key: 'k', what: 'previous turn', run: () => go(-1) },
    { key: 'Enter', what: 'open its session', run: open },
    { key: 'r', what: 'replay its session', run: () => item && navigate(link(`/sessions/${item.session}`, { view: 'replay' })) },
    { key: 'x', what: 'export all reviews', run: () => location.assign(apiAddress('/review/export')) },
  ])
  const switchRule = (rule: string): void => {
    const now = rules.split(',')
    const next = now.includes(rule) ? now.filter((one) => one !== rule) : [...now, rule]
    setPlace(0)
    navigate(withParameters({ rules: next.join(',') || 'guard' }), { replace: true })
  }
  return (
    <>
      <PageHead
        ofPeriod
        title="Review"
        about={data && `${count(data.waiting)} turns wait, ${count(data.judged)} of this period are judged by you`}
      >
        {mayActAs('analyst') && (
          <a class="button" href={apiAddress('/review/export')} download>
            .jsonl
          </a>
        )}
      </PageHead>
      <ProblemNote problem={problem} />
      <div class="filters" role="group" aria-label="what is drawn">
        {RULES.map(([rule, title]) => (
          <button key={rule} type="button" class="mark" aria-pressed={rules.split(',').includes(rule)} onClick={() => switchRule(rule)}>
            {title}
          </button>
        ))}
      </div>
      <p class="dim" role="status">
        {said}
      </p>
      {data && queue.length === 0 && <Empty>nothing waits for you in this period</Empty>}
      {item && (
        <Panel
          title={`${Math.min(place, queue.length - 1) + 1} of ${queue.length}${data && data.waiting > queue.length ? ` (${count(data.waiting)} in all)` : ''}`}
          aside={
            <span class="actions">
              {item.why.map((rule) => (
                <span key={rule} class="badge">
                  {WHY.get(rule)}
                </span>
              ))}
              <a href={link(`/playground`, { session: item.session, event: item.turn.event })}>playground</a>
              <a href={link(`/sessions/${item.session}`)}>session</a>
            </span>
          }
        >
          <Transcript steps={[...item.before, item.turn]} startedAt={item.before[0]?.time ?? item.turn.time} selected={item.turn.event} />
          <OpinionForm
            key={item.turn.event}
            session={item.session}
            step={item.turn}
            before={undefined}
            onSaved={(what) => {
              setSaid(what)
              setVersion((n) => n + 1)
            }}
          />
        </Panel>
      )}
      <Panel title="Agreement of reviewers">
        {agreement?.length === 0 && <Empty>no turn was judged by two people yet: “judged by one other” brings them together</Empty>}
        <ul class="plain-list">
          {agreement?.map(({ reviewers, turns, same, kappa }) => (
            <li key={reviewers.join()}>
              {reviewers.join(' and ')}: {percent(same)} of {turns} turns the same, Cohen's kappa{' '}
              <b class="mono">{kappa === undefined ? 'not defined' : kappa.toFixed(2)}</b>
            </li>
          ))}
        </ul>
      </Panel>
    </>
  )
}
