import { Channel, type ChannelOwner } from './channel.ts'
import type { Daemon } from './daemons.ts'
import type { HostKey } from './host-keys.ts'
import {
  type ChannelOpen,
  type ChannelRequest,
  type ForwardTarget,
  readChannelOpen,
  readChannelRequest,
  readForwardTarget,
  readGlobalRequest,
} from './messages.ts'
import type { SshdConfig } from './sshd-config.ts'
import { Message } from './transport/message-numbers.ts'
import type { Incoming, Transport } from './transport/transport.ts'
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

export interface ConnectionSetup {
  transport: Transport
  daemon: Daemon
  config: SshdConfig
  hostKeys: readonly HostKey[]
  /** Makes what answers a session channel. */
  session(channel: Channel): SessionOwner
  /** Decides on a `direct-tcpip` channel. */
  forward(target: ForwardTarget): Promise<Refusal | ((channel: Channel) => ChannelOwner)>
  /** The client wants a port of ours to lead back to it. */
  listenRequested(host: string, port: number): void
  globalRequested(name: string, accepted: boolean): void
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
  #opening = 0
  #noMoreSessions = false
  #nextForwardedPort = 32768 + Math.floor(Math.random() * 28000)

  constructor(setup: ConnectionSetup) {
    this.#setup = setup
    if (setup.daemon.software === 'openssh') this.#announceHostKeys()
  }

  /** @throws WireError for a message that breaks its format */
  receive({ payload, sequence }: Incoming): void {
    const handle = this.#handlers[payload[0] as number]
    if (handle) handle(payload)
    else this.#setup.transport.unimplemented(sequence)
  }

