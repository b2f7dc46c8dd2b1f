import type { JSX } from 'preact'
import type { SessionDetail } from '../../../api/shapes.ts'
import { bytes, countryName, dayAndClock } from '../format.ts'
import { link } from '../router.ts'
import { Value } from './badges.tsx'
import { Untrusted } from './untrusted.tsx'

/** Fields that tell who it was; what was typed stands in the transcript. */
const SHOWN = ['client', 'hassh', 'ja4', 'ja4h', 'fingerprint', 'user_agent', 'credential', 'indicator', 'model', 'prompt', 'guard']

export function SessionSide({ detail }: { detail: SessionDetail }): JSX.Element {
  const { session, facts, files, similar, techniques, campaign } = detail
  return (
    <aside class="session-side">
      <section>
        <h3>Source</h3>
        <dl>
          <dt>address</dt>
          <dd>
            <a class="mono" href={link(`/sources/${session.srcIp}`)}>
              {session.srcIp}
            </a>
            <span class="dim mono">:{session.srcPort}</span>
          </dd>
          {session.country && (
            <>
              <dt>country</dt>
              <dd>{countryName(session.country)}</dd>
            </>
          )}
          {session.asn && (
            <>
              <dt>network</dt>
              <dd>{session.asn}</dd>
            </>
          )}
          {session.standsFor.length > 0 && (
            <>
              <dt>stands for</dt>
              <dd>{session.standsFor.join(', ')}</dd>
            </>
          )}
        </dl>
      </section>
      {SHOWN.filter((field) => facts.some((fact) => fact.field === field)).map((field) => (
        <section key={field}>
          <h3>{field.replace('_', ' ')}</h3>
          <ul>
            {facts
              .filter((fact) => fact.field === field)
              .slice(0, 12)
              .map(({ value }) => (
                <li key={value}>
                  <Value field={field} value={value} />
                </li>
              ))}
          </ul>
        </section>
      ))}
      {techniques.length > 0 && (
        <section>
          <h3>ATT&CK</h3>
          <ul>
            {techniques.map(({ id, name }) => (
              <li key={id}>
                <Value field="attack" value={id} /> <span class="dim">{name}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {files.length > 0 && (
        <section>
          <h3>files</h3>
          <ul>
            {files.map(({ sha256, magic, size }) => (
              <li key={sha256}>
                <a class="mono" href={link(`/artifacts/${sha256}`)}>
                  {sha256.slice(0, 16)}…
                </a>{' '}
                <span class="dim">
                  <Untrusted text={[magic, size !== undefined && bytes(size)].filter(Boolean).join(', ')} oneLine />
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
      {campaign && (
        <section>
          <h3>campaign</h3>
          <a class="mono" href={link(`/campaigns/${campaign}`)}>
            {campaign}
          </a>
        </section>
      )}
      {similar.length > 0 && (
        <section>
          <h3>similar sessions</h3>
          <ul>
            {similar.map((other) => (
              <li key={other.session} class="similar">
                <a href={link(`/sessions/${other.session}`)}>
                  <span class="mono">{dayAndClock(other.startedAt).slice(5, 16)}</span> <span class="mono">{other.srcIp}</span>
                  {other.lastInput && (
                    <span class="mono dim similar-input">
                      <Untrusted text={other.lastInput.slice(0, 100)} oneLine />
                    </span>
                  )}
                  <span class="dim">same {other.shares.join(' and ')}</span>
                </a>
              </li>
            ))}
          </ul>
        </section>
      )}
    </aside>
  )
}
