import { createSocket } from 'node:dgram'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { encodeQuery, NB, NBSTAT, NetbiosError, parseQuery } from '../../../src/emulators/netbios/codec.ts'
import netbios from '../../../src/emulators/netbios/index.ts'
import { type Playing, play } from '../../harness.ts'

let playing: Playing
let samba: Playing
beforeAll(async () => {
  playing = await play(netbios, { persona: 'debian-web' })
  samba = await play(netbios, { persona: 'debian-web', options: { shape: 'samba' } })
})
afterAll(async () => {
  await playing.stop()
  await samba.stop()
})

async function ask(port: number, query: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      socket.once('message', resolve)
      socket.once('error', reject)
      socket.send(query, port, '127.0.0.1')
    })
  } finally {
    socket.close()
  }
}

const status = encodeQuery({ id: 0x1234, name: '*', suffix: 0, type: NBSTAT })

it('tells its names, its workgroup and the MAC address of its host', async () => {
  const answer = await ask(playing.port(), status)
  expect(answer.readUInt16BE(0)).toBe(0x1234)
  expect(answer[56]).toBe(3)
  expect(answer.toString('latin1', 57, 72)).toMatch(/^PORTAL\d\d {7}$/)
  expect(answer.toString('latin1', 75, 90)).toBe('WORKGROUP      ')
  expect(answer.readUInt16BE(91)).toBe(0x8400)
  expect(answer.subarray(57 + 54, 57 + 57).toString('hex')).toBe('bc2411')
  expect((await playing.seen('netbios.query')).data).toMatchObject({
    operation: 'query',
    name: '*',
    type: NBSTAT,
    answerBytes: answer.length,
  })
})

it('is the master browser of its workgroup when it is Samba, and shows no MAC', async () => {
  const answer = await ask(samba.port(), status)
  expect(answer[56]).toBe(7)
  expect(answer.includes('\x01\x02__MSBROWSE__\x02\x01')).toBe(true)
  expect(answer.subarray(57 + 7 * 18, 57 + 7 * 18 + 6)).toEqual(Buffer.alloc(6))
})

it('gives its address for its own name only', async () => {
  const answer = await ask(playing.port(), encodeQuery({ id: 7, name: 'PORTAL15', suffix: 0x20, type: NB }))
  expect([...answer.subarray(-4)]).toEqual([127, 0, 0, 1])
})

it('never answers the datagram service, nor a response', async () => {
  const socket = createSocket('udp4')
  const response = Buffer.from(status)
  response[2] = 0x84
  socket.send(Buffer.from('hello browser'), playing.port(1), '127.0.0.1')
  socket.send(response, playing.port(), '127.0.0.1')
  await playing.seen('netbios.datagram')
  const refused = await playing.seen('netbios.query', 3)
  socket.close()
  expect(refused.data).toMatchObject({ answerBytes: 0 })
})

it('stays with the governor: what is larger than its request is withheld from a flood', async () => {
  const governed = await play(netbios, { persona: 'debian-web', settings: { udp: { governLoopback: true, answersPerMinute: 1 } } })
  await ask(governed.port(), status)
  const socket = createSocket('udp4')
  let answers = 0
  socket.on('message', () => answers++)
  for (let i = 0; i < 5; i++) socket.send(status, governed.port(), '127.0.0.1')
  await governed.seen('netbios.query', 6)
  socket.close()
  await governed.stop()
  expect(answers).toBe(0)
})

it('the codec reads what it writes and throws nothing but its own error', () => {
  expect(parseQuery(encodeQuery({ id: 1, name: 'HOST', suffix: 0x1d, type: NB }))).toMatchObject({ name: 'HOST', suffix: 0x1d, type: NB })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const packet = Buffer.from(bytes)
      if (packet.length > 13) packet[12] = 32
      try {
        parseQuery(packet)
      } catch (error) {
        expect(error).toBeInstanceOf(NetbiosError)
      }
    }),
  )
})
