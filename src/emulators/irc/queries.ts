import type { IrcClient } from './client.ts'
import { fold } from './codec.ts'

/** `Nov 24 2026`, as the server writes days. @param time UTC milliseconds */
export function centuryless(time: number): string {
  return new Date(time).toUTCString().replace(/^\w+, (\d+) (\w+) (\d+) .*$/, '$2 $1 $3')
}

/** `Tue Nov 24 2026 09:08:52` */
function longTime(time: number): string {
  const [day = ''] = new Date(time).toUTCString().split(',')
  return `${day} ${centuryless(time)} ${new Date(time).toISOString().slice(11, 19)}`
}

/** What the server bears (005), at the welcome and behind its version. */
export function tellSupport(client: IrcClient): void {
  const common = ':are supported by this server'
  client.reply(
    '005',
    `AWAYLEN=200 CASEMAPPING=rfc1459 CHANLIMIT=#:20 CHANMODES=b,k,l,imnpst CHANNELLEN=64 CHANTYPES=# ELIST=CMNTU HOSTLEN=64 KEYLEN=32 KICKLEN=255 LINELEN=512 MAXLIST=b:100 ${common}`,
  )
  client.reply(
    '005',
    `MAXTARGETS=20 MODES=20 NAMELEN=128 NETWORK=${client.network.facts.network} NICKLEN=31 PREFIX=(ov)@+ SAFELIST STATUSMSG=@+ TOPICLEN=307 USERLEN=11 USERMODES=,,s,iow WHOX ${common}`,
  )
}

/** Commands that ask and change nothing, but for a client's own modes. */
export function answerQuery(client: IrcClient, command: string, parameters: string[]): void {
  const { facts } = client.network
  const [first = '', second = ''] = parameters
  switch (command) {
    case 'PING':
      client.send(`:${facts.server} PONG ${facts.server} :${first}`)
      return
    case 'MOTD':
      client.reply('375', `:${facts.server} message of the day`)
      for (const line of facts.motd) client.reply('372', `:${line}`)
      client.reply('376', ':End of message of the day.')
      return
    case 'LUSERS':
      lusers(client)
      return
    case 'VERSION':
      client.reply('351', `InspIRCd-3. ${facts.server} :`)
      tellSupport(client)
      return
    case 'TIME':
      client.reply('391', `${facts.server} :${longTime(Date.now())}`)
      return
    case 'ADMIN':
      client.reply('256', `${facts.server} :Administrative info`)
      client.reply('257', `:Name: ${facts.admin.name}`)
      client.reply('258', `:Nickname: ${facts.admin.nick}`)
      client.reply('259', `:Email: ${facts.admin.email}`)
      return
    case 'NAMES':
      names(client, first)
      return
    case 'LIST':
      list(client)
      return
    case 'WHO':
      who(client, first)
      return
    case 'WHOIS':
      whois(client, parameters.at(-1) ?? first)
      return
    case 'WHOWAS':
      client.reply('406', `${first} :There was no such nickname`)
      client.reply('369', `${first} :End of WHOWAS`)
      return
    case 'USERHOST':
      client.reply(
        '302',
        `:${parameters
          .slice(0, 5)
          .flatMap((nick) => hostOf(client, nick))
          .join('')}`,
      )
      return
    case 'ISON':
      client.reply(
        '303',
        `:${parameters
          .slice(0, 20)
          .flatMap((nick) => client.network.find(nick)?.nick ?? [])
          .join(' ')}`,
      )
      return
    case 'AWAY':
      client.isAway = first !== ''
      if (client.isAway) client.reply('306', ':You have been marked as being away')
      else client.reply('305', ':You are no longer marked as being away')
      return
    case 'MODE':
      mode(client, first, second)
      return
    case 'STATS':
      stats(client, first)
      return
    case 'LINKS':
      client.reply('364', `${facts.server} ${facts.server} :0 ${facts.description}`)
      client.reply('365', '* :End of /LINKS list.')
      return
    case 'INVITE':
      if (client.network.find(first)) client.reply('482', `${second} :You must be a channel half-operator`)
      else client.reply('401', `${first} :No such nick`)
      return
    case 'INFO':
      client.reply('371', ':                   -/\\- \x02InspIRCd\x02 -\\/-')
      client.reply('371', ':                 November 2002 - Present')
      client.reply('374', ':End of /INFO list')
      return
  }
}

