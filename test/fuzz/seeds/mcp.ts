import { httpRequest } from '../http-request.ts'

const rpc = (method: string, params: unknown, id: unknown = 1): Buffer =>
  httpRequest('POST', '/mcp', JSON.stringify({ jsonrpc: '2.0', id, method, params }), {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  })

const hello = { protocolVersion: '2025-06-18', capabilities: { roots: {} }, clientInfo: { name: 'x', version: '1' } }

/** A client that introduces itself, and requests with every flaw that the transport knows. */
export default [
  rpc('initialize', hello),
  rpc('initialize', { ...hello, clientInfo: 7 }, 'a'),
  rpc('tools/list', {}),
  rpc('tools/call', { name: 'run_command', arguments: { command: 'id', timeout: '3' } }),
  rpc('tools/call', { name: 'query_database', arguments: { sql: "SELECT * FROM products WHERE code = 'x' OR 1=1" } }),
  rpc('resources/read', { uri: 'config://deploy/production.env' }),
  rpc('prompts/get', { name: 'incident_report', arguments: { timeline: 'x' } }),
  httpRequest('POST', '/mcp', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', {
    'Content-Type': 'application/json',
    Accept: 'application/json, text/event-stream',
  }),
  httpRequest('GET', '/mcp', undefined, { Accept: 'text/event-stream', 'Mcp-Session-Id': 'abc' }),
  httpRequest('DELETE', '/mcp'),
]
