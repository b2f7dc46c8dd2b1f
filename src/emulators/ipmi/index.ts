/**
 * The baseboard management controller of a server in the same rack, drawn from the install seed. It is not the persona's own machine: a
 * virtual machine and the fanless box of a substation have none.
 *
 *   nmap:     Get Channel Authentication Capabilities    us: IPMI 1.5 and 2.0, MD5, password
 *   attacker: Open Session, suite 0; RAKP 1, ADMIN       us: RAKP 2; whoever knows a name is in        → login
 *   attacker: Open Session, suite 3; RAKP 1, ADMIN       us: RAKP 2 with the hash of its password      → ipmi.rakp
 *   ipmitool: chassis power off                          us: the server stops, its fans too            → ipmi.command, a stop
 *   ipmitool: sol activate, Enter                        us: the login of the server's serial console  → login
 *
 * codec.ts reads packets, keys.ts computes what RAKP and AES need, handshake.ts opens sessions, commands*.ts are the functions,
 * bmc.ts what they work on, repository.ts its records, sol.ts the serial console.
 */
import { z } from 'zod'
import { defineLure } from '../../sensor/lure.ts'
import type { Datagram } from '../../sensor/visit.ts'
import { Bmc } from './bmc.ts'
import {
  AUTH_TYPE,
  decodeMessage,
  decodePacket,
  encode15,
  encode20,
  encodePong,
  encodeResponse,
  IpmiError,
  PAYLOAD,
  type Packet15,
  type Packet20,
} from './codec.ts'
import type { Caller } from './command.ts'
import { commandOf, execute } from './commands.ts'
import { ipmiEvents, TECHNIQUES } from './events.ts'
import { activateSession, answerHandshake, code15, isProven15, sessionChallenge } from './handshake.ts'
import { machineOf, VENDORS } from './machine.ts'
import { type Session, Sessions } from './sessions.ts'

const DATA_RECORDED = 64
const NOBODY: Readonly<Caller> = { user: 0, privilege: 0, limit: 0, session: 0 }
const APP = 6
const CHALLENGE = 0x39
const ACTIVATE = 0x3a
const CLOSE = 0x3c

const Options = z.strictObject({
  /** Maker of the server; drawn from the install seed without it. */
  vendor: z.enum(VENDORS as [string, ...string[]]).optional(),
  /** Whether cipher suite 0 opens a session without a password. */
  cipherZero: z.boolean().default(true),
})

export interface Room {
  bmc: Bmc
  sessions: Sessions
  cipherZero: boolean
}

export type IpmiDatagram = Datagram<typeof ipmiEvents>

export default defineLure({
  name: 'ipmi',
  standsFor: ['Conpot'],
  about: 'IPMI 2.0 of a server',
  profiles: ['standard', 'ics', 'mini'],
  ports: [{ transport: 'udp', port: 623 }],
  options: Options,
  events: ipmiEvents,

  start({ identity, state, options }): Room {
    const machine = machineOf(identity, options.vendor)
    return { bmc: new Bmc(machine, identity, state), sessions: new Sessions(machine.guid), cipherZero: options.cipherZero }
  },

  answer(datagram, { room }) {
    try {
      if (room.bmc.isBooting) return undefined
      const packet = decodePacket(datagram.bytes)
      if (packet.kind === 'ping') {
        datagram.record('ipmi.ping', { tag: packet.tag }, TECHNIQUES.scan)
        return encodePong(packet.tag)
      }
      return packet.kind === '1.5' ? answer15(packet, datagram, room) : answer20(packet, datagram, room)
    } catch (error) {
      if (!(error instanceof IpmiError)) throw error
      datagram.record('ipmi.malformed', { message: error.message })
      return undefined
    }
  },
})

