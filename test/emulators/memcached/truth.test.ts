import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import memcached from '../../../src/emulators/memcached/index.ts'
import { connect, type Playing, play } from '../../harness.ts'
import recorded from './memcached-1.6.18.json' with { type: 'json' }
import truth from './truth.json' with { type: 'json' }

let playing: Playing
beforeAll(async () => {
  playing = await play(memcached, { persona: 'plain', prompts: 'test/fixtures/prompts' })
})
afterAll(() => playing.stop())

/** Numbers that no two servers share: CAS, clocks, ports, counters, and file descriptors. */
function masked(sent: string, reply: string): string {
  if (/^stats( |\r)|stats items/.test(sent))
    return reply.replace(/STAT [^\r]+/g, (line) =>
      /stats settings/.test(sent) ? line.replace(/(tcpport|udpport|inter|verbosity|oldest) .*/, '$1') : line.replace(/\d+/g, 'N'),
    )
  return reply
    .replace(/(VALUE a \d+ \d+) \d+/, '$1 CAS')
    .replace(/cas=\d+/g, 'cas=N')
    .replace(/la=\d+/g, 'la=N')
    .replace(/ c\d+\r/, ' cN\r')
    .replace(/size=\d+/, 'size=N')
}

/** The whole of each reply, sent one after the other over one connection. */
async function converse(requests: readonly (Buffer | string)[], lengths: readonly number[]): Promise<{ reply: Buffer; closed: boolean }[]> {
  const socket = await connect(playing.port())
  let got = Buffer.alloc(0)
  let closed = false
  let wake = (): void => undefined
  socket.on('data', (bytes: Buffer) => {
    got = Buffer.concat([got, bytes])
    wake()
  })
  socket.on('close', () => {
    closed = true
    wake()
  })
  socket.on('error', () => undefined)
  const replies: { reply: Buffer; closed: boolean }[] = []
  for (const [i, request] of requests.entries()) {
    got = Buffer.alloc(0)
    if (!closed) socket.write(request)
    const deadline = Date.now() + ((lengths[i] as number) > 0 ? 2000 : 40)
    while (got.length < (lengths[i] as number) || (lengths[i] === 0 && !closed)) {
      const left = deadline - Date.now()
      if (left <= 0 || closed) break
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    replies.push({ reply: got, closed })
  }
  socket.destroy()
  return replies
}

/** Answers that depend on what the server keeps besides. */
const OTHERWISE = /^(stats slabs|stats conns|stats sizes)/

describe(`as ${recorded.server}`, () => {
  it('answers every line of the text protocol', async () => {
    await playing.exchange('flush_all\r\n', { end: true })
    const steps = recorded.text.map(({ send, reply, closed }) => ({
      send: typeof send === 'string' ? send : `${send.key}\r\n${'x'.repeat(send.fill - send.key.length - 4)}\r\n`,
      reply,
      closed,
    }))
    const lengths = steps.map(({ send, reply }) => (OTHERWISE.test(send) ? 5 : /^stats|^lru_crawler meta/.test(send) ? 5 : reply.length))
    const replies = await converse(
      steps.map(({ send }) => send),
      lengths,
    )
    for (const [i, { send, reply, closed }] of steps.entries()) {
      if (OTHERWISE.test(send)) continue
      const got = replies[i]
      expect({ send: send.slice(0, 60), reply: masked(send, got?.reply.toString('latin1') ?? ''), closed: got?.closed }).toEqual({
        send: send.slice(0, 60),
        reply: masked(send, reply),
        closed,
      })
    }
  })

  it('answers every packet of the binary protocol', async () => {
    const steps = recorded.binary.map(({ send, reply, closed }) => ({
      send: Buffer.from(send, 'hex'),
      reply: Buffer.from(reply, 'hex'),
      closed,
    }))
    const replies = await converse(
      steps.map(({ send }) => send),
      steps.map(({ reply }) => reply.length),
    )
    const withoutCas = (bytes: Buffer): string =>
      Buffer.concat([bytes.subarray(0, 16), Buffer.alloc(8), bytes.subarray(24)]).toString('hex')
    for (const [i, { send, reply }] of steps.entries()) {
      // What follows an unknown packet is the end of the connection in the recording.
      if (i >= steps.length - 3) break
      expect({ send: send.toString('hex'), reply: withoutCas(replies[i]?.reply ?? Buffer.alloc(0)) }).toEqual({
        send: send.toString('hex'),
        reply: withoutCas(reply),
      })
    }
  })

  it('has the statistics of the recorded server, name by name', async () => {
    const names = (text: string): string[] => text.split('\r\n').map((line) => line.split(' ')[1] ?? line)
    const { reply_text } = truth.dialogue[1] as { reply_text: string }
    const reply = await playing.exchange('stats\r\n', { end: true })
    expect(names(reply.toString())).toEqual(names(reply_text))
  })
})
