import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, describe, expect, it } from 'vitest'
import { describeTool, readCatalog } from '../../../src/emulators/mcp/catalog.ts'
import mcp from '../../../src/emulators/mcp/index.ts'
import type { Answer, Engine, Question } from '../../../src/llm/question.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

const folder = mkdtempSync(join(tmpdir(), 'mcp-catalog-'))
afterAll(() => rmSync(folder, { recursive: true }))

const OWN = `
server: { name: billing, instructions: Ask before you refund. }
tools:
  - name: refund
    description: Pays an invoice back.
    arguments: { invoice: { type: string }, reason: { type: string, default: none } }
    annotations: { title: Refund an invoice, readOnlyHint: false, destructiveHint: true, idempotentHint: false, openWorldHint: true }
    answer: { ask: invoice, otherwise: "Refund of {{argument invoice}} queued." }
    attack: [T1657]
`

async function playOwn(engine: Engine): Promise<{ playing: Playing; client: Client }> {
  const tools = join(folder, 'own.yaml')
  writeFileSync(tools, OWN)
  const playing = await play(mcp, { persona: 'debian-web', state: new MemoryState(), hosts: new MemoryHosts(), options: { tools }, engine })
  const client = new Client({ name: 'agent', version: '1' })
  const address = new URL(`http://127.0.0.1:${playing.port()}/mcp`)
  await client.connect(new StreamableHTTPClientTransport(address) as Parameters<Client['connect']>[0])
  return { playing, client }
}

const textOf = ({ content }: Awaited<ReturnType<Client['callTool']>>): string => (content as { text: string }[])[0]!.text

describe('tools of a file', () => {
  it('are offered with their hints, and their calls are written down with every argument', async () => {
    const { playing, client } = await playOwn(noEngine)
    try {
      expect(client.getInstructions()).toBe('Ask before you refund.')
      const { tools } = await client.listTools()
      expect(tools).toMatchObject([
        {
          name: 'refund',
          annotations: {
            title: 'Refund an invoice',
            readOnlyHint: false,
            destructiveHint: true,
            idempotentHint: false,
            openWorldHint: true,
          },
          inputSchema: { required: ['invoice'] },
        },
      ])
      expect(textOf(await client.callTool({ name: 'refund', arguments: { invoice: 'R-7' } }))).toBe('Refund of R-7 queued.')
      expect(playing.events.find(({ type }) => type === 'mcp.call')).toMatchObject({
        data: { tool: 'refund', arguments: '{"invoice":"R-7"}', known: true, isError: false },
        tags: expect.arrayContaining(['attack:T1657']),
      })
    } finally {
      await client.close()
      await playing.stop()
    }
  })

  it('ask the engine where they say so', async () => {
    const asked: string[] = []
    const engine: Engine = {
      ...noEngine,
      async ask<A>(question: Question<A>): Promise<Answer<A>> {
        asked.push(question.input)
        return {
          value: question.schema.parse({ answer: 'Refunds above 500 need two signatures.' }),
          source: 'llm',
          generation: { model: 'm' },
        }
      },
    }
    const { playing, client } = await playOwn(engine)
    try {
      const said = textOf(await client.callTool({ name: 'refund', arguments: { invoice: 'R-8' } }))
      expect([said, asked]).toEqual(['Refunds above 500 need two signatures.', ['R-8']])
    } finally {
      await client.close()
      await playing.stop()
    }
  })

  it('with a mistake are refused at the start', () => {
    const file = join(folder, 'wrong.yaml')
    writeFileSync(file, OWN.replace('destructiveHint', 'dangerous'))
    expect(() => readCatalog(file)).toThrow(/wrong\.yaml[\s\S]*dangerous/)
  })
})

describe('the tools that come with it', () => {
  it('say which only read', () => {
    const hints = readCatalog(undefined).tools.map((tool) => [tool.name, describeTool(tool).annotations])
    expect(Object.fromEntries(hints)).toMatchObject({ read_file: { readOnlyHint: true }, list_directory: { readOnlyHint: true } })
    expect(Object.fromEntries(hints).run_command).toBe(undefined)
  })
})
