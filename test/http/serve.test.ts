import { randomBytes, randomInt } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { apache, html, lighttpd, nginx, pageFacts, type Site, uhttpd, type WebServer } from '../../src/http/index.ts'
import { collect, connect, type Playing } from '../harness.ts'
import { playServer, recorded, talk } from './dialogue.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

const plain = nginx({ header: 'nginx/1.22.1' })
const echo: Site = (request) => html(`${request.method} ${request.bodyBytes} ${request.body.subarray(0, 20)}`)

async function web(site: Site, server: WebServer = plain): Promise<Playing> {
  playing = await playServer(server, { site })
  return playing
}

describe('a connection', () => {
  it('answers pipelined requests in order and records each', async () => {
    const p = await web((request) => (request.path === '/a' ? html('A') : plain.page(404, pageFacts(request))))
    const answer = await p.exchange('GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answer.toString()).toMatch(/^HTTP\/1.1 200 OK\r\nServer: nginx\/1.22.1\r\n[\s\S]*1\r\nA\r\n0\r\n\r\nHTTP\/1.1 404 Not Found/)
    expect(p.data('site.request')).toMatchObject([
      { target: '/a', status: 200 },
      { target: '/b', status: 404 },
    ])
    expect(p.data('turn')).toHaveLength(2)
    expect(p.deadLetters).toEqual([])
  })

  it('reads a request that comes byte by byte, and one in the middle of another', async () => {
    const p = await web(echo)
    const socket = await connect(p.port())
    const got = collect(socket, 1500)
    const first =
      'POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'
    for (const byte of first) {
      socket.write(byte)
      await new Promise(setImmediate)
    }
    expect((await got).toString()).toMatch(/POST 3 abc[\s\S]*GET 0 /)
  })

  it('takes a body that is on its way before it answers without it, as who sends it may stop at the answer', async () => {
    playing = await playServer(plain)
    const socket = await connect(playing.port())
    socket.on('data', () => socket.destroy())
    socket.write('POST /file.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc')
    for (const piece of ['def', 'ghi']) {
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate)
      socket.write(piece)
    }
    await playing.seen('site.request')
    expect(playing.data('site.request')).toMatchObject([{ status: 405, body: 'abcdefghi' }])
  })

  it('keeps the evidence of what was cut off before it was a request', async () => {
    const p = await web(echo)
    await p.exchange('GET /half HTTP/1.1\r\nHost: x\r\nX-Half: ye', { end: true })
    expect((await p.seen('site.request')).data).toMatchObject({ target: '/half', status: 0, refused: true })
    expect(p.data('turn')).toMatchObject([{ input: 'GET /half HTTP/1.1\r\nHost: x\r\nX-Half: ye', output: '' }])
  })

  it('records bytes that are no text as bytes', async () => {
    const p = await web(echo)
    await p.exchange(Buffer.from('GET /\xff HTTP/1.1\r\nHost: x\r\nX-Raw: \xfe\r\nConnection: close\r\n\r\n', 'latin1'))
    const { data } = await p.seen('site.request')
    expect(data.target).toEqual({ base64: Buffer.from('/\xff', 'latin1').toString('base64') })
    expect(data.headers).toContainEqual(['X-Raw', { base64: Buffer.from([0xfe]).toString('base64') }])
    expect(p.deadLetters).toEqual([])
  })

  it('streams a body that the site makes as it goes: in chunks, or until the close to an old client', async () => {
    async function* pieces(): AsyncIterable<Buffer> {
      for (const word of ['one', 'two']) yield Buffer.from(word)
    }
    const p = await web(() => ({ status: 200, headers: [['Content-Type', 'text/plain']], body: pieces() }))
    expect((await p.exchange('GET / HTTP/1.1\r\nHost: x\r\n\r\n')).toString()).toMatch(
      /chunked[\s\S]*\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/,
    )
    expect((await p.exchange('GET / HTTP/1.0\r\n\r\n')).toString()).toMatch(/Connection: close\r\n\r\nonetwo$/)
  })

  it('hands the rest of itself over after an upgrade, early bytes included', async () => {
    const p = await web(() => ({
      status: 101,
      headers: [['Upgrade', 'probe']],
      takeOver: async (visit) => void (await visit.write(`got ${await visit.line(50)}`)),
    }))
    const answer = await p.exchange('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: probe\r\n\r\nearly\n')
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n[\s\S]*\r\n\r\ngot early$/)
  })
})

