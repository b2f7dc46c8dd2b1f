import type { JSX } from 'preact'
import type { SessionRow } from '../../../api/shapes.ts'
import { clock, day, duration } from '../format.ts'
import { link } from '../router.ts'
import { Country, LureBadge, SourceBar, Tag, Value } from './badges.tsx'
import { Untrusted } from './untrusted.tsx'

export const SESSION_COLUMNS = ['Started (UTC)', 'Lure', 'Source', 'Login', 'Last input', 'Turns', 'Answers', 'For', 'Tags']

const TAGS = 2

/** One session in a list. */
export function SessionLine({ session }: { session: SessionRow }): JSX.Element {
  const room = session.artifacts > 0 ? TAGS - 1 : TAGS
  return (
    <>
      <a class="cell when mono" href={link(`/sessions/${session.session}`)}>
        <span class="dim">{day(session.startedAt).slice(5)}</span> {clock(session.startedAt)}
      </a>
      <span class="cell lure-cell">
        <LureBadge lure={session.lure} />
      </span>
      <span class="cell source-cell">
        <Country code={session.country} />
        <Value field="src_ip" value={session.srcIp} />
      </span>
      <span class="cell mono login-cell">{session.credential !== undefined && <Untrusted text={session.credential} oneLine />}</span>
      {session.lastInput === undefined ? (
        <span class="cell input-cell" />
      ) : (
        <a class="cell mono input-cell" href={link(`/sessions/${session.session}`)}>
          <Untrusted text={session.lastInput} oneLine />
        </a>
      )}
      <span class="cell number mono">{session.turns || <span class="dim">–</span>}</span>
      <span class="cell answers-cell">
        <SourceBar answers={session.answers} />
      </span>
      <span class="cell number mono dim">{session.endedAt === undefined ? 'open' : duration(session.endedAt - session.startedAt)}</span>
      <span class="cell tags-cell">
        {session.artifacts > 0 && <span class="badge">{session.artifacts === 1 ? 'file' : `${session.artifacts} files`}</span>}
        {session.tags.slice(0, room).map((tag) => (
          <Tag key={tag} tag={tag} />
        ))}
        {session.tags.length > room && <span class="dim mono">+{session.tags.length - room}</span>}
      </span>
    </>
  )
}

/** Sessions as a short table, for pages that show some of them. */
export function SessionTable({ sessions }: { sessions: readonly SessionRow[] }): JSX.Element {
  return (
    <div class="list still">
      <div class="list-head session-grid">
        {SESSION_COLUMNS.map((name) => (
          <span key={name}>{name}</span>
        ))}
      </div>
      <div role="list" aria-label="sessions">
        {sessions.map((session) => (
          <div key={session.session} role="listitem" class="list-row session-grid">
            <SessionLine session={session} />
          </div>
        ))}
      </div>
    </div>
  )
}
