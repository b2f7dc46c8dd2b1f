import type { Logger } from 'pino'
import { type Campaign, campaignsOf } from '../analysis/campaigns.ts'
import type { Geo } from '../analysis/geo.ts'
import type { Persona } from '../config/persona.ts'
import { ConfigProblem } from '../config/problem.ts'
import type { Settings } from '../config/schema.ts'
import { admittedSensors } from '../hive/headquarters.ts'
import type { Lab } from '../lab/lab.ts'
import { RunningFile } from '../running-file.ts'
import type { ArtifactFolder } from '../store/artifacts.ts'
import type { EventReader, StateStore } from '../store/contract.ts'
import { Accounts } from './accounts/accounts.ts'
import { createApp } from './api/app.ts'
import type { Check, Feed } from './api/services.ts'

/** Campaigns are made anew at most so often, and not for more than a hundredth of the time: they take a look at every session. */
const CAMPAIGNS_MS = 60_000
const CAMPAIGNS_SHARE = 100

export interface ConsoleParts {
  settings: Settings
  /** @throws {StoreError} while there is nothing to read */
  store(): EventReader
  artifacts: ArtifactFolder
  state: Pick<StateStore, 'entries'>
  geo: Geo
  feed: Feed
  doctor(): Promise<Check[]>
  personas(): readonly Persona[]
  lab: Lab
  log: Logger
}

/** The operator's pages and API, listening. */
export interface Console {
  url: string
  /** Makes the first account; absent when there is one. */
  setUpLink: string | undefined
  close(): Promise<void>
}

/** @throws ConfigProblem when its port cannot be opened */
export async function startConsole(parts: ConsoleParts): Promise<Console> {
  const { host, port, loginHours } = parts.settings.console
  const accounts = new Accounts(parts.settings.data, { loginHours })
  const app = await createApp({
    ...parts,
    accounts,
    campaigns: rememberedCampaigns(() => parts.store()),
    running: () => RunningFile.read(parts.settings.data),
    admitted: () => admittedSensors(parts.settings.data),
  })
  try {
    const url = await app.listen({ host, port })
    return {
      url,
      setUpLink: accounts.isEmpty ? `${url}/set-up?secret=${accounts.openSetUp()}` : undefined,
      async close() {
        await app.close()
        accounts.close()
      },
    }
  } catch (error) {
    accounts.close()
    throw portProblem(error, host, port)
  }
}

function rememberedCampaigns(store: () => EventReader): () => Promise<readonly Campaign[]> {
  let known: { until: number; campaigns: Promise<readonly Campaign[]> } | undefined
  return () => {
    const now = Date.now()
    if (!known || now > known.until) {
      const campaigns = store()
        .sessionGroups({ since: 0, until: now })
        .then((groups) => campaignsOf(groups))
      const fresh = { until: Number.POSITIVE_INFINITY, campaigns }
      known = fresh
      campaigns.then(
        () => {
          fresh.until = Date.now() + Math.max(CAMPAIGNS_MS, CAMPAIGNS_SHARE * (Date.now() - now))
        },
        () => {
          known = undefined
        },
      )
    }
    return known.campaigns
  }
}

function portProblem(error: unknown, host: string, port: number): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') return error
  return new ConfigProblem([
    {
      file: 'sundew.yaml',
      key: 'console.port',
      what: `the console cannot open ${host}:${port} (${code})`,
      cure: 'stop what listens there, choose another console.port, or set console.enabled: false',
    },
  ])
}
