import { evidence } from '../../events/bytes.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'
import commonPasswords from '../../sensor/common-passwords.json' with { type: 'json' }
import { type Account, EVENT } from './bmc.ts'
import { AUTH_TYPE, encode20, PAYLOAD, type Packet15, type Packet20 } from './codec.ts'
import type { IpmiDatagram, Room } from './index.ts'
import { crackableRakp2, equal, keysOf, md5Code, provesPassword, rakp2Code, rakp3Salt } from './keys.ts'
import { openRequest, openResponse, refusal, type Session, STATUS, suiteNumber } from './sessions.ts'

const ADMINISTRATOR = 4
/** hashcat's HMAC-SHA1 whose key is the password; the salt is in hex (`--hex-salt`). */
const HASHCAT_HMAC_SHA1 = 150
/** Completion codes of session commands (§22.16, §22.17). */
const INVALID_USER = 0x81
const NO_MORE_SESSIONS = 0x82
const TOO_HIGH = 0x86

/** A step of RMCP+'s opening of a session (§13.17 to §13.24). */
export function answerHandshake(packet: Packet20, datagram: IpmiDatagram, room: Room): Buffer | undefined {
  const { payload } = packet
  const reply = (payloadType: number, body: Buffer | undefined): Buffer | undefined =>
    body && encode20({ payloadType, session: 0, sequence: 0, payload: body })
  switch (packet.payloadType) {
    case PAYLOAD.openSessionRequest:
      return reply(PAYLOAD.openSessionResponse, openSession(payload, datagram, room))
    case PAYLOAD.rakp1:
      return reply(PAYLOAD.rakp2, rakp1(payload, datagram, room))
    case PAYLOAD.rakp3:
      return reply(PAYLOAD.rakp4, rakp3(payload, datagram, room))
    default:
      return undefined
  }
}

function openSession(payload: Buffer, datagram: IpmiDatagram, { sessions, cipherZero }: Room): Buffer | undefined {
  const request = openRequest(payload)
  if (!request) return undefined
  const { tag, suite, consoleSession } = request
  const number = suiteNumber(suite)
  const isOffered = number !== undefined && (number !== 0 || cipherZero)
  const status = isOffered ? STATUS.ok : STATUS.noSuite
  datagram.record(
    'ipmi.open',
    { privilege: request.privilege, ...suite, ...(number === undefined ? {} : { suite: number }), status },
    number === 0 ? ['attack:T1190', 'cve:CVE-2013-4782'] : ['attack:T1046'],
  )
  if (!isOffered) return refusal(tag, status, consoleSession)
  const limit = Math.min(request.privilege || ADMINISTRATOR, ADMINISTRATOR)
  return openResponse(tag, sessions.begin(datagram.source.ip, '2.0', { suite, consoleSession, limit }))
}

function rakp1(payload: Buffer, datagram: IpmiDatagram, { bmc, sessions }: Room): Buffer | undefined {
  if (payload.length < 28 || payload.length < 28 + payload[27]!) return undefined
  const tag = payload[0]!
  const session = sessions.of(payload.readUInt32LE(4), datagram.source.ip)
  if (session?.version !== '2.0' || session.isActive) return refusal(tag, STATUS.invalidSession, 0)
  datagram.sourceIsProven()
  const { handshake } = session
  handshake.consoleRandom = Buffer.from(payload.subarray(8, 24))
  handshake.role = payload[24]!
  handshake.user = Buffer.from(payload.subarray(28, 28 + payload[27]!))
  const role = handshake.role & 0x0f
  const account = bmc.user(handshake.user.toString('latin1'))
  const status = account === undefined ? STATUS.invalidName : role > account.privilege ? STATUS.invalidRole : STATUS.ok
  const password = Buffer.from(account?.password ?? '', 'latin1')
  const hash = status === STATUS.ok ? crackableRakp2(handshake, password) : undefined
  datagram.record(
    'ipmi.rakp',
    { user: evidence(handshake.user), privilege: role, status, ...(hash ? { hash } : {}) },
    hash ? ['attack:T1110', 'cve:CVE-2013-4786'] : ['attack:T1110'],
  )
  if (!account || status !== STATUS.ok) {
    datagram.login({ method: 'ipmi-rakp', username: evidence(handshake.user), accepted: false })
    return refusal(tag, status, handshake.consoleSession)
  }
  session.account = account
  session.limit = role === 0 ? account.privilege : role
  const head = new ByteWriter().u8(tag).u8(STATUS.ok).u16le(0).u32le(handshake.consoleSession)
  return head.bytes(handshake.bmcRandom).bytes(handshake.guid).bytes(rakp2Code(handshake, password)).done()
}

