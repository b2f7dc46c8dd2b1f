import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { defineLure } from '../../src/sensor/lure.ts'
import { connect, type Playing, play } from '../harness.ts'

const closers: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const lure = defineLure({
  name: 'probe',
  standsFor: [],
  about: 'a lure for tests',
  profiles: ['mini'],
  options: z.strictObject({}),
  events: {},
  ports: [
    { transport: 'tcp', port: 7 },
    { transport: 'tcp', port: 8 },
    { transport: 'udp', port: 7 },
  ],
  serve: async (visit) => void (await visit.write('hello')),
  answer: async () => Buffer.from('hello'),
})

async function taken(): Promise<{ server: Server; port: number }> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => void server.close())
  return { server, port: (server.address() as AddressInfo).port }
}

async function start(ports: number[]): Promise<Playing> {
  const playing = await play(lure, { ports, persona: 'plain', prompts: 'test/fixtures/prompts' })
  closers.push(() => playing.stop())
  return playing
}

describe('a port that another program has', () => {
  it('keeps no other port closed, is told, and opens when it is free', async () => {
    const { server, port } = await taken()
    const { sensor } = await start([port, 0, 0])
    expect(sensor.ports().map(({ transport }) => transport)).toEqual(['tcp', 'udp'])
    expect(sensor.closed()).toMatchObject([
      { lure: 'probe', transport: 'tcp', port, what: expect.stringContaining('EADDRINUSE'), cure: expect.stringContaining('ports: [N]') },
    ])
    server.close()
    await vi.waitFor(() => expect(sensor.closed()).toEqual([]), { timeout: 5_000 })
    expect(sensor.ports()).toHaveLength(3)
    expect(String((await once(await connect(port), 'data'))[0])).toBe('hello')
  })

  it('is the same over UDP', async () => {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    const { port } = socket.address()
    const { sensor } = await start([0, 0, port])
    expect(sensor.closed()).toMatchObject([{ transport: 'udp', port }])
    socket.close()
    await vi.waitFor(() => expect(sensor.ports()).toHaveLength(3), { timeout: 5_000 })
  })

  it('ends the start when nothing else is there to listen on', async () => {
    const [one, other] = [await taken(), await taken()]
    await expect(start([one.port, other.port, -1].filter((port) => port > 0))).rejects.toThrow(/cannot open tcp[\s\S]*cannot open tcp/)
  })
})
