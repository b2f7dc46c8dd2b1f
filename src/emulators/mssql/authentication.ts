import { randomBytes } from 'node:crypto'
import { evidence } from '../../events/bytes.ts'
import { toBytes } from '../../host/text.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { encodeChallenge, NtlmError, parseNtlm } from '../../sensor/ntlm.ts'
import { hashcatLine, proves } from '../../sensor/ntlm-proof.ts'
import { encodeReply, parseSpnego, SpnegoError } from '../../sensor/spnego.ts'
import type { Visit } from '../../sensor/visit.ts'
import { type Login, PACKET, TdsFormatError } from './codec.ts'
import type { MssqlEvents } from './events.ts'
import { encodeSspi } from './tokens.ts'
import type { Transport } from './transport.ts'

const LARGEST_TOKEN = 64 * 1024

export interface LoginExchange {
  visit: Visit<MssqlEvents>
  transport: Transport
  desk: LoginDesk
  login: Login
  /** NetBIOS name of the machine, and its DNS name. */
  machine: string
  dnsName: string
}

export interface Verdict {
  accepted: boolean
  /** As SQL Server names who came: `sa`, `DOMAIN\user`. */
  user: string
}

/** SQL Server's own logins in clear, Windows logins by NTLM. @throws TdsFormatError */
export async function logIn(exchange: LoginExchange): Promise<Verdict> {
  const { desk, login } = exchange
  if (login.sspi) return windowsLogin(exchange, login.sspi)
  return { accepted: desk.password('mssql', login.user, login.password), user: login.user.toString('utf8') }
}

async function windowsLogin({ visit, transport, desk, machine, dnsName }: LoginExchange, first: Buffer): Promise<Verdict> {
  try {
    const offer = parseSpnego(first)
    const negotiate = offer.token && parseNtlm(offer.token)
    if (negotiate?.type !== 'negotiate') throw new TdsFormatError('no NTLM negotiation')
    const challenge = randomBytes(8)
    const message = encodeChallenge({
      clientFlags: negotiate.flags,
      challenge,
      target: { netbiosComputer: machine, netbiosDomain: machine, dnsComputer: dnsName, dnsDomain: dnsName, time: Date.now() },
      version: { major: 10, minor: 0, build: 17_763 },
    })
    const wrapped = offer.isRaw ? message : encodeReply({ state: 'accept-incomplete', namesMechanism: true, token: message })
    await transport.write(PACKET.response, encodeSspi(wrapped))
    const { type, bytes } = await transport.read(LARGEST_TOKEN)
    if (type !== PACKET.sspi) throw new TdsFormatError(`packet type ${type} in a login`)
    const { token } = parseSpnego(bytes)
    const proof = token && parseNtlm(token)
    if (proof?.type !== 'authenticate') throw new TdsFormatError('no NTLM authentication')
    const user = `${proof.domain}\\${proof.user}`
    const line = hashcatLine(proof, challenge)
    if (line) return { accepted: desk.proof('ntlm', toBytes(proof.user), line, (password) => proves(proof, challenge, password)), user }
    visit.login({ method: 'ntlm', username: evidence(toBytes(proof.user)), accepted: false })
    return { accepted: false, user }
  } catch (error) {
    if (error instanceof NtlmError || error instanceof SpnegoError) throw new TdsFormatError(error.message)
    throw error
  }
}
