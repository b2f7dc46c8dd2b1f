import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { fold } from './codec.ts'

/** What a server says of itself. */
export interface ServerFacts {
  server: string
  network: string
  description: string
  admin: { name: string; nick: string; email: string }
  motd: string[]
  /** UTC milliseconds. */
  startedAt: number
  /** Whether the name of a client's address is looked up; it is never found. */
  resolvesHosts: boolean
  /** Whether NickServ is there. */
  services: boolean
  residents: Resident[]
  channels: ChannelFacts[]
}

/** Somebody who is always there and says nothing. */
export interface Resident {
  nick: string
  user: string
  host: string
  realName: string
}

export interface ChannelFacts {
  name: string
  topic?: { text: string; by: string; at: number }
  residents: string[]
  /** UTC milliseconds. */
  createdAt: number
}

/** The chat of the persona's people, with two bots. @param now UTC milliseconds */
export function factsOf(persona: Persona, identity: Identity, now: number): ServerFacts {
  const domain = persona.domain === 'localdomain' ? 'example.org' : persona.domain
  const company = persona.facts.company ?? domain
  const [label = domain] = domain.split('.')
  const days = identity.integer('irc/uptime', 11, 120)
  const startedAt = now - days * 86_400_000 - identity.integer('irc/second', 0, 86_399) * 1000
  const people = persona.users
    .filter(({ uid, shell, gecos }) => uid >= 1000 && uid < 60_000 && !shell.endsWith('nologin') && gecos !== '')
    .map(
      ({ name, gecos }): Resident => ({
        nick: name,
        user: name,
        host: `ws-${identity.integer(`irc/host/${name}`, 10, 99)}.${domain}`,
        realName: gecos.split(',')[0] ?? name,
      }),
    )
  const bots: Resident[] = [
    { nick: 'opsbot', user: 'opsbot', host: `monitor.${domain}`, realName: 'alerts' },
    { nick: 'backupbot', user: 'backup', host: `backup.${domain}`, realName: 'nightly reports' },
  ]
  const residents = [...people, ...bots]
  const admin = people[0] ?? { nick: 'root', realName: 'root' }
  const createdAt = startedAt + 40_000
  const topic = (text: string, days: number) => ({ text, by: admin.nick, at: now - days * 86_400_000 })
  return {
    server: `irc.${domain}`,
    network: label.replace(/[^A-Za-z0-9]/g, ''),
    description: `${company} chat`,
    admin: { name: admin.realName, nick: admin.nick, email: `${admin.nick}@${domain}` },
    motd: [`${company}`, '', 'For staff and machines. Alerts go to #ops.'],
    startedAt,
    resolvesHosts: true,
    services: true,
    residents,
    channels: [
      {
        name: '#general',
        topic: topic('Office closed on Friday', identity.integer('irc/topic/general', 2, 9)),
        residents: people.map(({ nick }) => nick),
        createdAt,
      },
      {
        name: '#ops',
        topic: topic('alerts only, talk in #general', identity.integer('irc/topic/ops', 20, 90)),
        residents: ['opsbot', 'backupbot', admin.nick],
        createdAt,
      },
    ],
  }
}

/** A client of this source that has registered. */
export interface Member extends Resident {
  send(line: string): void
}

export interface Channel {
  name: string
  facts: ChannelFacts
  members: Set<Member>
}

const MOST_CHANNELS = 60

/** The network as one source sees it: who is always there, and its own clients. Sources do not meet. */
export class Network {
  readonly facts: ServerFacts
  readonly #members = new Map<string, Member>()
  readonly #channels = new Map<string, Channel>()
  most: number

  constructor(facts: ServerFacts) {
    this.facts = facts
    this.most = facts.residents.length
    for (const one of facts.channels) this.#channels.set(fold(one.name), { name: one.name, facts: one, members: new Set() })
  }

  get users(): number {
    return this.facts.residents.length + this.#members.size
  }

  get channels(): Channel[] {
    return [...this.#channels.values()]
  }

  find(nick: string): Resident | Member | undefined {
    return this.#members.get(fold(nick)) ?? this.facts.residents.find((one) => fold(one.nick) === fold(nick))
  }

  channel(name: string): Channel | undefined {
    return this.#channels.get(fold(name))
  }

  enter(member: Member): void {
    this.#members.set(fold(member.nick), member)
    this.most = Math.max(this.most, this.users)
  }

  rename(member: Member, nick: string): void {
    this.#members.delete(fold(member.nick))
    member.nick = nick
    this.#members.set(fold(nick), member)
  }

  leave(member: Member): void {
    if (this.#members.get(fold(member.nick)) === member) this.#members.delete(fold(member.nick))
    for (const channel of this.channels) this.part(member, channel)
  }

  /** The channel, made when it is missing; undefined when there are too many. @param now UTC milliseconds */
  join(member: Member, name: string, now: number): Channel | undefined {
    const known = this.channel(name)
    if (!known && this.#channels.size >= MOST_CHANNELS) return undefined
    const channel = known ?? { name, facts: { name, residents: [], createdAt: now }, members: new Set<Member>() }
    this.#channels.set(fold(name), channel)
    channel.members.add(member)
    return channel
  }

  part(member: Member, channel: Channel): void {
    channel.members.delete(member)
    if (channel.members.size === 0 && channel.facts.residents.length === 0) this.#channels.delete(fold(channel.name))
  }

  /** Everybody in a channel, residents first. */
  inside({ facts, members }: Channel): Resident[] {
    return [...this.facts.residents.filter(({ nick }) => facts.residents.includes(nick)), ...members]
  }

  /** Everybody of this source who shares a channel with a member, the member itself too. */
  neighbours(member: Member): Set<Member> {
    const found = new Set([member])
    for (const { members } of this.channels) if (members.has(member)) for (const one of members) found.add(one)
    return found
  }
}
