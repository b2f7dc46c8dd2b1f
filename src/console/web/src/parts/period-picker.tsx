import type { JSX } from 'preact'
import { dayAndClock } from '../format.ts'
import { period, refresh, SPANS, span, USUAL_SPAN } from '../period.ts'
import { navigate, search, withParameters } from '../router.ts'

export function PeriodPicker(): JSX.Element {
  const isFixed = search.value.has('since')
  return (
    <div class="period" role="group" aria-label="period">
      {isFixed ? (
        <button
          type="button"
          class="chosen"
          title="back to a running period"
          onClick={() => navigate(withParameters({ since: '', until: '' }))}
        >
          {dayAndClock(period.value.since)} – {dayAndClock(period.value.until)} ✕
        </button>
      ) : (
        Object.entries(SPANS).map(([name, { label }]) => (
          <button
            key={name}
            type="button"
            title={`last ${label}`}
            aria-pressed={span.value === name}
            onClick={() => {
              refresh()
              navigate(withParameters({ span: name === USUAL_SPAN ? '' : name }))
            }}
          >
            {name}
          </button>
        ))
      )}
      <button type="button" title="look again (.)" aria-label="look again" onClick={refresh}>
        ↻
      </button>
    </div>
  )
}
