import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ReviewShape } from '../../../api/lab-shapes.ts'
import type { Step } from '../../../api/shapes.ts'
import { type ApiProblem, mayActAs, send } from '../api.ts'
import { useKeys } from '../keyboard.ts'
import { problemOf } from '../load.ts'
import { ProblemNote } from './panel.tsx'

/** Marks in the order of their keys. */
export const MARKS = [
  ['convincing', 'convincing'],
  ['gave-itself-away', 'gave itself away'],
  ['refusal', 'refusal'],
  ['wrong-state', 'wrong state'],
  ['too-slow', 'too slow'],
] as const

interface OpinionProps {
  session: string
  step: Step
  /** What this reviewer said before. */
  before: ReviewShape | undefined
  /** After a change was saved; `isJudged` when it was a judgement and not a step beside it. */
  onSaved: (what: string, isJudged: boolean) => void
}

/** Judging one turn: marks, score, comment, the right answer, and what becomes of it. */
export function OpinionForm({ session, step, before, onSaved }: OpinionProps): JSX.Element {
  const [marks, setMarks] = useState<readonly string[]>(before?.marks ?? [])
  const [score, setScore] = useState<number | undefined>(before?.score)
  const [comment, setComment] = useState(before?.comment ?? '')
  const [isCorrecting, setCorrecting] = useState(false)
  const [correction, setCorrection] = useState(() => correctionOf(step, before))
  const [problem, setProblem] = useState<ApiProblem>()
  const answer = useRef<HTMLTextAreaElement>(null)
  useEffect(() => {
    if (isCorrecting) answer.current?.focus()
  }, [isCorrecting])
  const place = { session, event: step.event }
  const act = (work: Promise<unknown>, what: string, isJudged: boolean): Promise<boolean> =>
    work.then(
      () => {
        setProblem(undefined)
        onSaved(what, isJudged)
        return true
      },
      (error: unknown) => {
        setProblem(problemOf(error))
        return false
      },
    )
  const judge = (): Promise<unknown> =>
    send('POST', '/review/turns', {
      ...place,
      marks,
      ...(score === undefined ? {} : { score }),
      ...(comment ? { comment } : {}),
      ...(isCorrecting
        ? { correction: answerOf(step, correction) }
        : before?.correction === undefined
          ? {}
          : { correction: before.correction }),
    })
  const save = (): Promise<boolean> => act(judge(), 'saved', true)
  const become = (path: 'pin' | 'example'): void => {
    const work = judge().then(() => send('POST', `/review/${path}`, place))
    void act(work, path === 'pin' ? 'pinned: the next one who asks gets it' : 'a new version of the prompt has it, under staging', true)
  }
  const toggle = (mark: string): void => setMarks(marks.includes(mark) ? marks.filter((one) => one !== mark) : [...marks, mark])
  const mayJudge = mayActAs('analyst')
  const isAsked = step.generation?.question !== undefined
  const hasCorrection = isCorrecting || before?.correction !== undefined
  useKeys(
    mayJudge
      ? [
          ...MARKS.map(([mark, title], n) => ({ key: String(n + 1), what: title, run: () => toggle(mark) })),
          { key: 'a', what: 'save the judgement', run: () => void save() },
          ...(isAsked ? [{ key: 'c', what: 'write the right answer', run: () => setCorrecting(true) }] : []),
          ...(hasCorrection && mayActAs('operator')
            ? [
                { key: 'p', what: 'pin the right answer', run: () => become('pin') },
                { key: 'e', what: 'make it an example in the prompt', run: () => become('example') },
              ]
            : []),
        ]
      : [],
  )
  if (!mayJudge) return <p class="dim">Judging turns needs the role analyst.</p>
  return (
    <form
      class="opinion"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <ProblemNote problem={problem} />
      <div class="marks" role="group" aria-label="marks">
        {MARKS.map(([mark, title], n) => (
          <button key={mark} type="button" class={`mark mark-${mark}`} aria-pressed={marks.includes(mark)} onClick={() => toggle(mark)}>
            <kbd>{n + 1}</kbd> {title}
          </button>
        ))}
      </div>
      <div class="fields row">
        <label>
          Score
          <select value={score ?? ''} onChange={(event) => setScore(Number(event.currentTarget.value) || undefined)}>
            <option value="">none</option>
            {[1, 2, 3, 4, 5].map((n) => (
              <option key={n} value={n}>
                {n}
              </option>
            ))}
          </select>
        </label>
        <label class="wide">
          Comment
          <input name="comment" value={comment} maxLength={4000} onInput={(event) => setComment(event.currentTarget.value)} />
        </label>
      </div>
      {isCorrecting && (
        <div class="correction">
          <label>
            {ANSWER_TITLES[step.kind] ?? 'What it should have printed'}
            <textarea
              ref={answer}
              name="output"
              class="mono"
              rows={8}
              spellcheck={false}
              value={correction.output}
              onInput={(event) => setCorrection({ ...correction, output: event.currentTarget.value })}
            />
          </label>
          {step.kind !== 'tcp' && (
            <div class="fields row">
              {step.kind !== 'web' && (
                <label class="wide">
                  As error
                  <input
                    class="mono"
                    value={correction.stderr}
                    onInput={(event) => setCorrection({ ...correction, stderr: event.currentTarget.value })}
                  />
                </label>
              )}
              <label>
                {step.kind === 'web' ? 'Status' : 'Exit status'}
                <input
                  type="number"
                  value={correction.code}
                  onInput={(event) => setCorrection({ ...correction, code: Number(event.currentTarget.value) })}
                />
              </label>
            </div>
          )}
        </div>
      )}
      <div class="actions">
        <button type="submit">
          Save <kbd>a</kbd>
        </button>
        {isAsked && !isCorrecting && (
          <button type="button" onClick={() => setCorrecting(true)}>
            Correct <kbd>c</kbd>
          </button>
        )}
        {hasCorrection && mayActAs('operator') && (
          <>
            <button type="button" onClick={() => become('pin')}>
              Pin it <kbd>p</kbd>
            </button>
            <button type="button" onClick={() => become('example')}>
              As an example <kbd>e</kbd>
            </button>
          </>
        )}
        {!isAsked && <span class="dim">the host itself answered: its files are what to change</span>}
      </div>
    </form>
  )
}

