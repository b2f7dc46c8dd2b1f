import { ByteWriter } from '../../sensor/byte-writer.ts'

/** What a session is called on both sides, and who the server is in it. */
const SHARE_ID = 0x103ea
const SERVER = 1002

/** Kinds of PDU (MS-RDPBCGR 2.2.8.1.1.1.1 and 2.2.8.1.1.1.2) that bring a session up and end it. */
const DEMAND_ACTIVE = 0x11
const DATA = 0x17
const CONTROL = 20
const SYNCHRONIZE = 31
const FONT_LIST = 39
const FONT_MAP = 40
const SET_ERROR_INFO = 47
const DATA_TYPE_AT = 14

/** ERRINFO_RPC_INITIATED_DISCONNECT_BYOTHER: an administrator has ended the session. */
export const ENDED_BY_ADMINISTRATOR = 0x01

/** Demand Active (2.2.1.13.1): what a Windows Server 2008 R2 can, for a desktop of this size. */
export function encodeDemandActive(width: number, height: number): Buffer {
  const sets = capabilitySets(width, height)
  const capabilities = Buffer.concat(sets)
  const body = new ByteWriter()
    .u32le(SHARE_ID)
    .u16le(4)
    .u16le(4 + capabilities.length)
    .bytes(Buffer.from('RDP\0', 'latin1'))
    .u16le(sets.length)
    .u16le(0)
    .bytes(capabilities)
    .u32le(0)
    .done()
  return control(DEMAND_ACTIVE, body)
}

/** Whether a PDU is the Font List, with which a client has said all that it has to say before the desktop comes. */
export function isFontList(pdu: Buffer): boolean {
  return pdu.length > DATA_TYPE_AT && (pdu.readUInt16LE(2) & 0xf) === (DATA & 0xf) && pdu[DATA_TYPE_AT] === FONT_LIST
}

/** The server's half of the finalization (1.3.1.1): the session is up. @param user channel of the client */
export function encodeFinalization(user: number): Buffer[] {
  const action = (what: number, grantId: number, controlId: number): Buffer =>
    data(CONTROL, new ByteWriter().u16le(what).u16le(grantId).u32le(controlId).done())
  return [
    data(SYNCHRONIZE, new ByteWriter().u16le(1).u16le(user).done()),
    // Cooperate, then Granted Control.
    action(4, 0, 0),
    action(2, user, SERVER),
    data(FONT_MAP, new ByteWriter().u16le(0).u16le(0).u16le(3).u16le(4).done()),
  ]
}

/** Set Error Info (2.2.5.1.1): why the session ends. */
export function encodeErrorInfo(code: number): Buffer {
  return data(SET_ERROR_INFO, new ByteWriter().u32le(code).done())
}

function control(type: number, body: Buffer): Buffer {
  return new ByteWriter()
    .u16le(6 + body.length)
    .u16le(type)
    .u16le(SERVER)
    .bytes(body)
    .done()
}

function data(type: number, body: Buffer): Buffer {
  const head = new ByteWriter()
    .u32le(SHARE_ID)
    .u8(0)
    .u8(1)
    .u16le(4 + body.length)
    .u8(type)
    .u8(0)
    .u16le(0)
  return control(DATA, head.bytes(body).done())
}

/** The sets of 2.2.7 with the values of the specification's own trace of Windows (4.1.12). */
function capabilitySets(width: number, height: number): Buffer[] {
  const set = (type: number, hex: string): Buffer => {
    const body = Buffer.from(hex.replaceAll(' ', ''), 'hex')
    return new ByteWriter()
      .u16le(type)
      .u16le(4 + body.length)
      .bytes(body)
      .done()
  }
  const word = (value: number): string => Buffer.of(value & 0xff, (value >> 8) & 0xff).toString('hex')
  const orders = '0101010101000001010100010000000101010101010101010001010100000000'
  return [
    set(9, 'ea03 dce2'),
    set(1, '0100 0300 0002 0000 0000 1d04 0000 0000 0000 01 01'),
    set(20, '02000000 40060000'),
    set(14, ''),
    set(2, `1800 0100 0100 0100 ${word(width)} ${word(height)} 0000 0100 0100 00 01 0100 0000`),
    set(3, `${'00'.repeat(16)} 40420f00 0100 1400 0000 0100 0000 2200 ${orders} a106 0000 40420f00 40420f00 0100 0000 0000 0000`),
    set(10, '0600 0000'),
    set(18, '01 00 00 00'),
    set(8, '0100 1900 1900'),
    set(13, `3500 0000 ${'00'.repeat(80)}`),
  ]
}
