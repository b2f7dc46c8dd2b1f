import type { JSX } from 'preact'
import type { Step } from '../../../api/shapes.ts'
import { clock } from '../format.ts'
import { Untrusted } from './untrusted.tsx'

const SHOWN = 400

/** The steps of a session by their times, to jump between. */
export function Timeline({
  steps,
  selected,
  onSelect,
}: {
  steps: readonly Step[]
  selected: string | undefined
  onSelect: (event: string) => void
}): JSX.Element {
  return (
    <nav class="timeline" aria-label="timeline">
      <ol>
        {steps.slice(0, SHOWN).map((step) => (
          <li key={step.event}>
            <button type="button" class={step.event === selected ? 'selected' : ''} onClick={() => onSelect(step.event)}>
              <i class={`dot ${step.source ? `source-${step.source}` : 'fact'}`} />
              <span class="mono dim">{clock(step.time)}</span>
              <span class="mono timeline-text">
                <Untrusted text={step.input.slice(0, 80)} oneLine />
              </span>
            </button>
          </li>
        ))}
      </ol>
      {steps.length > SHOWN && <p class="dim">and {steps.length - SHOWN} more</p>}
    </nav>
  )
}
