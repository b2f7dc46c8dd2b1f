import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import bacnet from '../../src/emulators/bacnet/index.ts'
import { objectNamed } from '../../src/emulators/bacnet/objects.ts'
import { encodeCip } from '../../src/emulators/enip/cip.ts'
import { encodeEncapsulation, encodeItems, HEADER_BYTES } from '../../src/emulators/enip/encapsulation.ts'
import enip from '../../src/emulators/enip/index.ts'
import iec104 from '../../src/emulators/iec104/index.ts'
import { Station } from '../../src/emulators/iec104/station.ts'
import modbus from '../../src/emulators/modbus/index.ts'
import s7 from '../../src/emulators/s7/index.ts'
import snmp from '../../src/emulators/snmp/index.ts'
import { advance, Plant, plantOf } from '../../src/host/plant/plant.ts'
import { connect, MemoryState, type Playing, play } from '../harness.ts'
import { Master } from './iec104/master.ts'
import { ask } from './ntp/ask.ts'

const identity = new Identity(Buffer.alloc(32, 11))
const state = new MemoryState()
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
let lures: Record<'modbus' | 's7' | 'enip' | 'snmp' | 'bacnet' | 'iec104', Playing>

beforeAll(async () => {
  const shared = { persona: 'plain', prompts: 'test/fixtures/prompts', identity, state }
  lures = {
    modbus: await play(modbus, shared),
    s7: await play(s7, shared),
    enip: await play(enip, shared),
    snmp: await play(snmp, shared),
    bacnet: await play(bacnet, shared),
    iec104: await play(iec104, shared),
  }
})
afterAll(async () => {
  await Promise.all(Object.values(lures).map((lure) => lure.stop()))
})

/** Sends each packet when the one before has been answered; the last answer. */
async function converse(port: number, ...packets: ((before: Buffer) => Buffer)[]): Promise<Buffer> {
  const socket = await connect(port)
  let answer: Buffer = Buffer.alloc(0)
  for (const packet of packets) {
    socket.write(packet(answer))
    answer = await new Promise((resolve) => socket.once('data', resolve))
  }
  socket.destroy()
  return answer
}

async function overModbus(): Promise<number> {
  return (await converse(lures.modbus.port(), () => hex('0001 0000 0006 01 03 00c8 0002'))).readFloatBE(9)
}

async function overS7(): Promise<number> {
  const read = '0300001f 02f080 320100000001000e0000 0401 120a10080001000184000000'
  const answer = await converse(
    lures.s7.port(),
    () => hex('03000016 11e00000000400c1020100c2020102c0010a'),
    () => hex('03000019 02f080 320100000000000800 00 f0000001000101e0'),
    () => hex(read),
  )
  return answer.readFloatBE(answer.length - 4)
}

function overEnip(service: number, symbol: string, data: Buffer): Promise<Buffer> {
  const frame = (command: number, session: number, body: Buffer): Buffer =>
    encodeEncapsulation({ command, session, status: 0, context: Buffer.alloc(8), options: 0, data: body })
  const items = encodeItems([
    { type: 0, data: Buffer.alloc(0) },
    { type: 0xb2, data: encodeCip({ service, path: { symbol }, data }) },
  ])
  return converse(
    lures.enip.port(),
    () => frame(0x65, 0, hex('01000000')),
    (registered) => frame(0x6f, registered.readUInt32LE(4), Buffer.concat([Buffer.alloc(6), items])),
  )
}

async function overBacnet(tag: string): Promise<number> {
  const { type, instance } = objectNamed(tag)!
  const object = (type * 2 ** 22 + instance).toString(16).padStart(8, '0')
  const [answer] = await ask(lures.bacnet.port(), hex(`810a0011 0104 0005 01 0c 0c ${object} 1955`), { quietMs: 2000 })
  return answer!.readFloatBE(answer!.length - 5)
}

async function overIec104(tag: string): Promise<number> {
  const station = new Station(identity, plantOf({ identity, state }))
  const { address } = station.monitored.find((one) => one.point.tag === tag)!
  const request = Buffer.from([0x66, 1, 5, 0, 0, 0, 0, 0, 0])
  request.writeUInt16LE(station.commonAddress, 4)
  request.writeUIntLE(address, 6, 3)
  const master = await Master.open(lures.iec104.port())
  master.asdu(request.toString('hex'))
  const answer = await master.asduOf(13, 5)
  master.close()
  return answer.body.readFloatLE(0)
}

describe('one plant over six protocols', () => {
  it('has the same level in the tank over each of them', async () => {
    const readings = [
      await overModbus(),
      await overS7(),
      (await overEnip(0x4c, 'LT101', hex('0100'))).subarray(-4).readFloatLE(),
      await overBacnet('LT101'),
      await overIec104('LT101'),
    ]
    // A second or two lie between them, in which the level moves by less than a centimetre.
    for (const level of readings) expect(Math.abs(level - readings[0]!)).toBeLessThan(0.01)
    expect(readings[0]).toBeGreaterThan(0.5)
  })

  it('obeys a command over one protocol, and shows it over the others', async () => {
    const written = await overEnip(0x4d, 'PC201_SP', hex('ca00 0100 cdcc4c40'))
    expect(written.subarray(HEADER_BYTES).toString('hex')).toMatch(/cd000000$/)
    const register = await converse(lures.modbus.port(), () => hex('0001 0000 0006 01 03 006d 0001'))
    expect(register.readUInt16BE(9)).toBe(3200)
    expect(await overBacnet('PC201_SP')).toBeCloseTo(3.2, 4)
    expect(await overIec104('PC201_SP')).toBeCloseTo(3.2, 4)
  })

  it('loses and makes no water in ten minutes, second by second', () => {
    const { works, state: now } = new Plant({ identity, state: new MemoryState() })
    let before = now
    for (let second = 1; second <= 600; second++) {
      const after = advance(before, works, before.at + 1)
      const brought =
        after.total.in - before.total.in - (after.total.out - before.total.out) - (after.total.overflow - before.total.overflow)
      expect(after.tank.volume - before.tank.volume).toBeCloseTo(brought, 6)
      before = after
    }
    expect(before.at - now.at).toBe(600)
  })

  it('has one CPU over S7 and SNMP: the same order number and serial', async () => {
    const answer = await converse(
      lures.s7.port(),
      () => hex('03000016 11e00000000400c1020100c2020102c0010a'),
      () => hex('03000019 02f080 320100000000000800 00 f0000001000101e0'),
      () => hex('03000021 02f080 3207000000000008 0008 0001120411440100 ff090004 011c0005'),
    )
    const serial = /S C-\w{12}/.exec(answer.toString('latin1'))?.[0] ?? 'no serial'
    const [description] = await ask(
      lures.snmp.port(),
      hex('3026 020101 04067075626c6963 a019 020101 020100 020100 300e 300c 0608 2b06010201010100 0500'),
      { quietMs: 500 },
    )
    expect(description?.toString('latin1')).toContain(serial)
  })
})