  readonly #handlers: Record<number, (payload: Buffer) => void> = {
    [Message.GLOBAL_REQUEST]: (payload) => this.#globalRequest(payload),
    // Answers to our own global requests, of which none asks for one.
    [Message.REQUEST_SUCCESS]: () => undefined,
    [Message.REQUEST_FAILURE]: () => undefined,
    [Message.CHANNEL_OPEN]: (payload) => this.#open(readChannelOpen(payload)),
    [Message.CHANNEL_WINDOW_ADJUST]: (payload) => {
      const reader = new WireReader(payload, 1)
      this.#of(reader.uint32(), 'window adjust')?.adjusted(reader.uint32())
    },
    [Message.CHANNEL_DATA]: (payload) => this.#data(payload),
    [Message.CHANNEL_EXTENDED_DATA]: (payload) => {
      // Clients have no business with stderr; OpenSSH notes it and goes on.
      this.#of(new WireReader(payload, 1).uint32(), 'extended data')
    },
    [Message.CHANNEL_EOF]: (payload) => this.#of(new WireReader(payload, 1).uint32(), 'ieof')?.owner?.eof(),
    [Message.CHANNEL_CLOSE]: (payload) => void this.#closed(new WireReader(payload, 1).uint32()),
    [Message.CHANNEL_REQUEST]: (payload) => this.#channelRequest(readChannelRequest(payload)),
  }

  /** The client is gone. */
  end(): void {
    for (const channel of this.#channels.values()) channel.end()
    this.#channels.clear()
    this.#sessions.clear()
  }

  /** OpenSSH tells all its keys after authentication (PROTOCOL §2.5), so that clients can learn new ones. */
  #announceHostKeys(): void {
    const message = new WireWriter(Message.GLOBAL_REQUEST).string('hostkeys-00@openssh.com').boolean(false)
    for (const key of this.#setup.hostKeys) message.string(key.blob)
    this.#setup.transport.send(message.done())
  }

  #globalRequest(payload: Buffer): void {
    const { name, wantReply, reader } = readGlobalRequest(payload)
    const answer = this.#answerGlobal(name, reader)
    this.#setup.globalRequested(name, answer !== undefined)
    if (!wantReply) return
    const type = answer ? Message.REQUEST_SUCCESS : Message.REQUEST_FAILURE
    this.#setup.transport.send(Buffer.concat([Buffer.of(type), answer ?? Buffer.alloc(0)]))
  }

  /** What REQUEST_SUCCESS carries; undefined for failure. */
  #answerGlobal(name: string, reader: WireReader): Buffer | undefined {
    switch (name) {
      case 'tcpip-forward':
        return this.#tcpipForward(reader)
      case 'cancel-tcpip-forward':
        return Buffer.alloc(0)
      case 'no-more-sessions@openssh.com':
        this.#noMoreSessions = true
        return Buffer.alloc(0)
      case 'hostkeys-prove-00@openssh.com':
        return this.#proveHostKeys(reader)
      // `keepalive@openssh.com` is unknown to the real one too: a failure is answer enough.
      default:
        return undefined
    }
  }

  #tcpipForward(reader: WireReader): Buffer | undefined {
    const host = reader.string().toString('utf8')
    const port = reader.uint32()
    this.#setup.listenRequested(host, port)
    if (port > 65535 || !this.#setup.config.tcpForwarding) return undefined
    return port === 0 ? new WireWriter().uint32(this.#nextForwardedPort++).done() : Buffer.alloc(0)
  }

  /** PROTOCOL §2.5: a signature over the session by each key that is asked for. */
  #proveHostKeys(reader: WireReader): Buffer | undefined {
    const { transport, hostKeys, daemon } = this.#setup
    if (daemon.software !== 'openssh') return undefined
    const proofs = new WireWriter()
    while (reader.left) {
      const blob = reader.string()
      const key = hostKeys.find((known) => known.blob.equals(blob))
      if (!key) return undefined
      const signed = new WireWriter().string('hostkeys-prove-00@openssh.com').string(transport.sessionId).string(blob).done()
      proofs.string(key.sign(this.#proofAlgorithm(key), signed))
    }
    return proofs.done()
  }

  /** RSA signs by the algorithm of the key exchange if that was RSA, else by SHA-512 (serverloop.c). */
  #proofAlgorithm(key: HostKey): string {
    if (key.type !== 'ssh-rsa') return key.type
    const agreed = this.#setup.transport.agreed?.hostKey ?? ''
    return agreed.startsWith('rsa-') ? agreed : 'rsa-sha2-512'
  }

  #open(open: ChannelOpen): void {
    if (open.type === 'session') this.#openSession(open)
    else if (open.type === 'direct-tcpip') this.#openForward(open, readForwardTarget(open.reader))
    else this.#refuse(open.sender, OPEN_FAILED)
  }

  #openSession(open: ChannelOpen): void {
    const { config, daemon, session, transport } = this.#setup
    if (this.#noMoreSessions) {
      transport.disconnect('Possible attack: attempt to open a session after additional sessions disabled')
      return
    }
    if (this.#sessions.size >= config.maxSessions || this.#isFull) {
      this.#refuse(open.sender, OPEN_FAILED)
      return
    }
    const { atOpen, packet } = daemon.sessionWindow
    const channel = this.#admit(open, atOpen)
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
    const channel = this.#admit(open, TCP_WINDOW)
    this.#confirm(channel, TCP_WINDOW, TCP_PACKET)
    channel.owner = answer(channel)
  }

  get #isFull(): boolean {
    return this.#channels.size + this.#opening >= MAX_CHANNELS
  }

  #admit(open: ChannelOpen, window: number): Channel {
    let local = 0
    while (this.#channels.has(local)) local++
    const { sender: remote, window: remoteWindow, packet: remotePacket } = open
    const channel = new Channel({ transport: this.#setup.transport, local, remote, remoteWindow, remotePacket, window })
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
    else if (!channel) this.#setup.transport.disconnect(`server_input_channel_req: unknown channel ${request.channel}`)
    else if (request.wantReply) channel.reply(false)
  }

  #data(payload: Buffer): void {
    const reader = new WireReader(payload, 1)
    const channel = this.#of(reader.uint32(), 'data')
    const bytes = reader.string()
    reader.end()
    channel?.received(bytes)
  }

  async #closed(local: number): Promise<void> {
    const channel = this.#of(local, 'oclose')
    if (!channel || channel.isClosedByClient) return
    await channel.clientClosed()
    this.#channels.delete(local)
    this.#sessions.delete(local)
  }

  /** OpenSSH ends connections that name channels which are not there (channels.c, channel_from_packet_id). */
  #of(local: number, what: string): Channel | undefined {
    const channel = this.#channels.get(local)
    if (!channel) this.#setup.transport.disconnect(`${what} packet referred to nonexistent channel ${local}`)
    return channel
  }
}
