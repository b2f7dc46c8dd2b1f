import type { RpcInterface } from '../../../sensor/dcerpc/association.ts'
import type { NdrReader, NdrWriter } from '../../../sensor/dcerpc/ndr.ts'
import type { Machine } from '../machine.ts'
import type { Share } from '../shares.ts'
import { CODE, rpcInterface } from './interface.ts'

const HIDDEN = 0x80000000
const IPC = 3

interface SrvsvcSetup {
  machine: Machine
  shares(): Share[]
  /** NetPathCanonicalize, the way in of MS08-067: the path that it is to make canonical. */
  canonicalized(path: string): void
  user: string
  source: string
}

/** Server service (MS-SRVS 3.1.4): shares, server, sessions, time. */
export function srvsvc(setup: SrvsvcSetup): RpcInterface {
  const { machine } = setup
  return rpcInterface({
    name: 'srvsvc',
    uuid: '4b324fc8-1670-01d3-1278-5a47bf6ee188',
    major: 3,
    operations: {
      8: ['NetrConnectionEnum', undefined],
      9: ['NetrFileEnum', undefined],
      12: ['NetrSessionEnum', (input, output) => sessionEnum(input, output, setup)],
      14: ['NetrShareAdd', () => CODE.ACCESS_DENIED],
      15: ['NetrShareEnum', (input, output) => shareEnum(input, output, setup)],
      16: ['NetrShareGetInfo', (input, output) => shareGetInfo(input, output, setup)],
      18: ['NetrShareDel', () => CODE.ACCESS_DENIED],
      21: ['NetrServerGetInfo', (input, output) => serverGetInfo(input, output, machine)],
      28: ['NetrRemoteTOD', (_, output) => remoteTod(output, machine)],
      31: [
        'NetprPathCanonicalize',
        (input, output) => {
          input.uniqueString()
          const path = input.wideString()
          setup.canonicalized(path)
          output.u32(0).u32(0)
          return CODE.INVALID_LEVEL
        },
      ],
      32: [
        'NetprPathCompare',
        (input) => {
          input.uniqueString()
          setup.canonicalized(input.wideString())
          return CODE.OK
        },
      ],
      36: ['NetrShareEnumSticky', (input, output) => shareEnum(input, output, setup)],
    },
  })
}

function typeOf({ kind, name }: Share, machine: Machine): number {
  const isHidden = name.endsWith('$') && (machine.shape === 'windows' || kind === 'pipe')
  return ((kind === 'pipe' ? IPC : 0) | (isHidden ? HIDDEN : 0)) >>> 0
}

/** Fields of one SHARE_INFO; false for a level that is not known. */
function writeShare(output: NdrWriter, level: number, share: Share, machine: Machine): boolean {
  if (![0, 1, 2, 501, 502].includes(level)) return false
  output.string(share.name)
  if (level === 0) return true
  output.u32(typeOf(share, machine)).string(share.comment)
  if (level === 501) output.u32(0)
  if (level === 2 || level === 502) {
    output
      .u32(0)
      .u32(0xffffffff)
      .u32(share.kind === 'pipe' ? 1 : 0)
      .string(share.path)
    if (machine.shape === 'samba') output.string('')
    else output.u32(0)
  }
  if (level === 502) output.u32(0).u32(0)
  return true
}

function shareEnum(input: NdrReader, output: NdrWriter, { machine, shares }: SrvsvcSetup): number {
  input.uniqueString()
  const level = input.u32()
  const known = [0, 1, 2, 501, 502].includes(level)
  const list = known ? shares() : []
  output.u32(level).u32(level)
  if (!known) {
    output.u32(0).u32(0).u32(0)
    return CODE.INVALID_LEVEL
  }
  output.pointer().u32(list.length).pointer().u32(list.length)
  for (const share of list) writeShare(output, level, share, machine)
  output.flush().u32(list.length).u32(0)
  return CODE.OK
}

function shareGetInfo(input: NdrReader, output: NdrWriter, { machine, shares }: SrvsvcSetup): number {
  input.uniqueString()
  const name = input.wideString().toLowerCase()
  const level = input.u32()
  const share = shares().find((one) => one.name.toLowerCase() === name)
  output.u32(level)
  if (!share || ![0, 1, 2, 501, 502].includes(level)) {
    output.u32(0)
    return share ? CODE.INVALID_LEVEL : CODE.NO_SUCH_SHARE
  }
  output.pointer()
  writeShare(output, level, share, machine)
  return CODE.OK
}

function serverGetInfo(input: NdrReader, output: NdrWriter, machine: Machine): number {
  input.uniqueString()
  const level = input.u32()
  output.u32(level)
  if (level < 100 || level > 102) {
    output.u32(0)
    return CODE.INVALID_LEVEL
  }
  output.pointer().u32(500).string(machine.name)
  if (level > 100) output.u32(machine.version.major).u32(machine.version.minor).u32(machine.serverType).string(machine.comment)
  if (level > 101) output.u32(16_777_216).u32(15).u32(0).u32(240).u32(3000).u32(0).string('c:\\')
  return CODE.OK
}

/** The one session that there is: the client's own. */
function sessionEnum(input: NdrReader, output: NdrWriter, { user, source }: SrvsvcSetup): number {
  for (let i = 0; i < 3; i++) input.uniqueString()
  const level = input.u32()
  output.u32(level).u32(level)
  if (level !== 10 && level !== 0) {
    output.u32(0).u32(0).u32(0)
    return CODE.INVALID_LEVEL
  }
  output.pointer().u32(1).pointer().u32(1).string(`\\\\${source}`)
  if (level === 10) output.string(user).u32(0).u32(0)
  output.flush().u32(1).u32(0)
  return CODE.OK
}

function remoteTod(output: NdrWriter, { bootedAt }: Machine): number {
  const now = new Date()
  output
    .pointer()
    .u32(Math.floor(now.getTime() / 1000))
    .u32(now.getTime() - bootedAt)
    .u32(now.getUTCHours())
    .u32(now.getUTCMinutes())
    .u32(now.getUTCSeconds())
    .u32(Math.floor(now.getUTCMilliseconds() / 10))
    .u32(0)
    .u32(310)
    .u32(now.getUTCDate())
    .u32(now.getUTCMonth() + 1)
    .u32(now.getUTCFullYear())
    .u32(now.getUTCDay())
  return CODE.OK
}
