import { randomInt } from 'node:crypto'
import { offsetOf } from '../../host/mail/mail-date.ts'
import { formatInZone } from '../../host/zone-time.ts'
import { type Path, parseCommand, parsePath, SmtpSyntaxError, splitAddress } from './codec.ts'
import { multiline, type Reply, SAID, type SmtpServer, say, sayAndEnd } from './server.ts'
import type { Received, SmtpSession } from './session.ts'

/** smtp_max_synprot_errors and smtp_max_unknown_commands as they come. */
const SYNTAX_ERRORS = 3
const UNKNOWN_COMMANDS = 3
const RECIPIENTS = 1000
/** smtp_receive_timeout is five minutes. */
const PATIENCE_MS = 295_000

/** Exim 4.96 as Debian sets it up; every answer compared with 4.96-15+deb12u10. */
export function eximServer(session: SmtpSession): SmtpServer {
  return new Exim(session)
}

/** A breach of syntax or protocol, which Exim counts (synprot_error() of smtp_in.c). */
class Breach extends Error {
  readonly code: number
  readonly text: string

  constructor(code: number, text: string) {
    super(text)
    this.code = code
    this.text = text
  }
}

class Exim implements SmtpServer {
  readonly patienceMs = PATIENCE_MS
  readonly #session: SmtpSession
  #breaches = 0
  #unknown = 0
  #chunks: Received | undefined

  constructor(session: SmtpSession) {
    this.#session = session
  }

  greeting(): Reply {
    const { fqdn, options, persona } = this.#session
    const now = Date.now()
    const date = `${formatInZone(now, persona.timezone, '%a, %d %b %Y %T')} ${offsetOf(now, persona.timezone)}`
    return say(`220 ${fqdn} ESMTP Exim ${options.version} ${date}`)
  }

  timeout(): Reply {
    return sayAndEnd(`421 ${this.#session.fqdn}: SMTP command timeout - closing connection`)
  }

  async answer(line: Buffer): Promise<Reply> {
    try {
      return await this.#dispatch(line)
    } catch (error) {
      if (!(error instanceof Breach)) throw error
      if (++this.#breaches <= SYNTAX_ERRORS) return say(`${error.code} ${error.text}`)
      return sayAndEnd(`${error.code}-${error.text}`, `${error.code} Too many syntax or protocol errors`)
    }
  }

  async #dispatch(line: Buffer): Promise<Reply> {
    const { verb, argument } = parseCommand(line)
    const { fqdn } = this.#session
    // Exim looks for the colon with the verb: `MAIL` alone is no command at all.
    if (verb === 'MAIL' && /^FROM:/i.test(argument)) return this.#mail(argument)
    if (verb === 'RCPT' && /^TO:/i.test(argument)) return this.#recipient(argument)
    switch (verb) {
      case 'HELO':
      case 'EHLO':
        return this.#hello(verb, argument)
      case 'STARTTLS':
        return this.#startTls()
      case 'AUTH':
        return this.#authenticate(argument)
      case 'DATA':
        return this.#data()
      case 'BDAT':
        return this.#chunk(argument)
      case 'RSET':
        this.#reset()
        return say('250 Reset OK')
      case 'NOOP':
        return say('250 OK')
      case 'HELP':
        return say(...multiline(214, ['Commands supported:', HELP_COMMANDS]))
      case 'VRFY':
        return this.#verify(argument)
      case 'EXPN':
        return say('550 Administrative prohibition')
      case 'ETRN':
        return say('458 Administrative prohibition')
      case 'QUIT':
        return sayAndEnd(`221 ${fqdn} closing connection`)
      default:
        if (this.#unknown++ >= UNKNOWN_COMMANDS) return sayAndEnd('500 Too many unrecognized commands')
        throw new Breach(500, 'unrecognized command')
    }
  }

  #reset(): void {
    this.#session.transaction = undefined
    this.#chunks = undefined
  }

