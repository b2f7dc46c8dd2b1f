import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { encodeCip, type Path } from '../../../src/emulators/enip/cip.ts'
import {
  decodeEncapsulation,
  decodeItems,
  type Encapsulation,
  encodeEncapsulation,
  encodeItems,
} from '../../../src/emulators/enip/encapsulation.ts'
import enip from '../../../src/emulators/enip/index.ts'
import { plantOf } from '../../../src/host/plant/plant.ts'
import { connect, MemoryState, type Playing, type PlayOptions, play } from '../../harness.ts'
import { ask } from '../ntp/ask.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const none = Buffer.alloc(0)
let playing: Playing
let socket: Socket | undefined
let handle = 0
afterEach(async () => {
  socket?.destroy()
  socket = undefined
  await playing.stop()
})

async function start(options: PlayOptions = {}): Promise<void> {
  playing = await play(enip, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, ...options })
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
const frame = (command: number, data: Buffer = none, session = 0): Buffer =>
  encodeEncapsulation({ command, session, status: 0, context: hex('c1debed100000000'), options: 0, data })

async function tell(command: number, data: Buffer = none, session = handle): Promise<Encapsulation | undefined> {
  socket ??= await connect(playing.port())
  socket.write(frame(command, data, session))
  const [bytes] = (await Promise.race([once(socket, 'data'), setTimeout(800, [])])) as Buffer[]
  return bytes && decodeEncapsulation(bytes)
}

async function register(): Promise<void> {
  handle = 0
  handle = (await tell(0x65, hex('01000000')))!.session
}

/** Through the backplane to the controller; the answer from its service on. */
async function request(service: number, path: Partial<Path>, data: Buffer = none, routed = true): Promise<Buffer> {
  const message = encodeCip({ service, path: { symbol: '', ...path }, data })
  const length = Buffer.from([message.length & 0xff, message.length >> 8])
  const route = hex('01000100')
  const sent = encodeCip({
    service: 0x52,
    path: { symbol: '', class: 6, instance: 1 },
    data: Buffer.concat([hex('0a0e'), length, message, route]),
  })
  const items = encodeItems([
    { type: 0, data: none },
    { type: 0xb2, data: routed ? sent : message },
  ])
  const answer = await tell(0x6f, Buffer.concat([Buffer.alloc(6), items]))
  return decodeItems(answer!.data.subarray(6))[1]!.data
}

describe('the adapter', () => {
  it('lists the same identity over TCP and UDP, with an address and a serial of this installation', async () => {
    await start()
    const [overUdp] = await ask(playing.port(1), frame(0x63), { quietMs: 3000 })
    const overTcp = (await tell(0x63))!
    expect(overUdp).toEqual(encodeEncapsulation(overTcp))
    expect(overTcp.context.toString('hex')).toBe('c1debed100000000')
    const [item] = decodeItems(overTcp.data)
    expect(item!.data.subarray(33, -1).toString()).toMatch(/^1756-EN2T\/[CD]$/)
    expect(item!.data.readUInt32LE(6)).not.toBe(0)
    expect(overTcp.data.toString('latin1')).not.toMatch(/L61|LOGIX5561/)
    expect(playing.data('enip.command')).toMatchObject([{ name: 'listIdentity', context: 'c1debed100000000' }, { name: 'listIdentity' }])
  })

  it('answers wrong sessions, commands and versions with their status, and NOP with nothing', async () => {
    await start()
    expect((await tell(0x6f, Buffer.alloc(16), 99))?.status).toBe(0x64)
    expect((await tell(0x77))?.status).toBe(1)
    expect((await tell(0x65, hex('02000000')))?.status).toBe(0x69)
    expect((await tell(0x04))?.data.toString('latin1')).toContain('Communications')
    expect(await tell(0x00)).toBeUndefined()
    expect(await ask(playing.port(1), frame(0x65, hex('01000000')))).toEqual([])
  })

  it('has the objects that its list says', async () => {
    await start()
    await register()
    expect((await request(0x0e, { class: 1, instance: 1, attribute: 7 }, none, false)).toString('latin1')).toMatch(/1756-EN2T/)
    expect((await request(0x0e, { class: 1, instance: 1, attribute: 7 })).toString('latin1')).toMatch(/1756-L6[45]\/B LOGIX556[45]/)
    expect((await request(0x03, { class: 1, instance: 1 }, hex('0200 0100 6300'))).toString('hex')).toBe('83000000020001000000010063001400')
    expect((await request(0x0e, { class: 0xf6, instance: 1, attribute: 3 }, none, false)).length).toBe(10)
    expect((await request(0x10, { class: 1, instance: 1, attribute: 7 })).subarray(0, 3).toString('hex')).toBe('90000e')
    expect((await request(0x0e, { class: 1, instance: 1, attribute: 99 }))[2]).toBe(0x14)
    expect((await request(0x33, { class: 1, instance: 1 }))[2]).toBe(0x08)
    expect((await request(0x0e, { class: 0x99, instance: 1 }))[2]).toBe(0x05)
  })
})

