import { evidence } from '../../events/bytes.ts'
import { HostError } from '../../host/contract.ts'
import { describeTool, type Resource } from './catalog.ts'
import { fillText } from './fill.ts'
import type { McpContext } from './mcp-context.ts'
import { inputValue } from './pydantic.ts'
import type { McpSession } from './sessions.ts'
import { callTool } from './tool-call.ts'

/** Versions of the protocol that the server speaks, the newest last. */
export const PROTOCOL_VERSIONS = ['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25']
/** Release of the Python package `mcp`, which FastMCP gives as its server's version. */
const RELEASE = '1.30.0'

/** An error of JSON-RPC. */
export class RpcError extends Error {
  readonly code: number
  readonly data: unknown

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** What a method is called with. */
export type Params = Readonly<Record<string, unknown>>

/** The result of a method. @throws RpcError */
export async function resultOf(method: string, params: Params, session: McpSession, mcp: McpContext): Promise<unknown> {
  const { catalog } = mcp
  switch (method) {
    case 'initialize':
      return initialize(params, session, mcp)
    case 'ping':
      return {}
    case 'tools/list':
      note(method, undefined, mcp)
      return { tools: catalog.tools.map(describeTool) }
    case 'tools/call':
      return toolCall(params, mcp)
    case 'resources/list':
      note(method, undefined, mcp)
      return { resources: catalog.resources.map(({ name, uri, description, mimeType }) => ({ name, uri, description, mimeType })) }
    case 'resources/templates/list':
      note(method, undefined, mcp)
      return { resourceTemplates: [] }
    case 'resources/read':
      return readResource(textParam(params, 'uri'), mcp)
    case 'prompts/list':
      note(method, undefined, mcp)
      return {
        prompts: catalog.prompts.map(({ name, description, arguments: names }) => ({
          name,
          description,
          arguments: names.map((argument) => ({ name: argument, required: true })),
        })),
      }
    case 'prompts/get':
      return getPrompt(textParam(params, 'name'), params, mcp)
    case 'logging/setLevel':
      note(method, JSON.stringify(params.level), mcp)
      return {}
    case 'completion/complete':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
    case 'tasks/list':
      note(method, undefined, mcp)
      throw new RpcError(-32601, 'Method not found')
    default:
      // The union of all requests that the server knows has no such member.
      note(method, JSON.stringify(params), mcp)
      throw invalidParams()
  }
}

function invalidParams(): RpcError {
  return new RpcError(-32602, 'Invalid request parameters', '')
}

function textParam(params: Params, name: string): string {
  const value = params[name]
  if (typeof value !== 'string') throw invalidParams()
  return value
}

function note(method: string, about: string | undefined, { visit }: McpContext): void {
  visit.record('mcp.method', {
    method: evidence(method.slice(0, 256)),
    ...(about === undefined ? {} : { about: evidence(about.slice(0, 4_096)) }),
  })
}

function initialize(params: Params, session: McpSession, { visit, catalog }: McpContext): unknown {
  const client = params.clientInfo as { name?: unknown; version?: unknown } | undefined
  const protocol = textParam(params, 'protocolVersion')
  if (typeof client !== 'object' || client === null || typeof client.name !== 'string') throw invalidParams()
  const capabilities =
    typeof params.capabilities === 'object' && params.capabilities !== null ? Object.keys(params.capabilities) : undefined
  if (capabilities === undefined) throw invalidParams()
  visit.record('mcp.initialize', {
    client: evidence(client.name.slice(0, 256)),
    version: evidence(String(client.version ?? '').slice(0, 256)),
    protocol: evidence(protocol.slice(0, 64)),
    capabilities: capabilities.slice(0, 32).map((name) => name.slice(0, 64)),
  })
  session.protocol = PROTOCOL_VERSIONS.includes(protocol) ? protocol : (PROTOCOL_VERSIONS.at(-1) as string)
  const { name, instructions } = catalog.server
  return {
    protocolVersion: session.protocol,
    capabilities: {
      experimental: {},
      logging: {},
      prompts: { listChanged: false },
      resources: { subscribe: false, listChanged: false },
      tools: { listChanged: false },
    },
    serverInfo: { name, version: RELEASE },
    ...(instructions === '' ? {} : { instructions }),
  }
}

async function toolCall(params: Params, mcp: McpContext): Promise<unknown> {
  const given = params.arguments ?? {}
  if (typeof given !== 'object' || Array.isArray(given)) throw invalidParams()
  const { text, isError } = await callTool(textParam(params, 'name'), given as Record<string, unknown>, mcp)
  const content = [{ type: 'text', text }]
  return isError ? { content, isError } : { content, structuredContent: { result: text }, isError }
}

function readResource(uri: string, mcp: McpContext): unknown {
  note('resources/read', uri, mcp)
  const resource = mcp.catalog.resources.find((one) => one.uri === uri)
  if (!resource) throw new RpcError(0, `Unknown resource: ${uri}`)
  return { contents: [{ uri, mimeType: resource.mimeType, text: resourceText(resource, mcp) }] }
}

function resourceText({ uri, answer }: Resource, mcp: McpContext): string {
  if ('text' in answer) return fillText(answer.text, {}, `resource ${uri}`, mcp)
  try {
    return mcp.context.host.files('root').read(answer.file).toString('utf8')
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    throw new RpcError(0, `Error reading resource ${uri}: ${error.message}`)
  }
}

function getPrompt(name: string, params: Params, mcp: McpContext): unknown {
  note('prompts/get', JSON.stringify({ name, arguments: params.arguments }), mcp)
  const prompt = mcp.catalog.prompts.find((one) => one.name === name)
  if (!prompt) throw new RpcError(0, `Unknown prompt: ${name}`)
  const given = (params.arguments ?? {}) as Record<string, unknown>
  const missing = prompt.arguments.filter((argument) => given[argument] === undefined)
  if (missing.length > 0) throw new RpcError(0, `Missing required arguments: {${missing.map(inputValue).join(', ')}}`)
  const text = fillText(prompt.text, given, `prompt ${name}`, mcp)
  return { description: prompt.description, messages: [{ role: 'user', content: { type: 'text', text } }] }
}
