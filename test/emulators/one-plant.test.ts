import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { HEADER_BYTES } from '../../src/emulators/enip/encapsulation.ts'
import snmp from '../../src/emulators/snmp/index.ts'
import { MemoryState, type Playing, play } from '../harness.ts'
import { ask } from './ntp/ask.ts'
import { converse, PlantClients, PROTOCOLS } from './plant-clients.ts'

const identity = new Identity(Buffer.alloc(32, 11))
const state = new MemoryState()
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
let plant: PlantClients
let snmpLure: Playing

beforeAll(async () => {
  const shared = { persona: 'plain', prompts: 'test/fixtures/prompts', identity, state }
  plant = await PlantClients.open(shared, 'water-works')
  snmpLure = await play(snmp, shared)
})
afterAll(async () => {
  await Promise.all([plant.stop(), snmpLure.stop()])
})

describe('one plant over six protocols', () => {
  it('has the same level in the tank over each of them', async () => {
    const readings = await Promise.all(PROTOCOLS.map((protocol) => plant.read(protocol, 'LT101')))
    // A second or two lie between them, in which the level moves by less than a centimetre.
    for (const level of readings) expect(Math.abs(level - readings[0]!)).toBeLessThan(0.01)
    expect(readings[0]).toBeGreaterThan(0.5)
  })

  it('obeys a command over one protocol, and shows it over the others', async () => {
    const written = await plant.write('PC201_SP', 3.2)
    expect(written.subarray(HEADER_BYTES).toString('hex')).toMatch(/cd000000$/)
    const register = await converse(plant.port('modbus'), () => hex('0001 0000 0006 01 03 006d 0001'))
    expect(register.readUInt16BE(9)).toBe(3200)
    for (const protocol of PROTOCOLS) expect(await plant.read(protocol, 'PC201_SP')).toBeCloseTo(3.2, 4)
  })

  it('has one CPU over S7 and SNMP: the same order number and serial', async () => {
    const answer = await converse(
      plant.port('s7'),
      () => hex('03000016 11e00000000400c1020100c2020102c0010a'),
      () => hex('03000019 02f080 320100000000000800 00 f0000001000101e0'),
      () => hex('03000021 02f080 3207000000000008 0008 0001120411440100 ff090004 011c0005'),
    )
    const serial = /S C-\w{12}/.exec(answer.toString('latin1'))?.[0] ?? 'no serial'
    const [description] = await ask(
      snmpLure.port(),
      hex('3026 020101 04067075626c6963 a019 020101 020100 020100 300e 300c 0608 2b06010201010100 0500'),
      { quietMs: 500 },
    )
    expect(description?.toString('latin1')).toContain(serial)
  })
})
