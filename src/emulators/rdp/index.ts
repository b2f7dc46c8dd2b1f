/**
 * The terminal server of Windows Server 2008 R2, up to the credentials and an empty desktop behind them.
 *
 *   client: Connection Request, mstshash=bob, TLS|NLA   us: Connection Confirm, the strongest that both have   → rdp.request
 *   NLA:    TLS, CredSSP with NTLM                      us: a challenge; the proof is kept                     → login, rdp.ntlm
 *   all:    MCS Connect Initial                         us: Connect Response                                   → rdp.client
 *   client: channel MS_T120 (CVE-2019-0708)             us: the same; the visit is tagged
 *   client: Client Info with user and password          us: no licence needed; goodbye to who is wrong         → login, rdp.info
 *   who is right: Confirm Active … Font List            us: an empty desktop, which an administrator ends      → rdp.session
 *
 * codec.ts has X.224, MCS and GCC, activation.ts the beginning of a session, credssp.ts network level authentication, standard-security.ts RDP's own encryption.
 */
import { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import { LoginDesk, LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { ENDED_BY_ADMINISTRATOR, encodeDemandActive, encodeErrorInfo, encodeFinalization, isFontList } from './activation.ts'
import {
  type ClientData,
  DISCONNECT,
  encodeAttachConfirm,
  encodeConnectionConfirm,
  encodeConnectResponse,
  encodeData,
  encodeIndication,
  encodeJoinConfirm,
  encodeLicenceDone,
  IO_CHANNEL,
  PROTOCOL,
  parseClientInfo,
  parseConnectInitial,
  parseConnectionRequest,
  parseData,
  parseDomainPdu,
  RdpError,
  SEC,
  TPKT_HEAD,
} from './codec.ts'
import { CredSsp, LOGON_FAILURE, parseTsRequest } from './credssp.ts'
import { type RdpEvents, rdpEvents } from './events.ts'
import { isEncrypted, StandardSecurity, serverKeyOf, splitSecurityHeader } from './standard-security.ts'

const PATIENCE_MS = 60_000
/** PDUs before the credentials; Windows closes a client that goes on joining. */
const MOST_PDUS = 64
/** How long the desktop stays empty until the session is ended. */
const DESKTOP_MS = 20_000
const LARGEST_TOKEN = 64 * 1024
/** RDP_NEG_RSP (2.2.1.2.1): extended client data, graphics pipeline, restricted administration and remote guard. */
const NEGOTIATION_FLAGS = 0x1f
/** RDP_NEG_FAILURE (2.2.1.2.2). */
const HYBRID_REQUIRED = 5
const SSL_NOT_ALLOWED = 2

const RdpOptions = z.strictObject({
  /** `negotiate` takes what the client has; `nla` only network level authentication; `rdp` only RDP's own encryption. */
  security: z.enum(['negotiate', 'nla', 'rdp']).default('negotiate'),
  login: LoginOptions,
})
type RdpOptions = z.output<typeof RdpOptions>
interface Room {
  key: ReturnType<typeof serverKeyOf>
}
type RdpContext = VisitContext<RdpOptions, Room>
type RdpVisit = Visit<RdpEvents>

export default defineLure({
  name: 'rdp',
  standsFor: ['Heralding', 'Honeypots'],
  about: 'Windows terminal server up to the credentials, with NLA',
  profiles: ['standard', 'mini', 'tarpit', 'windows'],
  ports: [{ transport: 'tcp', port: 3389 }],
  options: RdpOptions,
  events: rdpEvents,

  start: ({ identity }): Room => ({ key: serverKeyOf(identity) }),

  async serve(visit, context) {
    try {
      const { requested, selected } = await negotiate(visit, context.options)
      if (selected === undefined) return
      const desk = new LoginDesk(visit, context)
      if (selected !== PROTOCOL.rdp) await visit.startTls()
      if (selected === PROTOCOL.hybrid && !(await networkLevel(visit, context, desk))) return
      await connect(visit, context, desk, { requested, selected })
    } catch (error) {
      if (!(error instanceof RdpError)) throw error
      visit.record('rdp.malformed', { message: error.message })
    }
  },
})

/** What client and server agree on; nothing when they cannot. @throws RdpError */
async function negotiate(visit: RdpVisit, { security }: RdpOptions): Promise<{ requested: number; selected: number | undefined }> {
  const { cookie, protocols } = parseConnectionRequest(await tpkt(visit))
  const requested = protocols ?? PROTOCOL.rdp
  const has = (one: number): boolean => (requested & one) !== 0
  const best = has(PROTOCOL.hybrid) ? PROTOCOL.hybrid : has(PROTOCOL.tls) ? PROTOCOL.tls : PROTOCOL.rdp
  const selected = security === 'rdp' ? PROTOCOL.rdp : best
  const failure =
    security === 'nla' && selected !== PROTOCOL.hybrid
      ? HYBRID_REQUIRED
      : security === 'rdp' && protocols === PROTOCOL.hybrid
        ? SSL_NOT_ALLOWED
        : undefined
  visit.record('rdp.request', {
    ...(cookie && { cookie: evidence(cookie.subarray(0, 512)) }),
    requested: Object.entries(PROTOCOL).flatMap(([name, bit]) => (bit === 0 ? (requested === 0 ? [name] : []) : has(bit) ? [name] : [])),
    selected: failure === undefined ? (Object.entries(PROTOCOL).find(([, bit]) => bit === selected)?.[0] ?? '') : 'none',
  })
  const negotiation =
    failure === undefined ? { type: 2 as const, flags: NEGOTIATION_FLAGS, value: selected } : { type: 3 as const, flags: 0, value: failure }
  await visit.write(encodeConnectionConfirm(protocols === undefined && failure === undefined ? undefined : negotiation))
  return { requested, selected: failure === undefined ? selected : undefined }
}

async function networkLevel(visit: RdpVisit, { persona }: RdpContext, desk: LoginDesk): Promise<boolean> {
  const name = persona.hostname.slice(0, 15).toUpperCase()
  const exchange = new CredSsp({ desk, target: { netbiosComputer: name, netbiosDomain: name, dnsComputer: name, dnsDomain: name } })
  for (;;) {
    const step = await exchange.step(parseTsRequest(await derSequence(visit)))
    if (exchange.client && !step?.done) {
      const { domain, workstation } = exchange.client
      visit.record('rdp.ntlm', { domain: evidence(domain), workstation: evidence(workstation) })
    }
    if (!step) {
      await visit.write(LOGON_FAILURE)
      return false
    }
    if (step.done) return true
    if (step.answer) await visit.write(step.answer)
  }
}

/** The connection sequence of MS-RDPBCGR 1.3.1.1, to the client's credentials. */
async function connect(
  visit: RdpVisit,
  { room }: RdpContext,
  desk: LoginDesk,
  { requested, selected }: { requested: number; selected: number },
): Promise<void> {
  const client = parseConnectInitial(parseData(await tpkt(visit)))
  recordClient(visit, client)
  const security = selected === PROTOCOL.rdp ? new StandardSecurity(room.key, client.encryptionMethods) : undefined
  await visit.write(encodeData(encodeConnectResponse({ requestedProtocols: requested, channels: client.channels.length, security })))
  // Windows gives the user's channel out behind those of the client.
  const user = IO_CHANNEL + 1 + client.channels.length
  for (let pdus = 0; pdus < MOST_PDUS; pdus++) {
    const pdu = parseDomainPdu(parseData(await tpkt(visit)))
    if (pdu.type === 'disconnect') return
    if (pdu.type === 'attach') await visit.write(encodeData(encodeAttachConfirm(user)))
    if (pdu.type === 'join') await visit.write(encodeData(encodeJoinConfirm(pdu.user, pdu.channel)))
    if (pdu.type !== 'data') continue
    const { flags, body } = splitSecurityHeader(pdu.data)
    if (flags & SEC.exchange && security) security.exchange(body)
    else if (flags & SEC.info) {
      const bytes = security && isEncrypted(flags) ? security.decrypt(body) : body
      // Who has proven itself by NLA says the same again, or nothing.
      const isRight = login(visit, selected === PROTOCOL.hybrid ? undefined : desk, bytes)
      await visit.write(encodeData(encodeIndication(user, encodeLicenceDone())))
      // Behind RDP's own encryption nobody gets further.
      if (isRight && !security) await session(visit, user, client)
      await visit.write(encodeData(DISCONNECT))
      return
    }
  }
}

/** @param desk undefined when the client has been let in already */
function login(visit: RdpVisit, desk: LoginDesk | undefined, bytes: Buffer): boolean {
  const info = parseClientInfo(bytes)
  visit.record('rdp.info', {
    domain: evidence(info.domain),
    shell: evidence(info.shell),
    directory: evidence(info.directory),
    address: evidence(info.address),
    autologon: info.autologon,
  })
  return desk === undefined || (info.user.length > 0 && desk.password('rdp', info.user, info.password))
}

/** Brings the session up, so that guessers know the password for right; shows nothing, and an administrator ends it. */
async function session(visit: RdpVisit, user: number, { width, height }: ClientData): Promise<void> {
  const send = (pdu: Buffer): Promise<void> => visit.write(encodeData(encodeIndication(user, pdu)))
  await send(encodeDemandActive(width, height))
  for (let pdus = 0; ; pdus++) {
    if (pdus === MOST_PDUS) return
    const pdu = parseDomainPdu(parseData(await tpkt(visit)))
    if (pdu.type === 'disconnect') return
    if (pdu.type === 'data' && isFontList(pdu.data)) break
  }
  for (const pdu of encodeFinalization(user)) await send(pdu)
  const startedAt = performance.now()
  const input = { bytes: 0 }
  try {
    if (await watchInput(visit, startedAt + DESKTOP_MS, input)) await send(encodeErrorInfo(ENDED_BY_ADMINISTRATOR))
  } finally {
    visit.record('rdp.session', { durationMs: Math.round(performance.now() - startedAt), inputBytes: input.bytes })
  }
}

/** Counts what the client sends. @returns false when it has gone before that time */
async function watchInput(visit: RdpVisit, until: number, input: { bytes: number }): Promise<boolean> {
  try {
    for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
      const bytes = await visit.read({ within: Math.ceil(left) })
      if (!bytes) return false
      input.bytes += bytes.length
    }
  } catch (error) {
    if (!(error instanceof LimitReached) || error.limit !== 'read-deadline') throw error
  }
  return true
}

function recordClient(visit: RdpVisit, { name, build, keyboardLayout, version, width, height, channels }: ClientData): void {
  const data = {
    name: evidence(name),
    build,
    keyboard: keyboardLayout,
    version: version.toString(16),
    width,
    height,
    channels: channels.map((one) => evidence(Buffer.from(one, 'latin1'))),
  }
  // The name of an inner channel, which no client has a reason to ask for.
  const isBlueKeep = channels.some((one) => one.toUpperCase() === 'MS_T120')
  visit.record('rdp.client', data, isBlueKeep ? ['cve:CVE-2019-0708'] : [])
  if (isBlueKeep) visit.tag('cve:CVE-2019-0708')
}

/** The body of the next TPKT. @throws RdpError */
async function tpkt(visit: RdpVisit): Promise<Buffer> {
  const head = await visit.exactly(TPKT_HEAD, { within: PATIENCE_MS })
  const length = head.readUInt16BE(2)
  if (head[0] !== 3 || length <= TPKT_HEAD) throw new RdpError('no TPKT')
  return visit.exactly(length - TPKT_HEAD, { within: PATIENCE_MS })
}

/** The content of a DER sequence. @throws RdpError */
async function derSequence(visit: RdpVisit): Promise<Buffer> {
  const [tag = 0, first = 0] = await visit.exactly(2, { within: PATIENCE_MS })
  const octets = first & 0x80 ? first & 0x7f : 0
  if (tag !== 0x30 || octets > 3 || first === 0x80) throw new RdpError('no request')
  const length = octets === 0 ? first : (await visit.exactly(octets)).readUIntBE(0, octets)
  if (length > LARGEST_TOKEN) throw new RdpError(`a request of ${length} bytes`)
  return visit.exactly(length, { within: PATIENCE_MS })
}
