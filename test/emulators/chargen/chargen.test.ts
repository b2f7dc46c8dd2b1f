import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import chargen, { lines } from '../../../src/emulators/chargen/index.ts'
import { collect, connect, type Playing, play } from '../../harness.ts'

let playing: Playing
beforeAll(async () => {
  playing = await play(chargen, { persona: 'plain', prompts: 'test/fixtures/prompts' })
})
afterAll(() => playing.stop())

describe('the character generator', () => {
  it('goes through the printable characters, a place further each line', () => {
    const text = lines(93, 3).toString()
    expect(text.split('\r\n').map((line) => line.slice(0, 4))).toEqual(['}~ !', '~ !"', ' !"#', ''])
    expect(text.split('\r\n').map((line) => line.length)).toEqual([72, 72, 72, 0])
  })

  it('answers a datagram with no more than 256 bytes, and knows what xinetd would have sent', async () => {
    const socket = createSocket('udp4')
    socket.send(Buffer.from('x'), playing.port(), '127.0.0.1')
    const [reply] = (await once(socket, 'message')) as [Buffer]
    socket.close()
    expect(reply.length).toBe(3 * 74)
    expect(playing.data('chargen.request')).toEqual([{ transport: 'udp', message: 'x', potentialBytes: 1024 }])
  })

  it('streams over TCP at its own pace, however fast it is read', async () => {
    const socket = await connect(playing.port(1))
    const first = await collect(socket, 300)
    expect(first.toString()).toContain('NOPQRSTUVWXYZ[\\]^_`abcdefghijklm')
    expect(first.length).toBeLessThan(3000)
  })
})