/** What the text of a correction is, where it is not a program's output. */
const ANSWER_TITLES: Readonly<Record<string, string>> = { web: 'The right page', tcp: 'What it should have sent' }

interface Correction {
  output: string
  stderr: string
  code: number
}

function correctionOf(step: Step, before: ReviewShape | undefined): Correction {
  const known = (before?.correction ?? {}) as {
    stdout?: string
    stderr?: string
    exitCode?: number
    body?: string
    status?: number
    output?: string
  }
  const status = typeof step.detail?.status === 'number' ? step.detail.status : 200
  // A recorded page begins with its head.
  const page = step.output
    .split(/\r?\n\r?\n/)
    .slice(1)
    .join('\n\n')
  return step.kind === 'web'
    ? { output: known.body ?? page, stderr: '', code: known.status ?? status }
    : {
        output: known.stdout ?? known.output ?? step.output.replaceAll('\r\n', '\n'),
        stderr: known.stderr ?? step.stderr ?? '',
        code: known.exitCode ?? step.exitCode ?? 0,
      }
}

/** In the form that its question has. A last newline is what programs print and people forget. */
function answerOf(step: Step, { output, stderr, code }: Correction): unknown {
  const ended = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`)
  if (step.kind === 'tcp') return { output: ended(output) }
  if (step.kind !== 'web') return { stdout: ended(output), stderr: ended(stderr), exitCode: code, operations: [] }
  return { status: code, headers: [{ name: 'Content-Type', value: 'text/html; charset=UTF-8' }], body: output }
}
