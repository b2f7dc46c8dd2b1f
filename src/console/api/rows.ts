import type { z } from 'zod'
import type { FactCount, Period, SessionSummary } from '../../store/contract.ts'
import type { Services } from './services.ts'
import type { ArtifactRow, Counted, SessionRow } from './shapes.ts'

export function sessionRow(session: SessionSummary, { geo }: Services): SessionRow {
  return { ...session, ...geo.locate(session.srcIp) }
}

export function countedRow(fact: FactCount, period: Period): z.infer<typeof Counted> {
  return { ...fact, isNew: fact.firstSeen >= period.since }
}

/** A captured file by its hash: the facts of its events, and what the folder knows of it. */
export function artifactRow({ value: sha256, count, firstSeen, lastSeen }: FactCount, { artifacts }: Services): ArtifactRow {
  const known = artifacts.find(sha256)
  return { ...known, sha256, count, firstSeen, lastSeen, kept: known !== undefined }
}
