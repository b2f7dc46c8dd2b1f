import { ByteWriter } from '../../../src/sensor/byte-writer.ts'
import {
  anonymousToken,
  closeBody,
  createBody,
  framed,
  NEGOTIATE_TOKEN,
  negotiateBody,
  sessionSetupBody,
  smb2,
  treeConnectBody,
  writeBody,
} from '../../emulators/smb/smb2-client.ts'

/** The first session, tree and handle of a fuzzed connection are not known before: these are seldom right, and then go deep. */
const SESSION = 0x4000000_0001n
const FIRST = 0x801
const FILE = new ByteWriter()
  .u64le(FIRST + 1)
  .u64le(FIRST + 1)
  .done()

const start = (dialect: number): Buffer[] => [
  framed(smb2(0, negotiateBody(0x202, dialect), { message: 0 })),
  framed(smb2(1, sessionSetupBody(NEGOTIATE_TOKEN), { message: 1 })),
  framed(smb2(1, sessionSetupBody(anonymousToken()), { message: 2, session: SESSION })),
]
const ids = { session: SESSION, tree: FIRST }
const bind = Buffer.from(
  '05000b03100000004800000001000000b810b8100000000001000000000001 00c84f324b7016d30112785a47bf6ee18803000000045d888aeb1cc9119fe808002b10486002000000'.replaceAll(
    ' ',
    '',
  ),
  'hex',
)
const enumerate = Buffer.from(
  '050000031000000040000000020000002800000000000f000000000001000000010000000000020000000000000000000000ffffffff00000000000000000000',
  'hex',
)

function smb1(command: number, words: Buffer, bytes: Buffer, uid = 0, tid = 0): Buffer {
  const head = Buffer.from('ff534d42000000000018014000000000000000000000000000000000fffe00004000', 'hex').subarray(0, 32)
  head[4] = command
  head.writeUInt16LE(tid, 24)
  head.writeUInt16LE(uid, 28)
  return framed(
    new ByteWriter()
      .bytes(head)
      .u8(words.length / 2)
      .bytes(words)
      .u16le(bytes.length)
      .bytes(bytes)
      .done(),
  )
}
const text = (value: string): Buffer => Buffer.from(value, 'latin1')
const nullSetup = smb1(
  0x73,
  new ByteWriter().u32le(0xff).u16le(4356).u16le(10).u16le(0).u32le(0).u16le(1).u16le(0).u32le(0).u32le(0).done(),
  text('\0\0WORK\0Unix\0Samba\0'),
)
const tree = smb1(0x75, new ByteWriter().u32le(0xff).u16le(8).u16le(1).done(), text('\0\\\\h\\IPC$\0?????\0'), 0x800)
const hello = smb1(0x72, Buffer.alloc(0), text('\x02LANMAN1.0\0\x02NT LM 0.12\0'))

export default [
  Buffer.concat([
    ...start(0x210),
    framed(smb2(3, treeConnectBody('\\\\h\\IPC$'), { message: 3, session: SESSION })),
    framed(smb2(5, createBody('srvsvc', 1), { message: 4, ...ids })),
    framed(smb2(9, writeBody(FILE, 0, bind), { message: 5, ...ids })),
    framed(smb2(9, writeBody(FILE, 0, enumerate), { message: 6, ...ids })),
    framed(smb2(8, new ByteWriter().u16le(49).u16le(0).u32le(4280).u64le(0).bytes(FILE).zeros(16).u8(0).done(), { message: 7, ...ids })),
  ]),
  Buffer.concat([
    ...start(0x311),
    framed(smb2(3, treeConnectBody('\\\\h\\Public'), { message: 3, session: SESSION })),
    framed(smb2(5, createBody('a.exe', 5), { message: 4, ...ids })),
    framed(smb2(9, writeBody(FILE, 3, text('MZ')), { message: 5, ...ids })),
    framed(
      smb2(14, new ByteWriter().u16le(33).u8(37).u8(0).u32le(0).bytes(FILE).u16le(96).u16le(2).u32le(65536).bytes(text('*\0')).done(), {
        message: 6,
        ...ids,
      }),
    ),
    framed(smb2(16, new ByteWriter().u16le(41).u8(1).u8(18).u32le(4096).zeros(16).bytes(FILE).done(), { message: 7, ...ids })),
    framed(smb2(6, closeBody(FILE), { message: 8, ...ids })),
  ]),
  Buffer.concat([
    hello,
    nullSetup,
    tree,
    smb1(0x25, new ByteWriter().zeros(26).u8(2).u8(0).u16le(0x23).u16le(0).done(), text('\\PIPE\\\0'), 0x800, 0x801),
  ]),
  Buffer.concat([
    hello,
    nullSetup,
    tree,
    smb1(
      0x32,
      new ByteWriter()
        .u16le(12)
        .u16le(0)
        .zeros(8)
        .u32le(0xa4d9a6)
        .u16le(0)
        .u16le(12)
        .u16le(66)
        .u16le(0)
        .u16le(78)
        .u8(1)
        .u8(0)
        .u16le(0xe)
        .done(),
      Buffer.alloc(13),
      0x800,
      0x801,
    ),
    smb1(
      0xa0,
      new ByteWriter().u8(1).u16le(0).u32le(30).u32le(5000).zeros(8).u32le(30).u32le(75).u32le(100).u32le(104).u8(1).zeros(4).done(),
      Buffer.alloc(200),
      0x800,
      0x801,
    ),
    smb1(
      0x33,
      new ByteWriter().u16le(0).u16le(5000).zeros(6).u16le(40).u16le(53).u16le(4960).u16le(0).done(),
      Buffer.alloc(40),
      0x800,
      0x801,
    ),
    smb1(
      0xa2,
      new ByteWriter().u32le(0xff).u8(0).u16le(7).zeros(28).u32le(1).u32le(0).u32le(0).u8(0).done(),
      text('\\samr\0'),
      0x800,
      0x801,
    ),
    smb1(
      0x2e,
      new ByteWriter().u32le(0xff).u16le(0x802).u32le(0).u16le(4000).u16le(0).u32le(0).u16le(0).done(),
      Buffer.alloc(0),
      0x800,
      0x801,
    ),
    smb1(0x2b, Buffer.of(1, 0), text('echo')),
  ]),
  Buffer.concat([Buffer.from('81000044', 'hex'), Buffer.alloc(0x44, 0x43), hello]),
  Buffer.concat([Buffer.from('0000fff7fe534d42', 'hex'), Buffer.alloc(200)]),
  framed(Buffer.concat([Buffer.from('fd534d42', 'hex'), Buffer.alloc(100)])),
]
