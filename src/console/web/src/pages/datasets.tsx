import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { AssertionShape, DatasetHead, DatasetShape, PersonaPrompts } from '../../../api/lab-shapes.ts'
import { type ApiProblem, apiAddress, get, mayActAs, send } from '../api.ts'
import { ago, count, counted } from '../format.ts'
import { problemOf, useLoaded } from '../load.ts'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now } from '../period.ts'
import { link, navigate } from '../router.ts'

export function Datasets(): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<DatasetHead[]>('/datasets', {}, abort), [])
  return (
    <>
      <PageHead title="Datasets" about="recorded turns with what a good answer to them is" />
      <ProblemNote problem={problem} />
      {data?.length === 0 && (
        <Empty>
          none yet: open a <a href={link('/sessions')}>session</a>, choose a turn and put it into one
        </Empty>
      )}
      <div class="cards">
        {data?.map((one) => (
          <a key={one.name} class="card" href={link(`/datasets/${one.name}`)}>
            <span class="card-head">
              <b class="mono">{one.name}</b>
              <span class="spacer" />
              <span class="dim">{ago(one.createdAt, now.value)}</span>
            </span>
            <span class="card-figures">
              <b class="mono">{count(one.rows)}</b> {one.rows === 1 ? 'turn' : 'turns'} of {one.persona}
            </span>
            <span class="card-foot dim">by {one.createdBy}</span>
          </a>
        ))}
      </div>
    </>
  )
}

export function Dataset({ name }: { name: string }): JSX.Element {
  const [round, setRound] = useState(0)
  const [problem, setProblem] = useState<ApiProblem>()
  const { data, problem: loadProblem } = useLoaded((abort) => get<DatasetShape>(`/datasets/${name}`, {}, abort), [name, round])
  const act = (work: Promise<unknown>): void => {
    work.then(
      () => {
        setProblem(undefined)
        setRound((n) => n + 1)
      },
      (error: unknown) => setProblem(problemOf(error)),
    )
  }
  return (
    <>
      <PageHead title={name} about={data && `${counted(data.rows.length, 'turn')} of ${data.persona}`}>
        <a class="button" href={apiAddress(`/datasets/${name}/jsonl`)} download>
          .jsonl
        </a>
        <a class="button" href={apiAddress(`/datasets/${name}/promptfoo`)} download>
          promptfoo
        </a>
      </PageHead>
      <ProblemNote problem={problem ?? loadProblem} />
      {data && data.rows.length > 0 && mayActAs('analyst') && <RunForm dataset={data} />}
      {data?.rows.map((row) => (
        <Panel
          key={row.id}
          title={row.id}
          aside={
            <span class="actions">
              <a href={link(`/sessions/${row.turn.session}`)}>session</a>
              {mayActAs('analyst') && (
                <button type="button" class="plain danger" onClick={() => act(send('DELETE', `/datasets/${name}/rows/${row.id}`))}>
                  take out
                </button>
              )}
            </span>
          }
        >
          <pre class="turn-input">
            <Untrusted text={row.turn.input.slice(0, 2000)} />
          </pre>
          <pre class="turn-output">
            <Untrusted text={(row.expected ?? row.turn.output).slice(0, 2000)} />
          </pre>
          <p class="dim">{row.expected === undefined ? 'as it was answered then; nobody has corrected it' : 'as it was corrected'}</p>
          <ul class="plain-list">
            {row.assertions.map((assertion, n) => (
              <li key={n} class="mono">
                <Untrusted text={assertionText(assertion)} oneLine />{' '}
                {mayActAs('analyst') && (
                  <button
                    type="button"
                    class="plain"
                    aria-label="take this assertion away"
                    onClick={() =>
                      act(send('PATCH', `/datasets/${name}/rows/${row.id}`, { assertions: row.assertions.filter((_, at) => at !== n) }))
                    }
                  >
                    ×
                  </button>
                )}
              </li>
            ))}
          </ul>
          {row.assertions.length === 0 && (
            <p class="dim">measured by: no guard rule fires{row.expected === undefined ? '' : ', and the expected text word for word'}</p>
          )}
          {mayActAs('analyst') && (
            <AssertionForm
              onAdd={(assertion) => act(send('PATCH', `/datasets/${name}/rows/${row.id}`, { assertions: [...row.assertions, assertion] }))}
            />
          )}
        </Panel>
      ))}
    </>
  )
}

