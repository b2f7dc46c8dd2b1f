import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import mcp from '../../../src/emulators/mcp/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

let playing: Playing
let client: Client
let url: string

async function playMcp(options: Record<string, unknown> = {}): Promise<Playing> {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  return play(mcp, { persona: 'debian-web', identity, state, hosts, options })
}

async function connectTo(port: number): Promise<Client> {
  const made = new Client({ name: 'agent', version: '1.2.3' })
  // The transport of the SDK has optional members that exactOptionalPropertyTypes does not take as they are.
  await made.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)) as Parameters<Client['connect']>[0])
  return made
}

beforeAll(async () => {
  playing = await playMcp()
  url = `http://127.0.0.1:${playing.port()}/mcp`
  client = await connectTo(playing.port())
})

afterAll(async () => {
  await client.close()
  await playing.stop()
})

async function call(name: string, given: Record<string, unknown>): Promise<{ text: string; isError: boolean }> {
  const { content, isError } = await client.callTool({ name, arguments: given })
  return { text: (content as { text: string }[])[0]!.text, isError: isError === true }
}

describe('the official client', () => {
  it('introduces itself and lists what there is', async () => {
    expect(client.getServerVersion()).toEqual({ name: 'infra-ops', version: '1.30.0' })
    expect(playing.data('mcp.initialize')[0]).toMatchObject({ client: 'agent', version: '1.2.3' })
    const { tools } = await client.listTools()
    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['run_command', 'query_database', 'get_cloud_credentials', 'deploy_service']),
    )
    expect(tools[0]!.inputSchema).toEqual({
      properties: { command: { title: 'Command', type: 'string' }, timeout: { default: 30, title: 'Timeout', type: 'integer' } },
      required: ['command'],
      title: 'run_commandArguments',
      type: 'object',
    })
    await client.ping()
    await client.setLoggingLevel('debug')
  })

  it('runs commands, reads and writes files of the simulated host', async () => {
    expect((await call('run_command', { command: 'id -un; false' })).text).toBe('root\n\n[exit code 1]')
    expect((await call('read_file', { path: '/etc/passwd' })).text).toMatch(/^root:x:0:0:/)
    expect((await call('write_file', { path: '/tmp/a.sh', content: 'id' })).text).toBe('Wrote 2 bytes to /tmp/a.sh')
    expect((await call('run_command', { command: 'cat /tmp/a.sh' })).text).toBe('id')
    expect((await call('list_directory', { path: '/tmp' })).text).toContain('a.sh')
    expect(await call('read_file', { path: '/nope' })).toEqual({
      text: "Error executing tool read_file: [Errno 2] No such file or directory: '/nope'",
      isError: true,
    })
    expect(playing.data('mcp.call')[0]).toMatchObject({ tool: 'run_command', arguments: '{"command":"id -un; false"}', known: true })
  })

  it("queries the persona's database", async () => {
    const { text } = await call('query_database', { sql: 'SELECT code, price FROM products ORDER BY price LIMIT 1' })
    expect(JSON.parse(text)).toEqual([{ code: 'C68-L', price: '612.00' }])
    expect((await call('query_database', { sql: 'SELECT * FROM nope' })).text).toBe(
      `Error executing tool query_database: (1146, "Table 'tw_portal.nope' doesn't exist")`,
    )
  })

  it('gives secrets that tell on who uses them', async () => {
    const { text } = await call('get_secret', { name: 'github' })
    expect(text).toMatch(/^GITHUB_TOKEN=ghp_\w{36}$/)
    await call('run_command', { command: `curl -H "Authorization: token ${text.slice(13)}" https://api.github.com` })
    expect(playing.events.some(({ type }) => type === 'honeytoken.returned')).toBe(true)
    expect((await call('get_cloud_credentials', {})).text).toMatch(/^\[production\]\naws_access_key_id = AKIA/)
    expect(await call('get_secret', { name: '{{honeytoken:aws-secret:x}}' })).toEqual({
      text: "Error executing tool get_secret: '{{honeytoken:aws-secret:x}}'",
      isError: true,
    })
  })

  it('reads resources and prompts', async () => {
    const { contents } = await client.readResource({ uri: 'config://deploy/production.env' })
    expect((contents[0] as { text: string }).text).toMatch(/STRIPE_SECRET_KEY=sk_live_/)
    const { messages } = await client.getPrompt({ name: 'incident_report', arguments: { timeline: 'down at 3' } })
    expect((messages[0]!.content as { text: string }).text).toContain('down at 3')
    await expect(client.readResource({ uri: 'file:///etc/shadow' })).rejects.toThrow('Unknown resource: file:///etc/shadow')
  })

  it('never fetches what it is told to', async () => {
    expect((await call('fetch_url', { url: 'http://169.254.169.254/latest/meta-data/' })).text).toBe(
      'Error executing tool fetch_url: [Errno 111] Connection refused',
    )
    expect(playing.data('indicator')).toContainEqual({ kind: 'url', value: 'http://169.254.169.254/latest/meta-data/', how: 'mcp.fetch' })
  })

  it('works with JSON answers', async () => {
    const other = await playMcp({ answers: 'json' })
    const one = await connectTo(other.port())
    expect((await one.listTools()).tools.length).toBeGreaterThan(5)
    await one.close()
    await other.stop()
  })
})

