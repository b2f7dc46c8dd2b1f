import { afterEach, describe, expect, it } from 'vitest'
import { apache, fastifySite, nginx, redirect, type WebServer } from '../../src/http/index.ts'
import type { Playing } from '../harness.ts'
import { playServer } from './dialogue.ts'

let playing: Playing | undefined
afterEach(async () => playing?.stop())

async function play(server: WebServer): Promise<Playing> {
  const { site } = await fastifySite(server, (app) => {
    app.get('/health', async () => ({ status: 'ok' }))
    app.get('/item/:name', async (request) => (request.params as { name: string }).name)
    app.post('/login', (request, reply) =>
      reply.answer(
        redirect(`/home?user=${request.web.form().get('user')}`, 302, [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
        ]),
      ),
    )
    app.get('/two', (_request, reply) => reply.header('set-cookie', ['a=1', 'b=2']).header('x-frame-options', 'DENY').send('two'))
    app.get('/broken', async () => {
      throw new Error('a fault of ours')
    })
  })
  playing = await playServer(server, { site })
  return playing
}

const get = (p: Playing, target: string, method = 'GET'): Promise<string> =>
  p.exchange(`${method} ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`).then((b) => b.toString())

describe('a site that Fastify routes', () => {
  it('answers with the order, case and framing of the played server', async () => {
    const p = await play(nginx({ header: 'nginx' }))
    expect((await get(p, '/two')).replace(/Date: .*\r\n/, '')).toBe(
      'HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain; charset=utf-8\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n' +
        'Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Frame-Options: DENY\r\n\r\n3\r\ntwo\r\n0\r\n\r\n',
    )
    expect(await get(p, '/health')).toContain('{"status":"ok"}')
    expect(await get(p, '/health', 'HEAD')).not.toContain('{')
  })

  it('gives handlers decoded parameters and the form of the request', async () => {
    const p = await play(apache({ header: 'Apache', hostname: 'x' }))
    expect(await get(p, '/item/a%20b%C3%A4')).toContain('\r\n\r\na bä')
    const answer = await p.exchange(
      'POST /login HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nuser=root',
    )
    expect(answer.toString()).toMatch(/Location: \/home\?user=root\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n/)
  })

  it.each([
    '/nowhere',
    '/item/%ff%fe',
    '/%2e%2e/x',
    '/a'.repeat(3000),
  ])('never shows an answer of Fastify or Node: %.20s', async (target) => {
    const p = await play(nginx({ header: 'nginx' }))
    for (const method of ['GET', 'POST', 'PROPFIND', 'FOO', 'QUERY']) {
      const answer = await get(p, target, method)
      expect(answer).toMatch(/^HTTP\/1\.1 \d{3} .*\r\nServer: nginx\r\n/)
      expect(answer).not.toMatch(/FST_|statusCode|Route |fastify/i)
    }
  })

  it("answers a handler's fault with the server's 500, records it and plays on", async () => {
    const p = await play(nginx({ header: 'nginx' }))
    expect(await get(p, '/broken')).toMatch(/^HTTP\/1\.1 500 Internal Server Error\r\nServer: nginx/)
    expect(p.data('lure.fault')).toMatchObject([{ message: 'a fault of ours' }])
    expect(await get(p, '/health')).toContain('200 OK')
  })
})
