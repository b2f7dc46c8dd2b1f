import type { JSX } from 'preact'
import type { CampaignShape, SessionRow } from '../../../api/shapes.ts'
import { get } from '../api.ts'
import { ago, count, dayAndClock } from '../format.ts'
import { useLoaded } from '../load.ts'
import { LureBadge, NewBadge, Value } from '../parts/badges.tsx'
import { Empty, PageHead, Panel, ProblemNote } from '../parts/panel.tsx'
import { SessionTable } from '../parts/session-line.tsx'
import { Untrusted } from '../parts/untrusted.tsx'
import { now, period } from '../period.ts'
import { link } from '../router.ts'

export function Campaigns(): JSX.Element {
  const { since, until } = period.value
  const { data, problem } = useLoaded(
    (abort) => get<{ total: number; campaigns: CampaignShape[] }>('/campaigns', { since, until }, abort),
    [since, until],
  )
  return (
    <>
      <PageHead
        ofPeriod
        title="Campaigns"
        about={
          data
            ? `${count(data.total)} of two sessions and more: two of inputs, client and file are the same`
            : 'sessions of one script at work'
        }
      />
      <ProblemNote problem={problem} />
      {data?.campaigns.length === 0 && <Empty>none in this period</Empty>}
      <div class="cards">
        {data?.campaigns.map((campaign) => (
          <a key={campaign.id} class="card" href={link(`/campaigns/${campaign.id}`)}>
            <span class="card-head">
              <span class="mono">{campaign.id}</span>
              {campaign.isNew && <NewBadge />}
              <span class="spacer" />
              <span class="dim">{ago(campaign.lastSeen, now.value)}</span>
            </span>
            <span class="card-figures">
              <b class="mono">{count(campaign.sessions)}</b> sessions <b class="mono">{count(campaign.sources)}</b> sources{' '}
              <b class="mono">{campaign.turns}</b> {campaign.turns === 1 ? 'input' : 'inputs'}
            </span>
            <span class="card-input mono">{campaign.lastInput !== undefined && <Untrusted text={campaign.lastInput} oneLine />}</span>
            <span class="card-foot">
              {campaign.lures.map((lure) => (
                <span key={lure} class="badge">
                  {lure}
                </span>
              ))}
              {campaign.artifacts.length > 0 && <span class="badge">{campaign.artifacts.length} files</span>}
              {campaign.signatures.length > 1 && <span class="badge">{campaign.signatures.length} variants</span>}
              <span class="spacer" />
              <span class="dim mono">since {dayAndClock(campaign.firstSeen).slice(0, 10)}</span>
            </span>
          </a>
        ))}
      </div>
    </>
  )
}

export function Campaign({ id }: { id: string }): JSX.Element {
  const { data, problem } = useLoaded(
    (abort) => get<{ campaign: CampaignShape; sessions: SessionRow[] }>(`/campaigns/${id}`, {}, abort),
    [id],
  )
  const campaign = data?.campaign
  return (
    <>
      <PageHead
        title={`Campaign ${id}`}
        about={
          campaign &&
          `${count(campaign.sessions)} sessions from ${dayAndClock(campaign.firstSeen)} to ${dayAndClock(campaign.lastSeen)} UTC`
        }
      >
        {campaign && (
          <a class="button" href={link(`/sessions/${campaign.sample}`)}>
            latest session
          </a>
        )}
      </PageHead>
      <ProblemNote problem={problem} />
      {data && campaign && (
        <>
          <div class="panels">
            <Panel title="Lures">
              <p>
                {campaign.lures.map((lure) => (
                  <LureBadge key={lure} lure={lure} />
                ))}
              </p>
            </Panel>
            <Keys title="Inputs (signature)" field="signature" values={campaign.signatures} />
            <Keys title="Clients" field="hassh" values={campaign.fingerprints} />
            <Keys title="Files" field="artifact" values={campaign.artifacts} />
          </div>
          <Panel title="Latest sessions">
            <SessionTable sessions={data.sessions} />
          </Panel>
        </>
      )}
    </>
  )
}

function Keys({ title, field, values }: { title: string; field: string; values: readonly string[] }): JSX.Element {
  return (
    <Panel title={title}>
      <ul class="plain-list">
        {values.slice(0, 10).map((value) => (
          <li key={value}>
            <Value field={field} value={value} />
          </li>
        ))}
        {values.length === 0 && <li class="empty">none</li>}
        {values.length > 10 && <li class="dim">and {values.length - 10} more</li>}
      </ul>
    </Panel>
  )
}