describe('the controller', () => {
  it('reads a tag of the plant and obeys one that is written', async () => {
    const state = new MemoryState()
    await start({ state })
    const plant = plantOf({ identity, state })
    await register()
    const level = await request(0x4c, { symbol: 'LT101' }, hex('0100'))
    expect(level.subarray(0, 6).toString('hex')).toBe('cc000000ca00')
    expect(level.readFloatLE(6)).toBeCloseTo(plant.read('LT101'), 1)
    expect((await request(0x4d, { symbol: 'P102_CMD' }, hex('c100 0100 01'))).toString('hex')).toBe('cd000000')
    expect(plant.read('P102_CMD')).toBe(1)
    expect(plant.read('P102_AUTO')).toBe(0)
    expect(playing.data('enip.request').at(-1)).toMatchObject({ action: 'write', tag: 'P102_CMD', routed: true, status: 0 })
    expect((await request(0x4c, { symbol: 'NOSUCH' }, hex('0100')))[2]).toBe(0x04)
    expect((await request(0x4d, { symbol: 'LT101' }, hex('c400 0100 00000000'))).toString('hex')).toBe('cd00ff010721')
    expect((await request(0x4c, { symbol: 'LT101' }, hex('0900'))).toString('hex')).toBe('cc00ff010521')
  })

  it('keeps arrays, by element and in fragments, over a restart', async () => {
    const state = new MemoryState()
    await start({ state })
    await register()
    await request(0x4d, { symbol: 'HMI_DATA', member: 3 }, hex('c400 0100 efbeadde'))
    await playing.stop()
    socket = undefined
    await start({ state })
    await register()
    expect((await request(0x4c, { symbol: 'HMI_DATA', member: 3 }, hex('0100'))).toString('hex')).toBe('cc000000c400efbeadde')
    expect((await request(0x52, { symbol: 'HMI_DATA' }, hex('4000 0c000000'))).length).toBe(4 + 2 + 64 * 4 - 12)
  })

  it('lists its tags in parts', async () => {
    await start()
    await register()
    const names: string[] = []
    for (let instance = 0; ; ) {
      const part = await request(0x55, { class: 0x6b, instance }, hex('0200 0100 0200'))
      for (let at = 4; at < part.length; ) {
        instance = part.readUInt32LE(at) + 1
        const length = part.readUInt16LE(at + 4)
        names.push(part.toString('latin1', at + 6, at + 6 + length))
        at += 8 + length
      }
      if (part[2] !== 6) break
    }
    expect(names.length).toBeGreaterThan(70)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain('HMI_DATA')
  })

  it('is stopped by its Identity object', async () => {
    const state = new MemoryState()
    await start({ state })
    await register()
    expect((await request(0x07, { class: 1, instance: 1 })).toString('hex')).toBe('87000000')
    expect(plantOf({ identity, state }).read('CPU_RUN')).toBe(0)
    expect(playing.events.find((e) => e.data.action === 'stop')?.tags).toEqual(['attack:T0858', 'attack:T0813'])
    await request(0x06, { class: 1, instance: 1 })
    expect(plantOf({ identity, state }).read('CPU_RUN')).toBe(1)
  })

  it('starts again by a reset, and is away while its adapter does', async () => {
    const state = new MemoryState()
    await start({ state })
    const plant = plantOf({ identity, state })
    const { starts } = plant.state.controller
    await register()
    expect((await request(0x05, { class: 1, instance: 1 }, hex('00'))).toString('hex')).toBe('85000000')
    expect(plant.state.controller.starts).toBe(starts + 1)
    expect(plant.read('CPU_RUN')).toBe(1)
    expect((await request(0x07, { class: 1, instance: 1 }, none, false))[2]).toBe(0x08)
    const ended = once(socket!, 'close')
    expect((await request(0x05, { class: 1, instance: 1 }, hex('00'), false)).toString('hex')).toBe('85000000')
    await ended
    expect(await ask(playing.port(1), frame(0x63))).toEqual([])
    expect(await playing.exchange(frame(0x63), { quietMs: 100 }).catch(() => none)).toHaveLength(0)
  })

  it('answers several services in one packet, and messages over a connection', async () => {
    await start()
    await register()
    const inner = [1, 6].map((attribute) =>
      encodeCip({ service: 0x0e, path: { symbol: '', class: 1, instance: 1, attribute }, data: none }),
    )
    const packed = await request(0x0a, { class: 2, instance: 1 }, Buffer.concat([hex('0200 0600 0e00'), ...inner]))
    expect(packed.subarray(0, 6).toString('hex')).toBe('8a0000000200')
    const open = hex('0a0e 00000000 44332211 3412 0100 78563412 03 000000 00201c00 f443 00201c00 f443 a3 03 01002002 2401')
    const opened = await request(0x54, { class: 6, instance: 1 }, open, false)
    expect(opened.subarray(8, 12).toString('hex')).toBe('44332211')
    const read = encodeCip({ service: 0x4c, path: { symbol: 'PT201' }, data: hex('0100') })
    const items = [
      { type: 0xa1, data: opened.subarray(4, 8) },
      { type: 0xb1, data: Buffer.concat([hex('0700'), read]) },
    ]
    const answer = await tell(0x70, Buffer.concat([Buffer.alloc(6), encodeItems(items)]))
    const [address, data] = decodeItems(answer!.data.subarray(6))
    expect(address!.data.toString('hex')).toBe('44332211')
    expect(data!.data.subarray(0, 8).toString('hex')).toBe('0700cc000000ca00')
    expect((await request(0x4e, { class: 6, instance: 1 }, hex('0a0e 3412 0100 78563412'), false))[2]).toBe(0)
    expect(await tell(0x70, Buffer.concat([Buffer.alloc(6), encodeItems(items)]))).toBeUndefined()
  })
})

