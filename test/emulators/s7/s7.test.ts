import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import NodeS7 from 'nodes7'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import modbus from '../../../src/emulators/modbus/index.ts'
import { decodeS7, encodeS7, encodeVariables, type S7Message, type Variable } from '../../../src/emulators/s7/codec.ts'
import { encodeData } from '../../../src/emulators/s7/cotp.ts'
import s7 from '../../../src/emulators/s7/index.ts'
import { plantOf } from '../../../src/host/plant/plant.ts'
import { connect, MemoryState, type Playing, type PlayOptions, play } from '../../harness.ts'

const identity = new Identity(Buffer.alloc(32, 7))
let playing: Playing
let socket: Socket | undefined
afterEach(async () => {
  socket?.destroy()
  await playing.stop()
})

async function start(options: PlayOptions = {}): Promise<void> {
  playing = await play(s7, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, ...options })
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

/** Sends a packet; the next one that comes. */
async function exchange(packet: Buffer): Promise<Buffer> {
  socket!.write(packet)
  return next()
}

async function next(): Promise<Buffer> {
  const [bytes = Buffer.alloc(0)] = (await Promise.race([once(socket!, 'data'), setTimeout(1000, [])])) as Buffer[]
  return bytes
}

async function open(tsap = '0102'): Promise<Buffer> {
  socket = await connect(playing.port())
  return exchange(hex(`03000016 11e00000000400c1020100c202${tsap}c0010a`))
}

async function job(parameters: Buffer, data: Buffer = Buffer.alloc(0)): Promise<S7Message> {
  return decodeS7((await exchange(encodeData(encodeS7({ rosctr: 1, reference: 7, error: 0, parameters, data })))).subarray(7))
}

async function userData(group: number, fn: number, payload: Buffer): Promise<S7Message> {
  const parameters = Buffer.from([0, 1, 0x12, 4, 0x11, 0x40 | group, fn, 0])
  const head = Buffer.from([0xff, 9, payload.length >> 8, payload.length & 0xff])
  const answer = await exchange(
    encodeData(encodeS7({ rosctr: 7, reference: 8, error: 0, parameters, data: Buffer.concat([head, payload]) })),
  )
  return decodeS7(answer.subarray(7))
}

const setUp = (): Promise<S7Message> => job(hex('f000 0001 0001 01e0'))
const read = (variable: Partial<Variable>): Promise<S7Message> =>
  job(encodeVariables(4, [{ transport: 2, count: 1, db: 1, area: 0x84, address: 0, ...variable }]))

describe('the connection', () => {
  it('is confirmed with references of both sides and every parameter of the request', async () => {
    await start()
    const confirm = await open()
    expect(confirm.toString('hex')).toMatch(/^0300001611d00004(?!0000)....00c0010ac1020100c2020102$/)
  })

  it('to an empty slot is refused', async () => {
    await start()
    expect((await open('0104')).toString('hex')).toBe('0300000b06800004000003')
    expect(playing.data('s7.connect')).toMatchObject([{ slot: 4, accepted: false }])
  })

  it('agrees on no more than 240 bytes and 8 jobs', async () => {
    await start()
    await open()
    expect((await setUp()).parameters.toString('hex')).toBe('f0000001000100f0')
  })
})

