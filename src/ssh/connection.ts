import { Channel, type ChannelOwner } from './channel.ts'
import { debug, GlobalRequests, type GlobalRequestsSetup } from './global-requests.ts'
import {
  type ChannelOpen,
  type ChannelRequest,
  type ForwardTarget,
  readChannelOpen,
  readChannelRequest,
  readForwardTarget,
  readStreamlocalPath,
} from './messages.ts'
import { Message } from './transport/message-numbers.ts'
import type { Incoming } from './transport/transport.ts'
import { WireReader, WireWriter } from './transport/wire.ts'

/** A session channel, which takes requests besides data. */
export interface SessionOwner extends ChannelOwner {
  request(request: ChannelRequest): void
}

/** Why a channel does not open, RFC 4254 §5.1. */
export interface Refusal {
  reason: number
  text: string
}

export interface ConnectionSetup extends GlobalRequestsSetup {
  /** Makes what answers a session channel. */
  session(channel: Channel): SessionOwner
  /** Decides on a `direct-tcpip` channel. */
  forward(target: ForwardTarget): Promise<Refusal | ((channel: Channel) => ChannelOwner)>
}

const OPEN_FAILED: Refusal = { reason: 2, text: 'open failed' }
const PROHIBITED: Refusal = { reason: 1, text: 'open failed' }
/** Channels of one connection at a time, whatever their kind; the real daemon would go on to 10,000. */
const MAX_CHANNELS = 200
const TCP_WINDOW = 2 * 1024 * 1024
const TCP_PACKET = 32 * 1024

/** The connection protocol after authentication, RFC 4254, answered as OpenSSH's serverloop.c answers it. */
export class Connection {
  readonly #setup: ConnectionSetup
  readonly #channels = new Map<number, Channel>()
  readonly #sessions = new Map<number, SessionOwner>()
  readonly #global: GlobalRequests
  #opening = 0

  constructor(setup: ConnectionSetup) {
    this.#setup = setup
    this.#global = new GlobalRequests(setup)
  }

  /** @throws WireError for a message that breaks its format */
  receive({ payload, sequence }: Incoming): void {
    const handle = this.#handlers[payload[0] as number]
    if (handle) handle(payload)
    else this.#setup.transport.unimplemented(sequence)
  }

