import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'
import type { Visit } from '../../sensor/visit.ts'

export const mazeEvents = {
  ...webEvents('secrets-maze'),
  /** A document was told: for how long, and whether the client stayed to its end. */
  'secrets-maze.held': z.object({
    path: Evidence,
    /** Name of the format; `index` for a folder. */
    format: z.string(),
    complete: z.boolean(),
    /** What it was meant to take, milliseconds; absent = without an end. */
    holdMs: z.number().optional(),
    heldMs: z.number(),
    bytes: z.number(),
    records: z.number(),
  }),
  /** One command of the FTP side. */
  'secrets-maze.ftp': z.object({ verb: z.string(), argument: Evidence }),
  /** A file that an FTP client left; nobody will find it there. */
  'secrets-maze.upload': z.object({ path: Evidence, size: z.number(), sha256: z.string() }),
}
export type MazeVisit = Visit<typeof mazeEvents>
