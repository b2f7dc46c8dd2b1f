import { createSocket } from 'node:dgram'
import type { Socket } from 'node:net'
import { duplexPair } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { EventSchemas } from '../../src/events/schema.ts'
import { defineLure, type Lure } from '../../src/sensor/lure.ts'
import type { Datagram, Visit } from '../../src/sensor/visit.ts'
import { collect, connect, type Playing, type PlayOptions, play as playAs } from '../harness.ts'

const play = (lure: Lure, given: PlayOptions = {}): Promise<Playing> =>
  playAs(lure, { ...given, persona: 'plain', prompts: 'test/fixtures/prompts' })

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function tcp(serve: (visit: Visit) => Promise<void>, given: PlayOptions & { tls?: boolean } = {}): Promise<Playing> {
  const lure = defineLure({
    name: 'probe',
    standsFor: [],
    about: 'a lure for tests',
    profiles: ['mini'],
    ports: [{ transport: 'tcp', port: 7, tls: given.tls ?? false }],
    options: z.strictObject({}),
    events: { 'probe.line': z.object({ text: z.string() }) } as EventSchemas,
    serve,
  })
  playing = await play(lure, given)
  return playing
}

describe('a TCP visit', () => {
  it('gives lines without their line ends, LF and CRLF alike', async () => {
    const p = await tcp(async (visit) => {
      for (;;) visit.record('probe.line', { text: (await visit.line(100)).toString() } as never)
    })
    await p.exchange('one\r\ntwo\nthree', { end: true })
    await p.seen('session.close')
    expect(p.data('probe.line')).toEqual([{ text: 'one' }, { text: 'two' }])
  })

  it('joins bytes that arrive in pieces, and cuts pieces that arrive joined', async () => {
    const got: string[] = []
    const p = await tcp(async (visit) => {
      got.push(
        (await visit.exactly(3)).toString(),
        (await visit.exactly(4)).toString(),
        (await visit.until(Buffer.from('!!'), 20)).toString(),
      )
    })
    const socket = await connect(p.port())
    for (const byte of 'abcdefgh!!rest') {
      socket.write(byte)
      await new Promise(setImmediate)
    }
    await p.seen('session.close')
    socket.destroy()
    expect(got).toEqual(['abc', 'defg', 'h!!'])
  })

  it('ends with a limit event when a line is longer than the lure allows', async () => {
    const p = await tcp(async (visit) => {
      await visit.line(10)
    })
    await p.exchange('x'.repeat(5000))
    expect((await p.seen('limit')).data).toEqual({ limit: 'line', allowed: 10 })
    expect((await p.seen('session.close')).data).toMatchObject({ reason: 'limit' })
  })

  it('ends an idle attacker', async () => {
    const p = await tcp(async (visit) => void (await visit.read()), { settings: { limits: { idleMs: 200 } } })
    const socket = await connect(p.port())
    await collect(socket, 3000)
    expect((await p.seen('limit')).data).toMatchObject({ limit: 'idle' })
  })

  it('stops reading from a sender who is not read, so memory stays bounded', async () => {
    let release = (): void => undefined
    const p = await tcp(async (visit) => {
      await visit.exactly(1)
      await new Promise<void>((resolve) => (release = resolve))
    })
    const socket = await connect(p.port())
    socket.on('error', () => undefined)
    let sent = 0
    for (let i = 0; i < 400; i++) {
      sent += 65536
      if (!socket.write(Buffer.alloc(65536))) await new Promise((r) => setTimeout(r, 2))
    }
    expect(socket.writableLength).toBeGreaterThan(sent / 2)
    release()
    socket.destroy()
    expect(Number((await p.seen('session.close')).data.bytesIn)).toBeLessThan(sent / 2)
  })

  it('turns what a lure throws into one fault event with the bytes that caused it, and lives on', async () => {
    const p = await tcp(async (visit) => {
      await visit.line(100)
      throw new TypeError('boom')
    })
    await p.exchange('crash me\n')
    const fault = await p.seen('lure.fault')
    expect(fault.data).toMatchObject({ message: 'boom', lastBytes: 'crash me\n' })
    await p.exchange('again\n')
    expect((await p.seen('lure.fault', 2)).data).toMatchObject({ lastBytes: 'again\n' })
  })

  it('refuses the connection beyond the limit of a source and says so once a second', async () => {
    const p = await tcp(async (visit) => void (await visit.read()), { settings: { limits: { connectionsPerSource: 2 } } })
    const held = [await connect(p.port()), await connect(p.port())]
    expect(await p.exchange('')).toHaveLength(0)
    expect((await p.seen('limit')).data).toEqual({ limit: 'connections-per-source' })
    for (const socket of held) socket.destroy()
  })

  it("speaks TLS with a certificate that is the persona's", async () => {
    const p = await tcp(async (visit) => void (await visit.write(`hello ${(await visit.line(50)).toString()}`)), { tls: true })
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = tlsConnect({ port: p.port(), rejectUnauthorized: false, servername: 'x.test' }, () => {
        expect(socket.getPeerCertificate().subject.CN).toMatch(/\./)
        socket.write('tls\n')
      })
      socket.once('data', (d) => {
        resolve(d.toString())
        socket.destroy()
      })
      socket.once('error', reject)
    })
    expect(answer).toBe('hello tls')
  })

  it('changes to TLS in mid-conversation without losing early bytes', async () => {
    const p = await tcp(async (visit) => {
      await visit.line(50)
      await visit.write('go\n')
      await visit.startTls()
      await visit.write(`secret ${(await visit.line(50)).toString()}`)
    })
    const plain = await connect(p.port())
    plain.write('STARTTLS\n')
    await new Promise((resolve) => plain.once('data', resolve))
    const secure = tlsConnect({ socket: plain, rejectUnauthorized: false })
    secure.write('inside\n')
    const answer = await new Promise<Buffer>((resolve) => secure.once('data', resolve))
    secure.destroy()
    expect(answer.toString()).toBe('secret inside')
  })

  it('ends when the client ends in the middle of the TLS handshake', async () => {
    const p = await tcp(async () => undefined, { tls: true })
    const hello = await new Promise<Buffer>((resolve) => {
      const [client, wire] = duplexPair()
      wire.once('data', resolve)
      tlsConnect({ socket: client as Socket, servername: 'x.test' }).on('error', () => undefined)
    })
    const socket = await connect(p.port())
    socket.on('data', () => socket.end())
    socket.write(hello)
    expect((await p.seen('session.close')).data).toMatchObject({ reason: 'attacker', bytesIn: hello.length })
    expect(p.data('fingerprint')).toHaveLength(1)
  })

  it('ends when the client resets the connection below TLS with our answer on its way', async () => {
    const p = await tcp(
      async (visit) => {
        await visit.line(50)
        await visit.pause(0)
        await visit.write('x'.repeat(300))
        await visit.read()
        await visit.end()
      },
      { tls: true },
    )
    const plain = await connect(p.port())
    const secure = tlsConnect({ socket: plain, rejectUnauthorized: false })
    secure.on('error', () => undefined)
    await new Promise((resolve) => secure.once('secureConnect', resolve))
    secure.write('hello\n')
    await new Promise(setImmediate)
    plain.resetAndDestroy()
    await p.seen('session.close', 1, 9_000)
  }, 15_000)

  it('believes a PROXY header of a trusted proxy only', async () => {
    const trusted = await tcp(async (visit) => void (await visit.write(visit.source.ip)), {
      settings: { listen: { offset: 0, trustedProxies: ['127.0.0.1'] } },
    })
    expect((await trusted.exchange('PROXY TCP4 203.0.113.9 10.0.0.1 4711 80\r\n')).toString()).toBe('203.0.113.9')
    expect((await trusted.seen('session.close')).srcIp).toBe('203.0.113.9')
    await trusted.stop()
    const wary = await tcp(async (visit) => void (await visit.write(visit.source.ip)))
    expect((await wary.exchange('PROXY TCP4 203.0.113.9 10.0.0.1 4711 80\r\n')).toString()).toBe('127.0.0.1')
  })
})

