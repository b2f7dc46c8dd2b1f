import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { parseYaml } from '../../config/yaml.ts'

const Topics = z.array(z.strictObject({ topic: z.string(), payload: z.string() }))
const TOPICS = parseYaml('topics.yaml', readFileSync(new URL('topics.yaml', import.meta.url), 'utf8'), Topics)

/** Retained messages of the building's devices: topic → payload as it is at `now` (UTC milliseconds). */
export function deviceTopics(identity: Identity, hostname: string, now: number): Map<string, string> {
  const fill = (text: string, topic: string): string =>
    text.replace(/\{(host|id:(\w+)|n:(\w+):(\d+):(\d+)|v:(\d+):(\d+))\}/g, (_, what: string, id, n, least, most, low, high) => {
      if (what === 'host') return hostname
      if (id !== undefined) return identity.bytes(`mqtt/id/${id}`, 3).toString('hex').toUpperCase()
      if (n !== undefined) return String(identity.integer(`mqtt/n/${n}`, Number(least), Number(most)))
      return wave(Number(low), Number(high), now, identity.integer(`mqtt/v/${topic}/${low}`, 0, 5000)).toFixed(1)
    })
  return new Map(TOPICS.map(({ topic, payload }) => [fill(topic, ''), fill(payload, topic)]))
}

/** A slow swing between two values, over some three hours, with a small one on top. */
function wave(low: number, high: number, now: number, phase: number): number {
  const minutes = now / 60_000 + phase
  const swing = 0.8 * Math.sin(minutes / 28) + 0.2 * Math.sin(minutes / 3)
  return (low + high) / 2 + (swing * (high - low)) / 2
}
