import { createSocket, type Socket } from 'node:dgram'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { defineLure, type Lure } from '../../src/sensor/lure.ts'
import type { Channel, Datagram, Passive, Visit } from '../../src/sensor/visit.ts'
import { collect, connect, type Playing, play } from '../harness.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

const base = { name: 'probe', standsFor: [], about: 'a lure for tests', profiles: ['mini'], options: z.strictObject({}), events: {} }

async function start(lure: Lure, settings = {}): Promise<Playing> {
  playing = await play(lure, { persona: 'plain', prompts: 'test/fixtures/prompts', settings: { listen: { offset: 0 }, ...settings } })
  return playing
}

function withPassive(use: (visit: Visit, passive: Passive) => Promise<void>): Lure {
  return defineLure({
    ...base,
    ports: [{ transport: 'tcp', port: 7 }],
    async serve(visit) {
      const passive = await visit.passive()
      await visit.write(`${passive.port}\n`)
      await use(visit, passive)
    },
  })
}

async function greet(p: Playing): Promise<{ control: Awaited<ReturnType<typeof connect>>; passivePort: number }> {
  const control = await connect(p.port())
  const passivePort = await new Promise<number>((resolve) => control.once('data', (d) => resolve(Number(d.toString()))))
  return { control, passivePort }
}

describe('a passive port', () => {
  it('gives the visit a second connection, counted and bounded as part of it', async () => {
    const p = await start(
      withPassive(async (visit, passive) => {
        const channel = await passive.accept()
        const got = await channel.read()
        await channel.write(`got ${got}`)
        await channel.end()
        await visit.write('done\n')
      }),
    )
    const { control, passivePort } = await greet(p)
    const data = await connect(passivePort)
    data.write('upload')
    expect((await collect(data)).toString()).toBe('got upload')
    const close = await p.seen('session.close')
    expect(close.data).toMatchObject({ bytesIn: 6, bytesOut: `${passivePort}\n`.length + 'got upload'.length + 'done\n'.length })
    expect(p.events.filter((e) => e.type === 'session.open')).toHaveLength(1)
    control.destroy()
  })

  it('takes nobody but the source of the visit', async () => {
    const p = await start(
      withPassive(async (_visit, passive) => {
        const channel = await passive.accept()
        await channel.write('yours')
        await channel.end()
      }),
    )
    const { control, passivePort } = await greet(p)
    const { createConnection } = await import('node:net')
    const stranger = createConnection({ port: passivePort, host: '127.0.0.1', localAddress: '127.0.0.2' })
    expect(await collect(stranger)).toHaveLength(0)
    expect((await p.seen('limit')).data).toEqual({ limit: 'passive-source 127.0.0.2' })
    expect((await collect(await connect(passivePort))).toString()).toBe('yours')
    control.destroy()
  })

  it('is gone when the visit is', async () => {
    const p = await start(withPassive(async (visit) => void (await visit.read())))
    const { control, passivePort } = await greet(p)
    control.destroy()
    await p.seen('session.close')
    await expect(connect(passivePort)).rejects.toThrow('ECONNREFUSED')
  })

  it('gives up waiting as told', async () => {
    const p = await start(withPassive(async (_visit, passive) => void (await passive.accept({ within: 50 }))))
    const { control } = await greet(p)
    expect((await p.seen('limit')).data).toEqual({ limit: 'passive', allowed: 50 })
    control.destroy()
  })

  it('closes the port that was opened before it', async () => {
    let channel: Channel | undefined
    const p = await start(
      withPassive(async (visit) => {
        const second = await visit.passive()
        await visit.write(`${second.port}\n`)
        channel = await second.accept()
        await visit.read()
      }),
    )
    const control = await connect(p.port())
    const lines = (
      await new Promise<string>((resolve) => {
        let text = ''
        control.on('data', (d) => {
          text += d.toString()
          if (text.split('\n').length > 2) resolve(text)
        })
      })
    ).split('\n')
    await expect(connect(Number(lines[0]))).rejects.toThrow('ECONNREFUSED')
    const data = await connect(Number(lines[1]))
    await expect.poll(() => channel).toBeDefined()
    data.destroy()
    control.destroy()
  })
})

describe('a dialogue over UDP', () => {
  function conversing(talk: Parameters<Datagram['converse']>[0]): Lure {
    return defineLure({
      ...base,
      ports: [{ transport: 'udp', port: 7 }],
      answer(datagram) {
        datagram.converse(talk)
        return undefined
      },
    })
  }

  function next(socket: Socket, within = 1500): Promise<{ text: string; port: number } | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), within)
      socket.once('message', (bytes, from) => {
        clearTimeout(timer)
        resolve({ text: bytes.toString(), port: from.port })
      })
    })
  }

  const udp = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = createSocket('udp4')
      socket.bind(0, '127.0.0.1', () => resolve(socket))
    })

  it('goes on from a port of its own, and hears its source alone', async () => {
    const p = await start(
      conversing(async (dialogue) => {
        dialogue.send(Buffer.from('first'))
        const bytes = await dialogue.receive(3000)
        dialogue.send(Buffer.from(`heard ${bytes}`))
      }),
    )
    const [mine, stranger] = [await udp(), await udp()]
    mine.send('hello', p.port(), '127.0.0.1')
    const first = (await next(mine))!
    expect(first.text).toBe('first')
    expect(first.port).not.toBe(p.port())
    stranger.send('intruder', first.port, '127.0.0.1')
    mine.send('me', first.port, '127.0.0.1')
    expect(await next(mine)).toEqual({ text: 'heard me', port: first.port })
    mine.close()
    stranger.close()
  })

  it('sends an unproven source no more than the governor allows, and a proven one what it needs', async () => {
    const reasons: (string | undefined)[] = []
    const p = await start(
      conversing(async (dialogue) => {
        for (let i = 0; i < 3; i++) reasons.push(dialogue.send(Buffer.from('x'.repeat(40))))
        dialogue.sourceIsProven()
        reasons.push(dialogue.send(Buffer.from('end')))
      }),
      { udp: { governLoopback: true, answersPerMinute: 2 } },
    )
    const mine = await udp()
    mine.send('hello', p.port(), '127.0.0.1')
    await expect.poll(() => reasons.length).toBe(4)
    expect(reasons).toEqual([undefined, undefined, 'source-per-minute', undefined])
    mine.close()
  })

  it('has a bounded number of dialogues with one source', async () => {
    let open = 0
    const refused: boolean[] = []
    const p = await start(
      defineLure({
        ...base,
        ports: [{ transport: 'udp', port: 7 }],
        answer(datagram) {
          const begun = datagram.converse(async (dialogue) => {
            open++
            await dialogue.receive(5000)
          })
          if (!begun) refused.push(begun)
          return undefined
        },
      }),
    )
    const mine = await udp()
    for (let i = 0; i < 10; i++) mine.send('hello', p.port(), '127.0.0.1')
    await expect.poll(() => open + refused.length).toBe(10)
    expect(open).toBe(4)
    mine.close()
  })
})
