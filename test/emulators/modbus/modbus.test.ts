import { once } from 'node:events'
import { createConnection } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { ModbusTCPClient } from 'jsmodbus'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { encodeAdu, encodeRequest, type ModbusRequest } from '../../../src/emulators/modbus/codec.ts'
import modbus from '../../../src/emulators/modbus/index.ts'
import { plantOf } from '../../../src/host/plant/plant.ts'
import { connect, MemoryState, type Playing, type PlayOptions, play } from '../../harness.ts'

let playing: Playing
afterEach(() => playing.stop())

const identity = new Identity(Buffer.alloc(32, 7))

async function start(options: PlayOptions = {}): Promise<void> {
  playing = await play(modbus, { persona: 'plain', prompts: 'test/fixtures/prompts', identity, ...options })
}

/** The answering PDU in hex. */
async function ask(pdu: string | ModbusRequest, unit = 1): Promise<string> {
  const bytes = typeof pdu === 'string' ? Buffer.from(pdu.replaceAll(' ', ''), 'hex') : encodeRequest(pdu)
  const socket = await connect(playing.port())
  socket.write(encodeAdu(0x1234, unit, bytes))
  const [answer = Buffer.alloc(0)] = (await Promise.race([once(socket, 'data'), setTimeout(500, [])])) as Buffer[]
  socket.destroy()
  if (answer.length) expect(answer.readUInt16BE(0)).toBe(0x1234)
  return answer.subarray(7).toString('hex')
}

