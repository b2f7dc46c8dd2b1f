import type { Meter } from '../meter.ts'
import type { Router } from '../route.ts'
import type { Target } from '../target.ts'
import type { Agent } from './agents.ts'

/** One address to be fetched, and the bounds of that. */
export interface Errand {
  target: Target
  agent: Agent
  router: Router
  meter: Meter
  signal: AbortSignal
}

/** Where an answer leads to, and as what it would be fetched. */
export interface Lead {
  url: string
  agent: Agent
}

/** What an address gave: files, each with its own address; leads that the protocol itself names; or another place to ask. */
export type Fetched = { files: { url: string; bytes: Buffer }[]; leads?: Lead[] } | { movedTo: string }
