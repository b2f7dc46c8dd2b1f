import type { VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import type { Catalog } from './catalog.ts'
import type { McpEvents } from './events.ts'

/** What answers happen in. */
export interface McpContext {
  visit: Visit<McpEvents>
  context: VisitContext<unknown, unknown>
  catalog: Catalog
}

/** A tool that fails with this text, as a Python exception that FastMCP catches. */
export class ToolError extends Error {}
