import { dovecotChallenge } from '../../sensor/sasl.ts'
import { type Path, parseCommand, parsePath, SmtpSyntaxError } from './codec.ts'
import { multiline, type Reply, SAID, type SmtpServer, say, sayAndEnd } from './server.ts'
import type { Received, SmtpSession } from './session.ts'

/** smtpd_soft_error_limit, smtpd_hard_error_limit, smtpd_error_sleep_time and smtpd_recipient_limit as they come. */
const SOFT_ERRORS = 10
const HARD_ERRORS = 20
const ERROR_SLEEP_MS = 1000
const RECIPIENTS = 1000
/** Just below smtpd_timeout, which is where the sensor ends idle visits too. */
const PATIENCE_MS = 295_000

/** Postfix 3.7 smtpd(8) as Debian and Ubuntu set it up; every answer compared with 3.7.11. */
export function postfixServer(session: SmtpSession): SmtpServer {
  return new Postfix(session)
}

/** An answer that counts as a mistake of the client. */
class Mistake extends Error {
  readonly reply: Reply

  constructor(reply: Reply) {
    super('mistake')
    this.reply = reply
  }
}

const mistake = (line: string): Mistake => new Mistake(say(line))

class Postfix implements SmtpServer {
  readonly patienceMs = PATIENCE_MS
  readonly #session: SmtpSession
  #mistakes = 0
  /** Chunks of BDAT so far. */
  #chunks: Received | undefined

  constructor(session: SmtpSession) {
    this.#session = session
  }

  greeting(): Reply {
    const label = { debian: ' (Debian/GNU)', ubuntu: ' (Ubuntu)' }[this.#session.persona.os.family as string] ?? ''
    return say(`220 ${this.#session.fqdn} ESMTP Postfix${label}`)
  }

  timeout(): Reply {
    return sayAndEnd(`421 4.4.2 ${this.#session.fqdn} Error: timeout exceeded`)
  }

  async answer(line: Buffer): Promise<Reply> {
    const reply = await this.#answerOrScold(line)
    if (this.#mistakes <= HARD_ERRORS - 1 || reply.ends) return reply
    // The answer goes out first, then smtpd looks at its count, waits as long as for every late mistake, and hangs up.
    await this.#session.visit.write(reply.lines.map((text) => `${text}\r\n`).join(''))
    await this.#sleep()
    return sayAndEnd(`421 4.7.0 ${this.#session.fqdn} Error: too many errors`)
  }

  async #answerOrScold(line: Buffer): Promise<Reply> {
    try {
      return await this.#dispatch(line)
    } catch (error) {
      if (!(error instanceof Mistake)) throw error
      if (++this.#mistakes > SOFT_ERRORS) await this.#sleep()
      return error.reply
    }
  }

  async #sleep(): Promise<void> {
    if (this.#session.options.delays) await this.#session.visit.pause(ERROR_SLEEP_MS)
  }

  async #dispatch(line: Buffer): Promise<Reply> {
    const { verb, argument } = parseCommand(line)
    // smtpd_forbidden_commands: CONNECT GET POST, and whatever does not begin with a letter.
    if (/^(CONNECT|GET|POST|[^A-Z].*)$/s.test(verb)) return sayAndEnd('221 2.7.0 Error: I can break rules, too. Goodbye.')
    switch (verb) {
      case '':
        throw mistake('500 5.5.2 Error: bad syntax')
      case 'HELO':
      case 'EHLO':
        return this.#hello(verb, argument)
      case 'STARTTLS':
        return this.#startTls(argument)
      case 'AUTH':
        return this.#authenticate(argument)
      case 'MAIL':
        return this.#mail(argument)
      case 'RCPT':
        return this.#recipient(argument)
      case 'DATA':
        return this.#data(argument)
      case 'BDAT':
        return this.#chunk(argument)
      case 'RSET':
        if (argument) throw mistake('501 5.5.4 Syntax: RSET')
        this.#reset()
        return say('250 2.0.0 Ok')
      case 'NOOP':
        return say('250 2.0.0 Ok')
      case 'VRFY':
        return this.#verify(argument)
      case 'ETRN':
        return this.#etrn(argument)
      case 'XCLIENT':
      case 'XFORWARD':
        throw mistake('550 5.7.0 Error: insufficient authorization')
      case 'QUIT':
        return sayAndEnd('221 2.0.0 Bye')
      default:
        throw mistake('500 5.5.2 Error: command not recognized')
    }
  }

  #reset(): void {
    this.#session.transaction = undefined
    this.#chunks = undefined
  }