describe('a UDP exchange', () => {
  function echo(answer: (datagram: Datagram) => Buffer | Buffer[] | undefined): Lure {
    return defineLure({
      name: 'probe',
      standsFor: [],
      about: 'a lure for tests',
      profiles: ['mini'],
      ports: [{ transport: 'udp', port: 7 }],
      options: z.strictObject({}),
      events: {},
      answer,
    })
  }

  async function ask(port: number, packets: number): Promise<number> {
    const socket = createSocket('udp4')
    let answers = 0
    socket.on('message', () => answers++)
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    for (let i = 0; i < packets; i++) {
      socket.send('ping', port, '127.0.0.1')
      await new Promise(setImmediate)
    }
    await new Promise((resolve) => setTimeout(resolve, 150))
    socket.close()
    return answers
  }

  it('answers three requests a minute of a source and withholds the rest', async () => {
    playing = await play(
      echo((d) => d.bytes),
      { settings: { udp: { governLoopback: true } } },
    )
    expect(await ask(playing.port(), 8)).toBe(3)
    expect(playing.data('datagram').map((d) => d.withheld)).toEqual([
      undefined,
      undefined,
      undefined,
      ...Array(5).fill('source-per-minute'),
    ])
  })

  it('counts a flood instead of listing it, and reports its size at the end', async () => {
    playing = await play(
      echo(() => undefined),
      { settings: { udp: { floodPackets: 10 } } },
    )
    await ask(playing.port(), 50)
    await playing.seen('flood.start')
    expect(playing.data('datagram')).toHaveLength(10)
    await playing.stop()
    expect(playing.data('flood.end')).toMatchObject([{ vector: 'probe', victim: '127.0.0.1', packets: 50, bytes: 200, answeredBytes: 0 }])
  })

  it('keeps a lure that throws on a datagram alive', async () => {
    playing = await play(
      echo(() => {
        throw new Error('bad packet')
      }),
    )
    expect(await ask(playing.port(), 2)).toBe(0)
    expect(playing.data('lure.fault')).toHaveLength(2)
  })
})
