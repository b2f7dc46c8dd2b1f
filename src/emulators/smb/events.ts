import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

export const smbEvents = {
  'smb.negotiate': z.object({
    protocol: z.enum(['SMB1', 'SMB2']),
    /** Dialects that the client named, in its own order. */
    dialects: z.array(Evidence),
    chosen: z.string(),
    clientGuid: z.string().optional(),
  }),
  /** What a client says of itself when it logs in. */
  'smb.client': z.object({
    domain: Evidence,
    workstation: Evidence,
    nativeOs: Evidence.optional(),
    nativeLanMan: Evidence.optional(),
    ntlm: z.enum(['ntlmv2', 'ntlmv1', 'lm', 'none']),
    session: z.enum(['user', 'guest', 'anonymous', 'refused']),
  }),
  'smb.tree': z.object({ path: Evidence, granted: z.boolean() }),
  'smb.open': z.object({
    share: z.string(),
    path: Evidence,
    outcome: z.enum(['opened', 'created', 'replaced', 'refused']),
    status: z.number(),
  }),
  'smb.list': z.object({ share: z.string(), path: Evidence, pattern: Evidence, entries: z.number() }),
  'smb.download': z.object({ share: z.string(), path: Evidence, bytes: z.number() }),
  'smb.upload': z.object({ share: z.string(), path: Evidence, bytes: z.number(), sha256: z.string(), complete: z.boolean() }),
  'smb.remove': z.object({ share: z.string(), path: Evidence }),
  'smb.rename': z.object({ share: z.string(), from: Evidence, to: Evidence }),
  'smb.bind': z.object({ pipe: z.string(), interface: z.string(), name: z.string().optional(), accepted: z.boolean() }),
  'smb.call': z.object({
    pipe: z.string(),
    interface: z.string(),
    opnum: z.number(),
    operation: z.string().optional(),
    /** First bytes of the arguments. */
    stub: Evidence,
    fault: z.number().optional(),
  }),
  /** A service of the machine was made, started, stopped or removed over svcctl: how psexec and worms run things. */
  'smb.service': z.object({
    action: z.enum(['create', 'start', 'stop', 'delete', 'change']),
    name: Evidence,
    displayName: Evidence.optional(),
    command: Evidence.optional(),
  }),
  'smb.exploit': z.object({
    /** `ms17-010-check`, `eternalblue`, `doublepulsar-ping`, `doublepulsar-exec`, `doublepulsar-kill`, `sambacry`, `ms08-067` … */
    kind: z.string(),
    detail: z.record(z.string(), z.union([z.string(), z.number()])).default({}),
  }),
  'smb.protocol-error': z.object({ message: z.string() }),
}
export type SmbEvents = typeof smbEvents
