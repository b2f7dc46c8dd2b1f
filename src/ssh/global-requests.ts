import type { Daemon } from './daemons.ts'
import type { HostKey } from './host-keys.ts'
import { readGlobalRequest } from './messages.ts'
import type { SshdConfig } from './sshd-config.ts'
import { Message } from './transport/message-numbers.ts'
import type { Transport } from './transport/transport.ts'
import { type WireReader, WireWriter } from './transport/wire.ts'

export interface GlobalRequestsSetup {
  transport: Transport
  daemon: Daemon
  config: SshdConfig
  hostKeys: readonly HostKey[]
  /** The client wants a port of ours to lead back to it. */
  listenRequested(host: string, port: number): void
  /** Whether somebody on the host listens on this port. */
  isTaken(port: number): boolean
  /** Whether the user may bind ports below 1024. */
  isRoot: boolean
  globalRequested(name: string, accepted: boolean): void
}

/** Ports that lead back to one client; its descriptors would set the real bound. */
const MAX_LISTENING = 200
const FIRST_EPHEMERAL = 32768

/** What concerns the connection as a whole, RFC 4254 §4 and §7.1, OpenSSH's PROTOCOL §2. */
export class GlobalRequests {
  readonly #setup: GlobalRequestsSetup
  /** Addresses of `tcpip-forward` that are granted: `host:port` as the client named them. */
  readonly #listening = new Set<string>()
  #noMoreSessions = false
  #nextForwardedPort = FIRST_EPHEMERAL + Math.floor(Math.random() * 28000)

  constructor(setup: GlobalRequestsSetup) {
    this.#setup = setup
    if (setup.daemon.software === 'openssh') this.#announceHostKeys()
  }

  /** The client has promised to open no more sessions. */
  get noMoreSessions(): boolean {
    return this.#noMoreSessions
  }

  /** @throws WireError */
  receive(payload: Buffer): void {
    const { name, wantReply, reader } = readGlobalRequest(payload)
    const answer = this.#answer(name, reader, wantReply)
    this.#setup.globalRequested(name, answer !== undefined)
    if (!wantReply) return
    const type = answer ? Message.REQUEST_SUCCESS : Message.REQUEST_FAILURE
    this.#setup.transport.send(Buffer.concat([Buffer.of(type), answer ?? Buffer.alloc(0)]))
  }

  /** OpenSSH tells all its keys after authentication (PROTOCOL §2.5), so that clients can learn new ones. */
  #announceHostKeys(): void {
    const message = new WireWriter(Message.GLOBAL_REQUEST).string('hostkeys-00@openssh.com').boolean(false)
    for (const key of this.#setup.hostKeys) message.string(key.blob)
    this.#setup.transport.send(message.done())
  }

  /** What REQUEST_SUCCESS carries; undefined for failure. */
  #answer(name: string, reader: WireReader, wantReply: boolean): Buffer | undefined {
    switch (name) {
      case 'tcpip-forward':
        return this.#forward(addressOf(reader), wantReply)
      case 'cancel-tcpip-forward':
        return this.#listening.delete(keyOf(addressOf(reader))) ? Buffer.alloc(0) : undefined
      case 'streamlocal-forward@openssh.com':
      case 'cancel-streamlocal-forward@openssh.com':
        reader.cstring()
        return undefined
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

  /** A port is cut to 16 bits as the kernel cuts it; one that is in use cannot be had (serverloop.c). */
  #forward({ host, port }: Address, wantReply: boolean): Buffer | undefined {
    const { config, isTaken, isRoot, listenRequested } = this.#setup
    listenRequested(host, port)
    if (!config.tcpForwarding || (port === 0 && !wantReply) || (port !== 0 && port < 1024 && !isRoot)) {
      debug(this.#setup, 'Server has disabled port forwarding.')
      return undefined
    }
    const chosen = port || this.#nextForwardedPort++
    const key = keyOf({ host, port: chosen })
    if (this.#listening.has(key) || isTaken(chosen & 0xffff) || this.#listening.size >= MAX_LISTENING) return undefined
    this.#listening.add(key)
    return port === 0 ? new WireWriter().uint32(chosen).done() : Buffer.alloc(0)
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

  /** RSA signs by the algorithm of the key exchange if that was RSA, else by the best that the client named (serverloop.c). */
  #proofAlgorithm(key: HostKey): string {
    if (key.type !== 'ssh-rsa') return key.type
    const { agreed, clientHostKeyAlgorithms } = this.#setup.transport
    if (agreed?.hostKey.startsWith('rsa-')) return agreed.hostKey
    return ['rsa-sha2-512', 'rsa-sha2-256'].find((name) => clientHostKeyAlgorithms.some((known) => known.startsWith(name))) ?? 'ssh-rsa'
  }
}

interface Address {
  host: string
  port: number
}

function addressOf(reader: WireReader): Address {
  return { host: reader.cstring().toString('utf8'), port: reader.uint32() }
}

function keyOf({ host, port }: Address): string {
  return `${host}:${port}`
}

/** SSH_MSG_DEBUG, by which OpenSSH says why it refuses; clients show it when they are verbose. */
export function debug({ daemon, transport }: Pick<GlobalRequestsSetup, 'daemon' | 'transport'>, text: string): void {
  if (daemon.software !== 'openssh') return
  transport.send(new WireWriter(Message.DEBUG).boolean(false).string(text).string('').done())
}
