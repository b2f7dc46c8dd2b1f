import type { z } from 'zod'
import { evidence } from '../../events/bytes.ts'
import type { AnswerSource, Generation } from '../../events/schema.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import { LoginDesk, type LoginOptions } from '../../sensor/login-desk.ts'
import type { VisitContext } from '../../sensor/lure.ts'
import { LimitReached, type Visit } from '../../sensor/visit.ts'
import { askEngine } from './ask-engine.ts'
import { bytesOf, fill } from './fill.ts'
import { type History, type Past, remember } from './history.ts'
import { isText, Messages } from './messages.ts'
import { type Play, Playbook } from './playbook.ts'
import type { Service } from './service.ts'

/** Messages of one connection; more is no conversation. */
const MOST_MESSAGES = 2_000
/** Bytes of one that is no text from which it is kept as a file too. */
const PAYLOAD = 512

/** A service of this lure with what all its visits share. */
export interface Stage {
  service: Service
  playbook: Playbook
  history: History
}

export function stageOf(service: Service, history: History): Stage {
  return { service, playbook: new Playbook(service), history }
}

type Context = VisitContext<{ login?: z.output<typeof LoginOptions> }, unknown>

/** An answer with where it came from. */
interface Made {
  bytes: Buffer
  source: AnswerSource
  generation?: Generation
}

/** One connection to a service, from its banner to the end. */
export class Conversation {
  readonly #visit: Visit
  readonly #context: Context
  readonly #stage: Stage
  readonly #messages: Messages
  readonly #past: Past
  readonly #desk: LoginDesk
  #user: string | undefined

  constructor(visit: Visit, context: Context, stage: Stage) {
    const { service, history, playbook } = stage
    this.#visit = visit
    this.#context = context
    this.#stage = stage
    this.#messages = new Messages(visit, service.input, performance.now() + service.deadlineTimeoutSeconds * 1000)
    this.#past = playbook.asksEngine ? history.of(visit.source.ip, service.name) : { turns: [], path: '' }
    this.#desk = new LoginDesk(visit, context)
  }

  async hold(): Promise<void> {
    const { service } = this.#stage
    await this.#say(bannerOf(service))
    if (service.login && !(await this.#promptForLogin(service.login))) return
    await this.#say(service.linePrompt)
    for (let n = 0; n < MOST_MESSAGES; n++) {
      const message = await this.#messages.next()
      if (!message || !(await this.#answer(message))) return
    }
    throw new LimitReached('messages', MOST_MESSAGES)
  }

  async #say(text: string, groups: Play['groups'] = {}): Promise<void> {
    if (text !== '') await this.#visit.write(this.#bytes(text, groups))
  }

  #bytes(text: string, groups: Play['groups']): Buffer {
    return bytesOf(fill(text, this.#stage.service.name, this.#visit.source.ip, groups, this.#context))
  }

  /** Asks for user and password until they are right or were wrong too often. */
  async #promptForLogin(login: NonNullable<Service['login']>): Promise<boolean> {
    for (let n = 0; n < login.tries; n++) {
      await this.#say(login.user)
      const user = await this.#messages.next('line')
      if (!user) return false
      await this.#say(login.password)
      const password = await this.#messages.next('line')
      if (!password) return false
      if (this.#admits(user, password)) return true
      await this.#say(login.failed)
    }
    return false
  }

  /** @param verdict decided already; undefined leaves it to the login policy */
  #admits(user: Buffer, password: Buffer, verdict = this.#stage.playbook.admits(password)): boolean {
    const accepted = verdict ?? this.#desk.password('tcp', user, password)
    // The desk writes down what it has judged.
    if (verdict !== undefined) this.#visit.login({ method: 'tcp', username: evidence(user), password: evidence(password), accepted })
    if (accepted) this.#user = user.toString('utf8')
    return accepted
  }

  /** @returns false when the service closes after its answer */
  async #answer(message: Buffer): Promise<boolean> {
    const { service, playbook } = this.#stage
    const startedAt = performance.now()
    if (message.length >= PAYLOAD && !isText(message)) this.#visit.capture(message, { how: 'tcp.message' })
    recordIndicators(this.#visit, message.toString('latin1'), 'tcp')
    const play = await playbook.find(message, this.#user !== undefined)
    const made = await this.#make(message, play)
    const { command = service.fallbackCommand } = play
    this.#visit.record('turn', {
      input: evidence(message),
      output: evidence(made.bytes),
      source: made.source,
      ...(made.generation && { generation: made.generation }),
      durationMs: Math.round(performance.now() - startedAt),
      kind: 'tcp',
      detail: { service: service.name, command: command?.name || (play.command ? play.command.regex : 'none') },
    })
    if (playbook.asksEngine) remember(this.#past, message.toString('utf8'), made.bytes.toString('utf8'))
    if (made.bytes.length > 0) await this.#visit.write(made.bytes)
    if (command?.close) return false
    await this.#say(service.linePrompt)
    return true
  }

  async #make(message: Buffer, { command, groups }: Play): Promise<Made> {
    const { service } = this.#stage
    const answer = command ?? service.fallbackCommand
    if (!answer) return { bytes: Buffer.alloc(0), source: 'static' }
    const { user, password } = groups
    if (command && (user !== undefined || password !== undefined)) {
      const isAccepted = this.#admits(latin1(user), latin1(password), command.accepted === undefined ? false : undefined)
      return { bytes: this.#bytes(isAccepted ? (command.accepted ?? '') : command.handler, groups), source: 'static' }
    }
    if (answer.plugin === '') return { bytes: this.#bytes(answer.handler, groups), source: 'static' }
    const usual = answer.handler || (service.fallbackCommand?.handler ?? '')
    const otherwise = fill(usual, service.name, this.#visit.source.ip, groups, this.#context)
    const asking = { visit: this.#visit, context: this.#context, service, past: this.#past, user: this.#user }
    const { value, source, generation } = await askEngine(message, otherwise, asking)
    const bytes = source === 'fallback' ? bytesOf(value.output) : Buffer.from(asLines(value.output, service))
    return { bytes, source, generation }
  }
}

/** Beelzebub ends a banner with a line feed; one that ends in white space, or is no text, is whole. */
function bannerOf({ banner }: Service): string {
  const isWhole = banner === '' || /\s$/.test(banner) || !isText(Buffer.from(banner, 'utf8'))
  return isWhole ? banner : `${banner}\n`
}

/** What a model wrote, with the line ends of the service. */
function asLines(text: string, { lineEnd, linePrompt }: Service): string {
  const end = lineEnd === 'crlf' ? '\r\n' : '\n'
  const lines = text.replace(/\r?\n/g, end)
  return linePrompt === '' || lines === '' || lines.endsWith(end) ? lines : lines + end
}

function latin1(text = ''): Buffer {
  return Buffer.from(text, 'latin1')
}
