import { evidence } from '../../events/bytes.ts'
import { recordIndicators } from '../../sensor/indicators.ts'
import type { LoginDesk } from '../../sensor/login-desk.ts'
import type { Visit } from '../../sensor/visit.ts'
import { fold, type IrcMessage, isBotCommand, isChannel, isNick, parseDcc } from './codec.ts'
import type { IrcEvents } from './events.ts'
import type { Channel, Member, Network } from './network.ts'
import { answerQuery, centuryless, tellSupport } from './queries.ts'

/** How many lines may wait for a client that does not read. */
const MOST_WAITING = 2000
/** Targets of one message or JOIN. */
const MOST_TARGETS = 20
/** Fewest parameters of a command; who gives fewer is told so. */
const NEEDS: Readonly<Record<string, number>> = {
  NICK: 1,
  USER: 4,
  PASS: 1,
  JOIN: 1,
  PART: 1,
  PRIVMSG: 2,
  NOTICE: 2,
  PING: 1,
  OPER: 2,
  KICK: 2,
  INVITE: 2,
  TOPIC: 1,
  MODE: 1,
  WHOIS: 1,
  WHO: 1,
  WHOWAS: 1,
  USERHOST: 1,
  ISON: 1,
  STATS: 1,
}
/** What may be said before registering. */
const BEFORE = new Set(['NICK', 'USER', 'PASS', 'QUIT'])
/** Commands of the core. Those of modules that are not loaded are unknown to who has registered and passed over before. */
const KNOWN = new Set([
  ...Object.keys(NEEDS),
  'QUIT',
  'PONG',
  'AWAY',
  'MOTD',
  'LUSERS',
  'VERSION',
  'TIME',
  'ADMIN',
  'INFO',
  'LINKS',
  'LIST',
  'NAMES',
])

/** One client of InspIRCd 3. */
export class IrcClient implements Member {
  nick = ''
  user = ''
  realName = ''
  readonly host: string
  readonly network: Network
  readonly signedOnAt = Date.now()
  isAway = false
  modes = ''
  lastSpokeAt = Date.now()
  isRegistered = false
  readonly #visit: Visit<IrcEvents>
  readonly #desk: LoginDesk
  #password: string | undefined
  #waiting = 0
  #ended = false

  constructor(visit: Visit<IrcEvents>, network: Network, desk: LoginDesk) {
    this.#visit = visit
    this.network = network
    this.#desk = desk
    this.host = visit.source.ip
  }

  /** What is said before the client has said anything. Nothing is looked up: an attacker's name server would see it. */
  greet(): void {
    if (!this.network.facts.resolvesHosts) return
    this.reply('NOTICE', ':*** Looking up your hostname...')
    this.reply('NOTICE', `:*** Could not resolve your hostname: Domain not found; using your IP address (${this.host}) instead.`)
  }

  get mask(): string {
    return `${this.nick}!${this.user}@${this.host}`
  }

