import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the ftp lure writes down besides the sensor's own events. */
export const ftpEvents = {
  /** A file that was brought, kept as artifact. */
  'ftp.upload': z.object({ path: Evidence, verb: z.string(), size: z.number(), sha256: z.string(), written: z.boolean() }),
  'ftp.download': z.object({ path: Evidence, size: z.number(), complete: z.boolean() }),
  'ftp.list': z.object({ path: Evidence, verb: z.string(), entries: z.number() }),
  /** A change without a transfer: DELE, MKD, RMD, RNTO, SITE CHMOD … */
  'ftp.change': z.object({ verb: z.string(), path: Evidence, to: Evidence.optional(), done: z.boolean() }),
  /** Where PORT or EPRT told us to connect; nothing is ever dialled. A bounce points at somebody else. */
  'ftp.port': z.object({ address: z.string(), port: z.number(), bounce: z.boolean() }),
}
export type FtpEvents = typeof ftpEvents
