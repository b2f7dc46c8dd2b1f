import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { SessionDetail, Step } from '../../../api/shapes.ts'
import { type ApiProblem, apiAddress, get } from '../api.ts'
import { dayAndClock, duration } from '../format.ts'
import { useKeys } from '../keyboard.ts'
import { problemOf, useLoaded } from '../load.ts'
import { Country, LureBadge, SourceBadge, Tag, Value } from '../parts/badges.tsx'
import { Empty, PageHead, ProblemNote } from '../parts/panel.tsx'
import { isPage } from '../parts/picture.tsx'
import { Replay } from '../parts/replay.tsx'
import { SessionSide } from '../parts/session-side.tsx'
import { Timeline } from '../parts/timeline.tsx'
import { Transcript } from '../parts/transcript.tsx'
import { TurnDesk } from '../parts/turn-desk.tsx'
import { link, navigate, parameter, withParameters } from '../router.ts'

const PAGE = 500
/** What the sensor notes of a visit rather than what was said in it. */
const BOOKKEEPING = ['session.open', 'session.close', 'fingerprint', 'limit', 'lure.fault', 'ssh.kex', 'ssh.terminal']

/** Events that a reader of turns wants to see between them. */
const TOLD_BESIDE = ['login', 'artifact', 'indicator', 'ssh.sftp', 'ssh.copy', 'ssh.forward']

const VIEWS = [
  ['transcript', 'Transcript'],
  ['pages', 'Pages'],
  ['replay', 'Replay'],
  ['events', 'All events'],
] as const
const FORMATS = ['cast', 'ttylog', 'json', 'txt', 'pcapng'] as const

export function Session({ id }: { id: string }): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<SessionDetail>(`/sessions/${id}`, {}, abort), [id])
  const { steps, more, problem: stepsProblem } = useSteps(id)
  const hasPages = useMemo(() => steps.some(isPage), [steps])
  const view = VIEWS.find(([name]) => name === parameter('view'))?.[0] ?? 'transcript'
  const show = (name: string): void => navigate(withParameters({ view: name === 'transcript' ? '' : name }), { replace: true })
  const [selected, setSelected] = useState(0)
  const shown = useMemo(() => (view === 'events' ? steps : view === 'pages' ? steps.filter(isPage) : conversationOf(steps)), [view, steps])
  const go = (by: number): void => {
    const next = Math.max(0, Math.min(shown.length - 1, selected + by))
    setSelected(next)
    document.getElementById(`step-${shown[next]?.event}`)?.scrollIntoView({ block: 'center' })
  }
  const [isDeskOpen, setDesk] = useState(false)
  const chosen = shown[selected]
  useKeys([
    { key: 'a', what: 'judge this turn', run: () => setDesk(true) },
    { key: 'j', what: 'next turn', run: () => go(1) },
    { key: 'k', what: 'previous turn', run: () => go(-1) },
    { key: 'r', what: 'replay', run: () => show(view === 'replay' ? 'transcript' : 'replay') },
    { key: 'x', what: 'download as JSON', run: () => location.assign(apiAddress(`/sessions/${id}/json`)) },
    { key: 'u', what: 'back to the sessions', run: () => history.back() },
  ])
  const session = data?.session
  return (
    <>
      <PageHead
        title={session ? `${session.lure} session` : 'Session'}
        about={
          session && (
            <span class="session-about">
              <LureBadge lure={session.lure} />
              <Country code={session.country} />
              <a class="mono" href={link(`/sources/${session.srcIp}`)}>
                {session.srcIp}
              </a>
              <span class="dim">to port {session.dstPort}</span>
              <span class="mono">{dayAndClock(session.startedAt)} UTC</span>
              <span class="dim">{session.endedAt === undefined ? 'still open' : duration(session.endedAt - session.startedAt)}</span>
              {session.persona && <Value field="persona" value={session.persona} mono={false} />}
              {Object.entries(session.answers).map(([source, n]) => (
                <SourceBadge key={source} source={source} count={n} />
              ))}
              {session.tags
                .filter((tag) => !tag.startsWith('attack:'))
                .map((tag) => (
                  <Tag key={tag} tag={tag} />
                ))}
            </span>
          )
        }
      >
        <span class="downloads" role="group" aria-label="download">
          {FORMATS.filter((format) => format !== 'ttylog' || (data?.recordings.length ?? 0) > 0).map((format) => (
            <a key={format} class="button" href={apiAddress(`/sessions/${id}/${format}`)} download>
              .{format}
            </a>
          ))}
        </span>
      </PageHead>
      <ProblemNote problem={problem ?? stepsProblem} />
      <div class="tabs" role="tablist">
        {VIEWS.filter(([name]) => name !== 'pages' || hasPages).map(([name, label]) => (
          <button key={name} type="button" role="tab" aria-selected={view === name} onClick={() => show(name)}>
            {label}
          </button>
        ))}
        <span class="spacer" />
        <span class="dim mono">{more ? `${steps.length} events so far …` : `${steps.length} events`}</span>
      </div>
      {data && (
        <div class="session-panes">
          <Timeline
            steps={shown}
            selected={shown[selected]?.event}
            onSelect={(event) => go(shown.findIndex((step) => step.event === event) - selected)}
          />
          <div class="session-main">
            {view === 'replay' ? (
              <Replay id={id} recordings={data.recordings.length} />
            ) : shown.length === 0 ? (
              <Empty>{more ? 'reading …' : 'connected, and said nothing'}</Empty>
            ) : (
              <Transcript
                steps={shown}
                {...(view === 'pages' && { picturesOf: id })}
                startedAt={data.session.startedAt}
                selected={chosen?.event}
                onSelect={(event) => {
                  setSelected(shown.findIndex((step) => step.event === event))
                  setDesk(true)
                }}
              />
            )}
          </div>
          <div class="stack">
            {isDeskOpen && chosen?.source !== undefined && view !== 'replay' && (
              <TurnDesk key={chosen.event} session={id} step={chosen} onClose={() => setDesk(false)} />
            )}
            <SessionSide detail={data} />
          </div>
        </div>
      )}
    </>
  )
}

/** What was said, and what was left; of a lure that records no turns, what it records of its protocol. */
function conversationOf(steps: readonly Step[]): Step[] {
  const isTold = steps.some(({ source }) => source !== undefined)
  return steps.filter(({ kind, source }) => source !== undefined || (isTold ? TOLD_BESIDE.includes(kind) : !BOOKKEEPING.includes(kind)))
}

/** All steps of a session, a page after the other: some have tens of thousands. */
function useSteps(id: string): { steps: Step[]; more: boolean; problem: ApiProblem | undefined } {
  const [state, setState] = useState<{ steps: Step[]; more: boolean; problem: ApiProblem | undefined }>({
    steps: [],
    more: true,
    problem: undefined,
  })
  useEffect(() => {
    const abort = new AbortController()
    const read = async (): Promise<void> => {
      let steps: Step[] = []
      for (let more = true; more; ) {
        const page = await get<{ steps: Step[]; more: boolean }>(
          `/sessions/${id}/steps`,
          { after: steps.at(-1)?.event, limit: PAGE },
          abort.signal,
        )
        steps = [...steps, ...page.steps]
        more = page.more
        setState({ steps, more, problem: undefined })
      }
    }
    setState({ steps: [], more: true, problem: undefined })
    read().catch((error: unknown) => {
      if (!abort.signal.aborted) setState((old) => ({ ...old, more: false, problem: problemOf(error) }))
    })
    return () => abort.abort()
  }, [id])
  return state
}