describe('the CPU', () => {
  it('identifies itself by order number, version and serial of this installation', async () => {
    await start()
    await open()
    await setUp()
    const modules = (await userData(4, 1, hex('0011 0001'))).data
    expect(modules.subarray(14, 34).toString('latin1')).toMatch(/^6ES7 31[478]-\w{5}-0AB0 $/)
    const names = (await userData(4, 1, hex('001c 0001'))).data.toString('latin1')
    expect(names).toMatch(/SIMATIC 300\(\d\)/)
    expect(names).toContain('Original Siemens Equipment')
    expect(names).not.toMatch(/Technodrome|Mouser|88111222|IM151-8|315-2EH14|SNAP7/)
  })

  it('sends a list that is too long for one PDU in parts', async () => {
    await start()
    await open()
    await setUp()
    const first = await userData(4, 1, hex('001c 0000'))
    expect(first.parameters[9]).toBe(1)
    const sequence = first.parameters[7]!
    const ask = Buffer.from([0, 1, 0x12, 8, 0x12, 0x44, 1, sequence, 0, 0, 0, 0])
    const message = encodeS7({ rosctr: 7, reference: 9, error: 0, parameters: ask, data: hex('0a000000') })
    const second = decodeS7((await exchange(encodeData(message))).subarray(7))
    expect(second.parameters[9]).toBe(0)
    expect(first.data.length + second.data.length - 8).toBe(8 + 10 * 34)
  })

  it('refuses lists it does not have', async () => {
    await start()
    await open()
    await setUp()
    expect((await userData(4, 1, hex('00fe 0000'))).parameters.readUInt16BE(10)).toBe(0xd401)
    expect((await userData(4, 1, hex('011c 0063'))).parameters.readUInt16BE(10)).toBe(0xd402)
  })

  it('answers every list of its directory', async () => {
    await start()
    await open()
    await setUp()
    const { data } = await userData(4, 1, hex('0000 0000'))
    for (let at = 12; at < data.length; at += 2) {
      const id = data.subarray(at, at + 2)
      const answer = await userData(4, 1, Buffer.concat([id, hex('0000')]))
      expect(answer.data[0], id.toString('hex')).toBe(0xff)
      expect(answer.data.subarray(4, 6)).toEqual(id)
    }
  })

  it('reads the plant and keeps the connection after an error', async () => {
    const state = new MemoryState()
    await start({ state })
    await open()
    await setUp()
    const level = (await read({ transport: 8 })).data
    expect(level.subarray(0, 4).toString('hex')).toBe('ff070004')
    expect(level.readFloatBE(4)).toBeCloseTo(plantOf({ identity, state }).read('LT101'), 1)
    expect((await read({ db: 99 })).data.toString('hex')).toBe('0a000000')
    expect((await read({ address: 9999 * 8 })).data.toString('hex')).toBe('05000000')
    expect((await read({ transport: 99 })).data.toString('hex')).toBe('06000000')
    expect((await job(Buffer.from([0x77]))).error).toBe(0x8104)
    expect((await userData(4, 1, hex('0011 0001'))).data[0]).toBe(0xff)
  })

  it('acts on a bit that is written, and on no other', async () => {
    const state = new MemoryState()
    await start({ state })
    const plant = plantOf({ identity, state })
    await open()
    await setUp()
    const item = encodeVariables(5, [{ transport: 1, count: 1, db: 3, area: 0x84, address: 3 }])
    expect((await job(item, hex('00 03 0001 01'))).data.toString('hex')).toBe('ff')
    expect(plant.read('P102_CMD')).toBe(1)
    expect(plant.read('P102_AUTO')).toBe(0)
    expect(plant.read('P101_AUTO')).toBe(1)
    expect(playing.data('s7.request').at(-1)).toMatchObject({ action: 'write', variables: ['DB3.0.3 BOOL 1'], values: ['01'] })
  })

  it('stops and starts, and its lists, lamps and diagnostic buffer say so', async () => {
    const state = new MemoryState()
    await start({ state })
    await open()
    await setUp()
    expect((await job(hex('29 0000000000 09 505f50524f4752414d'))).error).toBe(0)
    expect(plantOf({ identity, state }).read('CPU_RUN')).toBe(0)
    expect((await userData(4, 1, hex('0424 0000'))).data[15]).toBe(4)
    expect((await userData(4, 1, hex('0174 0005'))).data.subarray(12).toString('hex')).toBe('00050100')
    expect((await userData(4, 1, hex('01a0 0001'))).data.readUInt16BE(12)).toBe(0x4304)
    // Nobody has turned the key switch.
    expect((await userData(4, 1, hex('0132 0004'))).data.subarray(12, 24).toString('hex')).toBe('000400010000000100010001')
    await job(hex('28 000000000000fd 0000 09 505f50524f4752414d'))
    expect((await userData(4, 1, hex('0424 0000'))).data[15]).toBe(8)
    expect(playing.events.find((e) => e.data.action === 'stop')?.tags).toEqual(['attack:T0858', 'attack:T0813'])
  })

  it('gives a block as a file that is as long as it said', async () => {
    await start()
    await open()
    await setUp()
    const begun = await job(Buffer.concat([hex('1d 00 0000 00000000 09'), Buffer.from('_0800001A')]))
    const length = Number(begun.parameters.subarray(9, 16).toString())
    const id = begun.parameters.subarray(4, 8)
    const parts: Buffer[] = []
    for (let more = 1; more; ) {
      const part = await job(Buffer.concat([hex('1e 00 0000'), id]))
      more = part.parameters[1]!
      parts.push(part.data.subarray(4))
    }
    await job(Buffer.concat([hex('1f 00 0000'), id]))
    const block = Buffer.concat(parts)
    expect(block.length).toBe(length)
    expect(block.subarray(0, 4).toString('hex')).toBe('70700101')
    expect((await job(Buffer.concat([hex('1d 00 0000 00000000 09'), Buffer.from('_0A00999A')]))).error).toBe(0xd209)
  })

  it('asks for a block that is downloaded, and keeps it', async () => {
    await start()
    await open()
    await setUp()
    const image = Buffer.concat([hex('70700101 0108 00fe'), Buffer.alloc(200, 0x55)])
    const request = encodeS7({
      rosctr: 1,
      reference: 3,
      error: 0,
      data: Buffer.alloc(0),
      parameters: Buffer.concat([hex('1a 00 0100 00000000 09'), Buffer.from('_0800254P')]),
    })
    const packets = await exchange(encodeData(request))
    const asked = decodeS7(packets.subarray(packets.readUInt16BE(2) + 7))
    expect(asked).toMatchObject({ rosctr: 1 })
    expect(asked.parameters[0]).toBe(0x1b)
    const give = encodeS7({
      rosctr: 3,
      reference: asked.reference,
      error: 0,
      parameters: hex('1b00'),
      data: Buffer.concat([hex('00d0 00fb'), image]),
    })
    expect(decodeS7((await exchange(encodeData(give))).subarray(7)).parameters[0]).toBe(0x1c)
    const { data } = await playing.seen('artifact')
    expect(data).toMatchObject({ how: 's7-download', name: '_0800254P', size: image.length })
    expect((await userData(3, 2, hex('3038'))).data.toString('hex')).toContain('00fe2201')
  })

  it('lists its blocks, describes one, tells the time and hears a password', async () => {
    await start()
    await open()
    await setUp()
    expect((await userData(3, 1, Buffer.alloc(0))).data.length).toBe(4 + 7 * 4)
    const info = (await userData(3, 3, Buffer.from('0800001A').fill(0x30, 0, 1).fill(0x38, 1, 2))).data
    expect(info.length).toBe(4 + 78)
    expect((await userData(7, 1, Buffer.alloc(0))).data.subarray(6, 8).toString('hex')).toMatch(/^\d\d[01]\d$/)
    // `secret  ` as a programming device clouds it.
    const clear = Buffer.from('secret  ')
    const clouded = Buffer.alloc(8)
    for (let i = 0; i < 8; i++) clouded[i] = clear[i]! ^ 0x55 ^ (i > 1 ? clouded[i - 2]! : 0)
    await userData(5, 1, clouded)
    expect(playing.data('login')).toMatchObject([{ method: 's7', password: 'secret' }])
  })
})

