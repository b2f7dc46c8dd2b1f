import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import epmap from '../../../src/emulators/epmap/index.ts'
import { ByteWriter } from '../../../src/sensor/byte-writer.ts'
import { NDR } from '../../../src/sensor/dcerpc/association.ts'
import { NdrReader, NdrWriter } from '../../../src/sensor/dcerpc/ndr.ts'
import {
  DcerpcError,
  encodePdu,
  encodeResponse,
  PFC,
  PTYPE,
  parseBind,
  parseHeader,
  splitAuth,
  uuidBytes,
  uuidText,
} from '../../../src/sensor/dcerpc/pdu.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'

let playing: Playing
beforeAll(async () => {
  playing = await play(epmap, { persona: 'debian-web', hosts: accountsOnly() })
})
afterAll(() => playing.stop())

const EPMAPPER = 'e1af8308-5d1f-11c9-91a4-08002b14a0fa'
const EXPORTER = '99fcfec4-5260-101b-bbcb-00aa0021347a'

function bind(uuid: string, major: number): Buffer {
  const body = new ByteWriter().u16le(4280).u16le(4280).u32le(0).u8(1).zeros(3).u16le(0).u8(1).u8(0)
  body.bytes(uuidBytes(uuid)).u16le(major).u16le(0).bytes(uuidBytes(NDR.uuid)).u16le(2).u16le(0)
  return encodePdu(PTYPE.BIND, 1, body.done())
}

function request(opnum: number, stub: Buffer): Buffer {
  return encodePdu(PTYPE.REQUEST, 2, new ByteWriter().u32le(stub.length).u16le(0).u16le(opnum).bytes(stub).done())
}

/** The PDUs of an answer. */
function pdus(bytes: Buffer): Buffer[] {
  const list: Buffer[] = []
  for (let at = 0; at < bytes.length; ) {
    const { length } = parseHeader(bytes.subarray(at))
    list.push(bytes.subarray(at, at + length))
    at += length
  }
  return list
}

describe('the endpoint mapper', () => {
  it('takes the bind to its interface, under the address 135', async () => {
    const [ack] = pdus(await playing.exchange(bind(EPMAPPER, 3)))
    expect(ack?.[2]).toBe(PTYPE.BIND_ACK)
    expect(ack?.toString('latin1', 26, 30)).toBe('135\0')
    expect(playing.data('epmap.bind').at(-1)).toMatchObject({ name: 'epmapper', accepted: true })
  })

  it('does not know every interface', async () => {
    const [ack] = pdus(await playing.exchange(bind('12345678-0000-0000-0000-000000000000', 1)))
    expect(ack?.readUInt16LE(36)).toBe(2)
    expect(playing.data('epmap.bind').at(-1)).toMatchObject({ accepted: false })
  })

  it('lists towers with the ports of this install', async () => {
    const stub = new NdrWriter().u32(0).u32(0).u32(0).u32(1).handle('0'.repeat(40)).u32(500).done()
    const [, ...answer] = pdus(await playing.exchange(Buffer.concat([bind(EPMAPPER, 3), request(2, stub)])))
    expect(answer[0]?.[2]).toBe(PTYPE.RESPONSE)
    const whole = Buffer.concat(answer.map((pdu) => pdu.subarray(24)))
    expect(new NdrReader(whole.subarray(20)).u32()).toBeGreaterThan(20)
    expect(whole.includes('\\\\PORTAL')).toBe(true)
    expect(playing.data('epmap.lookup').at(-1)).toEqual({ operation: 'ept_lookup' })
  })

  it('tells names and addresses to whoever asks whether it is alive', async () => {
    const [, answer] = pdus(await playing.exchange(Buffer.concat([bind(EXPORTER, 0), request(5, Buffer.alloc(0))])))
    expect(answer?.toString('utf16le', 24)).toMatch(/PORTAL\d\d/)
    expect(answer?.includes(Buffer.from('127.0.0.1', 'utf16le'))).toBe(true)
  })

  it('refuses what is no DCE/RPC with the versions that it speaks, as nmap wants it', async () => {
    const answer = await playing.exchange(Buffer.from('GET / HTTP/1.0\r\n\r\n'))
    expect(answer.toString('hex')).toMatch(/^05000d03100000001800000.{9}0400010500000000$/)
    expect(playing.data('epmap.protocol-error').length).toBeGreaterThan(0)
  })

  it('keeps what comes to the activation of objects', async () => {
    const stub = Buffer.alloc(900, 0x90)
    const [, answer] = pdus(await playing.exchange(Buffer.concat([bind('4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', 0), request(0, stub)])))
    expect(answer?.[2]).toBe(PTYPE.FAULT)
    expect(playing.data('artifact').at(-1)).toMatchObject({ how: 'epmap.call', size: 900 })
  })
})

describe('DCE/RPC', () => {
  it('writes a UUID as Windows does', () => {
    expect(uuidBytes(EPMAPPER).toString('hex')).toBe('0883afe11f5dc91191a408002b14a0fa')
    expect(uuidText(uuidBytes(EPMAPPER))).toBe(EPMAPPER)
  })

  it('cuts a long answer into fragments whose first and last say so', () => {
    const parts = pdus(encodeResponse(7, 0, Buffer.alloc(9000, 1), 4280))
    expect(parts.map((pdu) => pdu[3])).toEqual([PFC.FIRST, 0, PFC.LAST])
    expect(Buffer.concat(parts.map((pdu) => pdu.subarray(24)))).toEqual(Buffer.alloc(9000, 1))
  })

  it('reads back what it writes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 40 }), fc.nat(), (text, number) => {
        const plain = text.replaceAll('\0', '')
        const reader = new NdrReader(new NdrWriter().u8(1).wideString(plain).u32(number).sid('S-1-5-21-1-2-3').done())
        expect(reader.u8()).toBe(1)
        expect(reader.wideString()).toBe(plain)
        expect(reader.u32()).toBe(number)
        expect(reader.sid()).toBe('S-1-5-21-1-2-3')
      }),
    )
  })

  it('throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const pdu = Buffer.from(bytes)
        try {
          const header = parseHeader(pdu)
          parseBind(splitAuth(pdu, header).body)
        } catch (error) {
          expect(error).toBeInstanceOf(DcerpcError)
        }
      }),
    )
  })
})
