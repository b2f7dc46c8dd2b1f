import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What this lure writes down besides the events of the core. */
export const adbEvents = {
  /** The client's first packet. The list of features tells the version of its adb. */
  'adb.connect': z.object({ version: z.number(), maxPayload: z.number(), banner: Evidence, features: z.array(z.string()) }),
  'adb.signature': z.object({ bytes: z.number() }),
  /** A public key, with the user and machine that it was made by. */
  'adb.key': z.object({ key: Evidence, fingerprint: z.string().optional(), comment: Evidence.optional() }),
  /** A stream that the client opened. */
  'adb.open': z.object({ service: Evidence, served: z.boolean() }),
  'adb.stat': z.object({ path: Evidence, found: z.boolean() }),
  'adb.list': z.object({ path: Evidence, entries: z.number() }),
  'adb.push': z.object({
    path: Evidence,
    /** File type and permission bits. */
    mode: z.number(),
    size: z.number(),
    /** Of the whole file, even where it was too large to be kept whole. */
    sha256: z.string(),
    /** The error that the client was told. */
    refused: z.string().optional(),
  }),
  'adb.pull': z.object({ path: Evidence, size: z.number(), refused: z.string().optional() }),
  /** `adb forward`: the client wants a connection of ours to somewhere. It is never made. */
  'adb.forward': z.object({ destination: Evidence }),
  /** `adb reverse`: what the device should listen on, and where that leads on the client's side. */
  'adb.reverse': z.object({ request: Evidence }),
  /** Services that change adbd or the device: `root`, `remount`, `reboot`, `tcpip`. */
  'adb.control': z.object({ action: z.string(), argument: Evidence }),
  'adb.malformed': z.object({ what: z.string() }),
  /** A finished recording of a terminal: files below the data folder. */
  'adb.terminal': z.object({
    cast: z.string(),
    ttylog: z.string(),
    inputBytes: z.number(),
    outputBytes: z.number(),
    inputSha256: z.string(),
    durationMs: z.number(),
  }),
}
export type AdbEvents = typeof adbEvents
