import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { OutcomeShape, PersonaPrompts } from '../../../api/lab-shapes.ts'
import type { Step } from '../../../api/shapes.ts'
import { type ApiProblem, get, send } from '../api.ts'
import { duration } from '../format.ts'
import { useKeys } from '../keyboard.ts'
import { problemOf, useLoaded } from '../load.ts'
import { SourceBadge } from '../parts/badges.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { link, navigate, parameter, withParameters } from '../router.ts'

interface Column {
  prompt: number
  model: string
  temperature: number
}

const MOST_COLUMNS = 4
/** Turns that are answered in one go, from the chosen one on. */
const MOST_TURNS = 5

/** One turn of a recorded session, answered again by up to four ways side by side. */
export function Playground(): JSX.Element {
  const session = parameter('session')
  const event = parameter('event')
  const { data: steps, problem } = useLoaded(
    async (abort) => (session ? (await get<{ steps: Step[] }>(`/sessions/${session}/steps`, { limit: 1000 }, abort)).steps : []),
    [session],
  )
  const turns = (steps ?? []).filter(({ source, kind }) => source !== undefined && (kind === 'shell' || kind === 'web'))
  const place = Math.max(
    0,
    turns.findIndex((one) => one.event === event),
  )
  // An event may say anything; a persona's name is a folder's.
  const persona = turns.map(({ generation }) => generation?.persona).find((name) => name !== undefined && /^[a-z0-9][a-z0-9-]*$/.test(name))
  const { data: prompts } = useLoaded(
    async (abort) => (persona ? get<PersonaPrompts>(`/prompts/${persona}`, {}, abort) : undefined),
    [persona],
  )
  if (!session || (steps && turns.length === 0)) {
    return (
      <>
        <PageHead title="Playground" about="a recorded turn, answered again by up to four ways side by side" />
        <Empty>
          Open a <a href={link('/sessions', {})}>session</a> and choose “playground” at one of its turns, or do so in the{' '}
          <a href={link('/review')}>review</a>.
        </Empty>
      </>
    )
  }
  const go = (by: number): void => {
    const next = turns[Math.max(0, Math.min(turns.length - 1, place + by))]
    if (next) navigate(withParameters({ event: next.event }), { replace: true })
  }
  return (
    <>
      <PageHead
        title="Playground"
        about={
          <>
            turn {place + 1} of {turns.length} of <a href={link(`/sessions/${session}`)}>session {session.slice(0, 8)}</a>, on a machine of
            its own
          </>
        }
      />
      <ProblemNote problem={problem} />
      {prompts && turns.length > 0 && <Columns key={session} session={session} turns={turns} place={place} prompts={prompts} go={go} />}
      {steps && turns.length > 0 && persona === undefined && <Empty>no model answered in this session: it is not known whom to ask</Empty>}
    </>
  )
}

interface ColumnsProps {
  session: string
  turns: readonly Step[]
  place: number
  prompts: PersonaPrompts
  go: (by: number) => void
}

