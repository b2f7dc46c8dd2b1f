import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import type { CheckedTexts, DiffShape, MetricsShape, PersonaPrompts, VersionShape } from '../../../api/lab-shapes.ts'
import { type ApiProblem, get, mayActAs, send } from '../api.ts'
import { ago, count, duration, percent } from '../format.ts'
import { useKeys } from '../keyboard.ts'
import { problemOf, useLoaded } from '../load.ts'
import { Diff } from '../parts/diff.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now, period } from '../period.ts'
import { link } from '../router.ts'

/** Personas with their prompts. */
export function Prompts(): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<PersonaPrompts[]>('/prompts', {}, abort), [])
  return (
    <>
      <PageHead title="Prompts" about="what each persona tells the model; a version never changes, labels move" />
      <ProblemNote problem={problem} />
      <div class="cards">
        {data?.map((one) => (
          <a key={one.persona} class="card" href={link(`/prompts/${one.persona}`)}>
            <span class="card-head">
              <b>{one.persona}</b>
              <span class="spacer" />
              {!one.files.inStep && <span class="guard">out of step with prompts/</span>}
            </span>
            <span class="card-figures">
              {one.hostname}, {one.os}
            </span>
            <span class="dim">{one.summary}</span>
            <span class="card-foot">
              <Chips number={undefined} labels={one.labels} />
              <span class="spacer" />
              <span class="dim">{one.versions.length} versions</span>
            </span>
          </a>
        ))}
      </div>
    </>
  )
}

/** Labels as chips: those of one version, or all with their numbers. */
function Chips({ number, labels }: { number: number | undefined; labels: PersonaPrompts['labels'] }): JSX.Element {
  const shown = (['production', 'staging', 'canary'] as const).filter((label) =>
    number === undefined ? labels[label] !== undefined : labels[label] === number,
  )
  return (
    <>
      {shown.map((label) => (
        <span key={label} class={`badge label-${label}`}>
          {label}
          {number === undefined && ` @${labels[label]}`}
          {label === 'canary' && ` ${percent(labels.canaryShare)}`}
        </span>
      ))}
    </>
  )
}

export function Prompt({ persona }: { persona: string }): JSX.Element {
  const [round, setRound] = useState(0)
  const [problem, setProblem] = useState<ApiProblem>()
  const [said, setSaid] = useState('')
  const { data, problem: loadProblem } = useLoaded((abort) => get<PersonaPrompts>(`/prompts/${persona}`, {}, abort), [persona, round])
  const [open, setOpen] = useState<number>()
  const number = open ?? data?.labels.production
  const act = (work: Promise<unknown>, what: string): void => {
    work.then(
      () => {
        setProblem(undefined)
        setSaid(what)
        setRound((n) => n + 1)
      },
      (error: unknown) => {
        setSaid('')
        setProblem(problemOf(error))
      },
    )
  }
  const place = data?.versions.findIndex((one) => one.number === number) ?? 0
  const go = (by: number): void => setOpen(data?.versions[Math.max(0, Math.min(data.versions.length - 1, place + by))]?.number)
  useKeys([
    { key: 'j', what: 'older version', run: () => go(1) },
    { key: 'k', what: 'newer version', run: () => go(-1) },
  ])
  const isOperator = mayActAs('operator')
  const promote = (wanted: number, more: { overwrite?: boolean; ungated?: boolean } = {}): void =>
    act(send('POST', `/prompts/${persona}/promote`, { number: wanted, ...more }), `version ${wanted} is production from the next visit on`)
  return (
    <>
      <PageHead title={persona} about={data && `${data.model} at ${data.temperature}, context of ${count(data.contextTokens)} tokens`}>
        {isOperator && data && data.labels.moves.filter(({ label }) => label === 'production').length > 1 && (
          <button type="button" onClick={() => act(send('POST', `/prompts/${persona}/rollback`, {}), 'rolled back')}>
            Roll back
          </button>
        )}
        {isOperator && data && number !== undefined && number !== data.labels.production && (
          <button type="button" class="primary" onClick={() => promote(number)}>
            Promote @{number}
          </button>
        )}
      </PageHead>
      <ProblemNote problem={problem ?? loadProblem} />
      <p class="dim" role="status">
        {said}
      </p>
      {data && !data.files.inStep && (
        <p class="problem" role="alert">
          prompts/{persona} holds version {data.files.files}, production is version {data.files.production}.{' '}
          {!data.files.conflict && (
            <>
              <span class="mono">sundew prompt write {persona}</span> brings the files in step: the sensor itself may not write there.
            </>
          )}
          {data.files.conflict && isOperator && (
            <>
              <button type="button" class="plain" onClick={() => promote(data.files.files)}>
                play what the files hold
              </button>{' '}
              <button type="button" class="plain" onClick={() => promote(data.files.production, { overwrite: true })}>
                keep production
              </button>
            </>
          )}
        </p>
      )}
      {data && (
        <div class="prompt-panes">
          <Panel title="Versions">
            <ol class="versions">
              {data.versions.map((version) => (
                <li key={version.number}>
                  <button type="button" aria-current={version.number === number} onClick={() => setOpen(version.number)}>
                    <b class="mono">@{version.number}</b> <Untrusted text={version.message} oneLine />{' '}
                    <Chips number={version.number} labels={data.labels} />
                    <span class="dim">
                      <Untrusted text={version.author} oneLine />, {ago(version.at, now.value)}, {version.tokens.shell} +{' '}
                      {version.tokens.web} tokens
                    </span>
                  </button>
                </li>
              ))}
            </ol>
          </Panel>
          {number !== undefined && (
            <VersionView
              key={`${number} ${round}`}
              data={data}
              number={number}
              act={act}
              onSaved={(saved) => {
                setOpen(saved)
                setSaid(`saved as version ${saved}; no label has moved`)
                setRound((n) => n + 1)
              }}
            />
          )}
        </div>
      )}
      <Metrics persona={persona} />
    </>
  )
}

