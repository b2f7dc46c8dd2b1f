import type { z } from 'zod'
import type { Evidence } from './bytes.ts'
import type { Artifact, CoreEvents } from './schema.ts'

/** What is known of a captured file besides its bytes. */
export interface CaptureDetail {
  /** Name that the attacker gave it. */
  name?: Evidence
  /** The way it came: `sftp`, `redis.set`, `here-document`, `print-job`. */
  how: string
  url?: Evidence
}

/**
 * The side of a visit that writes things down. Host, engine and front ends get this and nothing else of the sensor,
 * so that all of them can be tested with a list.
 */
export interface Recorder {
  /** Id of the session that the events belong to. */
  readonly session: string
  record<T extends keyof CoreEvents & string>(type: T, data: z.input<CoreEvents[T]>, tags?: string[]): void
  /** Stores bytes once under their SHA-256 and records an `artifact` event. */
  capture(bytes: Uint8Array, detail: CaptureDetail): Artifact
}
