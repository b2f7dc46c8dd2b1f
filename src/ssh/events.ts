import { z } from 'zod'
import { Evidence } from '../events/bytes.ts'

const names = z.array(z.string())

/** What this lure writes down besides the events of the core. */
export const sshEvents = {
  /** The client's identification line. */
  'ssh.version': z.object({ version: Evidence, accepted: z.boolean() }),
  /** The client's offer, and what came of it. */
  'ssh.kex': z.object({
    kex: names,
    hostKey: names,
    cipher: names,
    mac: names,
    compression: names,
    language: names,
    agreed: z.record(z.string(), z.string()).optional(),
  }),
  /** The client broke the protocol, in the words of our own error. */
  'ssh.malformed': z.object({ what: z.string(), packet: Evidence.optional() }),
  'ssh.disconnect': z.object({ reason: z.number(), text: Evidence }),
  'ssh.pty': z.object({ term: z.string(), columns: z.number(), rows: z.number() }),
  'ssh.window': z.object({ columns: z.number(), rows: z.number() }),
  'ssh.env': z.object({ name: Evidence, value: Evidence, accepted: z.boolean() }),
  'ssh.shell': z.object({}),
  'ssh.exec': z.object({ command: Evidence }),
  'ssh.subsystem': z.object({ name: z.string(), accepted: z.boolean() }),
  'ssh.signal': z.object({ name: z.string() }),
  /** Any other request, of a channel or of the connection: `x11-req`, `keepalive@openssh.com`. */
  'ssh.request': z.object({ name: z.string(), accepted: z.boolean() }),
  /** A tunnel; `lure` is the one that answers in it, in a session of its own from the same source. */
  'ssh.forward': z.object({
    host: z.string(),
    port: z.number(),
    originHost: z.string(),
    originPort: z.number(),
    accepted: z.boolean(),
    lure: z.string().optional(),
  }),
  'ssh.forward.data': z.object({ host: z.string(), port: z.number(), data: Evidence, bytes: z.number() }),
  'ssh.listen': z.object({ host: z.string(), port: z.number() }),
  'ssh.sftp': z.object({
    operation: z.string(),
    path: Evidence.optional(),
    target: Evidence.optional(),
    bytes: z.number().optional(),
    /** Status that the client got: `OK`, `NO_SUCH_FILE` … */
    status: z.string(),
  }),
  'ssh.copy': z.object({
    protocol: z.enum(['scp', 'rsync']),
    direction: z.enum(['upload', 'download']),
    path: Evidence,
    bytes: z.number(),
  }),
  /** What an rsync client said after the version numbers. */
  'ssh.rsync': z.object({ command: Evidence, said: Evidence }),
  /** A finished recording of a terminal or an exec request: files below the data folder, bytes of what was typed and shown. */
  'ssh.terminal': z.object({
    cast: z.string(),
    ttylog: z.string(),
    inputBytes: z.number(),
    outputBytes: z.number(),
    inputSha256: z.string(),
    durationMs: z.number(),
  }),
}
export type SshEvents = typeof sshEvents
