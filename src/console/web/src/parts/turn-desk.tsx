import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { DatasetHead, ReviewShape } from '../../../api/lab-shapes.ts'
import type { Step } from '../../../api/shapes.ts'
import { type ApiProblem, get, mayActAs, me, send } from '../api.ts'
import { problemOf, useLoaded } from '../load.ts'
import { link } from '../router.ts'
import { OpinionForm } from './opinion.tsx'
import { Panel, ProblemNote } from './panel.tsx'
import { Untrusted } from './untrusted.tsx'

/** What can be done with one turn of a session: judge it, try it again, put it into a dataset. */
export function TurnDesk({ session, step, onClose }: { session: string; step: Step; onClose: () => void }): JSX.Element {
  const [round, setRound] = useState(0)
  const [said, setSaid] = useState('')
  const { data: reviews } = useLoaded((abort) => get<ReviewShape[]>('/review/turns', { session }, abort), [session, round])
  const own = reviews?.find((one) => one.event === step.event && one.reviewer === me.value?.account)
  const others = (reviews ?? []).filter((one) => one.event === step.event && one !== own)
  return (
    <Panel
      title="This turn"
      className="turn-desk"
      aside={
        <span class="actions">
          <a href={link('/playground', { session, event: step.event })}>playground</a>
          <button type="button" class="plain" onClick={onClose}>
            close
          </button>
        </span>
      }
    >
      <pre class="turn-input">
        <Untrusted text={step.input.trimEnd().slice(0, 300)} oneLine />
      </pre>
      {reviews && (
        <OpinionForm
          key={`${step.event} ${own?.at}`}
          session={session}
          step={step}
          before={own}
          onSaved={(what) => {
            setSaid(what)
            setRound((n) => n + 1)
          }}
        />
      )}
      {others.map((one) => (
        <p key={one.reviewer} class="dim">
          {one.reviewer}: {[...one.marks, one.score].filter(Boolean).join(', ')} <Untrusted text={one.comment ?? ''} oneLine />
        </p>
      ))}
      {mayActAs('analyst') && <IntoDataset session={session} step={step} onDone={setSaid} />}
      <p class="dim" role="status">
        {said}
      </p>
    </Panel>
  )
}

function IntoDataset({ session, step, onDone }: { session: string; step: Step; onDone: (what: string) => void }): JSX.Element {
  const { data } = useLoaded((abort) => get<DatasetHead[]>('/datasets', {}, abort), [])
  const [problem, setProblem] = useState<ApiProblem>()
  return (
    <form
      class="fields row"
      onSubmit={(event) => {
        event.preventDefault()
        const name = String(new FormData(event.currentTarget).get('dataset'))
        send('POST', `/datasets/${name}/rows`, { session, event: step.event }).then(
          () => {
            setProblem(undefined)
            onDone(`in the dataset ${name}`)
          },
          (error: unknown) => setProblem(problemOf(error)),
        )
      }}
    >
      <label>
        Dataset
        <input name="dataset" class="mono" list="datasets" pattern="[a-z0-9][a-z0-9\-]*" required />
      </label>
      <datalist id="datasets">
        {data?.map(({ name }) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <button type="submit">Put it in</button>
      <ProblemNote problem={problem} />
    </form>
  )
}