  #hello(verb: 'HELO' | 'EHLO', name: string): Reply {
    if (!name) throw mistake(`501 Syntax: ${verb} hostname`)
    const { fqdn, options, mechanisms, visit } = this.#session
    this.#reset()
    this.#session.hello(name, verb === 'EHLO')
    if (verb === 'HELO') return say(`250 ${fqdn}`)
    return say(
      ...multiline(250, [
        fqdn,
        'PIPELINING',
        `SIZE ${options.size}`,
        'VRFY',
        'ETRN',
        ...(options.starttls && !visit.tls ? ['STARTTLS'] : []),
        ...(mechanisms.length ? [`AUTH ${mechanisms.join(' ')}`] : []),
        'ENHANCEDSTATUSCODES',
        '8BITMIME',
        'DSN',
        'SMTPUTF8',
        'CHUNKING',
      ]),
    )
  }

  async #startTls(argument: string): Promise<Reply> {
    if (argument) throw mistake('501 5.5.4 Syntax: STARTTLS')
    if (this.#session.visit.tls) throw mistake('554 5.5.1 Error: TLS already active')
    if (!this.#session.options.starttls) throw mistake('502 5.5.1 Error: command not implemented')
    this.#reset()
    await this.#session.startTls('220 2.0.0 Ready to start TLS\r\n')
    return SAID
  }

  async #authenticate(argument: string): Promise<Reply> {
    const { mechanisms, user, transaction, persona } = this.#session
    if (mechanisms.length === 0) throw mistake('503 5.5.1 Error: authentication not enabled')
    if (transaction) throw mistake('503 5.5.1 Error: MAIL transaction in progress')
    if (user !== undefined) throw mistake('503 5.5.1 Error: already authenticated')
    const [name = '', initial, ...more] = argument.split(/[ \t]+/)
    if (!name || more.length) throw mistake('501 5.5.4 Syntax: AUTH mechanism')
    const mechanism = mechanisms.find((known) => known === name.toUpperCase())
    if (!mechanism) throw mistake('535 5.7.8 Error: authentication failed: Invalid authentication mechanism')
    const outcome = await this.#session.authenticate(mechanism, initial, dovecotChallenge(persona.hostname))
    switch (outcome) {
      case 'accepted':
        return say('235 2.7.0 Authentication successful')
      case 'cancelled':
        throw mistake('501 5.7.0 Authentication aborted')
      case 'malformed':
        throw mistake('535 5.7.8 Error: authentication failed: Invalid base64 data in continued response')
      case 'refused':
        throw mistake('535 5.7.8 Error: authentication failed: (reason unavailable)')
    }
  }

  #mail(argument: string): Reply {
    const { transaction, options } = this.#session
    if (this.#chunks) throw mistake('503 5.5.1 Error: MAIL after BDAT')
    if (transaction) throw mistake('503 5.5.1 Error: nested MAIL command')
    if (!/^FROM:\s*\S/i.test(argument)) throw mistake('501 5.5.4 Syntax: MAIL FROM:<address>')
    const path = pathOf(argument, 'FROM', '501 5.1.7 Bad sender address syntax')
    for (const parameter of path.parameters) {
      const [key = '', value = ''] = parameter.split(/=(.*)/s)
      const isKnown = MAIL_PARAMETERS[key.toUpperCase()]?.test(value)
      if (!isKnown) throw mistake(`555 5.5.4 Unsupported option: ${parameter}`)
      if (key.toUpperCase() === 'SIZE' && Number(value) > options.size) throw mistake('552 5.3.4 Message size exceeds fixed limit')
    }
    this.#session.transaction = { mailFrom: path.address, rcptTo: [] }
    return say('250 2.1.0 Ok')
  }

  #recipient(argument: string): Reply {
    const { transaction } = this.#session
    if (!transaction) throw mistake('503 5.5.1 Error: need MAIL command')
    if (this.#chunks) throw mistake('503 5.5.1 Error: RCPT after BDAT')
    if (!/^TO:\s*\S/i.test(argument)) throw mistake('501 5.5.4 Syntax: RCPT TO:<address>')
    const path = internal(pathOf(argument, 'TO', '501 5.1.3 Bad recipient address syntax'))
    if (path.address === '') throw mistake('501 5.1.3 Bad recipient address syntax')
    for (const parameter of path.parameters) {
      const [key = '', value = ''] = parameter.split(/=(.*)/s)
      const known = RCPT_PARAMETERS[key.toUpperCase()]
      if (!known) throw mistake(`555 5.5.4 Unsupported option: ${parameter}`)
      if (!known.test(value)) throw mistake(`501 5.5.4 Error: Bad ${key.toUpperCase()} parameter syntax`)
    }
    if (transaction.rcptTo.length >= RECIPIENTS) throw mistake('452 4.5.3 Error: too many recipients')
    const kind = this.#admit(path)
    transaction.rcptTo.push({ address: path.address, kind })
    return say('250 2.1.5 Ok')
  }

  /** The relay and local recipient checks of RCPT and VRFY. */
  #admit(path: Path): ReturnType<SmtpSession['judge']>['kind'] {
    const { isSubmission, user, options } = this.#session
    const { kind, accepted } = this.#session.judge(path)
    if (accepted) return kind
    const shown = `<${unquoted(path.address)}>`
    if (kind === 'unknown-user') throw mistake(`550 5.1.1 ${shown}: Recipient address rejected: User unknown in local recipient table`)
    if (isSubmission && user === undefined && options.relay !== 'sink')
      throw mistake(`554 5.7.1 ${shown}: Recipient address rejected: Access denied`)
    throw mistake(`454 4.7.1 ${shown}: Relay access denied`)
  }

  async #data(argument: string): Promise<Reply> {
    const { transaction } = this.#session
    if (this.#chunks) throw mistake('503 5.5.1 Error: DATA after BDAT')
    if (!transaction?.rcptTo.length) throw mistake('503 5.5.1 Error: need RCPT command')
    if (argument) throw mistake('501 5.5.4 Syntax: DATA')
    await this.#session.visit.write('354 End data with <CR><LF>.<CR><LF>\r\n')
    // 3.7 takes LF . LF for the end; smtpd_forbid_bare_newline came later and is off (CVE-2023-51764).
    const received = await this.#session.receive(true)
    if (received.size < 0) return sayAndEnd()
    return this.#finish(received, (id) => `250 2.0.0 Ok: queued as ${id}`)
  }

  async #chunk(argument: string): Promise<Reply> {
    const match = /^(\d{1,10})(?:[ \t]+(LAST))?$/i.exec(argument)
    // The bytes that would follow cannot be told from commands: smtpd ends the connection.
    if (!match) return sayAndEnd('521 5.5.4 Syntax: BDAT count [LAST]')
    const size = Number(match[1])
    const { transaction, options } = this.#session
    const so = this.#chunks ?? { message: Buffer.alloc(0), size: 0 }
    const bytes = await this.#session.chunk(size, options.size - so.message.length)
    this.#chunks = { message: Buffer.concat([so.message, bytes]), size: so.size + size }
    if (!transaction?.rcptTo.length) throw mistake('503 5.5.1 Error: need RCPT command')
    if (!match[2]) return say(`250 2.0.0 Ok: ${size} bytes`)
    const whole = this.#chunks
    this.#chunks = undefined
    return this.#finish(whole, (id) => `250 2.0.0 Ok: ${countedBytes(whole)} bytes queued as ${id}`)
  }

  #finish(received: Received, accepted: (queueId: string) => string): Reply {
    const { options, helo, visit, fqdn, isExtended, room } = this.#session
    if (received.size > options.size) {
      this.#reset()
      throw mistake('552 5.3.4 Error: message file too big')
    }
    const queueId = queueIdOf(room.queue++)
    const with_ = `${isExtended ? 'ESMTP' : 'SMTP'}${visit.tls ? 'S' : ''}${this.#session.user === undefined ? '' : 'A'}`
    const { ip } = visit.source
    const from = `Received: from ${helo ?? 'unknown'} (unknown [${ip}])`
    this.#session.deliver(queueId, received, `${from}\r\n\tby ${fqdn} (Postfix) with ${with_} id ${queueId}`)
    return say(accepted(queueId))
  }

  #verify(argument: string): Reply {
    const words = argument.split(/[ \t]+/).filter(Boolean)
    if (words.length < 1 || words.length > 2) throw mistake('501 5.5.4 Syntax: VRFY address [SMTPUTF8]')
    const path = internal(pathOf(`TO:${words[0]}`, 'TO', '501 5.1.3 Bad recipient address syntax'))
    this.#admit(path)
    return say(`252 2.0.0 ${path.address}`)
  }

  #etrn(argument: string): Reply {
    if (this.#session.helo === undefined) throw mistake('503 Error: send HELO/EHLO first')
    const words = argument.split(/[ \t]+/).filter(Boolean)
    if (words.length !== 1) throw mistake('501 Error: invalid parameter syntax')
    throw mistake(`459 <${words[0]}>: service unavailable`)
  }
}