function Columns({ session, turns, place, prompts, go }: ColumnsProps): JSX.Element {
  const { labels, model, temperature } = prompts
  const first: Column = { prompt: labels.production, model, temperature }
  const second: Column = { ...first, prompt: labels.staging ?? labels.canary ?? prompts.versions[0]?.number ?? labels.production }
  const [columns, setColumns] = useState<Column[]>(second.prompt === first.prompt ? [first] : [first, second])
  const [many, setMany] = useState(1)
  const [run, setRun] = useState(0)
  const chosen = turns.slice(place, place + many)
  const change = (n: number, part: Partial<Column>): void => setColumns(columns.map((one, at) => (at === n ? { ...one, ...part } : one)))
  useKeys([
    { key: 'j', what: 'next turn', run: () => go(1) },
    { key: 'k', what: 'previous turn', run: () => go(-1) },
    { key: 'a', what: 'ask', run: () => setRun(run + 1) },
  ])
  return (
    <>
      <div class="fields row">
        <button type="button" class="primary" onClick={() => setRun(run + 1)}>
          Ask <kbd>a</kbd>
        </button>
        <label>
          Turns
          <input
            type="number"
            min={1}
            max={MOST_TURNS}
            value={many}
            onChange={({ currentTarget }) => setMany(Math.max(1, Math.min(MOST_TURNS, Number(currentTarget.value))))}
          />
        </label>
        {columns.length < MOST_COLUMNS && (
          <button type="button" onClick={() => setColumns([...columns, columns.at(-1) ?? first])}>
            Another column
          </button>
        )}
      </div>
      <div class="columns">
        <Panel title="Recorded">
          {chosen.map((step) => (
            <Said key={step.event} input={step.input} output={step.output} stderr={step.stderr ?? ''}>
              <SourceBadge source={step.source ?? ''} />
            </Said>
          ))}
        </Panel>
        {columns.map((column, n) => (
          <Panel
            key={n}
            title={`@${column.prompt}`}
            aside={
              columns.length > 1 && (
                <button type="button" class="plain" onClick={() => setColumns(columns.filter((_, at) => at !== n))}>
                  close
                </button>
              )
            }
          >
            <div class="fields">
              <label>
                Prompt
                <select value={column.prompt} onChange={({ currentTarget }) => change(n, { prompt: Number(currentTarget.value) })}>
                  {prompts.versions.map(({ number, message }) => (
                    <option key={number} value={number}>
                      @{number} {message.slice(0, 40)}
                    </option>
                  ))}
                </select>
              </label>
              <label>
                Model
                <input value={column.model} onChange={({ currentTarget }) => change(n, { model: currentTarget.value })} />
              </label>
              <label>
                Temperature
                <input
                  type="number"
                  min={0}
                  max={2}
                  step={0.1}
                  value={column.temperature}
                  onChange={({ currentTarget }) => change(n, { temperature: Number(currentTarget.value) })}
                />
              </label>
            </div>
            {run > 0 && chosen.map((step) => <Asked key={`${run} ${step.event}`} session={session} step={step} column={column} />)}
          </Panel>
        ))}
      </div>
    </>
  )
}

/** One turn asked by one column when it is first shown. */
function Asked({ session, step, column }: { session: string; step: Step; column: Column }): JSX.Element {
  const [asked] = useState(column)
  const { data, problem, loading } = useLoaded(
    () =>
      send<OutcomeShape>('POST', '/playground', { session, event: step.event, ...asked }).catch((error: unknown): ApiProblem => {
        throw problemOf(error)
      }) as Promise<OutcomeShape>,
    [],
  )
  if (problem) return <ProblemNote problem={problem} />
  if (loading || !data) return <p class="dim">asking …</p>
  const { generation, source } = data
  return (
    <Said input={step.input} output={data.output} stderr={data.stderr}>
      <SourceBadge source={source} />
      <span class="turn-facts">
        {generation.firstTokenMs !== undefined && <span title="first token">{duration(generation.firstTokenMs)}</span>}
        {generation.totalMs !== undefined && <span title="in all">{duration(generation.totalMs)}</span>}
        {generation.outputTokens !== undefined && <span>{generation.outputTokens} tokens</span>}
        {(generation.guard ?? []).map((rule) => (
          <span key={rule} class="guard">
            {rule}
          </span>
        ))}
        {generation.trouble && (
          <span class="guard">
            <Untrusted text={generation.trouble} oneLine />
          </span>
        )}
      </span>
    </Said>
  )
}

function Said({
  input,
  output,
  stderr,
  children,
}: {
  input: string
  output: string
  stderr: string
  children: JSX.Element | JSX.Element[]
}): JSX.Element {
  return (
    <div class="said">
      <div class="turn-head">{children}</div>
      <pre class="turn-input">
        <Untrusted text={input.slice(0, 2000)} />
      </pre>
      <pre class="turn-output">
        <Untrusted text={output.slice(0, 6000)} />
      </pre>
      {stderr && (
        <pre class="turn-output stderr">
          <Untrusted text={stderr.slice(0, 2000)} />
        </pre>
      )}
    </div>
  )
}
