import { type ControlPacket, encodeControl, encodeFragments, timestampText } from './codec.ts'
import type { NtpServer, Peer } from './server-state.ts'

const OPCODE = { readStatus: 1, readVariables: 2, readClock: 4, readMru: 10 }
const ERROR = { permission: 1, format: 2, opcode: 3, association: 4, variable: 5 }
/** Opcodes that ntpd takes from the holder of a key only: writing, traps, configuration, lists. */
const NEEDS_KEY = new Set([3, 5, 6, 8, 9, 11, 31])
/** `leap_none, sync_ntp, 1 event, clock_sync` (RFC 9327 §3.1). */
const SYSTEM_STATUS = 0x0615
/** Columns after which the list of variables goes on in the next line. */
const LINE = 72
const LONGEST_NAME = 64

/** Mode 6: what ntpq asks. Answers in fragments; undefined where ntpd keeps silent. */
export function answerControl(request: ControlPacket, server: NtpServer): Buffer[] | undefined {
  if (request.version < 1 || request.version > 4) return undefined
  if (request.isResponse || request.isError || request.hasMore) return undefined
  const { opcode, association } = request
  if (request.isCut) return refuse(request, ERROR.format)
  if (NEEDS_KEY.has(opcode)) return refuse(request, ERROR.permission)
  // The list of recent clients, which is only for who brings back a nonce. 4.2.6 does not know it.
  if (opcode === OPCODE.readMru && server.version.startsWith('4.2.8')) return undefined
  if (opcode === 0) return reply(request, SYSTEM_STATUS, '')
  if (opcode !== OPCODE.readStatus && opcode !== OPCODE.readVariables) {
    return refuse(request, opcode === OPCODE.readClock ? ERROR.association : ERROR.opcode)
  }
  if (association !== 0) {
    const peer = server.peers.find((p) => p.association === association)
    return peer ? readVariables(request, statusOf(peer), peerVariables(peer, server)) : refuse(request, ERROR.association)
  }
  return opcode === OPCODE.readStatus
    ? reply(request, SYSTEM_STATUS, associations(server))
    : readVariables(request, SYSTEM_STATUS, systemVariables(server))
}

type Variables = [name: string, value: string][]

function readVariables(request: ControlPacket, status: number, variables: Variables): Buffer[] {
  const named = request.opcode === OPCODE.readVariables ? namesIn(request.data) : []
  if (named.length === 0) return reply(request, status, list(variables))
  const unknown = named.some((name) => !variables.some(([known]) => known === name))
  // ntpd gives them in its own order, not in that of the question.
  const chosen = variables.filter(([name]) => named.includes(name)).sort(([a], [b]) => ORDER.indexOf(a) - ORDER.indexOf(b))
  return unknown ? refuse(request, ERROR.variable) : reply(request, status, list(chosen))
}

/** Order of the variables in ntpd's table. */
const ORDER = [
  'leap',
  'stratum',
  'precision',
  'rootdelay',
  'rootdisp',
  'refid',
  'reftime',
  'tc',
  'peer',
  'offset',
  'frequency',
  'sys_jitter',
  'clk_jitter',
  'clock',
  'processor',
  'system',
  'version',
  'clk_wander',
]

function namesIn(data: Buffer): string[] {
  return data
    .toString('latin1')
    .split(/[,\s\0]{1,8}/)
    .map((item) => (item.split('=')[0] as string).slice(0, LONGEST_NAME))
    .filter(Boolean)
}

function systemVariables(server: NtpServer): Variables {
  const now = server.now()
  const [peer] = server.peers
  return [
    ['version', `"ntpd ${server.version}"`],
    ['processor', '"x86_64"'],
    ['system', `"${server.system}"`],
    ['leap', '0'],
    ['stratum', String(server.stratum)],
    ['precision', String(server.precision)],
    ['rootdelay', (server.rootDelay * 1000).toFixed(3)],
    ['rootdisp', (server.rootDispersion(now) * 1000).toFixed(3)],
    ['refid', server.referenceAddress],
    ['reftime', timestampText(server.reference(now))],
    ['clock', timestampText(server.timestamp(now))],
    ['peer', String(peer?.association ?? 0)],
    ['tc', '10'],
    ['mintc', '3'],
    ['offset', (peer?.offset ?? 0).toFixed(6)],
    ['frequency', server.frequency.toFixed(3)],
    ['sys_jitter', (peer?.jitter ?? 0).toFixed(6)],
    ['clk_jitter', ((peer?.jitter ?? 0) / 3).toFixed(3)],
    ['clk_wander', '0.012'],
  ]
}

function peerVariables(peer: Peer, server: NtpServer): Variables {
  const now = server.now()
  const eight = (value: number, step = 0): string => Array.from({ length: 8 }, (_, i) => ` ${(value + i * step).toFixed(2)}`).join('')
  return [
    ['srcadr', peer.address],
    ['srcport', '123'],
    ['dstadr', server.localAddress],
    ['dstport', '123'],
    ['leap', '0'],
    ['stratum', String(peer.stratum)],
    ['precision', '-22'],
    ['rootdelay', '0.000'],
    ['rootdisp', '0.610'],
    ['refid', 'GPS'],
    ['reftime', timestampText(server.reference(now))],
    ['rec', timestampText(server.reference(now) - (BigInt(peer.lag) << 32n))],
    ['reach', '0xff'],
    ['unreach', '0'],
    ['hmode', '3'],
    ['pmode', '4'],
    ['hpoll', '10'],
    ['ppoll', '10'],
    ['headway', '0'],
    ['flash', '0x0'],
    ['keyid', '0'],
    ['offset', peer.offset.toFixed(3)],
    ['delay', peer.delay.toFixed(3)],
    ['dispersion', peer.dispersion.toFixed(3)],
    ['jitter', peer.jitter.toFixed(3)],
    ['filtdelay', eight(peer.delay)],
    ['filtoffset', eight(peer.offset)],
    ['filtdisp', eight(0, 15.4)],
  ]
}

/** `name=value, name=value` in lines of at most 72 columns, as ctl_putdata() breaks them. */
function list(variables: Variables): string {
  let text = ''
  let column = 0
  for (const [name, value] of variables) {
    const item = `${name}=${value}`
    if (text) {
      const breaks = column + 1 + item.length + 1 >= LINE
      text += breaks ? ',\r\n' : ', '
      column = breaks ? 0 : column + 2
    }
    text += item
    column += item.length
  }
  return text ? `${text}\r\n` : ''
}

/** Pairs of association id and status word. */
function associations(server: NtpServer): string {
  const bytes = Buffer.alloc(server.peers.length * 4)
  for (const [i, peer] of server.peers.entries()) {
    bytes.writeUInt16BE(peer.association, i * 4)
    bytes.writeUInt16BE(statusOf(peer), i * 4 + 2)
  }
  return bytes.toString('latin1')
}

/** Selection and flags, one event, `sys_peer` or `reachable`. */
function statusOf({ status }: Peer): number {
  return (status << 8) | (status === 0x96 ? 0x1a : 0x14)
}

function reply({ version, opcode, sequence, association }: ControlPacket, status: number, text: string): Buffer[] {
  return encodeFragments({ leap: 0, version, opcode, sequence, association, status, data: Buffer.from(text, 'latin1') })
}

function refuse({ version, opcode, sequence, association }: ControlPacket, error: number): Buffer[] {
  const flags = { isResponse: true, isError: true, hasMore: false }
  return [
    encodeControl({ leap: 0, version, opcode, sequence, association, status: error << 8, offset: 0, data: Buffer.alloc(0), ...flags }),
  ]
}
