import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { clock, count, day } from '../format.ts'
import { navigate, withParameters } from '../router.ts'
import { hue } from './badges.tsx'

export interface Bar {
  start: number
  counts: Record<string, number>
}

const HEIGHT = 132

/** Bars over time, stacked by name. A click on a bar makes its time the period. */
export function Histogram({ bars, until }: { bars: readonly Bar[]; until: number }): JSX.Element {
  const [over, setOver] = useState<number | undefined>(undefined)
  const names = namesByCount(bars)
  const highest = Math.max(1, ...bars.map(({ counts }) => sum(counts)))
  const width = 1000 / Math.max(1, bars.length)
  const shown = over === undefined ? undefined : bars[over]
  const pick = (n: number): void => {
    const [bar, next] = [bars[n], bars[n + 1]]
    if (bar) navigate(withParameters({ since: String(Math.floor(bar.start)), until: String(Math.floor(next?.start ?? until)), span: '' }))
  }
  return (
    <figure class="histogram">
      <svg
        viewBox={`0 0 1000 ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`events over time, at most ${highest} a bar`}
        onMouseLeave={() => setOver(undefined)}
      >
        {[0.25, 0.5, 0.75].map((at) => (
          <line class="grid-line" x1="0" x2="1000" y1={HEIGHT * at} y2={HEIGHT * at} />
        ))}
        {bars.map((bar, n) => {
          let top = HEIGHT
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the period picker does the same by keyboard.
            <g key={bar.start} class={over === n ? 'bar over' : 'bar'} onMouseEnter={() => setOver(n)} onClick={() => pick(n)}>
              <rect class="bar-ground" x={n * width} y="0" width={width} height={HEIGHT} />
              {names.map((name) => {
                const height = ((bar.counts[name] ?? 0) / highest) * (HEIGHT - 4)
                top -= height
                return height > 0 ? (
                  <rect class={`fill-${hue(name)}`} x={n * width + width * 0.12} y={top} width={width * 0.76} height={height} />
                ) : null
              })}
            </g>
          )
        })}
      </svg>
      <figcaption>
        <span class="mono dim">
          {shown ? `${day(shown.start)} ${clock(shown.start)}` : bars[0] ? `${day(bars[0].start)} ${clock(bars[0].start)}` : ''}
        </span>
        <span class="legend">
          {names.slice(0, 8).map((name) => (
            <span key={name}>
              <i class={`dot ground-${hue(name)}`} />
              {name}
              {shown && <b class="mono"> {count(shown.counts[name] ?? 0)}</b>}
            </span>
          ))}
        </span>
        <span class="mono dim">{shown ? `${count(sum(shown.counts))} events` : `${day(until)} ${clock(until)}`}</span>
      </figcaption>
    </figure>
  )
}

function namesByCount(bars: readonly Bar[]): string[] {
  const totals = new Map<string, number>()
  for (const { counts } of bars) for (const [name, n] of Object.entries(counts)) totals.set(name, (totals.get(name) ?? 0) + n)
  return [...totals].sort((a, b) => b[1] - a[1]).map(([name]) => name)
}

function sum(counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0)
}
