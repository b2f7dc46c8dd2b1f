import { geoNaturalEarth1, geoPath } from 'd3-geo'
import type { JSX } from 'preact'
import { memo } from 'preact/compat'
import { feature } from 'topojson-client'
import type { GeometryCollection, Topology } from 'topojson-specification'
import land from 'world-atlas/land-110m.json'
import type { LiveEvent } from '../../../api/shapes.ts'
import { countryName } from '../format.ts'
import { hue } from './badges.tsx'
import countries from './countries.json'

const WIDTH = 960
const HEIGHT = 470
/** How many of the latest events glow. */
const FRESH = 12

const world = land as unknown as Topology<{ land: GeometryCollection }>
const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: 'Sphere' })
const outline = geoPath(projection)(feature(world, world.objects.land)) ?? ''
/** Middle of a country's largest part, by its ISO code: [longitude, latitude]. */
const middles: Readonly<Record<string, number[]>> = countries

/** Where the latest events came from, by country. Drawn from files of this console: no map server learns who is looked at. */
export function WorldMap({ events }: { events: readonly LiveEvent[] }): JSX.Element {
  const spots = spotsOf(events)
  const most = Math.max(1, ...spots.map(({ count }) => count))
  return (
    <figure class="world">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label="where the latest events came from">
        <Land />
        {spots.map(({ country, x, y, count, lure, fresh }) => (
          <g key={country} class={`spot spot-${hue(lure)}`} transform={`translate(${x} ${y})`}>
            <title>
              {countryName(country)}: {count} of the latest {events.length} events
            </title>
            {fresh !== undefined && <circle key={fresh} class="ripple" r="5" />}
            <circle r={3 + 11 * Math.sqrt(count / most)} />
          </g>
        ))}
      </svg>
    </figure>
  )
}

const Land = memo(function Land(): JSX.Element {
  return <path class="land" d={outline} />
})

interface Spot {
  country: string
  x: number
  y: number
  count: number
  /** Of its latest event. */
  lure: string
  /** Id of an event that has just come. */
  fresh: string | undefined
}

function spotsOf(events: readonly LiveEvent[]): Spot[] {
  const spots = new Map<string, Spot>()
  for (const [n, event] of events.entries()) {
    const { country } = event
    const middle = country === undefined ? undefined : middles[country]
    if (country === undefined || !middle) continue
    const known = spots.get(country)
    if (known) {
      known.count++
      continue
    }
    const [x = 0, y = 0] = projection(middle as [number, number]) ?? []
    spots.set(country, { country, x, y, count: 1, lure: event.lure ?? '', fresh: n < FRESH ? event.id : undefined })
  }
  return [...spots.values()]
}
