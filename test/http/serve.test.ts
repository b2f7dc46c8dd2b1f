import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { html, nginx, pageFacts, type Site, serveHttp, webEvents } from '../../src/http/index.ts'
import { defineLure } from '../../src/sensor/lure.ts'
import { type Playing, play } from '../harness.ts'

const server = nginx({ header: 'nginx/1.22.1' })
let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function web(site: Site): Promise<Playing> {
  const lure = defineLure({
    name: 'site',
    standsFor: [],
    about: 'a site for tests',
    profiles: ['mini'],
    ports: [{ transport: 'tcp', port: 80 }],
    options: z.strictObject({}),
    events: webEvents('site'),
    serve: (visit) => serveHttp(visit, { name: 'site', server, site }),
  })
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts' })
  return playing
}

describe('the web core', () => {
  it('answers two pipelined requests in order and records each', async () => {
    const p = await web((request) => (request.path === '/a' ? html('A') : server.page(404, pageFacts(request))))
    const answer = await p.exchange('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK\r\nServer: nginx\/1.22.1\r\n[\s\S]*1\r\nA\r\n0\r\n\r\nHTTP\/1.1 404 Not Found/)
    expect(p.data('site.request')).toMatchObject([
      { target: '/a', status: 200 },
      { target: '/b', status: 404 },
    ])
    expect(p.data('turn')).toHaveLength(2)
    expect(p.deadLetters).toEqual([])
  })
})