interface VersionViewProps {
  data: PersonaPrompts
  number: number
  act: (work: Promise<unknown>, what: string) => void
  onSaved: (number: number) => void
}

function VersionView({ data, number, act, onSaved }: VersionViewProps): JSX.Element {
  const { persona, labels } = data
  const { data: version } = useLoaded((abort) => get<VersionShape>(`/prompts/${persona}/versions/${number}`, {}, abort), [persona, number])
  const against = labels.production === number ? version?.parent : labels.production
  const { data: diff } = useLoaded(
    async (abort) => (against === undefined ? undefined : get<DiffShape>(`/prompts/${persona}/diff`, { from: against, to: number }, abort)),
    [persona, number, against],
  )
  const point = (label: 'staging' | 'canary'): void => {
    const isHere = labels[label] === number
    act(
      send('POST', `/prompts/${persona}/labels`, { label, number: isHere ? null : number }),
      `${label} ${isHere ? 'taken away' : `is @${number}`}`,
    )
  }
  return (
    <div class="stack">
      {version && <Editor key={number} data={data} version={version} onSaved={onSaved} />}
      {mayActAs('operator') && (
        <Panel title="Labels">
          <div class="fields row">
            <button type="button" aria-pressed={labels.staging === number} onClick={() => point('staging')}>
              staging
            </button>
            <button type="button" aria-pressed={labels.canary === number} onClick={() => point('canary')}>
              canary
            </button>
            <label>
              Share of sources that meet the canary, %
              <input
                type="number"
                min={0}
                max={100}
                value={Math.round(labels.canaryShare * 100)}
                onChange={(event) =>
                  act(
                    send('POST', `/prompts/${persona}/labels`, {
                      label: 'canary',
                      number: labels.canary ?? null,
                      share: Number(event.currentTarget.value) / 100,
                    }),
                    'share of the canary changed',
                  )
                }
              />
            </label>
            {labels.gate && (
              <span class="dim">
                gate: {percent(labels.gate.atLeast)} of {labels.gate.dataset}
                {labels.gate.noRegressions && ', no regression'}
              </span>
            )}
          </div>
        </Panel>
      )}
      {diff && (
        <Panel title={`Against @${diff.from}`}>
          <Diff diff={diff} />
        </Panel>
      )}
    </div>
  )
}

interface EditorProps {
  data: PersonaPrompts
  version: VersionShape
  onSaved: (number: number) => void
}

const CHECK_AFTER_MS = 400

