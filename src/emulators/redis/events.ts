import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the redis lure writes down besides the sensor's own events. */
export const redisEvents = {
  /** One command. Arguments are clipped for the event; what was larger is in `redis.payload`. */
  'redis.command': z.object({
    name: Evidence,
    args: z.array(Evidence),
    argCount: z.number(),
    database: z.number(),
    protocol: z.number(),
    /** Whether this Redis has such a command. */
    known: z.boolean(),
    /** Error text when it was refused. */
    error: z.string().optional(),
  }),
  /** Commands of a visit beyond the bound on events, counted at its end. */
  'redis.uncounted': z.object({ commands: z.number() }),
  'redis.protocol-error': z.object({ message: z.string() }),
  /** A value that looks like a tool of an attack, kept as artifact. */
  'redis.payload': z.object({
    key: Evidence,
    command: z.string(),
    kinds: z.array(z.string()),
    sha256: z.string(),
    size: z.number(),
    urls: z.array(z.string()),
  }),
  'redis.config-set': z.object({ parameter: z.string(), value: Evidence, accepted: z.boolean() }),
  /** A dump that would have been written: where to, and how large. */
  'redis.file-write-intent': z.object({ path: Evidence, by: z.string(), bytes: z.number(), written: z.boolean() }),
  /** SLAVEOF or REPLICAOF: the master that we were told to dial and did not. */
  'redis.replicate-from': z.object({ host: Evidence, port: z.number() }),
  /** The attacker took the whole dataset, as a replica would. */
  'redis.dump-theft': z.object({ by: z.string(), keys: z.number(), bytes: z.number() }),
  'redis.module-load': z.object({ path: Evidence, loaded: z.boolean() }),
  /** A command that a loaded module would have run on the host. */
  'redis.module-command': z.object({ name: z.string(), command: Evidence, output: Evidence }),
  'redis.script': z.object({ sha1: z.string(), text: Evidence, outcome: z.string() }),
}
export type RedisEvents = typeof redisEvents