describe('bounds', () => {
  const hasty = (server: WebServer): WebServer => ({ ...server, limits: { ...server.limits, headMs: 300, bodyMs: 300, idleMs: 300 } })

  it('end a slow head as the server does: nginx without a word, Apache with 408', async () => {
    const slow = Buffer.from('GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    const silent = await talk((await web(echo, hasty(plain))).port(), slow, 2000)
    expect(silent).toMatchObject({ closes: true, reply: Buffer.alloc(0) })
    await playing?.stop()
    const spoken = await talk((await web(echo, hasty(apache({ header: 'Apache', hostname: 'x' })))).port(), slow, 2000)
    expect(spoken.reply.toString()).toMatch(/^HTTP\/1\.1 408 Request Timeout\r\n/)
  })

  it('hold though a byte comes every now and then', async () => {
    const p = await web(echo, hasty(plain))
    const socket = await connect(p.port())
    const started = performance.now()
    const drip = setInterval(() => socket.write('x'), 20)
    socket.write('GET / HTTP/1.1\r\nX: ')
    await collect(socket, 2000)
    clearInterval(drip)
    expect(performance.now() - started).toBeLessThan(1500)
  })

  it('keep little of a body of 100 MB, count all of it, and refuse what was announced too large', async () => {
    const size = 100 * 1024 * 1024
    const p = await web(echo, apache({ header: 'Apache', hostname: 'x' }))
    const before = process.memoryUsage().rss
    const socket = await connect(p.port())
    const got = collect(socket, 20_000)
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: ${size}\r\n\r\n`)
    const piece = Buffer.alloc(1024 * 1024, 'a')
    for (let i = 0; i < 100; i++) if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve))
    expect((await got).toString()).toContain(`POST ${size} aaaa`)
    expect(p.data('site.request')).toMatchObject([{ bodyBytes: size, status: 200 }])
    expect(p.data('artifact')).toMatchObject([{ size: 16 * 1024 * 1024 }])
    expect(process.memoryUsage().rss - before).toBeLessThan(160 * 1024 * 1024)
    await p.stop()
    const refusing = await web(echo)
    const answer = await refusing.exchange(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n<?php evidence`, { end: true })
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 Request Entity Too Large/)
    expect((await refusing.seen('site.request')).data).toMatchObject({ body: '<?php evidence', refused: true, status: 413 })
  }, 30_000)
})

describe.each([
  plain,
  apache({ header: 'Apache', hostname: 'x' }),
  lighttpd({ header: 'lighttpd' }),
  uhttpd(),
])('hostile bytes at $name', (server) => {
  it('cause no fault', async () => {
    const p = await web(echo, server)
    const seeds = Object.values(recorded('nginx', 'dialogue').exchanges).map(({ send }) => send.subarray(0, 2000))
    const mutated = (): Buffer => {
      const bytes = Buffer.from(seeds[randomInt(seeds.length)] as Buffer)
      for (let i = randomInt(6); i > 0 && bytes.length > 0; i--) bytes[randomInt(bytes.length)] = randomInt(256)
      return bytes.subarray(0, randomInt(bytes.length + 1))
    }
    const inputs = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? randomBytes(randomInt(1, 500)) : mutated()))
    for (let i = 0; i < inputs.length; i += 100) {
      await Promise.all(inputs.slice(i, i + 100).map((bytes) => p.exchange(bytes, { end: true, quietMs: 200 })))
    }
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  })
})