describe('the controller', () => {
  it('shows the plant in its registers, and follows it', async () => {
    const state = new MemoryState()
    await start({ state })
    const plant = plantOf({ identity, state })
    const answer = Buffer.from(await ask('04 0000 0005'), 'hex')
    expect(answer.readUInt16BE(2) / 1000).toBeCloseTo(plant.read('LT101'), 1)
    expect(answer.readUInt16BE(10) / 1000).toBeCloseTo(plant.read('PT201'), 0)
    const float = Buffer.from(await ask('03 00c8 0002'), 'hex')
    expect(float.readFloatBE(2)).toBeCloseTo(plant.read('LT101'), 1)
    plant.write('P102_AUTO', 0)
    expect(await ask('02 0005 0001')).toBe('020100')
  })

  it('lets a coil start a pump by hand, and a register change a setpoint', async () => {
    const state = new MemoryState()
    await start({ state })
    const plant = plantOf({ identity, state })
    expect(await ask('05 0003 ff00')).toBe('050003ff00')
    expect(plant.read('P102_CMD')).toBe(1)
    expect(plant.read('P102_AUTO')).toBe(0)
    expect(await ask('06 006d 0c80')).toBe('06006d0c80')
    expect(plant.read('PC201_SP')).toBe(3.2)
    expect(await ask('03 006d 0001')).toBe('03020c80')
  })

  it('keeps what is written where nothing is mapped, over a restart', async () => {
    const state = new MemoryState()
    await start({ state })
    expect(await ask('10 0200 0002 04 cafe f00d')).toBe('1002000002')
    expect(await ask('0f 0100 000a 02 ff01')).toBe('0f0100000a')
    expect(await ask('15 0b 06 0002 0064 0002 1111 2222')).toBe('150b06000200640002' + '11112222')
    await playing.stop()
    await start({ state })
    expect(await ask('03 0200 0002')).toBe('0304cafef00d')
    expect(await ask('01 0100 000c')).toBe('0102ff01')
    expect(await ask('14 07 06 0002 0064 0002')).toBe('1406' + '050611112222')
  })

  it('writes by mask and reads after writing, as the specification computes it', async () => {
    await start()
    await ask('06 0204 0012')
    // V1.1b3 §6.16: 0x12 with AND 0xf2 and OR 0x25 is 0x17.
    expect(await ask('16 0204 00f2 0025')).toBe('16020400f20025')
    expect(await ask('03 0204 0001')).toBe('03020017')
    expect(await ask('17 0204 0001 0205 0001 02 beef')).toBe('17020017')
    expect(await ask('17 0204 0002 0204 0001 02 0001')).toBe('17040001beef')
  })

  it('answers each wrong request with the exception of the specification', async () => {
    await start()
    expect(await ask('03 03ff 0002')).toBe('8302')
    expect(await ask('03 0000 007e')).toBe('8303')
    expect(await ask('01 0000 07d1')).toBe('8103')
    expect(await ask('05 0000 1234')).toBe('8503')
    expect(await ask('10 0000 0002 03 000000')).toBe('9003')
    expect(await ask('14 07 06 0009 0000 0001')).toBe('9402')
    expect(await ask('18 0000')).toBe('9802')
    expect(await ask('2b 0d 01 00')).toBe('ab01')
    expect(await ask('2b 0e 05 00')).toBe('ab03')
    expect(await ask('41')).toBe('c101')
    expect(await ask('03 0000 0001', 17)).toBe('830b')
  })

  it('says who it is: stream, one by one, and as server id', async () => {
    await start()
    const basic = Buffer.from(await ask('2b 0e 01 00'), 'hex')
    expect(basic.subarray(0, 7).toString('hex')).toBe('2b0e0182000003')
    expect(basic.toString('latin1')).toMatch(/Schneider Electric\x01.BMX P34 20\d+\x02.v2\.\d\d$/)
    expect(Buffer.from(await ask('2b 0e 02 03'), 'hex').toString('latin1')).toMatch(
      /\x03.http:\/\/www.schneider-electric.com\x04.Modicon M340/,
    )
    expect(Buffer.from(await ask('2b 0e 04 04'), 'hex').toString('latin1')).toContain('Modicon M340')
    expect(await ask('2b 0e 04 63')).toBe('ab02')
    const id = Buffer.from(await ask('11'), 'hex')
    expect(id[1]).toBe(id.length - 2)
    expect(id[3]).toBe(0xff)
  })

  it('counts what it answers and tells it by functions 8, 11 and 12', async () => {
    await start()
    expect(await ask('08 0000 a537')).toBe('080000a537')
    await ask('41')
    expect(await ask('08 000d 0000')).toBe('08000d0001')
    expect(await ask('0b')).toMatch(/^0b0000000[0-9]$/)
    expect(await ask('0c')).toMatch(/^0c..0000/)
    expect(await ask('08 0004 0000')).toBe('')
    expect(await ask('08 0001 ff00')).toBe('080001ff00')
    expect(await ask('08 000d 0000')).toBe('08000d0000')
  })

  it('tells its status, its counters and its alarms by functions 7, 8 and 24', async () => {
    const state = new MemoryState()
    await start({ state })
    expect(await ask('07')).toMatch(/^07..$/)
    await ask('03 0000 0001', 17)
    for (const [subFunction, answer] of [
      ['0002', '0000'],
      ['000a', '0000'],
      ['000b', '0001'],
      ['000c', '0000'],
      ['000e', '0003'],
      ['000f', '0000'],
      ['0010', '0000'],
      ['0011', '0000'],
      ['0012', '0000'],
    ] as const)
      expect(await ask(`08 ${subFunction} 0000`), subFunction).toBe(`08${subFunction}${answer}`)
    expect(await ask('08 0013 0000')).toBe('8801')
    expect(await ask('08 000b 0000 00')).toBe('8803')
    const plant = plantOf({ identity, state })
    // A limit above the level that stands: its alarm comes after three seconds.
    plant.write('LAL101_SP', 99)
    const queue = async (): Promise<number[]> => {
      const answer = Buffer.from(await ask('18 0384'), 'hex')
      expect(answer.length).toBe(1 + 2 + answer.readUInt16BE(1))
      return [answer.readUInt16BE(1), answer.readUInt16BE(3)]
    }
    await expect.poll(queue, { timeout: 15_000, interval: 300 }).toEqual([4, 1])
  })

  it('is stopped by UMAS, and the plant with it', async () => {
    const state = new MemoryState()
    await start({ state })
    expect(await ask('5a 00 41 ff00')).toBe('5a00fe')
    expect(plantOf({ identity, state }).read('CPU_RUN')).toBe(0)
    expect(Buffer.from(await ask('11'), 'hex')[3]).toBe(0)
    const id = Buffer.from(await ask('5a 00 02'), 'hex')
    expect(id.subarray(26).toString('latin1')).toContain('BMX P34')
    expect(playing.events.find((e) => e.data.name === 'STOP_PLC')).toMatchObject({
      data: { action: 'stop' },
      tags: ['attack:T0858', 'attack:T0813'],
    })
  })

  it('answers pipelined and split frames in order, and drops another protocol silently', async () => {
    await start()
    const read = (id: number): Buffer => encodeAdu(id, 1, Buffer.from('0100000001', 'hex'))
    const foreign = Buffer.from('0009000100060101000000010'.slice(0, 24), 'hex')
    const answer = await playing.exchange(Buffer.concat([read(1), foreign, read(2)]), { quietMs: 150 })
    expect(answer.length).toBe(20)
    expect(answer.readUInt16BE(10)).toBe(2)
    expect(playing.data('modbus.malformed')).toEqual([{ length: 6, protocol: 1 }])
    const socket = await connect(playing.port())
    const came = once(socket, 'data')
    for (const part of [read(3).subarray(0, 3), read(3).subarray(3, 9), read(3).subarray(9)]) {
      socket.write(part)
      await setTimeout(30)
    }
    expect(((await came)[0] as Buffer).toString('hex')).toMatch(/^000300000004010101/)
    socket.destroy()
  })

  it('looks different on every install, and like no other honeypot', async () => {
    const texts = new Set<string>()
    for (let n = 0; n < 12; n++) {
      await start({ identity: new Identity(Buffer.alloc(32, n)) })
      texts.add(await ask('2b 0e 02 00'))
      await playing.stop()
    }
    expect(texts.size).toBeGreaterThan(6)
    for (const text of texts) expect(Buffer.from(text, 'hex').toString('latin1')).not.toMatch(/Siemens|SIMATIC|Technodrome|Mouser|88111222/)
    await start()
  })

  it('writes down function, span and values', async () => {
    await start()
    await ask({ kind: 'write-registers', function: 16, address: 106, values: [900, 3200] })
    expect(playing.data('modbus.request')).toMatchObject([
      { unit: 1, function: 16, name: 'Write Multiple Registers', action: 'write', address: 106, quantity: 2, values: [900, 3200] },
    ])
  })
})

describe('jsmodbus', () => {
  it('reads, writes and reads back', async () => {
    await start()
    const socket = createConnection({ host: '127.0.0.1', port: playing.port() })
    const client = new ModbusTCPClient(socket, 1)
    await new Promise((resolve) => socket.once('connect', resolve))
    const { response } = await client.readHoldingRegisters(0, 10)
    expect(response.body.valuesAsArray[0]).toBeGreaterThan(500)
    await client.writeMultipleRegisters(600, [1, 2, 3])
    expect((await client.readHoldingRegisters(600, 3)).response.body.valuesAsArray).toEqual([1, 2, 3])
    await client.writeSingleCoil(300, true)
    expect((await client.readCoils(300, 1)).response.body.valuesAsArray[0]).toBe(1)
    expect((await client.readDiscreteInputs(0, 8)).response.body.valuesAsArray).toHaveLength(8)
    await expect(client.readInputRegisters(5000, 1)).rejects.toBeDefined()
    socket.destroy()
  })
})
