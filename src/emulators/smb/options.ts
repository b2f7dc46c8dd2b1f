import type { LRUCache } from 'lru-cache'
import { z } from 'zod'
import { LoginOptions } from '../../sensor/login-desk.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import type { Machine } from './machine.ts'
import type { Service } from './rpc/svcctl.ts'
import type { MemoryDisk } from './store/memory-store.ts'

export const SmbOptions = z.strictObject({
  /** `windows`: Server 2008 R2 with SMB1, never patched; `samba`: 4.17 as Debian 12 has it, on the persona's own files. */
  shape: z.enum(['windows', 'samba']).default('windows'),
  /** Users that the machine does not have become guest, as Samba's `map to guest = bad user` makes them. Absent = as the shape has it: samba yes, windows no. */
  guest: z.boolean().optional(),
  /** Null sessions: may nobody in particular look at shares and users? */
  anonymous: z.boolean().default(true),
  /** A DoublePulsar that somebody else left behind answers its ping, and takes what is loaded through it. */
  doublePulsar: z.boolean().default(true),
  login: LoginOptions,
})

export interface Room {
  machine: Machine
  /** Drive C: by source address. */
  disks: LRUCache<string, MemoryDisk>
  /** Services by source address, then by name. */
  services: LRUCache<string, Map<string, Service>>
  /** Bytes of uploads that are not closed yet, of all visits together. */
  pending: { bytes: number }
}

export type SmbContext = VisitContext<z.output<typeof SmbOptions>, Room>
