import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import type { Client, ClientChannel } from 'ssh2'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import smtp from '../../src/emulators/smtp/index.ts'
import http from '../../src/http/lure.ts'
import { call, connectClient } from './client.ts'
import { type PlayingSsh, playSsh } from './play-ssh.ts'

let ssh: PlayingSsh
let client: Client
beforeAll(async () => {
  ssh = await playSsh()
})
afterAll(() => ssh.stop())
afterEach(() => {
  client.end()
})

describe('direct-tcpip', () => {
  it('to a port of the host that nobody listens on is refused as by the kernel', async () => {
    client = await connectClient(ssh.port)
    const open = call((done) => client.forwardOut('127.0.0.1', 4711, '127.0.0.1', 1, done))
    await expect(open).rejects.toMatchObject({ message: '(SSH) Channel open failure: Connection refused', reason: 2 })
    expect(ssh.playing.data('ssh.forward').at(-1)).toEqual({
      host: '127.0.0.1',
      port: 1,
      originHost: '127.0.0.1',
      originPort: 4711,
      accepted: false,
    })
  })

  it('to the port of a lure is served by that lure, in a session of its own from the same source', async () => {
    const both = await playSsh({ beside: [smtp] })
    client = await connectClient(both.port)
    const tunnel = await call<ClientChannel>((done) => client.forwardOut('127.0.0.1', 4711, 'mail.example.net', 25, done))
    let shown = ''
    tunnel.on('data', (bytes: Buffer) => {
      shown += bytes
      if (shown.endsWith('ESMTP Postfix (Debian/GNU)\r\n')) tunnel.write('HELO spam\r\n')
      if (/^250 /m.test(shown)) tunnel.end('QUIT\r\n')
    })
    await once(tunnel, 'close')
    expect(shown).toMatch(/^220 \S+ ESMTP Postfix[^\n]*\n250 \S+\r\n221 [^\n]*\n$/)
    expect(both.playing.data('ssh.forward').at(-1)).toMatchObject({ host: 'mail.example.net', port: 25, accepted: true, lure: 'smtp' })
    await both.playing.seen('ssh.forward.data')
    expect(both.playing.data('ssh.forward.data')).toEqual([
      { host: 'mail.example.net', port: 25, data: 'HELO spam\r\nQUIT\r\n', bytes: 17 },
    ])
    const visits = both.playing.events.filter(({ type }) => type === 'session.close')
    expect(visits).toMatchObject([{ lure: 'smtp', srcIp: '127.0.0.1', data: { bytesIn: 17, reason: 'lure' } }])
    client.end()
    await both.stop()
  })

  it('carries a body of megabytes both ways, at the pace of the reader, TLS included', async () => {
    const both = await playSsh({ beside: [http] })
    client = await connectClient(both.port)
    const tunnel = await call<ClientChannel>((done) => client.forwardOut('127.0.0.1', 1, 'localhost', 443, done))
    const secure = connectTls({ socket: tunnel, rejectUnauthorized: false })
    await once(secure, 'secureConnect')
    const body = Buffer.alloc(3_000_000, 'a')
    secure.write(`POST /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`)
    secure.write(body)
    let answer = ''
    secure.on('data', (bytes: Buffer) => (answer += bytes))
    await once(secure, 'close')
    expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /)
    client.end()
    await both.stop()
  })

  it('to anywhere else opens, and what the attacker sends is written down and leads nowhere', async () => {
    client = await connectClient(ssh.port)
    const tunnel = await call<ClientChannel>((done) => client.forwardOut('127.0.0.1', 4711, 'mail.example.net', 25, done))
    const closed = once(tunnel, 'close')
    tunnel.end('EHLO spam\r\n')
    tunnel.resume()
    await closed
    await ssh.playing.seen('ssh.forward.data')
    expect(ssh.playing.data('ssh.forward.data').at(-1)).toEqual({ host: 'mail.example.net', port: 25, data: 'EHLO spam\r\n', bytes: 11 })
  })

  it('is refused altogether where the operator says so', async () => {
    const strict = await playSsh({ options: { forwarding: 'refuse' } })
    client = await connectClient(strict.port)
    await expect(call((done) => client.forwardOut('127.0.0.1', 1, 'example.net', 80, done))).rejects.toThrow('Connection refused')
    client.end()
    await strict.stop()
  })
})

describe('tcpip-forward', () => {
  it('is granted, with a port chosen for who asks for any', async () => {
    client = await connectClient(ssh.port)
    expect(await call<number>((done) => client.forwardIn('127.0.0.1', 0, done as never))).toBeGreaterThan(1024)
    await call((done) => client.forwardIn('0.0.0.0', 9000, done as never))
    expect(ssh.playing.data('ssh.listen')).toEqual([
      { host: '127.0.0.1', port: 0 },
      { host: '0.0.0.0', port: 9000 },
    ])
  })
})