function lusers(client: IrcClient): void {
  const { users, most, channels } = client.network
  client.reply('251', `:There are ${users} users and 0 invisible on 1 servers`)
  if (!client.isRegistered) client.reply('253', '1 :unknown connections')
  client.reply('254', `${channels.length} :channels formed`)
  client.reply('255', `:I have ${users} clients and 0 servers`)
  client.reply('265', `:Current local users: ${users}  Max: ${most}`)
  client.reply('266', `:Current global users: ${users}  Max: ${most}`)
}

function names(client: IrcClient, name: string): void {
  if (name === '') {
    client.reply('366', '* :End of /NAMES list.')
    return
  }
  const channel = client.network.channel(name)
  if (channel) {
    const inside = client.network.inside(channel).map(({ nick }) => nick)
    client.reply('353', `= ${channel.name} :${inside.join(' ')}`)
  }
  client.reply('366', `${channel?.name ?? name} :End of /NAMES list.`)
}

function list(client: IrcClient): void {
  client.reply('321', 'Channel :Users Name')
  for (const channel of client.network.channels) {
    client.reply('322', `${channel.name} ${client.network.inside(channel).length} :[+nt] ${channel.facts.topic?.text ?? ''}`)
  }
  client.reply('323', ':End of channel list.')
}

function who(client: IrcClient, name: string): void {
  const { server } = client.network.facts
  const channel = client.network.channel(name)
  const found = client.network.find(name)
  const people = channel ? client.network.inside(channel) : found ? [found] : []
  for (const { nick, user, host, realName } of people) {
    client.reply('352', `${channel?.name ?? '*'} ${user} ${host} ${server} ${nick} H :0 ${realName}`)
  }
  client.reply('315', `${name} :End of /WHO list.`)
}

function whois(client: IrcClient, nick: string): void {
  const { network } = client
  const found = network.find(nick)
  if (!found) client.reply('401', `${nick} :No such nick`)
  else {
    client.reply('311', `${found.nick} ${found.user} ${found.host} * :${found.realName}`)
    if (found === client) client.reply('378', `${found.nick} :is connecting from ${found.user}@${found.host} ${found.host}`)
    const channels = network.channels.filter((channel) => network.inside(channel).includes(found)).map(({ name }) => name)
    if (channels.length) client.reply('319', `${found.nick} :${channels.join(' ')}`)
    client.reply('312', `${found.nick} ${network.facts.server} :${network.facts.description}`)
    if (found === client) {
      client.reply('379', `${found.nick} :is using modes +${client.modes}`)
      const idle = Math.floor((Date.now() - client.lastSpokeAt) / 1000)
      client.reply('317', `${found.nick} ${idle} ${Math.floor(client.signedOnAt / 1000)} :seconds idle, signon time`)
    }
  }
  client.reply('318', `${found?.nick ?? nick} :End of /WHOIS list.`)
}

function hostOf(client: IrcClient, nick: string): string[] {
  const found = client.network.find(nick)
  return found ? [`${found.nick}=${found === client && client.isAway ? '-' : '+'}${found.user}@${found.host} `] : []
}

function mode(client: IrcClient, target: string, change: string): void {
  const channel = client.network.channel(target)
  if (channel) {
    if (/^\+?b$/.test(change)) {
      client.reply('368', `${channel.name} :End of channel ban list`)
      return
    }
    if (change !== '') {
      client.reply(
        '482',
        `${channel.name} :You must have channel op access or above to set channel mode ${change.replace(/[+-]/g, '').slice(0, 1)}`,
      )
      return
    }
    client.reply('324', `${channel.name} :+nt`)
    client.reply('329', `${channel.name} :${Math.floor(channel.facts.createdAt / 1000)}`)
    return
  }
  if (fold(target) !== fold(client.nick)) {
    client.reply('401', `${target} :No such nick`)
    return
  }
  if (change === '') {
    client.reply('221', `:+${client.modes}`)
    return
  }
  const letters = [...new Set(change.replace(/[^isw]/g, ''))].filter((letter) => change.startsWith('-') === client.modes.includes(letter))
  if (letters.length === 0) return
  const sign = change.startsWith('-') ? '-' : '+'
  client.modes = sign === '+' ? client.modes + letters.join('') : [...client.modes].filter((letter) => !letters.includes(letter)).join('')
  client.send(`:${client.nick}!${client.user}@${client.host} MODE ${client.nick} :${sign}${letters.join('')}`)
}

function stats(client: IrcClient, letter: string): void {
  if (letter === 'u') {
    const seconds = Math.floor((Date.now() - client.network.facts.startedAt) / 1000)
    const clock = new Date((seconds % 86_400) * 1000).toISOString().slice(11, 19)
    client.reply('242', `:Server up ${Math.floor(seconds / 86_400)} days, ${clock}`)
  }
  client.reply('219', `${letter} :End of /STATS report`)
}
