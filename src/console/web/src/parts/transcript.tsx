import type { JSX } from 'preact'
import { memo } from 'preact/compat'
import { useState } from 'preact/hooks'
import type { Step } from '../../../api/shapes.ts'
import { bytes, duration } from '../format.ts'
import { SourceBadge, Tag } from './badges.tsx'
import { Picture } from './picture.tsx'
import { Untrusted } from './untrusted.tsx'

/** Lines of an answer that show before it is opened. */
const LINES = 24
const CHARACTERS = 6_000

/** A session turn by turn. What is out of sight is laid out when it comes into view (`content-visibility`), so length costs little. */
export function Transcript({
  steps,
  startedAt,
  selected,
  picturesOf,
  onSelect,
}: {
  steps: readonly Step[]
  startedAt: number
  selected: string | undefined
  /** Draws the pages of this session instead of their text. */
  picturesOf?: string
  /** A click on a turn; without it turns are only read. */
  onSelect?: (event: string) => void
}): JSX.Element {
  return (
    <ol class="transcript">
      {steps.map((step) => (
        <Turn
          key={step.event}
          step={step}
          startedAt={startedAt}
          isSelected={step.event === selected}
          {...(picturesOf && { picturesOf })}
          {...(onSelect && { onSelect })}
        />
      ))}
    </ol>
  )
}

interface TurnProps {
  step: Step
  startedAt: number
  isSelected: boolean
  picturesOf?: string
  onSelect?: (event: string) => void
}

const Turn = memo(function Turn({ step, startedAt, isSelected, picturesOf, onSelect }: TurnProps): JSX.Element {
  const isTurn = step.source !== undefined
  return (
    <li id={`step-${step.event}`} class={`turn ${isTurn ? `from-${step.source}` : 'fact'} ${isSelected ? 'selected' : ''}`}>
      <div class="turn-head">
        <span class="mono dim turn-time" title={new Date(step.time).toISOString()}>
          +{duration(Math.max(0, step.time - startedAt))}
        </span>
        {isTurn ? <SourceBadge source={step.source ?? ''} /> : <span class="badge">{step.kind}</span>}
        <Facts step={step} />
        <span class="spacer" />
        {(step.tags ?? []).map((tag) => (
          <Tag key={tag} tag={tag} />
        ))}
        {onSelect && isTurn && (
          <button type="button" class="plain" onClick={() => onSelect(step.event)}>
            judge
          </button>
        )}
      </div>
      <pre class="turn-input">
        <span class="prompt" aria-hidden="true">
          {step.kind === 'shell' ? '$ ' : '> '}
        </span>
        <Untrusted text={inputOf(step)} />
      </pre>
      {picturesOf ? <Picture session={picturesOf} step={step} /> : <Answer text={step.output} whole={step.outputBytes} />}
      {step.stderr && (
        <pre class="turn-output stderr">
          <Untrusted text={step.stderr.trimEnd()} />
        </pre>
      )}
    </li>
  )
})

/** A fact begins with its type, which its badge says already. */
function inputOf({ input, kind, source }: Step): string {
  const text = input.trimEnd()
  return source === undefined && text.startsWith(kind) ? text.slice(kind.length).trimStart() : text
}

/** Who answered, with which prompt and model, how fast and how dear. */
function Facts({ step: { generation, durationMs, exitCode, detail } }: { step: Step }): JSX.Element {
  const tokens = generation && [generation.promptTokens, generation.outputTokens].filter((n) => n !== undefined).join(' → ')
  const time = generation?.totalMs ?? durationMs
  const firstToken = generation?.firstTokenMs
  return (
    <span class="turn-facts">
      {generation?.persona && (
        <span title="persona and version of its prompts">
          <Untrusted text={`${generation.persona}@${generation.promptVersion ?? '?'}`} oneLine />
        </span>
      )}
      {generation?.model && (
        <span title="model">
          <Untrusted text={generation.model} oneLine />
        </span>
      )}
      {time !== undefined && (
        <span title={firstToken === undefined ? 'time of the answer' : `first token after ${duration(firstToken)}`}>
          {firstToken === undefined ? '' : `${duration(firstToken)} / `}
          {duration(time)}
        </span>
      )}
      {tokens && <span title="tokens of the prompt, and of the answer">{tokens} tokens</span>}
      {exitCode !== undefined && exitCode !== 0 && <span class="exit">exit {exitCode}</span>}
      {typeof detail?.status === 'number' && <span>status {detail.status}</span>}
      {(generation?.guard ?? []).map((rule) => (
        <span key={rule} class="guard" title="a guard rule fired on the way to this answer">
          <Untrusted text={rule} oneLine />
        </span>
      ))}
      {generation?.trouble && (
        <span class="guard" title="what went wrong on the way">
          <Untrusted text={generation.trouble} oneLine />
        </span>
      )}
    </span>
  )
}

function Answer({ text, whole }: { text: string; whole: number | undefined }): JSX.Element | null {
  const [isOpen, setOpen] = useState(false)
  const trimmed = text.trimEnd()
  if (trimmed === '') return null
  const lines = trimmed.split('\n')
  const isLong = lines.length > LINES || trimmed.length > CHARACTERS
  const shown = isOpen || !isLong ? trimmed : lines.slice(0, LINES).join('\n').slice(0, CHARACTERS)
  return (
    <>
      <pre class="turn-output">
        <Untrusted text={shown} />
      </pre>
      {(isLong || whole !== undefined) && (
        <p class="turn-more">
          {isLong && (
            <button type="button" class="plain" onClick={() => setOpen(!isOpen)}>
              {isOpen ? 'show less' : `show all ${lines.length} lines`}
            </button>
          )}
          {whole !== undefined && <span class="dim">the attacker got {bytes(whole)}; the event keeps the beginning</span>}
        </p>
      )}
    </>
  )
}
