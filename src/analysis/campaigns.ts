import { createHash } from 'node:crypto'
import type { SessionGroup } from '../store/contract.ts'

/** Sessions of one script at work. */
export interface Campaign {
  /** From its oldest pair of keys: stays the same while the campaign goes on. */
  id: string
  signatures: string[]
  fingerprints: string[]
  /** SHA-256. */
  artifacts: string[]
  lures: string[]
  sessions: number
  /** Addresses at most: one that is in several groups counts in each. */
  sources: number
  /** Inputs of its longest session. */
  turns: number
  /** UTC milliseconds. */
  firstSeen: number
  lastSeen: number
  /** A session to look at. */
  sample: string
}

/**
 * Sessions belong to one campaign when they share two of: what was typed (by shape, in order), the client's fingerprint, and the
 * file left behind; through others that they share two with as well. Where a lure has no fingerprint of a client, its name stands
 * in for one. The same groups give the same campaigns, in whatever order they come.
 * @returns most sessions first
 */
export function campaignsOf(groups: readonly SessionGroup[]): Campaign[] {
  const sets = new DisjointSets(groups.length)
  const firstOf = new Map<string, number>()
  for (const [n, group] of groups.entries()) {
    for (const pair of pairsOf(group)) {
      const other = firstOf.get(pair)
      if (other === undefined) firstOf.set(pair, n)
      else sets.join(other, n)
    }
  }
  const members = Map.groupBy(groups.keys(), (n) => sets.rootOf(n))
  return Array.from(members.values(), (numbers) => campaignOf(numbers.map((n) => groups[n] as SessionGroup))).sort(
    (a, b) => b.sessions - a.sessions || a.firstSeen - b.firstSeen || a.id.localeCompare(b.id),
  )
}

function pairsOf({ signature, fingerprint, artifact, lure }: SessionGroup): string[] {
  const client = fingerprint || `lure ${lure}`
  const pairs = [`typed ${signature} client ${client}`]
  if (artifact) pairs.push(`typed ${signature} file ${artifact}`, `client ${client} file ${artifact}`)
  return pairs
}

function campaignOf(groups: readonly SessionGroup[]): Campaign {
  const byAge = [...groups].sort((a, b) => a.firstSeen - b.firstSeen || order(a, b))
  const oldest = byAge[0] as SessionGroup
  const latest = groups.reduce((a, b) => (b.lastSeen > a.lastSeen ? b : a))
  const all = <K extends keyof SessionGroup>(key: K): SessionGroup[K][] => [...new Set(byAge.map((group) => group[key]))].filter(Boolean)
  const sum = (key: 'sessions' | 'sources'): number => groups.reduce((total, group) => total + group[key], 0)
  return {
    id: createHash('sha256')
      .update(pairsOf(oldest)[0] as string)
      .digest('hex')
      .slice(0, 12),
    signatures: all('signature'),
    fingerprints: all('fingerprint'),
    artifacts: all('artifact'),
    lures: all('lure'),
    sessions: sum('sessions'),
    sources: sum('sources'),
    turns: Math.max(...groups.map((group) => group.turns)),
    firstSeen: oldest.firstSeen,
    lastSeen: latest.lastSeen,
    sample: latest.sample,
  }
}

function order(a: SessionGroup, b: SessionGroup): number {
  const keyOf = (group: SessionGroup): string => `${group.signature} ${group.lure} ${group.fingerprint} ${group.artifact}`
  return keyOf(a) < keyOf(b) ? -1 : 1
}

class DisjointSets {
  readonly #parents: Uint32Array

  constructor(size: number) {
    this.#parents = Uint32Array.from({ length: size }, (_, n) => n)
  }

  rootOf(n: number): number {
    let root = n
    while (this.#parents[root] !== root) root = this.#parents[root] as number
    this.#parents[n] = root
    return root
  }

  join(a: number, b: number): void {
    const [low, high] = [this.rootOf(a), this.rootOf(b)].sort((x, y) => x - y) as [number, number]
    this.#parents[high] = low
  }
}