/** Status line and body as recorded of mcp 1.30.0 under uvicorn 0.54.0. */
const RECORDED: [what: string, init: RequestInit, status: number, body: string][] = [
  ['a form', { method: 'POST', body: new URLSearchParams('a=1') }, 400, 'Invalid Content-Type header'],
  [
    'GET for JSON',
    { headers: { Accept: 'application/json' } },
    406,
    '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Not Acceptable: Client must accept text/event-stream"}}',
  ],
  [
    'Accept: */*',
    post('{}', { Accept: '*/*' }),
    406,
    '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Not Acceptable: Client must accept both application/json and text/event-stream"}}',
  ],
  [
    'no JSON',
    post('xx'),
    400,
    '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32700,"message":"Parse error: Expecting value: line 1 column 1 (char 0)"}}',
  ],
  [
    'no session',
    post('{"jsonrpc":"2.0","id":1,"method":"tools/list"}'),
    400,
    '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Bad Request: Missing session ID"}}',
  ],
  [
    'a wrong session',
    post('{"jsonrpc":"2.0","id":1,"method":"ping"}', { 'Mcp-Session-Id': 'abc' }),
    404,
    '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Session not found"}}',
  ],
  ['PUT', { method: 'PUT' }, 405, '{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Method Not Allowed"}}'],
]

function post(body: string, headers: Record<string, string> = {}): RequestInit {
  return {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream', ...headers },
  }
}

describe('the wire', () => {
  it.each(RECORDED)('answers %s as recorded', async (_what, init, status, body) => {
    const answer = await fetch(url, init)
    expect([answer.status, await answer.text()]).toEqual([status, body])
  })

  it("writes uvicorn's header lines in their order", async () => {
    const body =
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2099-01-01","capabilities":{},"clientInfo":{"name":"x","version":"1"}}}'
    const head = 'POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\n'
    const said = String(await playing.exchange(`${head}Content-Length: ${body.length}\r\n\r\n${body}`))
    expect(
      said
        .replace(/date: [^\r]+/, 'date: D')
        .replace(/mcp-session-id: [0-9a-f]{32}/, 'mcp-session-id: S')
        .split('\r\n\r\n')[0],
    ).toBe(
      'HTTP/1.1 200 OK\r\ndate: D\r\nserver: uvicorn\r\ncache-control: no-cache, no-transform\r\nconnection: keep-alive\r\ncontent-type: text/event-stream\r\nmcp-session-id: S\r\nx-accel-buffering: no\r\nTransfer-Encoding: chunked',
    )
    expect(said).toContain('event: message\r\ndata: {"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25"')
    expect(String(await playing.exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).replace(/date: [^\r]+/, 'date: D')).toBe(
      'HTTP/1.1 404 Not Found\r\ndate: D\r\nserver: uvicorn\r\ncontent-length: 9\r\ncontent-type: text/plain; charset=utf-8\r\n\r\nNot Found',
    )
    expect(String(await playing.exchange('garbage\r\n\r\n'))).toBe(
      'HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\nInvalid HTTP request received.',
    )
  })

  it('words wrong arguments as pydantic does', async () => {
    expect(await call('run_command', { timeout: 'x' })).toEqual({
      text: "Error executing tool run_command: 2 validation errors for run_commandArguments\ncommand\n  Field required [type=missing, input_value={'timeout': 'x'}, input_type=dict]\n    For further information visit https://errors.pydantic.dev/2.14/v/missing\ntimeout\n  Input should be a valid integer, unable to parse string as an integer [type=int_parsing, input_value='x', input_type=str]\n    For further information visit https://errors.pydantic.dev/2.14/v/int_parsing",
      isError: true,
    })
    expect(await call('nope', {})).toEqual({ text: 'Unknown tool: nope', isError: true })
  })
})
