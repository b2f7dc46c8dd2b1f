import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AlertRuleShape, AlertShape } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { ago, count, duration } from '../format.ts'
import { problemOf, useLoaded } from '../load.ts'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now, period } from '../period.ts'
import { link } from '../router.ts'

/** What the rules of sundew.yaml told, and would have told. */
export function Alerts(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded(
    (abort) => get<{ alerts: AlertShape[]; rules: AlertRuleShape[] }>('/alerts', { since, until }, abort),
    [since, until],
  )
  return (
    <>
      <PageHead ofPeriod title="Alerts" about="sessions that the operator wants to be told of" />
      <ProblemNote problem={problem} />
      {data?.alerts.length === 0 && <Empty>no rule was met in this period</Empty>}
      {data && data.alerts.length > 0 && <AlertList alerts={data.alerts} />}
      <Panel title="Rules" aside={<span class="dim">alerts.rules in sundew.yaml</span>}>
        {data?.rules.length === 0 && <Empty>there are none; the comments of sundew.yaml show how to write one</Empty>}
        <ul class="plain-list">
          {data?.rules.map((rule) => (
            <Rule key={rule.name} rule={rule} />
          ))}
        </ul>
      </Panel>
    </>
  )
}

function Rule({ rule }: { rule: AlertRuleShape }): JSX.Element {
  const [would, setWould] = useState<AlertShape[]>()
  const [problem, setProblem] = useState<ReturnType<typeof problemOf>>()
  const look = async (): Promise<void> => {
    try {
      setWould(await get<AlertShape[]>(`/alerts/${encodeURIComponent(rule.name)}/preview`))
    } catch (error) {
      setProblem(problemOf(error))
    }
  }
  return (
    <li>
      <b class="mono">{rule.name}</b> <span class="mono">{rule.when}</span>{' '}
      <span class="dim">
        {rule.count} within {duration(rule.window)}, by {rule.group}, again after {duration(rule.coolDown)}
        {rule.to.length > 0 ? `, to ${rule.to.join(', ')}` : ', listed only'}
        {!rule.enabled && ', switched off'}
      </span>{' '}
      <button type="button" class="button" onClick={() => void look()}>
        last seven days
      </button>
      <ProblemNote problem={problem} />
      {would && <p class="dim">would have told {count(would.length)} times</p>}
      {would && would.length > 0 && <AlertList alerts={would.slice(0, 20)} />}
    </li>
  )
}

function AlertList({ alerts }: { alerts: readonly AlertShape[] }): JSX.Element {
  return (
    <ul class="plain-list">
      {alerts.map((alert) => (
        <li key={`${alert.rule} ${alert.group} ${alert.time}`}>
          <span class="badge">{alert.rule}</span> <b class="mono">{count(alert.count)}</b> {alert.count === 1 ? 'session' : 'sessions'} of{' '}
          <Untrusted text={alert.group} oneLine /> <a href={link(`/sessions/${alert.sessions.at(-1)}`)}>latest session</a>{' '}
          <span class="dim">{ago(alert.time, now.value)}</span>
        </li>
      ))}
    </ul>
  )
}