const TYPES = [
  'contains',
  'not-contains',
  'regex',
  'not-regex',
  'equals',
  'is-json',
  'exit-code',
  'state-after',
  'latency',
  'tokens',
  'no-guard',
  'llm-rubric',
] as const
const NUMBERS: readonly string[] = ['exit-code', 'latency', 'tokens']
const BARE: readonly string[] = ['is-json', 'no-guard']

function AssertionForm({ onAdd }: { onAdd: (assertion: AssertionShape) => void }): JSX.Element {
  const [type, setType] = useState<string>('contains')
  return (
    <form
      class="fields row"
      onSubmit={(event) => {
        event.preventDefault()
        const form = event.currentTarget
        const data = new FormData(form)
        const text = String(data.get('value') ?? '')
        const value = BARE.includes(type) ? {} : { value: NUMBERS.includes(type) ? Number(text) : text }
        const command = type === 'state-after' ? { command: String(data.get('command')) } : {}
        onAdd({ type, ...value, ...command } as AssertionShape)
        form.reset()
      }}
    >
      <label>
        Must
        <select name="type" value={type} onChange={(event) => setType(event.currentTarget.value)}>
          {TYPES.map((one) => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </label>
      {type === 'state-after' && (
        <input name="command" class="mono" placeholder="command typed afterwards" aria-label="command typed afterwards" required />
      )}
      {!BARE.includes(type) && (
        <input
          name="value"
          class="mono wide"
          inputMode={NUMBERS.includes(type) ? 'numeric' : 'text'}
          aria-label="value"
          placeholder="value"
          required
        />
      )}
      <button type="submit">Add</button>
    </form>
  )
}

function assertionText(assertion: AssertionShape): string {
  const { type, ...rest } = assertion
  return [type, ...Object.values(rest)].join(' ')
}

/** A matrix of prompts, models and temperatures over this dataset. */
function RunForm({ dataset }: { dataset: DatasetShape }): JSX.Element {
  const { data: prompts } = useLoaded((abort) => get<PersonaPrompts>(`/prompts/${dataset.persona}`, {}, abort), [dataset.persona])
  const [problem, setProblem] = useState<ApiProblem>()
  if (!prompts) return <p class="dim">…</p>
  const words = (text: FormDataEntryValue | null): string[] =>
    String(text ?? '')
      .split(/[\s,]+/)
      .filter(Boolean)
  const { production } = prompts.labels
  const newest = prompts.versions[0]?.number ?? production
  return (
    <Panel title="Experiment">
      <ProblemNote problem={problem} />
      <form
        class="fields row"
        onSubmit={(event) => {
          event.preventDefault()
          const data = new FormData(event.currentTarget)
          send<{ id: string }>('POST', '/experiments', {
            dataset: dataset.name,
            prompts: words(data.get('prompts')).map((one) => Number(one.replace('@', ''))),
            models: words(data.get('models')),
            temperatures: words(data.get('temperatures')).map(Number),
            repeats: Number(data.get('repeats')),
            seed: Number(data.get('seed')),
            recorded: data.get('recorded') === 'on',
          }).then(
            ({ id }) => navigate(link(`/experiments/${id}`)),
            (error: unknown) => setProblem(problemOf(error)),
          )
        }}
      >
        <label>
          Prompts; the first is the measure
          <input
            name="prompts"
            class="mono"
            defaultValue={newest === production ? `@${production}` : `@${production} @${newest}`}
            required
          />
        </label>
        <label>
          Models
          <input name="models" class="mono" defaultValue={prompts.model} />
        </label>
        <label>
          Temperatures
          <input name="temperatures" class="mono" defaultValue={String(prompts.temperature)} />
        </label>
        <label>
          Times each
          <input name="repeats" type="number" min={1} max={20} defaultValue="1" />
        </label>
        <label>
          Seed
          <input name="seed" type="number" min={0} defaultValue="1" />
        </label>
        <label class="check">
          <input name="recorded" type="checkbox" /> take recorded answers
        </label>
        <button type="submit" class="primary">
          Run
        </button>
      </form>
    </Panel>
  )
}
