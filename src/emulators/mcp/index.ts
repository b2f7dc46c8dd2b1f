/**
 * A Model Context Protocol server that somebody left open: tools that an agent, or who drives one, cannot leave alone.
 *
 *   agent:    POST /mcp initialize                         us: an event with name, version, capabilities; Mcp-Session-Id
 *   agent:    POST /mcp tools/list                         us: run_command, query_database, get_cloud_credentials …
 *   attacker: tools/call run_command {"command":"id"}      us: uid=0(root) …; the simulated host ran it      → mcp.call
 *   attacker: tools/call get_secret {"name":"github"}      us: a token that tells on who uses it             → honeytoken
 *
 * tools.yaml is what it offers (option `tools` names another file); site.ts is the transport, methods.ts the protocol,
 * tool-call.ts how tools answer.
 */
import { z } from 'zod'
import { introduce, SessionLinks, serveHttp, type WebServer } from '../../http/index.ts'
import { defineLure } from '../../sensor/lure.ts'
import { type Catalog, readCatalog } from './catalog.ts'
import { mcpEvents } from './events.ts'
import { McpSessions } from './sessions.ts'
import { mcpAnswer } from './site.ts'
import { uvicornServer } from './uvicorn.ts'

interface Room {
  server: WebServer
  catalog: Catalog
  sessions: McpSessions
  links: SessionLinks
}

export default defineLure({
  name: 'mcp',
  standsFor: ['Beelzebub'],
  about: 'a Model Context Protocol server with tempting tools',
  profiles: ['standard', 'llm', 'web'],
  ports: [{ transport: 'tcp', port: 8000 }],
  options: z.strictObject({
    /** A YAML file with tools, resources and prompts of your own, in the place of those that come with it. */
    tools: z.string().optional(),
    /** How answers are sent: a stream of one event, or JSON. */
    answers: z.enum(['events', 'json']).default('events'),
  }),
  events: mcpEvents,
  joinsSessions: true,

  start: ({ options }): Room => ({
    server: uvicornServer(),
    catalog: readCatalog(options.tools),
    sessions: new McpSessions(),
    links: new SessionLinks(),
  }),

  async serve(visit, context) {
    const { server, catalog, sessions, links } = context.room
    const answersJson = context.options.answers === 'json'
    await serveHttp(visit, {
      name: 'mcp',
      server,
      site: (request) => mcpAnswer({ request, visit, context, catalog, sessions, answersJson }),
      onFirst: (request) => introduce(visit, request, links),
    })
  },
})
