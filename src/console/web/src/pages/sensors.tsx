import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { SensorShape } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { ago, bytes, count, dayAndClock, duration } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Value } from '../parts/badges.tsx'
import { Empty, PageHead, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now, refresh } from '../period.ts'

const AGAIN_MS = 15_000

const STATES: Readonly<Record<SensorShape['state'], string>> = {
  up: 'spoke within three minutes',
  behind: 'speaks, and has events that the hive does not have yet',
  silent: 'has not spoken for more than three minutes',
  stopped: 'said that it ends',
  never: 'admitted, and not heard of yet',
}

/** All sensors whose events the store holds, those in trouble first. */
export function Sensors(): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<SensorShape[]>('/sensors', {}, abort), [now.value])
  useEffect(() => {
    const timer = setInterval(refresh, AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  const well = data?.filter(({ state }) => state === 'up').length
  return (
    <>
      <PageHead title="Sensors" about={data && `${well} of ${data.length} up`} />
      <ProblemNote problem={problem} />
      {data?.length === 0 && <Empty>no sensor has recorded anything yet</Empty>}
      {data && data.length > 0 && (
        <div class="list still">
          <div class="list-head sensor-grid">
            <span>Sensor</span>
            <span>State</span>
            <span>Last seen</span>
            <span class="number">Behind</span>
            <span>Version</span>
            <span class="number">Ports</span>
            <span class="number">Open</span>
            <span class="number">Memory</span>
            <span class="number">Events, a day</span>
            <span class="number">In all</span>
          </div>
          <div role="list" aria-label="sensors">
            {data.map((sensor) => (
              <SensorLine key={sensor.name} sensor={sensor} />
            ))}
          </div>
        </div>
      )}
    </>
  )
}

function SensorLine({ sensor }: { sensor: SensorShape }): JSX.Element {
  const { name, state, lastSeen, startedAt, behindMs, memoryBytes } = sensor
  return (
    <div role="listitem" class="list-row tall sensor-grid">
      <span class="cell">
        <Value field="sensor" value={name} />
      </span>
      <span class="cell" title={STATES[state]}>
        <span class={state === 'up' ? 'state' : state === 'silent' || state === 'behind' ? 'state bad' : 'state idle'}>{state}</span>
        {sensor.trouble !== undefined && (
          <div class="dim trouble">
            <Untrusted text={sensor.trouble} />
          </div>
        )}
      </span>
      <span class="cell" title={lastSeen === undefined ? '' : dayAndClock(lastSeen)}>
        {lastSeen === undefined ? '–' : ago(lastSeen, now.value)}
        {startedAt !== undefined && <div class="dim">up since {dayAndClock(startedAt).slice(0, 16)}</div>}
      </span>
      <span class="cell number mono">{behindMs > 0 ? duration(behindMs) : '–'}</span>
      <span class="cell mono">{sensor.version === undefined ? '–' : <Untrusted text={sensor.version} oneLine />}</span>
      <span class="cell number mono">{sensor.ports ?? '–'}</span>
      <span class="cell number mono">{sensor.connections ?? '–'}</span>
      <span class="cell number mono">{memoryBytes === undefined ? '–' : bytes(memoryBytes)}</span>
      <span class="cell number mono">{count(sensor.eventsOfDay)}</span>
      <span class="cell number mono">{count(sensor.events)}</span>
    </div>
  )
}
