/**
 * TigerVNC's X server behind a weak password.
 *
 *   us:     RFB 003.008            client: RFB 003.008                                       → vnc.client
 *   us:     types: VncAuth         client: VncAuth
 *   us:     16 random bytes        client: DES of them under the password                    → login, vnc.proof
 *   us:     Authentication failure, or a login screen of 1024 × 768
 *   client: keys and clicks        us: the screen as it changes                              → vnc.keys, vnc.click, login
 *
 * codec.ts has the messages, vnc-auth.ts the challenge, desktop.ts what follows it; greeter.ts is the screen, picture.ts and
 * encodings.ts draw and send it.
 */
import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import { formatInZone } from '../../host/zone-time.ts'
import commonPasswords from '../../sensor/common-passwords.json' with { type: 'json' }
import { defineLure, type VisitContext } from '../../sensor/lure.ts'
import type { Visit } from '../../sensor/visit.ts'
import { encodeReason, encodeServerInit, parseVersion, RfbError, SECURITY, SERVER_VERSION, VERSION_BYTES } from './codec.ts'
import { Desktop } from './desktop.ts'
import { type VncEvents, vncEvents } from './events.ts'
import { Greeter, SCREEN } from './greeter.ts'
import { hashcatLine, johnLine, PASSWORD_BYTES, vncResponse } from './vnc-auth.ts'

/** How long Xtigervnc waits for a client that says nothing before it is in. */
const PATIENCE_MS = 20_000
/** Passwords that guessers of VNC try early; the seed picks one an install. */
const WEAK_PASSWORDS = ['123456', 'password', '12345678', 'admin123', 'vnc123', 'letmein', '1234', 'qwerty']

const VncOptions = z.strictObject({
  /** `none` leaves the screen open to all. */
  security: z.enum(['vncauth', 'none']).default('vncauth'),
  /** The password; eight characters count. By default a weak one that the seed picks. */
  password: z.string().min(1).optional(),
})
type VncOptions = z.output<typeof VncOptions>
type VncContext = VisitContext<VncOptions, undefined>

export default defineLure({
  name: 'vnc',
  standsFor: ['Heralding', 'Honeypots'],
  about: 'TigerVNC with a login screen',
  profiles: ['standard', 'mini'],
  ports: [{ transport: 'tcp', port: 5900 }],
  options: VncOptions,
  events: vncEvents,

  async serve(visit, context) {
    try {
      if (!(await enter(visit, context))) return
      // ClientInit: whether others may stay.
      await visit.exactly(1, { within: PATIENCE_MS })
      const { persona } = context
      const owner = persona.users.find(({ uid, shell }) => uid >= 1000 && uid < 60_000 && !shell.endsWith('nologin'))?.name ?? 'root'
      await visit.write(encodeServerInit(SCREEN.width, SCREEN.height, `${persona.hostname}:1 (${owner})`))
      const clock = formatInZone(Date.now(), persona.timezone, '%a %d %b, %H:%M')
      await new Desktop(visit, new Greeter(persona.hostname, clock)).serve()
    } catch (error) {
      if (!(error instanceof RfbError)) throw error
      visit.record('vnc.malformed', { message: error.message })
    }
  },
})

/** Version, security type and password; whether the client is in. @throws RfbError */
async function enter(visit: Visit<VncEvents>, context: VncContext): Promise<boolean> {
  await visit.write(SERVER_VERSION)
  const { major, minor } = parseVersion(await visit.exactly(VERSION_BYTES, { within: PATIENCE_MS }))
  const version = `${major}.${minor}`
  if (major !== 3) {
    visit.record('vnc.client', { version })
    const reason = encodeReason(`Client needs protocol version ${version}, server has 3.8`)
    await visit.write(Buffer.concat([Buffer.alloc(1), reason]))
    return false
  }
  const type = context.options.security === 'none' ? SECURITY.none : SECURITY.vncAuth
  if (minor < 7) await visit.write(Buffer.of(0, 0, 0, type))
  else {
    await visit.write(Buffer.of(1, type))
    const [chosen = 0] = await visit.exactly(1, { within: PATIENCE_MS })
    visit.record('vnc.client', { version, security: chosen }, chosen === SECURITY.none && type !== chosen ? ['cve:CVE-2006-2369'] : [])
    if (chosen !== type) return false
  }
  if (minor < 7) visit.record('vnc.client', { version })
  if (type === SECURITY.none) {
    visit.login({ method: 'none', username: '', accepted: true })
    if (minor >= 8) await visit.write(Buffer.alloc(4))
    return true
  }
  const isIn = await challenge(visit, context)
  const refusal = minor >= 8 ? [Buffer.of(0, 0, 0, 1), encodeReason('Authentication failure')] : [Buffer.of(0, 0, 0, 1)]
  await visit.write(isIn ? Buffer.alloc(4) : Buffer.concat(refusal))
  return isIn
}

async function challenge(visit: Visit<VncEvents>, { options, identity, persona, loopback }: VncContext): Promise<boolean> {
  const sent = randomBytes(16)
  await visit.write(sent)
  const response = Buffer.from(await visit.exactly(16, { within: PATIENCE_MS }))
  const own = (options.password ?? identity.pick('vnc/password', WEAK_PASSWORDS)).slice(0, PASSWORD_BYTES)
  const guess = [own, ...commonPasswords].find((password) => vncResponse(password, sent).equals(response))
  const isGenerous = persona.login.policy === 'any' || (loopback && options.password === undefined)
  const accepted = isGenerous || guess?.slice(0, PASSWORD_BYTES) === own
  visit.login({ method: 'vnc', username: '', ...(guess !== undefined && { password: guess }), hash: hashcatLine(sent, response), accepted })
  visit.record('vnc.proof', { line: johnLine(sent, response) })
  return accepted
}
