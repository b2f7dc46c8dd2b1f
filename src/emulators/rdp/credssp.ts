import { createHash, createHmac, randomBytes } from 'node:crypto'
import { BER, BerError, BerReader, encodeElement, encodeInteger, encodeOctets, sequence } from '../../sensor/ber.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import { encodeChallenge, type NtlmAuthenticate, NtlmError, type NtlmTarget, parseNtlm } from '../../sensor/ntlm.ts'
import { hashcatLine, ntlmVersion, proves, rc4, sessionKey } from '../../sensor/ntlm-proof.ts'
import { encodeReply, parseSpnego, SpnegoError } from '../../sensor/spnego.ts'
import { RdpError } from './codec.ts'

/** Windows before the updates of 2018: the public key itself is what both sides prove. */
const VERSION = 3
const STATUS_LOGON_FAILURE = 0xc000006d

export interface TsRequest {
  version: number
  token: Buffer | undefined
  authInfo: Buffer | undefined
  pubKeyAuth: Buffer | undefined
}

/** TSRequest (MS-CSSP 2.2.1). @param content of its sequence @throws RdpError */
export function parseTsRequest(content: Buffer): TsRequest {
  try {
    const reader = new BerReader(content)
    const request: TsRequest = {
      version: new BerReader(reader.take(0xa0)).integer(),
      token: undefined,
      authInfo: undefined,
      pubKeyAuth: undefined,
    }
    while (!reader.isAtEnd) {
      const { tag, content: field } = reader.any()
      if (tag === 0xa1) request.token = firstToken(field)
      if (tag === 0xa2) request.authInfo = new BerReader(field).take(BER.octets)
      if (tag === 0xa3) request.pubKeyAuth = new BerReader(field).take(BER.octets)
    }
    return request
  } catch (error) {
    if (error instanceof BerError) throw new RdpError(error.message)
    throw error
  }
}

function firstToken(field: Buffer): Buffer {
  const list = new BerReader(new BerReader(field).take(BER.sequence))
  return new BerReader(new BerReader(list.take(BER.sequence)).take(0xa0)).take(BER.octets)
}

export function encodeTsRequest({ token, pubKeyAuth }: { token?: Buffer; pubKeyAuth?: Buffer }): Buffer {
  return sequence(
    encodeElement(0xa0, encodeInteger(VERSION)),
    ...(token ? [encodeElement(0xa1, sequence(sequence(encodeElement(0xa0, encodeOctets(token)))))] : []),
    ...(pubKeyAuth ? [encodeElement(0xa3, encodeOctets(pubKeyAuth))] : []),
  )
}

/** The request that says that a login has failed (MS-CSSP 2.2.1, errorCode). */
export const LOGON_FAILURE: Buffer = sequence(
  encodeElement(0xa0, encodeInteger(VERSION)),
  encodeElement(0xa4, encodeInteger(STATUS_LOGON_FAILURE | 0)),
)

export interface CredSspSetup {
  desk: LoginDesk
  target: NtlmTarget
}

/** One network level authentication (MS-CSSP 3.1.5) with NTLM. */
export class CredSsp {
  readonly #setup: CredSspSetup
  readonly #challenge = randomBytes(8)
  /** Who the client says it is, once it has. */
  client: Pick<NtlmAuthenticate, 'domain' | 'user' | 'workstation'> | undefined

  constructor(setup: CredSspSetup) {
    this.#setup = setup
  }

  /** The answer to a request; undefined when the login fails, and `done` when the client has been let in. @throws RdpError */
  async step(request: TsRequest): Promise<{ answer?: Buffer; done?: true } | undefined> {
    if (request.authInfo) return { done: true }
    if (!request.token) throw new RdpError('a request without a token')
    try {
      const { token, isRaw } = parseSpnego(request.token)
      if (!token) return undefined
      const message = parseNtlm(token)
      if (message.type === 'authenticate') return await this.#authenticate(message, request, isRaw)
      const version = { major: 6, minor: 1, build: 7601 }
      const target = { ...this.#setup.target, time: Date.now() }
      const challenge = encodeChallenge({ clientFlags: message.flags, challenge: this.#challenge, target, version })
      return {
        answer: encodeTsRequest({
          token: isRaw ? challenge : encodeReply({ state: 'accept-incomplete', namesMechanism: true, token: challenge }),
        }),
      }
    } catch (error) {
      if (error instanceof NtlmError || error instanceof SpnegoError) throw new RdpError(error.message)
      throw error
    }
  }

  async #authenticate(message: NtlmAuthenticate, { pubKeyAuth }: TsRequest, isRaw: boolean): Promise<{ answer: Buffer } | undefined> {
    this.client = message
    const { accepted, password } = await this.#setup.desk.mutualProof(
      `rdp-${ntlmVersion(message)}`,
      Buffer.from(message.user),
      async (passwords) => passwords.find((one) => proves(message, this.#challenge, one)),
      hashcatLine(message, this.#challenge),
    )
    const key = accepted && password !== undefined ? sessionKey(message, this.#challenge, password) : undefined
    if (!key || !pubKeyAuth || pubKeyAuth.length <= 16) return undefined
    const proof = sealed(key, answerToKey(key, pubKeyAuth))
    return { answer: encodeTsRequest({ pubKeyAuth: proof, ...(!isRaw && { token: encodeReply({ state: 'accept-completed' }) }) }) }
  }
}

function keyFor(key: Buffer, direction: string, purpose: string): Buffer {
  return createHash('md5').update(key).update(`session key to ${direction} ${purpose} key magic constant\0`, 'latin1').digest()
}

/** The client's public key, which it sends sealed, with its first byte one higher (MS-CSSP 3.1.5). */
function answerToKey(key: Buffer, pubKeyAuth: Buffer): Buffer {
  const publicKey = rc4(keyFor(key, 'client-to-server', 'sealing'), pubKeyAuth.subarray(16))
  publicKey[0] = ((publicKey[0] as number) + 1) & 0xff
  return publicKey
}

/** A server's first sealed message (MS-NLMP 3.4.3), its signature in front. */
function sealed(key: Buffer, message: Buffer): Buffer {
  const sequenceNumber = Buffer.alloc(4)
  const checksum = createHmac('md5', keyFor(key, 'server-to-client', 'signing'))
    .update(sequenceNumber)
    .update(message)
    .digest()
    .subarray(0, 8)
  const stream = rc4(keyFor(key, 'server-to-client', 'sealing'), Buffer.concat([message, checksum]))
  return Buffer.concat([Buffer.of(1, 0, 0, 0), stream.subarray(message.length), sequenceNumber, stream.subarray(0, message.length)])
}