  send(line: string): void {
    if (this.#ended || this.#waiting >= MOST_WAITING) return
    this.#waiting++
    void this.#visit
      .write(Buffer.from(`${line}\r\n`, 'latin1'))
      // A client that is gone ends its own visit.
      .catch(() => undefined)
      .finally(() => this.#waiting--)
  }

  /** A numeric of the server. */
  reply(number: string, text: string): void {
    this.send(`:${this.network.facts.server} ${number} ${this.nick === '' ? '*' : this.nick} ${text}`)
  }

  /** Answers one line; false when it was the last. */
  answer({ command, parameters }: IrcMessage): boolean {
    if (!KNOWN.has(command)) {
      if (this.isRegistered) this.reply('421', `${command} :Unknown command`)
      return true
    }
    if (!this.isRegistered && !BEFORE.has(command)) {
      this.reply('451', `${command} :You have not registered.`)
      return true
    }
    const isShort = parameters.length < (NEEDS[command] ?? 0) || (NEEDS[command] === 1 && parameters[0] === '')
    if (isShort) this.reply('461', `${command} :Not enough parameters.`)
    else if (command === 'QUIT') {
      this.quit(this.isRegistered ? `Quit: ${parameters[0] ?? ''}` : 'Client exited')
      return false
    } else this.#act(command, parameters)
    return true
  }

  /** Says goodbye, to the client and to those who saw it. */
  quit(reason: string): void {
    const who = this.isRegistered ? `${this.user}@${this.host}` : `unknown@${this.host}`
    this.send(`ERROR :Closing link: (${who}) [${reason}]`)
    this.close(reason)
  }

  close(reason: string): void {
    if (this.#ended) return
    this.#ended = true
    if (!this.isRegistered) return
    for (const one of this.network.neighbours(this)) if (one !== this) one.send(`:${this.mask} QUIT :${reason}`)
    this.network.leave(this)
  }

  #act(command: string, parameters: string[]): void {
    const [first = '', second = ''] = parameters
    switch (command) {
      case 'NICK':
        this.#setNick(first)
        return
      case 'USER':
        this.#setUser(first, parameters[3] ?? '')
        return
      case 'PASS':
        if (this.isRegistered) {
          this.reply('462', ':You may not reregister')
          return
        }
        this.#password = first
        return
      case 'JOIN':
        this.#join(first, second)
        return
      case 'PART':
        this.#part(first, parameters[1])
        return
      case 'PRIVMSG':
      case 'NOTICE':
        this.#message(command, first, second)
        return
      case 'OPER':
        this.#oper(first, second)
        return
      case 'TOPIC':
        this.#topic(first, parameters[1])
        return
      case 'KICK':
        if (this.network.find(second)) this.reply('482', `${first} :You must be a channel op or higher to kick users.`)
        else this.reply('401', `${second} :No such nick`)
        return
      default:
        answerQuery(this, command, parameters)
        return
    }
  }

  #setNick(nick: string): void {
    if (!isNick(nick)) {
      this.reply('432', `${nick} :Erroneous Nickname`)
      return
    }
    const other = this.network.find(nick)
    if (other && other !== this) {
      this.reply('433', `${nick} :Nickname is already in use.`)
      return
    }
    if (!this.isRegistered) {
      this.nick = nick
      this.#register()
      return
    }
    const line = `:${this.mask} NICK :${nick}`
    for (const one of this.network.neighbours(this)) one.send(line)
    this.network.rename(this, nick)
  }

  #setUser(user: string, realName: string): void {
    if (this.isRegistered) {
      this.reply('462', ':You may not reregister')
      return
    }
    this.user = user.replace(/[^A-Za-z0-9._~-]/g, '').slice(0, 11) || 'user'
    this.realName = realName.slice(0, 128)
    this.#register()
  }