  #hello(verb: 'HELO' | 'EHLO', name: string): Reply {
    if (!/^[^\s]{1,255}$/.test(name)) throw new Breach(501, `Syntactically invalid ${verb} argument(s)`)
    const { fqdn, options, mechanisms, visit } = this.#session
    this.#reset()
    this.#session.hello(name, verb === 'EHLO')
    const hello = `${fqdn} Hello ${name} [${visit.source.ip}]`
    if (verb === 'HELO') return say(`250 ${hello}`)
    return say(
      ...multiline(250, [
        hello,
        `SIZE ${options.size}`,
        '8BITMIME',
        'PIPELINING',
        'PIPECONNECT',
        ...(mechanisms.length ? [`AUTH ${mechanisms.join(' ')}`] : []),
        'CHUNKING',
        ...(options.starttls && !visit.tls ? ['STARTTLS'] : []),
        'SMTPUTF8',
        'HELP',
      ]),
    )
  }

  async #startTls(): Promise<Reply> {
    const { visit, options, isExtended } = this.#session
    if (visit.tls || !options.starttls || !isExtended) throw new Breach(503, 'STARTTLS command used when not advertised')
    this.#reset()
    await this.#session.startTls('220 TLS go ahead\r\n')
    this.#session.isExtended = false
    return SAID
  }

  async #authenticate(argument: string): Promise<Reply> {
    const { mechanisms, user, transaction, isExtended, fqdn } = this.#session
    if (!isExtended || mechanisms.length === 0) throw new Breach(503, 'AUTH command used when not advertised')
    if (user !== undefined) throw new Breach(503, 'already authenticated')
    if (transaction) throw new Breach(503, 'not permitted in mail transaction')
    const [name = '', initial] = argument.split(/[ \t]+/)
    const mechanism = mechanisms.find((known) => known === name.toUpperCase())
    if (!mechanism) throw new Breach(504, `${name} authentication mechanism not supported`)
    const challenge = `<${randomInt(800, 32_768)}.${Math.floor(Date.now() / 1000)}@${fqdn}>`
    switch (await this.#session.authenticate(mechanism, initial, challenge)) {
      case 'accepted':
        return say('235 Authentication succeeded')
      case 'cancelled':
        return say('501 Authentication cancelled')
      case 'malformed':
        return say('501 Invalid base64 data')
      case 'refused':
        return say('535 Incorrect authentication data')
    }
  }

  #mail(argument: string): Reply {
    const { transaction, helo, options } = this.#session
    if (helo === undefined) return say('503 HELO or EHLO required')
    if (transaction) throw new Breach(503, 'sender already given')
    const path = pathOf(argument, 'FROM')
    if (!path.written.startsWith('<') && path.parameters.length) throw new Breach(501, complaint(argument.replace(/^FROM:\s*/i, '')))
    for (const parameter of path.parameters) {
      const [key = '', value = ''] = parameter.split(/=(.*)/s)
      if (!MAIL_PARAMETERS[key.toUpperCase()]?.test(value)) {
        throw new Breach(501, `${path.written} ${parameter}: malformed address: ${parameter} may not follow ${path.written} `)
      }
      if (key.toUpperCase() === 'SIZE' && Number(value) > options.size) return say('552 Message size exceeds maximum permitted')
    }
    if (path.address && splitAddress(path.address).domain === undefined) {
      return say(`501 ${path.written}: sender address must contain a domain`)
    }
    this.#session.transaction = { mailFrom: path.address, rcptTo: [] }
    return say('250 OK')
  }

  #recipient(argument: string): Reply {
    const { transaction, options } = this.#session
    if (!transaction) throw new Breach(503, 'sender not yet given')
    if (this.#chunks) throw new Breach(503, 'only BDAT permissible after non-LAST BDAT')
    const path = pathOf(argument, 'TO')
    const [surplus] = path.parameters
    if (surplus) throw new Breach(501, `${path.written} ${surplus}: malformed address: ${surplus} may not follow ${path.written} `)
    if (path.address === '') throw new Breach(501, `${path.written}: empty address`)
    if (splitAddress(path.address).domain === undefined) throw new Breach(501, `${path.written}: recipient address must contain a domain`)
    if (transaction.rcptTo.length >= RECIPIENTS) return say('452 too many recipients')
    const { kind, accepted } = this.#session.judge(path)
    // Debian's acl_check_rcpt: odd characters in the local part first, then the relay check. Local users are verified by the routers.
    if (kind === 'source-routed' && options.relay !== 'sink') return say('550 restricted characters in address')
    if (!accepted) return say(kind === 'unknown-user' ? '550 Unrouteable address' : '550 relay not permitted')
    transaction.rcptTo.push({ address: path.address, kind })
    return say('250 Accepted')
  }

  async #data(): Promise<Reply> {
    if (this.#chunks) throw new Breach(503, 'only BDAT permissible after non-LAST BDAT')
    if (!this.#session.transaction?.rcptTo.length) return say('503 valid RCPT command must precede DATA')
    await this.#session.visit.write('354 Enter message, ending with "." on a line by itself\r\n')
    const received = await this.#session.receive(false)
    if (received.size < 0) return sayAndEnd()
    return this.#finish(received)
  }

  async #chunk(argument: string): Promise<Reply> {
    const { isExtended, transaction, options } = this.#session
    if (!isExtended) throw new Breach(503, 'BDAT command used when CHUNKING not advertised')
    const match = /^(\d{1,10})(?:[ \t]+(LAST))?$/i.exec(argument)
    if (!match) throw new Breach(501, 'missing size for BDAT command')
    const size = Number(match[1])
    const so = this.#chunks ?? { message: Buffer.alloc(0), size: 0 }
    const bytes = await this.#session.chunk(size, options.size - so.message.length)
    if (!transaction?.rcptTo.length) return say('503 valid RCPT command must precede BDAT')
    this.#chunks = { message: Buffer.concat([so.message, bytes]), size: so.size + size }
    if (!match[2]) return say(`250 ${size} byte chunk received`)
    const whole = this.#chunks
    this.#chunks = undefined
    return this.#finish(whole, ` ${size} byte chunk, total ${whole.size}`)
  }

  #finish(received: Received, chunk?: string): Reply {
    const { options, helo, visit, fqdn, isExtended, user } = this.#session
    if (received.size > options.size) {
      this.#reset()
      return say('552 Message size exceeds maximum permitted')
    }
    const id = messageId()
    const with_ = `${isExtended ? 'esmtp' : 'smtp'}${visit.tls ? 's' : ''}${user === undefined ? '' : 'a'}`
    const trace = `Received: from [${visit.source.ip}] (helo=${helo})\r\n\tby ${fqdn} with ${with_} (Exim ${options.version})\r\n\tid ${id}`
    this.#session.deliver(id, received, trace)
    return say(...multiline(250, chunk ? [chunk, `OK id=${id}`] : [`OK id=${id}`]))
  }

  #verify(argument: string): Reply {
    if (!argument) return say('501 empty address')
    if (splitAddress(argument).domain === undefined) return say(`501 ${argument}: recipient address must contain a domain`)
    return say('252 Administrative prohibition')
  }
}

