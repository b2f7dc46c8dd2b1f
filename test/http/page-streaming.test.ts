import { createConnection } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import http from '../../src/http/lure.ts'
import { type Playing, play } from '../harness.ts'
import { type FakeModelServer, fakeModelServer, type Reply, webText } from '../llm/fake-model-server.ts'
import { backendEntry, engineOn, llmSettings } from '../llm/setup.ts'
import { ask } from './ask.ts'
import { MemoryHosts } from './memory-hosts.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function site(reply: Reply, persona = 'debian-web', deadlineMs = 60_000): Promise<{ p: Playing; server: FakeModelServer }> {
  const server = await fakeModelServer({ script: reply })
  const engine = engineOn(llmSettings({ backends: [backendEntry('ollama', server)], deadlineMs }))
  const p = await play(http, { persona, hosts: new MemoryHosts(), engine })
  closers.push(
    () => server.close(),
    () => engine.close(),
    () => p.stop(),
  )
  return { p, server }
}

const page = (paragraphs: number): string =>
  `<!DOCTYPE html>\n<html>\n<head><link rel="stylesheet" href="/portal/made.css"></head>\n<body>\n${'<p>Oak and ash, planed to size in our own yard.</p>\n'.repeat(paragraphs)}</body>\n</html>\n`

/** Resolves with what has come as soon as it contains `mark`; the connection stays as it is. */
function until(p: Playing, request: string, mark: string): Promise<{ seen: string; leave: () => void }> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(p.port(), '127.0.0.1', () => socket.write(request))
    let seen = ''
    socket.on('error', reject)
    socket.on('data', (bytes) => {
      seen += bytes
      if (seen.includes(mark)) resolve({ seen, leave: () => socket.destroy() })
    })
  })
}

describe('a page that the model still writes', () => {
  it('is sent in chunks as it comes, is recorded whole, and is the same to the byte from then on', async () => {
    const { p, server } = await site({ text: webText(page(12)), drip: 1 })
    const first = await ask(p, 'GET', '/portal/reset.php')
    expect(first.head).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*Content-Type: text\/html\r\nTransfer-Encoding: chunked/)
    expect(first.body).toBe(page(12))
    const again = await ask(p, 'GET', '/portal/reset.php')
    const undated = (head: string): string => head.replace(/Date: [^\r]*/, '')
    expect(undated(again.head)).toBe(undated(first.head))
    expect(again.body).toBe(page(12))
    expect(server.asked).toHaveLength(1)
    const turns = p.data('turn')
    expect(turns.map(({ source }) => source)).toEqual(['llm', 'cache'])
    expect(turns[0]).toMatchObject({ generation: { outputTokens: expect.any(Number) } })
    expect(p.deadLetters).toEqual([])
  })

  it('begins before it is whole even if it is one long line', async () => {
    const { p } = await site({ text: webText(page(8).replaceAll('\n', '')), fault: 'stall' }, 'debian-web', 3_000)
    const { seen, leave } = await until(p, 'GET /portal/reset.php HTTP/1.1\r\nHost: x\r\n\r\n', '</p>')
    expect(seen).not.toContain('</html>')
    leave()
  })

  it('begins before it is whole, and what it names is there by then', async () => {
    const { p } = await site({ text: webText(page(8)), fault: 'stall' }, 'debian-web', 3_000)
    const { seen, leave } = await until(p, 'GET /portal/reset.php HTTP/1.1\r\nHost: x\r\n\r\n', '<head>')
    expect(seen).not.toContain('</html>')
    expect((await ask(p, 'GET', '/portal/made.css')).status).toBe(200)
    leave()
  })

  it('is made to its end when its reader leaves: the next one sees all of it', async () => {
    const { p, server } = await site({ text: webText(page(12)), drip: 2 })
    const { leave } = await until(p, 'GET /portal/reset.php HTTP/1.1\r\nHost: x\r\n\r\n', '<head>')
    leave()
    expect((await ask(p, 'GET', '/portal/reset.php')).body).toBe(page(12))
    expect([server.asked.length, server.cancelled]).toEqual([1, 0])
  })

  it('ends where the model broke off, with its end tags, and stays so', async () => {
    const { p, server } = await site({ text: webText(page(12)), fault: 'half' })
    const { body } = await ask(p, 'GET', '/portal/reset.php')
    expect(body).toMatch(/^<!DOCTYPE html>\n[\s\S]*planed[^\n]*\n<\/body>\n<\/html>\n$/)
    expect(body.length).toBeLessThan(page(12).length)
    expect((await ask(p, 'GET', '/portal/reset.php')).body).toBe(body)
    expect(server.asked).toHaveLength(1)
  })

  it('is told to an old client until the close, to a HEAD by its head alone, and compressed where that is asked for', async () => {
    const { p } = await site({ text: webText(page(12)), drip: 1 })
    const old = await ask(p, 'GET', '/portal/reset.php?a', { version: '1.0' })
    expect(old.head).not.toMatch(/Transfer-Encoding|Content-Length/)
    expect(old.body).toBe(page(12))
    const head = await ask(p, 'HEAD', '/portal/reset.php?b')
    expect(head).toMatchObject({ status: 200, body: '' })
    const packed = await ask(p, 'GET', '/portal/reset.php?c', { headers: { 'Accept-Encoding': 'gzip' } })
    expect(packed.header('content-encoding')).toBe('gzip')
    expect(gunzipSync(packed.bytes).toString()).toBe(page(12))
  })

  it('that is no page of the site is held until its end: an error, another type, a head that comes last', async () => {
    const html = [{ name: 'Content-Type', value: 'text/html' }]
    for (const text of [
      webText(page(12), { status: 404 }),
      webText('{\n"orders": [\n1,\n2\n]\n}\n', { headers: [{ name: 'Content-Type', value: 'application/json' }] }),
      JSON.stringify({ body: page(12), headers: html, status: 500 }),
    ]) {
      const { p } = await site({ text, drip: 1 })
      const { status, head, body } = await ask(p, 'GET', '/portal/reset.php')
      if (status === 404) expect(body).toMatch(/^<html>\r\n<head><title>404/)
      else if (status === 500) expect(body).toBe(page(12))
      else expect(head).toContain('Content-Type: application/json')
    }
  })
})

describe('the length of a page that the model still writes', () => {
  it('is told by an Apache that has all of it before its buffer is full, and not of a longer one', async () => {
    const { p } = await site({ text: webText(page(12)), drip: 1 }, 'hospital-integration')
    const short = await ask(p, 'GET', '/status/queue.php')
    expect(short.header('content-length')).toBe(String(page(12).length))
    expect(short.body).toBe(page(12))
    const long = await site({ text: webText(page(300)) }, 'hospital-integration')
    const whole = await ask(long.p, 'GET', '/status/log.php')
    expect(whole.header('transfer-encoding')).toBe('chunked')
    expect(whole.body).toBe(page(300))
  })
})