function Editor({ data: { persona, variables }, version, onSaved }: EditorProps): JSX.Element {
  const [texts, setTexts] = useState({ shell: version.shell, web: version.web })
  const [side, setSide] = useState<'shell' | 'web'>('shell')
  const [message, setMessage] = useState('')
  const [checked, setChecked] = useState<CheckedTexts>()
  const [problem, setProblem] = useState<ApiProblem>()
  const isChanged = texts.shell !== version.shell || texts.web !== version.web
  const mayCheck = mayActAs('analyst')
  useEffect(() => {
    if (!isChanged || !mayCheck) return
    const timer = setTimeout(() => {
      send<CheckedTexts>('POST', `/prompts/${persona}/check`, texts).then(setChecked, (error: unknown) => setProblem(problemOf(error)))
    }, CHECK_AFTER_MS)
    return () => clearTimeout(timer)
  }, [texts.shell, texts.web])
  const save = (): void => {
    send<{ number: number }>('POST', `/prompts/${persona}/versions`, { ...texts, message, parent: version.number }).then(
      ({ number }) => onSaved(number),
      (error: unknown) => setProblem(problemOf(error)),
    )
  }
  const isWrong = isChanged && (checked?.problems.length ?? 0) > 0
  return (
    <Panel
      title={`Version ${version.number}`}
      aside={<span class="dim mono">{(isChanged ? checked?.tokens : version.tokens)?.[side] ?? '…'} tokens with the engine's rules</span>}
    >
      <div class="tabs" role="tablist">
        {(['shell', 'web'] as const).map((one) => (
          <button key={one} type="button" role="tab" aria-selected={side === one} onClick={() => setSide(one)}>
            {one}.md
          </button>
        ))}
      </div>
      <textarea
        class="editor mono"
        aria-label={`${side}.md`}
        rows={24}
        spellcheck={false}
        readOnly={!mayActAs('operator')}
        value={texts[side]}
        onInput={(event) => setTexts({ ...texts, [side]: event.currentTarget.value })}
      />
      {isChanged &&
        checked?.problems.map(({ file, line, key, what, cure }) => (
          <p key={`${file} ${line} ${key}`} class="problem" role="alert">
            {file}
            {line !== undefined && `:${line}`} {key}: {what}. <span class="dim">{cure}</span>
          </p>
        ))}
      <ProblemNote problem={problem} />
      <details>
        <summary>Variables</summary>
        <p class="mono dim">{variables.map((name) => `{{${name}}}`).join(' ')}</p>
      </details>
      {mayActAs('operator') && (
        <form
          class="fields row"
          onSubmit={(event) => {
            event.preventDefault()
            save()
          }}
        >
          <label class="wide">
            What changes, and why
            <input name="message" value={message} required maxLength={500} onInput={(event) => setMessage(event.currentTarget.value)} />
          </label>
          <button type="submit" disabled={!isChanged || isWrong}>
            Save as a new version
          </button>
        </form>
      )}
    </Panel>
  )
}

function Metrics({ persona }: { persona: string }): JSX.Element {
  const { since, until } = period.value
  const { data } = useLoaded(
    (abort) => get<MetricsShape[]>(`/prompts/${persona}/metrics`, { since, until }, abort),
    [persona, since, until],
  )
  return (
    <Panel title="With live visitors">
      {data?.length === 0 && <Empty>no version answered in this period</Empty>}
      {data && data.length > 0 && (
        <div class="scroll">
          <table class="metrics">
            <thead>
              <tr>
                <th>Version</th>
                <th class="number">Sessions</th>
                <th class="number">Commands a session</th>
                <th class="number">Answers</th>
                <th class="number">Guard fired</th>
                <th class="number">Stood in for</th>
                <th class="number">p95</th>
                <th>Last command before leaving</th>
              </tr>
            </thead>
            <tbody>
              {data.map((row) => (
                <tr key={row.played.join()}>
                  <td class="mono">{row.number === undefined ? <Untrusted text={row.played.join(' ')} oneLine /> : `@${row.number}`}</td>
                  <td class="number mono">{count(row.sessions)}</td>
                  <td class="number mono">{row.commandsPerSession}</td>
                  <td class="number mono">{count(row.answers)}</td>
                  <td class="number mono">{percent(row.guarded)}</td>
                  <td class="number mono">{percent(row.fallbacks)}</td>
                  <td class="number mono">{duration(row.p95Ms)}</td>
                  <td class="mono">
                    {row.lastInputs.slice(0, 3).map(({ value, count: times }) => (
                      <div key={value}>
                        <span class="dim">{times}×</span> <Untrusted text={value.slice(0, 80)} oneLine />
                      </div>
                    ))}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Panel>
  )
}
