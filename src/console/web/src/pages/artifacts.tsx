import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { ArtifactRow, SessionRow, VerdictShape } from '../../../api/shapes.ts'
import { apiAddress, get, mayActAs, send } from '../api.ts'
import { bytes, count, dayAndClock } from '../format.ts'
import { problemOf, useLoaded } from '../load.ts'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { SessionTable } from '../parts/session-line.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { period } from '../period.ts'
import { link } from '../router.ts'

export function Artifacts(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded(
    (abort) => get<{ values: number; artifacts: ArtifactRow[] }>('/artifacts', { since, until }, abort),
    [since, until],
  )
  return (
    <>
      <PageHead
        ofPeriod
        title="Artifacts"
        about={data ? `${count(data.values)} different files that attackers left` : 'files that attackers left'}
      >
        <a class="button" href={apiAddress('/artifacts/hashes', { since, until })} download>
          hashes
        </a>
      </PageHead>
      <ProblemNote problem={problem} />
      {data?.artifacts.length === 0 && <Empty>no file in this period</Empty>}
      {data && data.artifacts.length > 0 && (
        <div class="list still">
          <div class="list-head artifact-grid">
            <span>SHA-256</span>
            <span>Type</span>
            <span class="number">Size</span>
            <span class="number">Times</span>
            <span>First seen</span>
            <span>Last seen (UTC)</span>
          </div>
          {data.artifacts.map((artifact) => (
            <div key={artifact.sha256} class="list-row artifact-grid">
              <a class="cell mono" href={link(`/artifacts/${artifact.sha256}`)}>
                {artifact.sha256}
              </a>
              <span class="cell">
                {artifact.magic === undefined ? <span class="dim">not kept</span> : <Untrusted text={artifact.magic} oneLine />}
              </span>
              <span class="cell number mono">{artifact.size === undefined ? '' : bytes(artifact.size)}</span>
              <span class="cell number mono">{count(artifact.count)}</span>
              <span class="cell mono dim">{dayAndClock(artifact.firstSeen)}</span>
              <span class="cell mono dim">{dayAndClock(artifact.lastSeen)}</span>
            </div>
          ))}
        </div>
      )}
    </>
  )
}

interface Detail {
  artifact: ArtifactRow
  names: string[]
  urls: string[]
  how: string[]
  sessions: SessionRow[]
}

export function Artifact({ sha256 }: { sha256: string }): JSX.Element {
  const { data, problem } = useLoaded((abort) => get<Detail>(`/artifacts/${sha256}`, {}, abort), [sha256])
  const artifact = data?.artifact
  return (
    <>
      <PageHead title="Artifact" about={<span class="mono">{sha256}</span>}>
        {artifact?.kept && mayActAs('analyst') && (
          <a class="button" href={apiAddress(`/artifacts/${sha256}/zip`)} download title="an encrypted zip; its password is: infected">
            zip (password: infected)
          </a>
        )}
        {mayActAs('analyst') && <LookUp sha256={sha256} />}
      </PageHead>
      <ProblemNote problem={problem} />
      {data && artifact && (
        <>
          <div class="panels">
            <Panel title="Facts" className="two">
              <dl class="facts">
                <dt>type</dt>
                <dd>
                  <Untrusted text={artifact.magic ?? 'unknown'} oneLine />
                </dd>
                <dt>size</dt>
                <dd>
                  {artifact.size === undefined ? 'unknown' : bytes(artifact.size)}
                  {artifact.truncated && ', cut to what limits.artifactBytes allows'}
                </dd>
                <dt>MD5</dt>
                <dd class="mono">{artifact.md5}</dd>
                <dt>SHA-1</dt>
                <dd class="mono">{artifact.sha1}</dd>
                <dt>first seen</dt>
                <dd class="mono">{dayAndClock(artifact.firstSeen)} UTC</dd>
                <dt>came by</dt>
                <dd>
                  <Untrusted text={data.how.join(', ')} oneLine />
                </dd>
              </dl>
            </Panel>
            <Texts title="Names" values={data.names} />
            <Texts title="From" values={data.urls} />
          </div>
          <Panel title="Sessions that brought it">
            <SessionTable sessions={data.sessions} />
          </Panel>
        </>
      )}
    </>
  )
}

/** VirusTotal is asked when somebody presses the button, never by itself: who attacked might watch for the question. */
function LookUp({ sha256 }: { sha256: string }): JSX.Element {
  const [answer, setAnswer] = useState('')
  const ask = async (): Promise<void> => {
    setAnswer('asking …')
    try {
      const { known, malicious, engines, label } = await send<VerdictShape>('POST', `/artifacts/${sha256}/lookup`)
      setAnswer(
        known ? `${malicious} of ${engines} engines call it malicious${label ? ` (${label})` : ''}` : 'VirusTotal has never seen it',
      )
    } catch (error) {
      setAnswer(problemOf(error).message)
    }
  }
  return (
    <>
      <button type="button" class="button" onClick={() => void ask()} title="sends the hash, never the file">
        ask VirusTotal
      </button>
      <span role="status">
        <Untrusted text={answer} oneLine />
      </span>
    </>
  )
}

function Texts({ title, values }: { title: string; values: readonly string[] }): JSX.Element {
  return (
    <Panel title={title}>
      <ul class="plain-list mono">
        {values.map((value) => (
          <li key={value}>
            <Untrusted text={value} oneLine />
          </li>
        ))}
        {values.length === 0 && <li class="empty">none</li>}
      </ul>
    </Panel>
  )
}