const MAIL_PARAMETERS: Record<string, RegExp> = {
  SIZE: /^\d{1,20}$/,
  BODY: /^(7BIT|8BITMIME)$/i,
  AUTH: /^.{1,500}$/,
  RET: /^(FULL|HDRS)$/i,
  ENVID: /^.{1,100}$/,
  SMTPUTF8: /^$/,
}

const RCPT_PARAMETERS: Record<string, RegExp> = {
  NOTIFY: /^(NEVER|(SUCCESS|FAILURE|DELAY)(,(SUCCESS|FAILURE|DELAY)){0,5})$/i,
  ORCPT: /^[^;]{1,20};.{1,500}$/,
}

function pathOf(argument: string, keyword: 'FROM' | 'TO', otherwise: string): Path {
  try {
    return parsePath(argument, keyword)
  } catch (error) {
    if (error instanceof SmtpSyntaxError) throw mistake(otherwise)
    throw error
  }
}

/** A quoted local part without a domain may hide an address: `"a@b"` is a@b once the quotes are gone. */
const internal = (path: Path): Path => (path.address.endsWith('"') ? { ...path, address: unquoted(path.address) } : path)

/** Postfix shows addresses in their internal form, without the quotes of a local part. */
const unquoted = (address: string): string => address.replace(/^"((?:[^"\\]|\\.){0,500})"(?=@|$)/, '$1')

/** `7F82A98801D`: microseconds of the second in five hexadecimal digits, then the inode of the queue file. */
function queueIdOf(inode: number): string {
  const microseconds = Math.floor((performance.timeOrigin + performance.now()) * 1000) % 1_000_000
  return `${microseconds.toString(16).padStart(5, '0')}${inode.toString(16)}`.toUpperCase()
}

/** smtpd counts a message in lines of its own, each with two bytes for its end. */
function countedBytes({ message, size }: Received): number {
  const endings = message.toString('latin1').match(/\r?\n/g) ?? []
  const bytes = size + endings.filter((end) => end.length === 1).length
  return message.at(-1) === 0x0a || message.length === 0 ? bytes : bytes + 2
}