  readonly #handlers: Record<number, (payload: Buffer) => void> = {
    [Message.GLOBAL_REQUEST]: (payload) => this.#global.receive(payload),
    // Answers to our own global requests, of which none asks for one.
    [Message.REQUEST_SUCCESS]: () => undefined,
    [Message.REQUEST_FAILURE]: () => undefined,
    [Message.CHANNEL_OPEN]: (payload) => this.#open(readChannelOpen(payload)),
    // We open no channels, so nothing is there to confirm.
    [Message.CHANNEL_OPEN_CONFIRMATION]: (payload) => this.#unexpected(payload, 'open confirmation'),
    [Message.CHANNEL_OPEN_FAILURE]: (payload) => this.#unexpected(payload, 'open failure'),
    [Message.CHANNEL_SUCCESS]: () => undefined,
    [Message.CHANNEL_FAILURE]: () => undefined,
    [Message.CHANNEL_WINDOW_ADJUST]: (payload) => this.#adjust(new WireReader(payload, 1)),
    [Message.CHANNEL_DATA]: (payload) => this.#data(payload),
    // Clients have no business with stderr; OpenSSH notes it and goes on.
    [Message.CHANNEL_EXTENDED_DATA]: (payload) => void this.#of(new WireReader(payload, 1), 'extended data'),
    [Message.CHANNEL_EOF]: (payload) => {
      const channel = this.#whole(payload, 'ieof')
      channel?.owner?.eof()
    },
    [Message.CHANNEL_CLOSE]: (payload) => {
      const channel = this.#whole(payload, 'oclose')
      if (channel) void this.#closed(channel)
    },
    [Message.CHANNEL_REQUEST]: (payload) => this.#channelRequest(readChannelRequest(payload)),
  }

  /** The client is gone. */
  end(): void {
    for (const channel of this.#channels.values()) channel.end()
    this.#channels.clear()
    this.#sessions.clear()
  }

  #open(open: ChannelOpen): void {
    if (open.type === 'session') this.#openSession(open)
    else if (open.type === 'direct-tcpip') this.#openForward(open, readForwardTarget(open.reader))
    else {
      if (open.type === 'tun@openssh.com') this.#tunnel(open.reader)
      // No socket of the host has anybody behind it who would take part.
      if (open.type === 'direct-streamlocal@openssh.com') readStreamlocalPath(open.reader)
      this.#refuse(open.sender, OPEN_FAILED)
    }
  }

  /** Point-to-point and Ethernet are the modes that there are (PROTOCOL §2.3). */
  #tunnel(reader: WireReader): void {
    const mode = reader.uint32()
    const text = mode === 1 || mode === 2 ? 'Server has rejected tunnel device forwarding' : 'Unsupported tunnel device mode.'
    debug(this.#setup, text)
  }

  #openSession(open: ChannelOpen): void {
    const { config, daemon, session, transport } = this.#setup
    open.reader.end()
    if (this.#global.noMoreSessions) {
      transport.disconnect('Possible attack: attempt to open a session after additional sessions disabled')
      return
    }
    if (this.#sessions.size >= config.maxSessions || this.#isFull) {
      this.#refuse(open.sender, OPEN_FAILED)
      return
    }
    const { atOpen, packet } = daemon.sessionWindow
    const channel = this.#admit(open, atOpen, packet)
    this.#confirm(channel, atOpen, packet)
    this.#sessions.set(channel.local, session(channel))
  }

  #openForward(open: ChannelOpen, target: ForwardTarget): void {
    if (!this.#setup.config.tcpForwarding || target.port > 65535) this.#refuse(open.sender, PROHIBITED)
    else if (this.#isFull) this.#refuse(open.sender, OPEN_FAILED)
    else void this.#decideForward(open, target)
  }

  async #decideForward(open: ChannelOpen, target: ForwardTarget): Promise<void> {
    this.#opening++
    const answer = await this.#setup.forward(target)
    this.#opening--
    if (this.#setup.transport.ended) return
    if (typeof answer !== 'function') {
      this.#refuse(open.sender, answer)
      return
    }
    const channel = this.#admit(open, TCP_WINDOW, TCP_PACKET)
    this.#confirm(channel, TCP_WINDOW, TCP_PACKET)
    channel.owner = answer(channel)
  }

  get #isFull(): boolean {
    return this.#channels.size + this.#opening >= MAX_CHANNELS
  }

  #admit(open: ChannelOpen, window: number, packet: number): Channel {
    let local = 0
    while (this.#channels.has(local)) local++
    const { sender: remote, window: remoteWindow, packet: remotePacket } = open
    const channel = new Channel({ transport: this.#setup.transport, local, remote, remoteWindow, remotePacket, window, packet })
    this.#channels.set(local, channel)
    return channel
  }

  #confirm(channel: Channel, window: number, packet: number): void {
    const message = new WireWriter(Message.CHANNEL_OPEN_CONFIRMATION).uint32(channel.remote).uint32(channel.local)
    this.#setup.transport.send(message.uint32(window).uint32(packet).done())
  }

  #refuse(sender: number, { reason, text }: Refusal): void {
    const message = new WireWriter(Message.CHANNEL_OPEN_FAILURE).uint32(sender).uint32(reason)
    this.#setup.transport.send(message.string(text).string('').done())
  }

  #channelRequest(request: ChannelRequest): void {
    const session = this.#sessions.get(request.channel)
    const channel = this.#channels.get(request.channel)
    if (session) session.request(request)
    else if (!channel) this.#setup.transport.disconnect(`server_input_channel_req: unknown channel ${request.channel | 0}`)
    else if (request.wantReply) channel.reply(false)
  }

  #data(payload: Buffer): void {
    const reader = new WireReader(payload, 1)
    const channel = this.#of(reader, 'data')
    if (!channel) return
    const bytes = reader.string()
    reader.end()
    channel.received(bytes)
  }

  /** One for a channel that is not there is noted and no more, alone of all. */
  #adjust(reader: WireReader): void {
    const local = this.#channelNumber(reader, 'window adjust')
    const channel = local === undefined ? undefined : this.#channels.get(local)
    if (!channel) return
    const bytes = reader.left === 4 ? reader.uint32() : this.#invalid('window adjust message')
    if (bytes !== undefined) channel.adjusted(bytes)
  }

  #unexpected(payload: Buffer, what: string): void {
    const channel = this.#of(new WireReader(payload, 1), what)
    if (channel) this.#setup.transport.disconnect(`Received ${what} for non-opening channel ${channel.local}.`)
  }

  async #closed(channel: Channel): Promise<void> {
    if (channel.isClosedByClient) return
    await channel.clientClosed()
    this.#channels.delete(channel.local)
    this.#sessions.delete(channel.local)
  }

  /** The channel of a message that names it and says nothing else. */
  #whole(payload: Buffer, what: string): Channel | undefined {
    const reader = new WireReader(payload, 1)
    const channel = this.#of(reader, what)
    return channel && reader.left ? this.#invalid(`${what} message`) : channel
  }

  /** OpenSSH ends connections that name channels which are not there (channels.c, channel_from_packet_id). */
  #of(reader: WireReader, what: string): Channel | undefined {
    const local = this.#channelNumber(reader, what)
    if (local === undefined) return undefined
    const channel = this.#channels.get(local)
    if (!channel) this.#setup.transport.disconnect(`${what} packet referred to nonexistent channel ${local}`)
    return channel
  }

  #channelNumber(reader: WireReader, what: string): number | undefined {
    if (reader.left < 4) return this.#invalid(`${what} message`)
    const local = reader.uint32()
    return local > 0x7fffffff ? this.#invalid(`${what} channel id`) : local
  }

  #invalid(what: string): undefined {
    this.#setup.transport.disconnect(`Invalid ${what}`)
  }
}
