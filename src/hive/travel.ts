import { Kvm } from '@nats-io/kv'
import type { Msg, NatsConnection } from '@nats-io/transport-node'
import { z } from 'zod'
import type { Identity } from '../config/identity.ts'
import type { StateStore } from '../store/contract.ts'
import { applyBundle, type BundlePlaces, packBundle } from './bundle.ts'
import { CONFIG, configKeySubject } from './names.ts'

const CHUNK = 512 * 1024
const ANSWER_MS = 5_000
/** Scope and key of the state store: the hash of what is in force. */
const SCOPE = 'hive'
const IN_FORCE = 'bundle'

const Current = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), chunks: z.number().int().min(1).max(1_000) })

/** Publishes what the hive has for its sensors, when that has changed. @returns whether it had */
export async function publishBundle(connection: NatsConnection, places: BundlePlaces): Promise<boolean> {
  const bucket = await new Kvm(connection).open(CONFIG)
  const { sha256, packed } = packBundle(places)
  const former = Current.safeParse((await bucket.get('current'))?.json()).data
  if (former?.sha256 === sha256) return false
  const chunks = Math.ceil(packed.length / CHUNK)
  for (let n = 0; n < chunks; n++) await bucket.put(keyOf(sha256, n), packed.subarray(n * CHUNK, (n + 1) * CHUNK))
  // Who reads "current" finds all of what it names.
  await bucket.put('current', JSON.stringify({ sha256, chunks }))
  for (let n = 0; n < (former?.chunks ?? 0); n++) await bucket.purge(keyOf(former?.sha256 ?? '', n))
  return true
}

/**
 * Takes over what the hive has for its sensors, when it is not in force yet.
 * @returns whether it was taken over
 * @throws when the bus is away, or it does not fit
 */
export async function takeBundle(
  connection: NatsConnection,
  places: BundlePlaces & { state: StateStore },
  identity: Identity,
): Promise<boolean> {
  const current = await read(connection, 'current')
  if (!current) return false
  const { sha256, chunks } = Current.parse(current.json())
  if (places.state.get(SCOPE, IN_FORCE)?.toString() === sha256) return false
  const parts: Uint8Array[] = []
  for (let n = 0; n < chunks; n++) {
    const part = await read(connection, keyOf(sha256, n))
    // The hive has published another one meanwhile: it is taken at the next look.
    if (!part) return false
    parts.push(part.data)
  }
  applyBundle(Buffer.concat(parts), sha256, places, identity)
  places.state.set(SCOPE, IN_FORCE, sha256)
  return true
}

/** One key of the bucket, read as a sensor may. */
async function read(connection: NatsConnection, key: string): Promise<Msg | undefined> {
  const answer = await connection.request(configKeySubject(key), undefined, { timeout: ANSWER_MS })
  return answer.headers?.hasError || answer.headers?.get('KV-Operation') ? undefined : answer
}

function keyOf(sha256: string, n: number): string {
  return `bundle.${sha256.slice(0, 16)}.${n}`
}