function rakp3(payload: Buffer, datagram: IpmiDatagram, room: Room): Buffer | undefined {
  if (payload.length < 8) return undefined
  const [tag, theirStatus] = [payload[0]!, payload[1]!]
  const session = room.sessions.of(payload.readUInt32LE(4), datagram.source.ip)
  if (!session?.account || session.isActive) return refusal(tag, STATUS.invalidSession, 0)
  const { handshake, account } = session
  const password = Buffer.from(account.password, 'latin1')
  const code = payload.subarray(8)
  // A console that found our code wrong says so: it has tried another password than ours.
  const isProven = theirStatus === STATUS.ok && provesPassword(handshake, password, code)
  const user = evidence(handshake.user)
  if (!isProven) {
    const guess = theirStatus === STATUS.ok ? passwordBehind(session, code) : undefined
    const hash =
      theirStatus === STATUS.ok && session.suite.authentication === 1
        ? { mode: HASHCAT_HMAC_SHA1, line: `${code.toString('hex')}:${rakp3Salt(handshake).toString('hex')}` }
        : undefined
    datagram.login({
      method: 'ipmi-rakp',
      username: user,
      ...(guess === undefined ? {} : { password: guess }),
      ...(hash ? { hash } : {}),
      accepted: false,
    })
    if (datagram.fresh) room.bmc.logEvent(EVENT.sessionRefused)
    room.sessions.end(session)
    return theirStatus === STATUS.ok ? refusal(tag, STATUS.invalidCheck, handshake.consoleSession) : undefined
  }
  const isZero = session.suite.authentication === 0
  datagram.login({
    method: isZero ? 'ipmi-cipher-zero' : 'ipmi-rakp',
    username: user,
    ...(isZero ? {} : { password: account.password }),
    accepted: true,
  })
  session.keys = keysOf(handshake, password)
  room.sessions.activate(session, account)
  room.bmc.logEvent(EVENT.sessionOpened)
  return new ByteWriter().u8(tag).u8(STATUS.ok).u16le(0).u32le(handshake.consoleSession).bytes(session.keys.icv).done()
}

/** The password among the usual ones by which this code of RAKP message 3 was made. */
function passwordBehind({ handshake }: Session, code: Buffer): string | undefined {
  const candidates = [handshake.user.toString('latin1'), 'calvin', 'ADMIN', ...commonPasswords]
  return candidates.find((one) => provesPassword(handshake, Buffer.from(one, 'latin1'), code))
}

interface Outcome {
  completion: number
  data: Buffer
}

const refused = (completion: number): Outcome => ({ completion, data: Buffer.alloc(0) })

/** Get Session Challenge of IPMI 1.5 (§22.16): a temporary session id and 16 bytes. */
export function sessionChallenge(data: Buffer, datagram: IpmiDatagram, { bmc, sessions }: Room): Outcome {
  if (data.length < 17) return refused(0xc7)
  const authType = data[0]! & 0x0f
  const name = untilNul(data.subarray(1, 17))
  const account = bmc.user(name.toString('latin1'))
  if (authType !== AUTH_TYPE.md5 && authType !== AUTH_TYPE.password) return refused(0xcc)
  if (!account) {
    datagram.login({ method: 'ipmi-1.5', username: evidence(name), accepted: false })
    return refused(INVALID_USER)
  }
  const suite = { authentication: 0, integrity: 0, confidentiality: 0 }
  const session = sessions.begin(datagram.source.ip, '1.5', { suite, consoleSession: 0, limit: account.privilege })
  session.account = account
  session.authType = authType
  return { completion: 0, data: new ByteWriter().u32le(session.session).bytes(session.handshake.bmcRandom).done() }
}

/** Activate Session of IPMI 1.5 (§22.17), in a packet whose code was right. */
export function activateSession(data: Buffer, session: Session, packet: Packet15, datagram: IpmiDatagram, room: Room): Outcome {
  if (data.length < 22 || !session.account) return refused(0xc7)
  const { account } = session
  const wanted = data[1]! & 0x0f
  if (!equal(data.subarray(2, 18), session.handshake.bmcRandom)) return refused(NO_MORE_SESSIONS)
  datagram.sourceIsProven()
  if (wanted > account.privilege) return refused(TOO_HIGH)
  datagram.login({
    method: packet.authType === AUTH_TYPE.md5 ? 'ipmi-md5' : 'ipmi-password',
    username: account.name,
    password: account.password,
    accepted: true,
  })
  session.sequence = data.readUInt32LE(18)
  session.limit = wanted
  room.sessions.activate(session, account)
  room.bmc.logEvent(EVENT.sessionOpened)
  return { completion: 0, data: new ByteWriter().u8(packet.authType).u32le(session.session).u32le(1).u8(wanted).done() }
}

/** The code of a packet of IPMI 1.5 by the session's password. */
export function code15(
  { account, authType }: Session,
  { session, sequence, payload }: Pick<Packet15, 'session' | 'sequence' | 'payload'>,
): Buffer {
  const password = Buffer.from((account as Account).password, 'latin1')
  if (authType === AUTH_TYPE.md5) return md5Code(password, session, sequence, payload)
  return Buffer.concat([password, Buffer.alloc(16)]).subarray(0, 16)
}

/** Whether a packet of IPMI 1.5 carries the code that only the session's password gives; a wrong first one is a refused login. */
export function isProven15(session: Session, packet: Packet15, datagram: IpmiDatagram): boolean {
  if (packet.authType !== session.authType || !packet.code) return false
  if (equal(code15(session, packet), packet.code)) return true
  if (session.isActive) return false
  const isClear = session.authType === AUTH_TYPE.password
  datagram.login({
    method: isClear ? 'ipmi-password' : 'ipmi-md5',
    username: session.account?.name ?? '',
    ...(isClear ? { password: evidence(untilNul(packet.code)) } : {}),
    accepted: false,
  })
  return false
}

function untilNul(bytes: Buffer): Buffer {
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end < 0 ? bytes.length : end)
}
