import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'
import { sqlEvents } from '../../sensor/sql-events.ts'

/** What the mcp lure writes down besides the sensor's own events. */
export const mcpEvents = {
  ...webEvents('mcp'),
  ...sqlEvents('mcp'),
  /** A client that introduced itself. */
  'mcp.initialize': z.object({
    client: Evidence,
    version: Evidence,
    protocol: Evidence,
    /** What it can do: sampling, roots, elicitation. */
    capabilities: z.array(z.string()),
  }),
  /** A tool that was called, with all of its arguments. */
  'mcp.call': z.object({ tool: Evidence, arguments: Evidence, known: z.boolean(), isError: z.boolean(), output: Evidence }),
  /** Any other method: what is looked through, read, asked for. */
  'mcp.method': z.object({ method: Evidence, about: Evidence.optional() }),
}
export type McpEvents = typeof mcpEvents
