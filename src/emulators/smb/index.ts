/**
 * File and printer sharing: a Windows Server 2008 R2 that was never patched, or Samba on the persona's own files.
 *
 *   attacker: SMB1 negotiation, NT LM 0.12 · SMB 2.???     us: 2.???, NTLMSSP is offered      → smb.negotiate
 *   attacker: SESSION_SETUP, Administrator, NTLMv2         us: success, signed                → login with hashcat mode 5600, smb.client
 *   attacker: TREE_CONNECT \\host\ADMIN$, CREATE x.exe, WRITE …, CLOSE                        → smb.upload, artifact
 *   attacker: IPC$, \svcctl, CreateServiceW, StartServiceW us: success                        → smb.service; nothing runs
 *   attacker: TRANSACTION, PeekNamedPipe on handle 0       us: STATUS_INSUFF_SERVER_RESOURCES → smb.exploit ms17-010-check
 *   attacker: NT_TRANSACT … TRANSACTION2_SECONDARY         us: STATUS_INVALID_PARAMETER       → smb.exploit eternalblue, artifacts
 *   attacker: TRANS2 SESSION_SETUP, multiplex id 65        us: multiplex id 81                → smb.exploit doublepulsar-ping
 *
 * smb1/ and smb2/ are the two protocols, logon.ts and session.ts what they share; rpc/ is what listens at the pipes.
 */
import { LRUCache } from 'lru-cache'
import { evidence } from '../../events/bytes.ts'
import { defineLure } from '../../sensor/lure.ts'
import { type Visit, VisitEnded } from '../../sensor/visit.ts'
import { type SmbEvents, smbEvents } from './events.ts'
import { machineOf } from './machine.ts'
import { type Room, type SmbContext, SmbOptions } from './options.ts'
import { dialectsOf, Smb1Server } from './smb1/server.ts'
import { Smb2Server } from './smb2/server.ts'
import { SmbFormatError } from './status.ts'

/** Largest message: a write of SMB 2.1 and its header. */
const LARGEST_MESSAGE = 8 * 1024 * 1024 + 4096
const SESSION_REQUEST = 0x81
const KEEP_ALIVE = 0x85
const POSITIVE_RESPONSE = Buffer.from([0x82, 0, 0, 0])
const PATIENCE_MS = 240_000
const SOURCES = 300

export default defineLure({
  name: 'smb',
  standsFor: ['Dionaea', 'Honeypots'],
  about: 'SMB 1 to 3.1.1 of Windows or Samba: shares, pipes, services, MS17-010',
  profiles: ['standard', 'llm', 'mini', 'tarpit', 'windows'],
  ports: [
    { transport: 'tcp', port: 445 },
    { transport: 'tcp', port: 139 },
  ],
  options: SmbOptions,
  events: smbEvents,

  start: ({ options, persona, identity }): Room => ({
    machine: machineOf(persona, identity, options.shape, Date.now()),
    disks: new LRUCache({ max: SOURCES }),
    services: new LRUCache({ max: SOURCES }),
    pending: { bytes: 0 },
  }),

  async serve(visit, context) {
    const smb1 = new Smb1Server(visit, context)
    const smb2 = new Smb2Server(visit, context)
    try {
      await converse(visit, context, smb1, smb2)
    } catch (error) {
      if (!(error instanceof SmbFormatError)) throw error
      visit.record('smb.protocol-error', { message: error.message })
    } finally {
      smb1.close()
      smb2.close()
    }
  },
})

async function converse(visit: Visit<SmbEvents>, context: SmbContext, smb1: Smb1Server, smb2: Smb2Server): Promise<void> {
  for (;;) {
    const packet = await readPacket(visit)
    if (packet === 'keep-alive') continue
    if (packet === 'session') {
      await visit.write(POSITIVE_RESPONSE)
      continue
    }
    const answer = await answerTo(packet, context, smb1, smb2)
    if (answer === 'refused') return await visit.write(framed(refusal(packet)))
    if (answer) await visit.write(framed(answer))
  }
}

/** What Samba without SMB1 says to a client that knows nothing else: none of these dialects. */
function refusal(packet: Buffer): Buffer {
  const answer = Buffer.concat([packet.subarray(0, 32), Buffer.from([1, 0xff, 0xff, 0, 0])])
  answer.fill(0, 5, 9)
  answer.writeUInt8(0x88, 9)
  answer.writeUInt16LE(0x4003, 10)
  answer.fill(0, 12, 24)
  return answer
}

function framed(message: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUIntBE(message.length, 1, 3)
  return Buffer.concat([header, message])
}

async function answerTo(packet: Buffer, { room }: SmbContext, smb1: Smb1Server, smb2: Smb2Server): Promise<Buffer | 'refused' | undefined> {
  if (packet[0] === 0xfe || packet[0] === 0xfd) return smb2.receive(packet)
  if (packet[0] !== 0xff) throw new SmbFormatError('no SMB')
  if (packet[4] === 0x72 && packet.length > 35) {
    const dialects = dialectsOf({ bytes: packet.subarray(35) })
    const hasWildcard = dialects.includes('SMB 2.???')
    if (hasWildcard || dialects.includes('SMB 2.002')) return smb2.answerSmb1(hasWildcard, dialects)
  }
  if (packet.length < 35) throw new SmbFormatError('no SMB1 header')
  return room.machine.speaksSmb1 ? smb1.receive(packet) : 'refused'
}

/** One packet of the NetBIOS session service (RFC 1002 §4.3), over port 445 as over 139. @throws SmbFormatError */
async function readPacket(visit: Visit<SmbEvents>): Promise<Buffer | 'session' | 'keep-alive'> {
  const header = await visit.exactly(4, { within: PATIENCE_MS })
  const length = header.readUIntBE(1, 3)
  if (header[0] === KEEP_ALIVE) return 'keep-alive'
  if (header[0] === SESSION_REQUEST) {
    await visit.exactly(Math.min(length, 0x1ffff), { within: PATIENCE_MS })
    return 'session'
  }
  if (header[0] !== 0) throw new SmbFormatError(`packet type ${header[0]}`)
  if (length > LARGEST_MESSAGE) throw new SmbFormatError(`a packet of ${length} bytes`)
  const start = await visit.peek(Math.min(length, 12), { within: PATIENCE_MS })
  return isGroom(start) ? await keepGroom(visit, length) : await visit.exactly(length, { within: PATIENCE_MS })
}

/** The magic of SMB2 and no header behind it: memory that EternalBlue has allocated for its payload. */
function isGroom(start: Buffer): boolean {
  return start.length >= 6 && start.readUInt32BE(0) === 0xfe534d42 && start.readUInt16LE(4) === 0
}

/** Reads what is put there until the client goes, which is when it would have been run. */
async function keepGroom(visit: Visit<SmbEvents>, length: number): Promise<never> {
  const chunks: Buffer[] = []
  let held = 0
  try {
    while (held < length) {
      const chunk = await visit.read({ within: PATIENCE_MS })
      if (!chunk) break
      chunks.push(chunk)
      held += chunk.length
    }
  } finally {
    const bytes = Buffer.concat(chunks).subarray(0, length)
    if (bytes.length > 128) visit.capture(bytes, { how: 'smb.eternalblue', name: evidence('payload') })
    visit.record('smb.exploit', { kind: 'eternalblue-groom', detail: { bytes: bytes.length } }, ['cve:CVE-2017-0144', 'attack:T1210'])
  }
  throw new VisitEnded()
}