describe('nodes7', () => {
  it('reads the values that Modbus shows, and writes one that Modbus then shows', async () => {
    const state = new MemoryState()
    await start({ state })
    const other = await play(modbus, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, state })
    const client = new NodeS7({ silent: true })
    await new Promise<void>((resolve, reject) =>
      client.initiateConnection({ host: '127.0.0.1', port: playing.port(), rack: 0, slot: 2 }, (error) =>
        error ? reject(error) : resolve(),
      ),
    )
    client.addItems(['DB1,REAL0', 'DB2,REAL0', 'M11.3'])
    const values = await new Promise<Record<string, unknown>>((resolve) => client.readAllItems((_, read) => resolve(read)))
    const modbusRead = async (pdu: string): Promise<Buffer> =>
      (await other.exchange(hex(`0001000000060103${pdu}`), { quietMs: 100 })).subarray(9)
    expect((await modbusRead('00c80002')).readFloatBE()).toBeCloseTo(values['DB1,REAL0'] as number, 2)
    expect(values['M11.3']).toBe(true)
    await new Promise((resolve) => client.writeItems('DB2,REAL0', 3.5, resolve))
    expect((await modbusRead('006d0001')).readUInt16BE()).toBe(3500)
    await new Promise<void>((resolve) => client.dropConnection(resolve))
    await other.stop()
  })
})