  #register(): void {
    if (this.nick === '' || this.user === '') return
    const bytes = (text: string): Buffer => Buffer.from(text, 'latin1')
    this.#visit.record('irc.register', { nick: this.nick, user: evidence(bytes(this.user)), realName: evidence(bytes(this.realName)) })
    if (this.#password !== undefined) {
      // The server asks for none: what was sent was meant for another one, or for the services.
      this.#visit.login({ method: 'irc-pass', username: this.nick, password: evidence(bytes(this.#password)), accepted: false })
    }
    this.#welcome()
    this.isRegistered = true
    this.network.enter(this)
  }

  #welcome(): void {
    const { server, network, startedAt } = this.network.facts
    this.reply('001', `:Welcome to the ${network} IRC Network ${this.mask}`)
    this.reply('002', `:Your host is ${server}, running version InspIRCd-3`)
    this.reply('003', `:This server was created ${new Date(startedAt).toISOString().slice(11, 19)} ${centuryless(startedAt)}`)
    this.reply('004', `${server} InspIRCd-3 iosw biklmnopstv :bklov`)
    tellSupport(this)
    answerQuery(this, 'LUSERS', [])
    answerQuery(this, 'MOTD', [])
  }

  #join(names: string, keys: string): void {
    const wanted = names.split(',').slice(0, MOST_TARGETS)
    const bytes = (text: string) => evidence(Buffer.from(text, 'latin1'))
    this.#visit.record('irc.join', {
      channels: wanted.map(bytes),
      keys: keys === '' ? [] : keys.split(',').slice(0, MOST_TARGETS).map(bytes),
    })
    for (const name of wanted) {
      if (!isChannel(name)) this.reply('476', `${name} :Invalid channel name`)
      else if (!this.network.channel(name)?.members.has(this)) this.#enter(name)
    }
  }

  #enter(name: string): void {
    const channel = this.network.join(this, name, Date.now())
    if (!channel) {
      this.reply('405', `${name} :You are on too many channels`)
      return
    }
    for (const one of channel.members) one.send(`:${this.mask} JOIN :${channel.name}`)
    if (channel.facts.topic) this.#tellTopic(channel)
    answerQuery(this, 'NAMES', [channel.name])
  }

  #part(names: string, reason: string | undefined): void {
    for (const name of names.split(',').slice(0, MOST_TARGETS)) {
      const channel = this.network.channel(name)
      if (!channel) this.reply('403', `${name} :No such channel`)
      else if (!channel.members.has(this)) this.reply('442', `${channel.name} :You're not on that channel`)
      else {
        for (const one of channel.members) one.send(`:${this.mask} PART ${channel.name}${reason === undefined ? '' : ` :${reason}`}`)
        this.network.part(this, channel)
      }
    }
  }

  #message(kind: 'PRIVMSG' | 'NOTICE', targets: string, text: string): void {
    if (text === '') {
      this.reply('412', ':No text to send')
      return
    }
    this.lastSpokeAt = Date.now()
    for (const target of targets.split(',').slice(0, MOST_TARGETS)) {
      this.#recordMessage(kind, target, text)
      const channel = target.startsWith('#') ? this.network.channel(target) : undefined
      const line = `:${this.mask} ${kind} ${channel?.name ?? target} :${text}`
      if (channel) this.#say(channel, line)
      else if (target.startsWith('#')) this.reply('403', `${target} :No such channel`)
      else if (this.network.facts.services && fold(target).startsWith('nickserv')) this.#nickServ(text)
      else {
        const found = this.network.find(target)
        if (!found) this.reply('401', `${target} :No such nick`)
        else if ('send' in found) found.send(line)
      }
    }
  }

  #say(channel: Channel, line: string): void {
    if (!channel.members.has(this)) {
      this.reply('404', `${channel.name} :You cannot send external messages to this channel whilst the +n (noextmsg) mode is set.`)
      return
    }
    for (const one of channel.members) if (one !== this) one.send(line)
  }

  #recordMessage(kind: 'PRIVMSG' | 'NOTICE', target: string, text: string): void {
    const bytes = Buffer.from(text, 'latin1')
    const data = {
      kind: kind.toLowerCase() as 'privmsg' | 'notice',
      target: evidence(Buffer.from(target, 'latin1')),
      text: evidence(bytes),
    }
    this.#visit.record('irc.message', data, isBotCommand(text) ? ['note:botnet-command'] : [])
    recordIndicators(this.#visit, text, 'irc message')
    const dcc = parseDcc(text)
    if (!dcc) return
    this.#visit.record('irc.dcc', { ...dcc, file: evidence(Buffer.from(dcc.file, 'latin1')) })
    this.#visit.record('indicator', { kind: 'address', value: `${dcc.address}:${dcc.port}`, how: 'irc dcc' })
  }

  /** `IDENTIFY [nick] password` as Anope takes it. */
  #nickServ(text: string): void {
    const [verb = '', ...words] = text.trim().split(/ +/, 4)
    const say = (line: string): void =>
      this.send(`:NickServ!services@services.${this.network.facts.server.replace(/^irc\./, '')} NOTICE ${this.nick} :${line}`)
    if (!/^(identify|id|login|sidentify)$/i.test(verb) || words.length === 0) {
      say(`Unknown command \x02${verb.slice(0, 32)}\x02. "/msg NickServ HELP" for help.`)
      return
    }
    const [user, password] = words.length > 1 ? [words[0] as string, words[1] as string] : [this.nick, words[0] as string]
    const accepted = this.#desk.password('irc-nickserv', Buffer.from(user, 'latin1'), Buffer.from(password, 'latin1'))
    say(accepted ? 'Password accepted - you are now recognized.' : 'Password incorrect.')
  }

  #oper(user: string, password: string): void {
    const accepted = this.#desk.password('irc-oper', Buffer.from(user, 'latin1'), Buffer.from(password, 'latin1'))
    if (!accepted) {
      this.reply('491', ':Invalid oper credentials')
      return
    }
    this.modes = [...new Set(`${this.modes}o`)].join('')
    this.send(`:${this.network.facts.server} MODE ${this.nick} :+o`)
    this.reply('381', ':You are now an IRC operator of type NetAdmin')
  }

  #topic(name: string, text: string | undefined): void {
    const channel = this.network.channel(name)
    if (!channel) {
      this.reply('403', `${name} :No such channel`)
      return
    }
    if (text !== undefined) {
      this.reply('482', `${channel.name} :You must be a channel op or higher to change the topic.`)
      return
    }
    if (channel.facts.topic) this.#tellTopic(channel)
    else this.reply('331', `${channel.name} :No topic is set.`)
  }

  #tellTopic({ name, facts }: Channel): void {
    if (!facts.topic) return
    this.reply('332', `${name} :${facts.topic.text}`)
    this.reply('333', `${name} ${facts.topic.by} :${Math.floor(facts.topic.at / 1000)}`)
  }
}