function answer15(packet: Packet15, datagram: IpmiDatagram, room: Room): Buffer | undefined {
  const message = decodeMessage(packet.payload)
  if (message.netFn === APP && message.command === CHALLENGE) {
    const { completion, data } = sessionChallenge(message.data, datagram, room)
    return encode15({ authType: 0, sequence: 0, session: 0, payload: encodeResponse(message, completion, data) })
  }
  const session = packet.session === 0 ? undefined : room.sessions.of(packet.session, datagram.source.ip)
  if (packet.session !== 0 && (session?.version !== '1.5' || !isProven15(session, packet, datagram))) return undefined
  if (session && !session.isActive) {
    if (message.command !== ACTIVATE) return undefined
    const { completion, data } = activateSession(message.data, session, packet, datagram, room)
    return reply15(session, encodeResponse(message, completion, data))
  }
  const answer = perform(message, session, '1.5', datagram, room)
  return session ? reply15(session, answer) : encode15({ authType: 0, sequence: 0, session: 0, payload: answer })
}

function reply15(session: Session, payload: Buffer): Buffer {
  const { authType } = session
  const sequence = session.isActive ? session.sequence++ : 0
  const head = { authType, sequence, session: session.session, payload }
  return encode15(authType === AUTH_TYPE.none ? head : { ...head, code: code15(session, head) })
}

function answer20(packet: Packet20, datagram: IpmiDatagram, room: Room): Buffer | undefined {
  if (packet.payloadType >= PAYLOAD.openSessionRequest) return answerHandshake(packet, datagram, room)
  if (packet.payloadType !== PAYLOAD.ipmi && packet.payloadType !== PAYLOAD.sol) return undefined
  if (packet.session === 0) {
    if (packet.payloadType === PAYLOAD.sol) return undefined
    const answer = perform(decodeMessage(packet.payload), undefined, '2.0', datagram, room)
    return encode20({ payloadType: PAYLOAD.ipmi, session: 0, sequence: 0, payload: answer })
  }
  const session = room.sessions.of(packet.session, datagram.source.ip)
  if (!session?.keys || session.version !== '2.0') return undefined
  const { keys } = session
  if (packet.authenticated !== (keys.sign !== undefined) || packet.encrypted !== (keys.encrypt !== undefined)) return undefined
  if (!keys.verify(packet.covered)) return undefined
  const plain = keys.decrypt ? keys.decrypt(packet.payload) : packet.payload
  if (!plain) return undefined
  const { payloadType } = packet
  const answer =
    payloadType === PAYLOAD.sol ? onConsole(plain, session, datagram) : perform(decodeMessage(plain), session, '2.0', datagram, room)
  if (!answer) return undefined
  session.sequence++
  const head = { payloadType, session: session.handshake.consoleSession, sequence: session.sequence, payload: answer }
  return encode20(head, keys)
}

/** What the server's serial console shows to characters that were typed; a login that they make is written down. */
function onConsole(packet: Buffer, session: Session, datagram: IpmiDatagram): Buffer | undefined {
  const shown = session.sol?.take(packet)
  if (shown?.typed) datagram.login({ method: 'ipmi-sol', ...shown.typed, accepted: false })
  return shown?.payload
}

/** Runs one command and writes it down; the response message. */
function perform(
  message: ReturnType<typeof decodeMessage>,
  session: Session | undefined,
  version: '1.5' | '2.0',
  datagram: IpmiDatagram,
  { bmc, sessions }: Room,
): Buffer {
  const closes = session !== undefined && message.netFn === APP && message.command === CLOSE
  const command = commandOf(message.netFn, message.command)
  const { completion, data } = closes
    ? { completion: 0, data: Buffer.alloc(0) }
    : execute(command, { bmc, data: message.data, caller: session ?? { ...NOBODY }, port: datagram.local.port })
  if (closes) sessions.end(session)
  const action = closes ? 'login' : (command?.action ?? 'scan')
  datagram.record(
    'ipmi.command',
    {
      version,
      ...(session?.account ? { user: session.account.name } : {}),
      netFn: message.netFn,
      command: message.command,
      name: closes ? 'Close Session' : (command?.name ?? `Command ${message.netFn.toString(16)}/${message.command.toString(16)}`),
      action,
      data: message.data.subarray(0, DATA_RECORDED).toString('hex'),
      completion,
    },
    TECHNIQUES[action],
  )
  return encodeResponse(message, completion, data)
}
