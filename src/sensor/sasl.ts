import { createHmac, randomInt } from 'node:crypto'
import type { LoginDesk } from './login-desk.ts'

/** The mechanisms that mail servers offer over a line protocol. */
export const SASL_MECHANISMS = ['PLAIN', 'LOGIN', 'CRAM-MD5'] as const
export type SaslMechanism = (typeof SASL_MECHANISMS)[number]

/** How a protocol carries challenges and answers: `334 …` of SMTP, `+ …` of POP3 and IMAP. */
export interface SaslWire {
  /** Sends a challenge, in base64 as the line needs it, and gives the client's next line without its end. */
  ask(challenge: string): Promise<Buffer>
}

/** What came of one AUTH command. */
export type SaslOutcome = 'accepted' | 'refused' | 'cancelled' | 'malformed'

export interface SaslExchange {
  mechanism: SaslMechanism
  /** Initial response of RFC 4954 §4; `=` stands for an empty one. */
  initial: Buffer | undefined
  wire: SaslWire
  desk: LoginDesk
  /** Challenge of CRAM-MD5, which has the form of a message id. */
  challenge: string
  /** Name of the protocol before the mechanism in login events. */
  protocol: string
}

/** Plays the server's side of one SASL exchange, and writes down what the client showed. */
export async function authenticate(exchange: SaslExchange): Promise<SaslOutcome> {
  switch (exchange.mechanism) {
    case 'PLAIN':
      return plain(exchange)
    case 'LOGIN':
      return login(exchange)
    case 'CRAM-MD5':
      return cramMd5(exchange)
  }
}

/** RFC 4616: authorization identity NUL authentication identity NUL password. */
async function plain({ initial, wire, desk, protocol }: SaslExchange): Promise<SaslOutcome> {
  const answer = decode(initial ?? (await wire.ask('')))
  if (!Buffer.isBuffer(answer)) return answer
  const first = answer.indexOf(0)
  const second = first < 0 ? -1 : answer.indexOf(0, first + 1)
  if (second < 0) return 'refused'
  const user = answer.subarray(first + 1, second)
  return verdict(desk.password(`${protocol}-plain`, user, answer.subarray(second + 1)))
}

/** draft-murchison-sasl-login: the two prompts are part of the protocol, clients compare them. */
async function login({ initial, wire, desk, protocol }: SaslExchange): Promise<SaslOutcome> {
  const user = decode(initial ?? (await wire.ask(encode('Username:'))))
  if (!Buffer.isBuffer(user)) return user
  const password = decode(await wire.ask(encode('Password:')))
  if (!Buffer.isBuffer(password)) return password
  return verdict(desk.password(`${protocol}-login`, user, password))
}

/** A challenge as Dovecot makes it, for itself and for the Postfix that asks it: `<1717850536562701.1795493926@mail>`. */
export function dovecotChallenge(hostname: string): string {
  return `<${randomInt(2 ** 47)}${randomInt(10, 99)}.${Math.floor(Date.now() / 1000)}@${hostname}>`
}

/** RFC 2195. */
async function cramMd5({ wire, desk, challenge, protocol }: SaslExchange): Promise<SaslOutcome> {
  const answer = decode(await wire.ask(encode(challenge)))
  if (!Buffer.isBuffer(answer)) return answer
  const space = answer.lastIndexOf(0x20)
  const digest = answer
    .subarray(space + 1)
    .toString('latin1')
    .toLowerCase()
  if (space < 0 || !/^[0-9a-f]{32}$/.test(digest)) return 'refused'
  // hashcat mode 10200, `$cram_md5$` base64 of the challenge `$` base64 of the answer.
  const hash = { mode: 10200, line: `$cram_md5$${encode(challenge)}$${answer.toString('base64')}` }
  const proves = (password: string): boolean => createHmac('md5', password).update(challenge).digest('hex') === digest
  return verdict(desk.proof(`${protocol}-cram-md5`, answer.subarray(0, space), hash, proves))
}

const verdict = (accepted: boolean): SaslOutcome => (accepted ? 'accepted' : 'refused')
const encode = (text: string): string => Buffer.from(text).toString('base64')

function decode(line: Buffer): Buffer | 'cancelled' | 'malformed' {
  const text = line.toString('latin1')
  if (text === '*') return 'cancelled'
  if (text === '=') return Buffer.alloc(0)
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return 'malformed'
  return Buffer.from(text, 'base64')
}
