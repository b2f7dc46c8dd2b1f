import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { z } from 'zod'
import type { CheckShape, Health as HealthData } from '../../../api/shapes.ts'
import { type ApiProblem, get, mayActAs, send } from '../api.ts'
import { ago, bytes, count, day, duration } from '../format.ts'
import { problemOf, useLoaded } from '../load.ts'
import { LureBadge } from '../parts/badges.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now, refresh } from '../period.ts'

const AGAIN_MS = 5_000
type Check = z.infer<typeof CheckShape>

export function Health(): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<HealthData>('/health', {}, abort), [now.value])
  useEffect(() => {
    const timer = setInterval(refresh, AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  const running = data?.running
  return (
    <>
      <PageHead
        title="Health"
        about={
          running
            ? `process ${running.pid}, up ${duration(now.value - running.startedAt)}, version ${running.version}`
            : data
              ? 'no sensor runs on this data folder'
              : undefined
        }
      />
      <ProblemNote problem={problem} />
      {data && (
        <div class="panels">
          <Panel title="Sensor">
            <dl class="facts">
              <dt>memory</dt>
              <dd class="mono">{running ? bytes(running.memoryBytes) : '–'}</dd>
              <dt>connections</dt>
              <dd class="mono">{text(running?.sensor.connections)}</dd>
              <dt>UDP answered</dt>
              <dd class="mono">{text(running?.sensor.udpAnswered)}</dd>
              <dt>UDP withheld</dt>
              <dd class="mono">{text(running?.sensor.udpWithheld)}</dd>
              <dt>dead letters</dt>
              <dd class="mono">{count(data.counts.deadLetters)}</dd>
            </dl>
          </Panel>
          <Panel title="Store">
            <dl class="facts">
              <dt>engine</dt>
              <dd>{text(running?.store.engine)}</dd>
              <dt>on disk</dt>
              <dd class="mono">{typeof running?.store.bytes === 'number' ? bytes(running.store.bytes) : '–'}</dd>
              <dt>kept</dt>
              <dd class="mono">
                {count(data.counts.events)} events, {count(data.counts.sessions)} sessions
              </dd>
              <dt>waiting, spooled</dt>
              <dd class="mono">
                {text(running?.store.waiting)}, {text(running?.store.spooled)}
              </dd>
              <dt>retention</dt>
              <dd>
                {data.retain.days} days, {data.retain.gib} GiB
              </dd>
              <dt>places</dt>
              <dd>
                {data.geo.map(({ name, builtAt }) => (
                  <span key={name}>
                    {name} of {day(builtAt)}{' '}
                  </span>
                ))}
              </dd>
            </dl>
          </Panel>
          <Panel title="Model">
            <Engine engine={running?.engine} />
          </Panel>
          <Panel title="Who listens where" className="full">
            {running ? (
              <table class="ports">
                <thead>
                  <tr>
                    <th>Lure</th>
                    <th>Address</th>
                    <th>Persona</th>
                    <th>What</th>
                  </tr>
                </thead>
                <tbody>
                  {running.ports.map((port) => (
                    <tr key={`${port.transport} ${port.host} ${port.port}`}>
                      <td>
                        <LureBadge lure={port.lure} />
                      </td>
                      <td class="mono">
                        {port.transport}
                        {port.tls ? '+tls' : ''} {port.host}:{port.port}
                      </td>
                      <td>{port.persona}</td>
                      <td class="dim">{text(port.about)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            ) : (
              <Empty>start the sensor to see its ports</Empty>
            )}
          </Panel>
        </div>
      )}
      {mayActAs('analyst') && <Doctor />}
    </>
  )
}

function Engine({ engine }: { engine: Record<string, unknown> | undefined }): JSX.Element {
  if (!engine) return <Empty>unknown</Empty>
  if (!engine.enabled) return <Empty>switched off: the built-in engine answers</Empty>
  const backends = Array.isArray(engine.backends) ? (engine.backends as Record<string, unknown>[]) : []
  return (
    <dl class="facts">
      <dt>asked</dt>
      <dd class="mono">{text(engine.asked)}</dd>
      <dt>generated</dt>
      <dd class="mono">{text(engine.generated)}</dd>
      <dt>from cache</dt>
      <dd class="mono">{text(engine.cacheHits)}</dd>
      <dt>built-in</dt>
      <dd class="mono">{text(engine.fallbacks)}</dd>
      <dt>queued</dt>
      <dd class="mono">{text(engine.queued)}</dd>
      {backends.map((backend) => (
        <>
          <dt>{text(backend.kind)}</dt>
          <dd>
            <span class={backend.up === false ? 'state bad' : 'state'}>
              {backend.up === undefined ? 'not asked yet' : backend.up ? 'up' : 'down'}
            </span>{' '}
            {text(backend.model)}
            <div class="mono dim">{text(backend.url)}</div>
          </dd>
        </>
      ))}
    </dl>
  )
}

function Doctor(): JSX.Element {
  const [checks, setChecks] = useState<Check[]>()
  const [busy, setBusy] = useState(false)
  const [problem, setProblem] = useState<ApiProblem>()
  const [at, setAt] = useState(0)
  const look = (): void => {
    setBusy(true)
    setProblem(undefined)
    send<Check[]>('POST', '/doctor')
      .then((found) => {
        setChecks(found)
        setAt(Date.now())
      })
      .catch((error: unknown) => setProblem(problemOf(error)))
      .finally(() => setBusy(false))
  }
  return (
    <Panel
      title="Doctor"
      aside={
        <>
          {checks && <span class="dim">{ago(at, Date.now())}</span>}
          <button type="button" disabled={busy} onClick={look}>
            {busy ? 'looking …' : 'Look for trouble'}
          </button>
        </>
      }
    >
      <ProblemNote problem={problem} />
      <ul class="plain-list">
        {checks?.map((check) => (
          <li key={check.part + check.what} class="finding">
            <span class={check.ok ? 'state' : 'state bad'}>{check.ok ? 'ok' : 'bad'}</span>
            <span class="dim">{check.part}</span>
            <span>
              <Untrusted text={check.what} />
              {!check.ok && check.cure && (
                <div class="cure">
                  cure: <Untrusted text={check.cure} />
                </div>
              )}
            </span>
          </li>
        ))}
        {!checks && <li class="empty">asks the model server, the store, the ports, the disk and the clock</li>}
      </ul>
    </Panel>
  )
}

function text(value: unknown): string {
  if (typeof value === 'number') return count(value)
  return typeof value === 'string' ? value : '–'
}