const HELP_COMMANDS = 'AUTH STARTTLS HELO EHLO MAIL RCPT DATA BDAT NOOP QUIT RSET HELP'

const MAIL_PARAMETERS: Record<string, RegExp> = {
  SIZE: /^\d{1,20}$/,
  BODY: /^(7BIT|8BITMIME)$/i,
  AUTH: /^.{1,500}$/,
  SMTPUTF8: /^$/,
}

function pathOf(argument: string, keyword: 'FROM' | 'TO'): Path {
  try {
    return parsePath(argument, keyword)
  } catch (error) {
    if (!(error instanceof SmtpSyntaxError)) throw error
    throw new Breach(501, complaint(argument.replace(/^[A-Za-z]+:\s*/, '')))
  }
}

/** What parse_extract_address() says of an address that it cannot read. */
function complaint(given: string): string {
  if (given === '') return 'empty address'
  if (!given.startsWith('<')) return `${given}: missing or malformed local part (expected word or "<")`
  if (!given.includes('>')) return `${given}: '>' missing at end of address`
  const word = /^<([^\s@<>"]{1,64})[ \t]/.exec(given)
  return word ? `${given}: "@" or "." expected after "${word[1]}"` : `${given}: domain missing or malformed`
}

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** `1xVhxY-0001Ft-29`: seconds, process and fraction of the second in base 62, as Exim before 4.97 makes them. */
function messageId(): string {
  const now = Date.now()
  return `${base62(Math.floor(now / 1000), 6)}-${base62(randomInt(800, 32_768), 6)}-${base62(Math.floor((now % 1000) / 2) * 2, 2)}`
}

function base62(n: number, digits: number): string {
  let text = ''
  for (let rest = n; text.length < digits; rest = Math.floor(rest / 62)) text = BASE62[rest % 62] + text
  return text
}
