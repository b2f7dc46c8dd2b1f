import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { LiveEvent } from '../../../api/shapes.ts'
import { apiAddress } from '../api.ts'
import { clock, count } from '../format.ts'
import { useKeys } from '../keyboard.ts'
import { Country, LureBadge, Tag, Value } from '../parts/badges.tsx'
import { Empty, PageHead } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { WorldMap } from '../parts/world-map.tsx'
import { link, navigate, parameter, withParameters } from '../router.ts'

const KEPT = 400
const DRAW_MS = 250
const RATE_SECONDS = 60

/** Events as they come: where from on a map, what on a tail that stands still while the pointer is on it. */
export function Live(): JSX.Element {
  const lure = parameter('lure')
  const isKiosk = parameter('kiosk') === '1'
  const { events, missed, isOpen, rate } = useLive(lure)
  const [isHeld, setHeld] = useState(false)
  const [held, setHeldEvents] = useState<LiveEvent[]>([])
  const hold = (): void => {
    setHeldEvents(events)
    setHeld(!isHeld)
  }
  useKeys([{ key: 'p', what: 'hold or let run', run: hold }])
  const shown = isHeld ? held : events
  const lures = [...new Set(events.flatMap((event) => event.lure ?? []))].sort()
  return (
    <>
      <PageHead
        title="Live"
        about={
          <>
            <span class={isOpen ? 'state' : 'state bad'}>{isOpen ? 'listening' : 'connecting …'}</span>{' '}
            {count(rate.reduce((a, b) => a + b, 0))} events in the last minute
            {missed > 0 && `, ${count(missed)} not shown: too many at once`}
          </>
        }
      >
        <Sparkline values={rate} />
        <select aria-label="lure" value={lure} onChange={(event) => navigate(withParameters({ lure: event.currentTarget.value }))}>
          <option value="">every lure</option>
          {[...new Set([...lures, ...(lure ? [lure] : [])])].map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" aria-pressed={isHeld} onClick={hold} title="hold (p)">
          {isHeld ? 'let run' : 'hold'}
        </button>
        <button type="button" onClick={() => navigate(withParameters({ kiosk: isKiosk ? '' : '1' }))}>
          {isKiosk ? 'leave the wall' : 'for the wall'}
        </button>
      </PageHead>
      <div class="live">
        <WorldMap events={events} />
        <ol
          class="tail"
          onMouseEnter={() => {
            if (isHeld) return
            setHeldEvents(events)
            setHeld(true)
          }}
          onMouseLeave={() => setHeld(false)}
        >
          {shown.length === 0 && (
            <li>
              <Empty>waiting for the first event …</Empty>
            </li>
          )}
          {shown.map((event) => (
            <li key={event.id} class="tail-row">
              <span class="mono dim">{clock(event.time)}</span>
              <span>{event.lure && <LureBadge lure={event.lure} />}</span>
              <span class="tail-source">
                <Country code={event.country} />
                {event.srcIp && <Value field="src_ip" value={event.srcIp} />}
              </span>
              <a class="mono tail-text" href={event.session ? link(`/sessions/${event.session}`) : undefined}>
                <span class="dim">{event.type} </span>
                <Untrusted text={event.gist} oneLine />
              </a>
              <span class="tail-tags">
                {event.tags?.slice(0, 2).map((tag) => (
                  <Tag key={tag} tag={tag} />
                ))}
              </span>
            </li>
          ))}
        </ol>
      </div>
    </>
  )
}

interface LiveState {
  events: LiveEvent[]
  missed: number
  isOpen: boolean
  /** Events of each of the last seconds, the latest last. */
  rate: number[]
}

/** Drawn a few times a second at most, however many events come. */
function useLive(lure: string): LiveState {
  const [state, setState] = useState<LiveState>({ events: [], missed: 0, isOpen: false, rate: Array<number>(RATE_SECONDS).fill(0) })
  const waiting = useRef<LiveEvent[]>([])
  const seconds = useRef(new Map<number, number>())
  useEffect(() => {
    const source = new EventSource(apiAddress('/live', { lure }))
    waiting.current = []
    setState((old) => ({ ...old, events: [] }))
    source.addEventListener('open', () => setState((old) => ({ ...old, isOpen: true })))
    source.addEventListener('error', () => setState((old) => ({ ...old, isOpen: false })))
    source.addEventListener('missed', ({ data }) => setState((old) => ({ ...old, missed: old.missed + Number(data) })))
    source.addEventListener('seen', ({ data }) => {
      const second = Math.floor(Date.now() / 1000)
      seconds.current.set(second, (seconds.current.get(second) ?? 0) + 1)
      waiting.current.unshift(JSON.parse(data as string) as LiveEvent)
      waiting.current.length = Math.min(waiting.current.length, KEPT)
    })
    const timer = setInterval(() => {
      const second = Math.floor(Date.now() / 1000)
      for (const old of seconds.current.keys()) if (old <= second - RATE_SECONDS) seconds.current.delete(old)
      const rate = Array.from({ length: RATE_SECONDS }, (_, n) => seconds.current.get(second - RATE_SECONDS + 1 + n) ?? 0)
      const fresh = waiting.current.splice(0)
      setState((old) => ({ ...old, rate, events: fresh.length === 0 ? old.events : [...fresh, ...old.events].slice(0, KEPT) }))
    }, DRAW_MS)
    return () => {
      source.close()
      clearInterval(timer)
    }
  }, [lure])
  return state
}

function Sparkline({ values }: { values: readonly number[] }): JSX.Element {
  const most = Math.max(1, ...values)
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${values.length * 2} 24`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`at most ${most} events a second`}
    >
      {values.map((value, n) => (
        <rect key={n} x={n * 2} width="1.4" y={24 - (value / most) * 24} height={(value / most) * 24} />
      ))}
    </svg>
  )
}
