import type { JSX } from 'preact'
import type { Honeytokens as Shape } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { ago, count, dayAndClock } from '../format.ts'
import { useLoaded } from '../load.ts'
import { Value } from '../parts/badges.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now } from '../period.ts'
import { link } from '../router.ts'

type Returned = Shape['returns'][number]

/** Secrets that open nothing and tell on who uses them: to whom each was shown, and where it came back. */
export function Honeytokens(): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<Shape>('/honeytokens', {}, abort), [])
  const back = new Map(data?.returns.map((one) => [one.secret, one]))
  return (
    <>
      <PageHead
        title="Honeytokens"
        about={
          data
            ? `${count(data.minted)} shown to one source each, ${count(data.planted)} in files that everybody reads`
            : 'secrets that tell on who uses them'
        }
      />
      <ProblemNote problem={problem} />
      <Panel title="Came back" aside={data && <span class="dim">{count(data.returns.length)}</span>}>
        {data?.returns.length === 0 && <Empty>none of them was tried so far</Empty>}
        <ul class="plain-list">
          {data?.returns.map((token) => (
            <li key={`${token.secret} ${token.how} ${token.value}`}>
              <span class="badge">{token.how}</span> <span class="dim">{token.kind} of</span>{' '}
              <span class="mono">
                <Untrusted text={token.file} oneLine />
              </span>{' '}
              <span class="dim">({token.persona})</span>{' '}
              <Value field={token.how === 'login' ? 'password' : token.how === 'command' ? 'input' : 'request'} value={token.value} />{' '}
              <Way token={token} />{' '}
              <span class="dim">
                {token.count}×, {ago(token.lastSeen, now.value)}
              </span>
            </li>
          ))}
        </ul>
      </Panel>
      <Panel title="Shown" aside={data && data.newest.length < data.minted && <span class="dim">the newest {data.newest.length}</span>}>
        {data?.newest.length === 0 && <Empty>nobody has read a file or page with a secret of its own yet</Empty>}
        {data && data.newest.length > 0 && (
          <div class="list still">
            <div class="list-head honeytoken-grid">
              <span>Shown to</span>
              <span>When (UTC)</span>
              <span>Kind</span>
              <span>Where</span>
              <span>Secret</span>
              <span>Came back</span>
            </div>
            {data.newest.map((token) => (
              <div key={`${token.owner} ${token.kind} ${token.name} ${token.mintedFor}`} class="list-row honeytoken-grid">
                <span class="cell mono">
                  <a href={link(`/sources/${token.mintedFor}`)}>{token.mintedFor}</a>
                </span>
                <span class="cell mono">{dayAndClock(token.mintedAt)}</span>
                <span class="cell">
                  {token.kind} <span class="dim">{token.name}</span>
                </span>
                <span class="cell mono">
                  <Untrusted text={token.place} oneLine /> <span class="dim">({token.owner})</span>
                </span>
                <span class="cell mono">
                  <Untrusted text={token.value.slice(0, 80)} oneLine />
                </span>
                <span class="cell">
                  {back.has(token.value) ? <span class="badge">{back.get(token.value)?.how}</span> : <span class="dim">no</span>}
                </span>
              </div>
            ))}
          </div>
        )}
      </Panel>
    </>
  )
}

/** From whom to whom it went. */
function Way({ token: { mintedFor, usedBy = [] } }: { token: Returned }): JSX.Element | null {
  if (mintedFor === undefined) return null
  return (
    <span>
      <span class="dim">shown to</span> <a href={link(`/sources/${mintedFor}`)}>{mintedFor}</a> <span class="dim">used by</span>{' '}
      {usedBy.map((ip) => (
        <a key={ip} href={link(`/sources/${ip}`)}>
          {ip}{' '}
        </a>
      ))}
    </span>
  )
}
