import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { Overview as OverviewData } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { dayAndClock, duration, shortCount } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Histogram } from '../parts/histogram.tsx'
import { PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { TopList } from '../parts/top-list.tsx'
import { period, refresh } from '../period.ts'
import { link, search } from '../router.ts'

const AGAIN_MS = 30_000

export function Overview(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded((abort) => get<OverviewData>('/overview', { since, until }, abort), [since, until])
  useEffect(() => {
    if (search.value.has('since')) return
    const timer = setInterval(refresh, AGAIN_MS)
    return () => clearInterval(timer)
  }, [search.value])
  return (
    <>
      <PageHead ofPeriod title="Overview" about="what came in, against the period before" />
      <ProblemNote problem={problem} />
      {data && <Figures data={data} />}
      <Panel title="Events by lure" className="wide">
        {data && <Histogram bars={data.lures} until={data.period.until} />}
      </Panel>
      {data && (
        <div class="panels">
          <Panel title="Commands" aside={<a href={link('/commands')}>all</a>} className="two">
            <TopList field="input" facts={data.top.input} />
          </Panel>
          <Panel title="Credentials" aside={<a href={link('/credentials')}>all</a>}>
            <TopList field="credential" facts={data.top.credential} />
          </Panel>
          <Panel title="Requests" aside={<a href={link('/requests')}>all</a>} className="two">
            <TopList field="request" facts={data.top.request} />
          </Panel>
          <Panel title="Sources" aside={<a href={link('/sources')}>all</a>}>
            <TopList field="src_ip" facts={data.top.src_ip} />
          </Panel>
          <Panel title="Answers by">
            <TopList field="source" facts={data.top.source} />
          </Panel>
          <Panel title="Countries" aside={<GeoAge data={data} />}>
            <TopList field="country" facts={data.top.country} />
          </Panel>
          <Panel title="Ports">
            <TopList field="port" facts={data.top.port} />
          </Panel>
          {data.top.asn.length > 0 && (
            <Panel title="Networks">
              <TopList field="asn" facts={data.top.asn} />
            </Panel>
          )}
        </div>
      )}
    </>
  )
}

const FIGURES: { key: keyof OverviewData['figures']; label: string; to?: string; goodWhenLess?: boolean }[] = [
  { key: 'events', label: 'events' },
  { key: 'sources', label: 'sources', to: '/sources' },
  { key: 'sessions', label: 'sessions', to: '/sessions' },
  { key: 'newCampaigns', label: 'new campaigns', to: '/campaigns' },
  { key: 'modelAnswers', label: 'model answers' },
  { key: 'latencyMs', label: 'median model time' },
]

function Figures({ data }: { data: OverviewData }): JSX.Element {
  return (
    <div class="figures">
      {FIGURES.map(({ key, label, to }) => {
        const { now, before } = data.figures[key]
        const shown = key === 'latencyMs' ? (now ? duration(now) : '–') : shortCount(now)
        const text = (
          <>
            <span class="figure-value">{shown}</span>
            <span class="figure-label">{label}</span>
            <Change now={now} before={before} before-label={dayAndClock(data.before.since)} />
          </>
        )
        return to ? (
          <a key={key} class="figure" href={link(to)}>
            {text}
          </a>
        ) : (
          <div key={key} class="figure">
            {text}
          </div>
        )
      })}
    </div>
  )
}

function Change({ now, before, 'before-label': since }: { now: number; before: number; 'before-label': string }): JSX.Element {
  const share = before === 0 ? undefined : (now - before) / before
  const text =
    share === undefined
      ? now === 0
        ? '±0'
        : 'first seen'
      : `${share > 0 ? '+' : share < 0 ? '−' : '±'}${Math.abs(Math.round(share * 100))} %`
  return (
    <span
      class={`change mono ${share === undefined || Math.abs(share) < 0.005 ? '' : share > 0 ? 'up' : 'down'}`}
      title={`${shortCount(before)} in the period from ${since} UTC`}
    >
      {text}
    </span>
  )
}

function GeoAge({ data }: { data: OverviewData }): JSX.Element | null {
  const [newest] = [...data.geo].sort((a, b) => b.builtAt - a.builtAt)
  return newest ? (
    <span class="dim" title={data.geo.map(({ name }) => name).join(', ')}>
      as of {dayAndClock(newest.builtAt).slice(0, 10)}
    </span>
  ) : null
}