describe('engineering tools', () => {
  it('are told the name of the project and the time', async () => {
    await start()
    await register()
    const name = await request(1, { class: 0x64, instance: 1 })
    expect(name.subarray(0, 4).toString('hex')).toBe('81000000')
    expect(name.toString('latin1', 6)).toMatch(/^[A-Za-z_]+_WTP$/)
    const clock = await request(0x0e, { class: 0x8b, instance: 1, attribute: 5 })
    expect(Math.abs(Number(clock.readBigUInt64LE(4) / 1000n) - Date.now())).toBeLessThan(60_000)
  })

  it('may pack as many requests as a connection holds, and are told that one of them failed', async () => {
    await start()
    await register()
    const packed = async (...symbols: string[]): Promise<Buffer> => {
      const messages = symbols.map((symbol) => encodeCip({ service: 0x4c, path: { symbol }, data: hex('0100') }))
      const head = Buffer.alloc(2 + 2 * messages.length)
      head.writeUInt16LE(messages.length)
      let at = head.length
      for (const [i, message] of messages.entries()) {
        head.writeUInt16LE(at, 2 + 2 * i)
        at += message.length
      }
      return request(0x0a, { class: 2, instance: 1 }, Buffer.concat([head, ...messages]))
    }
    expect((await packed(...Array.from({ length: 60 }, () => 'LT101'))).subarray(0, 6).toString('hex')).toBe('8a0000003c00')
    expect((await packed('LT101', 'NoSuchTag')).subarray(0, 6).toString('hex')).toBe('8a001e000200')
  })

  it('may name a tag by the number of its symbol', async () => {
    const state = new MemoryState()
    await start({ state })
    await register()
    const symbols = (await request(0x55, { class: 0x6b, instance: 0 }, hex('0100 0100'))).toString('latin1')
    expect(symbols).toContain('LT101')
    const path = { class: 0x6b, instance: 1 }
    expect((await request(0x4c, path, hex('0100'))).subarray(0, 6).toString('hex')).toMatch(/^cc000000c[14a]00$/)
    expect(playing.data('enip.request').at(-1)).toMatchObject({
      action: 'read',
      tag: expect.stringMatching(/^\w+$/),
      instance: 1,
      status: 0,
    })
    expect((await request(0x4c, { class: 0x6b, instance: 9999 }, hex('0100')))[2]).not.toBe(0)
  })

  it('may send bytes behind the values that they count', async () => {
    const state = new MemoryState()
    await start({ state })
    await register()
    const data = hex('ca000100 cdcc8c40 1600ffff')
    expect((await request(0x4d, { symbol: 'PC201_SP' }, data)).toString('hex')).toBe('cd000000')
    expect(plantOf({ identity, state }).read('PC201_SP')).toBeCloseTo(4.4, 5)
  })
})

describe('each kind of plant', () => {
  it.each([
    ['substation-gateway', /^1756-ENBT\/A$/, /^1756-L73\/A LOGIX5573$/],
    ['fuel-terminal', /^1756-EN2TR\/[BC]$/, /^1756-L7[34]\/B LOGIX557[34]$/],
  ])('%s has its own chassis', async (persona, adapter, controller) => {
    await start({ persona, prompts: 'prompts' })
    await register()
    const name = async (routed: boolean): Promise<string> =>
      (await request(0x0e, { class: 1, instance: 1, attribute: 7 }, none, routed)).toString('latin1', 5)
    expect(await name(false)).toMatch(adapter)
    expect(await name(true)).toMatch(controller)
  })
})
