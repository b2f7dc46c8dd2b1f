import { afterAll, beforeAll, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import mcp from '../../src/emulators/mcp/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(mcp, {
    ports: [8000],
    persona: 'debian-web',
    identity,
    state,
    hosts: createHosts({ identity, engine: noEngine, state }),
  })
})

afterAll(() => playing.stop())

it('curl introduces itself and calls a tool', async () => {
  const rpc = async (body: unknown, ...more: string[]): Promise<string> => {
    const lines = ['Content-Type: application/json', 'Accept: application/json, text/event-stream', ...more].flatMap((line) => ['-H', line])
    return (await ran('curl', ['-sSi', ...lines, '-d', JSON.stringify(body), `http://127.0.0.1:${playing.port()}/mcp`])).stdout
  }
  const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'curl', version: '8' } }
  const hello = await rpc({ jsonrpc: '2.0', id: 1, method: 'initialize', params })
  const session = /mcp-session-id: (\w{32})/.exec(hello)![1]!
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'run_command', arguments: { command: 'id' } } }
  expect(await rpc(call, `Mcp-Session-Id: ${session}`)).toContain('uid=0(root)')
})

// Elsewhere than at its standard port nmap does not ask for the Server line; recorded of the real server: `http-alt uvicorn`.
it('nmap names uvicorn at port 8000', async () => {
  expect(await nmapNames(playing.port())).toBe('http-alt uvicorn')
}, 130_000)
