import type { NdrWriter } from '../../../sensor/dcerpc/ndr.ts'
import { fileTime } from '../../../sensor/ntlm.ts'
import type { Account, Machine } from '../machine.ts'
import { ALIASES } from './accounts.ts'
import { CODE } from './interface.ts'

const NEVER = Buffer.from('ffffffffffffff7f', 'hex')
const NONE = Buffer.alloc(8)
const DAY_TICKS = 864_000_000_000n
const PRIMARY_DOMAIN_CONTROLLER = 3

/** A span of time as negative ticks of 100 ns. */
function span(days: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64LE(-days * DAY_TICKS)
  return bytes
}

/** SAMPR_DOMAIN_INFO_BUFFER (MS-SAMR 2.2.3.17). */
export function writeDomainInfo(output: NdrWriter, level: number, machine: Machine, isBuiltin: boolean): number {
  const name = isBuiltin ? 'Builtin' : machine.shape === 'samba' ? machine.workgroup : machine.name
  const users = isBuiltin ? 0 : machine.accounts.length
  const sequence = Buffer.alloc(8)
  sequence.writeBigUInt64LE(machine.shape === 'samba' ? BigInt(Math.floor(Date.now() / 1000)) : BigInt(machine.serial % 900))
  output.pointer().u16(level).align(4)
  switch (level) {
    case 1:
      output
        .align(8)
        .u16(machine.shape === 'samba' ? 5 : 0)
        .u16(0)
        .u32(0)
      output.bytes(machine.shape === 'samba' ? NEVER : span(42n)).bytes(NONE)
      return CODE.OK
    case 2:
      output.bytes(machine.shape === 'samba' ? Buffer.alloc(8, 0xff) : Buffer.from('0000000000000080', 'hex'))
      output.unicodeString(machine.shape === 'samba' ? machine.comment : '').unicodeString(name)
      output
        .unicodeString(machine.shape === 'samba' ? machine.name : '')
        .align(4)
        .bytes(sequence)
      output.u32(1).u32(PRIMARY_DOMAIN_CONTROLLER).u8(1).u32(users).u32(0)
      output.u32(isBuiltin ? ALIASES.length : 0)
      return CODE.OK
    case 3:
      output.bytes(NEVER)
      return CODE.OK
    case 4:
      output.unicodeString(machine.comment)
      return CODE.OK
    case 5:
      output.unicodeString(name)
      return CODE.OK
    case 6:
      output.unicodeString('')
      return CODE.OK
    case 7:
      output.u32(PRIMARY_DOMAIN_CONTROLLER)
      return CODE.OK
    case 8:
      output.bytes(sequence).bytes(fileTime(machine.bootedAt))
      return CODE.OK
    case 9:
      output.u32(1)
      return CODE.OK
    case 12:
      output.align(8).u64(-18_000_000_000n).u64(-18_000_000_000n).u16(0)
      return CODE.OK
    default:
      return CODE.NT_INVALID_INFO_CLASS
  }
}

/** SAMPR_USER_INFO_BUFFER (MS-SAMR 2.2.6.29): the classes that are asked for in practice. */
export function writeUserInfo(output: NdrWriter, level: number, account: Account, machine: Machine): number {
  const { name, fullName, comment, rid, control } = account
  switch (level) {
    case 1:
      output.pointer().u16(level).unicodeString(name).unicodeString(fullName).u32(513).unicodeString(comment).unicodeString('')
      return CODE.OK
    case 6:
      output.pointer().u16(level).unicodeString(name).unicodeString(fullName)
      return CODE.OK
    case 7:
      output.pointer().u16(level).unicodeString(name)
      return CODE.OK
    case 9:
      output.pointer().u16(level).u32(513)
      return CODE.OK
    case 16:
      output.pointer().u16(level).u32(control)
      return CODE.OK
    case 21:
      output.pointer().u16(level).align(4)
      writeAll(output, account, machine)
      return CODE.OK
    default:
      output.u32(0)
      return CODE.NT_INVALID_INFO_CLASS
  }

  function writeAll(all: NdrWriter, { name: user }: Account, { bootedAt }: Machine): void {
    const changed = fileTime(bootedAt - 86_400_000 * ((rid % 90) + 5))
    for (const time of [rid === 500 ? fileTime(bootedAt + 60_000) : NONE, NONE, changed, NEVER, changed, NEVER]) all.bytes(time)
    for (const text of [user, fullName, '', '', '', '', comment, '', '', '']) all.unicodeString(text)
    for (let blob = 0; blob < 2; blob++) all.u16(0).u16(0).u32(0)
    all.unicodeString('').u32(0).u32(0)
    all.u32(rid).u32(513).u32(control).u32(0x00ffffff)
    all
      .u16(168)
      .align(4)
      .defer(() => all.u32(1260).u32(0).u32(21).bytes(Buffer.alloc(21, 0xff)))
    all
      .u16(0)
      .u16(rid === 500 ? 12 : 0)
      .u16(0)
      .u16(0)
    for (let flag = 0; flag < 4; flag++) all.u8(0)
  }
}
