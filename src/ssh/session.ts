import type { HostProcess, Terminal } from '../host/contract.ts'
import type { TerminalRecord } from '../host/terminal-record.ts'
import { toText } from '../host/text.ts'
import type { Channel } from './channel.ts'
import type { SessionOwner } from './connection.ts'
import type { Daemon } from './daemons.ts'
import type { ChannelRequest } from './messages.ts'
import type { SshdConfig } from './sshd-config.ts'
import { WireWriter } from './transport/wire.ts'

/** What a client asks a session channel to run. */
export type Start = { kind: 'shell' } | { kind: 'exec'; command: Buffer } | { kind: 'subsystem'; name: string }

export interface Started {
  process: HostProcess
  /** Whether what the client sends to it is worth keeping as a whole. File transfer keeps its files itself. */
  keepInput: boolean
}

/** What requests before the start have asked for. */
export interface Prepared {
  terminal: Terminal | undefined
  environment: Record<string, string>
  forwards: { agent: boolean; x11: boolean }
}

export interface SessionSetup {
  channel: Channel
  daemon: Daemon
  config: SshdConfig
  /** OpenSSH has a process apart to send signals from for everybody but root (session.c, session_signal_req). */
  takesSignals: boolean
  /** A second terminal is asked for, which ends the connection. */
  doublePty(): void
  /** Whether agent forwarding is granted: once in a connection. */
  agentAsked(): boolean
  /** Starts it; undefined when there is no such subsystem. */
  start(start: Start, prepared: Prepared): Started | undefined
  /** Every request as it came, for the event log. */
  requested(request: ChannelRequest, succeeded: boolean): void
  /** A record of what goes over this channel, where the data folder has a place for it. */
  record(start: Start, terminal: Terminal | undefined): TerminalRecord | undefined
  /** All input of an exec request, when it is over. */
  inputOver(start: Start, input: Buffer): void
  recorded(record: TerminalRecord): void
  /** Something of ours threw; the channel is closed. */
  faulted(error: unknown): void
}

/** Input of an exec request that is kept to become an artifact. */
const INPUT_KEPT = 16 * 1024 * 1024
const MAX_ENVIRONMENT = 1000
/** Signals that have a name on the wire, RFC 4254 §6.10; OpenSSH has one for all others (session.c, sig2name). */
const SIGNALS: ReadonlySet<string> = new Set('ABRT ALRM FPE HUP ILL INT KILL PIPE QUIT SEGV TERM USR1 USR2'.split(' '))
const UNKNOWN_SIGNAL = 'SIG@openssh.com'
/** For so long after bytes of a channel sshd is still at work on them. */
const BUSY_MS = 20

/** One session channel: its requests until a program starts, then the program's streams. RFC 4254 §6, OpenSSH's session.c. */
export class Session implements SessionOwner {
  readonly #setup: SessionSetup
  readonly #environment: Record<string, string> = {}
  readonly #forwards = { agent: false, x11: false }
  #terminal: Terminal | undefined
  #process: HostProcess | undefined
  #record: TerminalRecord | undefined
  #start: Start | undefined
  #clientEof = false
  #keepInput = false
  #input: Buffer[] = []
  #inputBytes = 0
  /** When something last went through the channel. */
  #busyAt = 0
  #ended = Promise.resolve()

  constructor(setup: SessionSetup) {
    this.#setup = setup
  }

  request(request: ChannelRequest): void {
    const succeeded = this.#handle(request)
    this.#setup.requested(request, succeeded)
    if (request.wantReply) this.#setup.channel.reply(succeeded)
    if (this.#process && isStart(request) && succeeded) this.#ended = this.#run(this.#process)
  }

  data(bytes: Buffer): Promise<void> | undefined {
    this.#record?.input(bytes)
    if (this.#keepInput) this.#keep(bytes)
    const stdin = this.#process?.stdin
    stdin?.write(bytes)
    return stdin?.drained?.()
  }

  eof(): void {
    this.#clientEof = true
    // A server of a subsystem goes at the end of its input, at once.
    if (this.#start?.kind === 'subsystem') this.#busyAt = performance.now()
    this.#process?.stdin.end()
  }

  closed(): void {
    this.#clientEof = true
    this.#process?.hangup()
  }

  get ended(): Promise<void> {
    return this.#ended
  }

  #handle(request: ChannelRequest): boolean {
    switch (request.type) {
      case 'pty-req':
        return this.#openTerminal(request)
      case 'window-change':
        return this.#resize(request.columns, request.rows)
      case 'env':
        return !this.#process && this.#setEnvironment(request)
      case 'shell':
        return this.#begin({ kind: 'shell' })
      case 'exec':
        return this.#begin({ kind: 'exec', command: request.command })
      case 'subsystem':
        return this.#begin({ kind: 'subsystem', name: request.name })
      case 'signal':
        return this.#signal(request.name)
      case 'x11-req':
        if (this.#process || this.#forwards.x11 || !this.#setup.config.x11Forwarding) return false
        this.#forwards.x11 = true
        return true
      case 'auth-agent-req@openssh.com':
        if (this.#process || !this.#setup.agentAsked()) return false
        this.#forwards.agent = true
        return true
      case 'other':
        return false
    }
  }

  #openTerminal({ term, columns, rows }: { term: string; columns: number; rows: number }): boolean {
    if (this.#process) return false
    if (this.#terminal) {
      this.#setup.doublePty()
      return false
    }
    this.#terminal = { term: term.slice(0, 64), columns: size(columns, 80), rows: size(rows, 24) }
    return true
  }

  #resize(columns: number, rows: number): boolean {
    // OpenSSH says yes to who has no terminal as well.
    if (!this.#terminal) return this.#setup.daemon.software === 'openssh'
    this.#terminal = { ...this.#terminal, columns: size(columns, 80), rows: size(rows, 24) }
    this.#record?.resize(this.#terminal.columns, this.#terminal.rows)
    this.#process?.resize(this.#terminal.columns, this.#terminal.rows)
    return true
  }

  /** sshd_config(5), AcceptEnv: Debian takes LANG and LC_*, and says no to the rest. */
  #setEnvironment({ name, value }: { name: Buffer; value: Buffer }): boolean {
    const key = toText(name)
    const isAccepted = this.#setup.config.acceptEnv.some((pattern) => matches(pattern, key))
    if (isAccepted && Object.keys(this.#environment).length < MAX_ENVIRONMENT) this.#environment[key] = toText(value)
    return isAccepted
  }

  #begin(start: Start): boolean {
    if (this.#process) return false
    const { channel, daemon } = this.#setup
    const started = this.#setup.start(start, { terminal: this.#terminal, environment: this.#environment, forwards: this.#forwards })
    if (!started) return false
    this.#process = started.process
    this.#keepInput = started.keepInput
    this.#start = start
    this.#record = this.#setup.record(start, this.#terminal)
    channel.owner = this
    if (daemon.sessionWindow.atStart) channel.widen(daemon.sessionWindow.atStart)
    return true
  }

  #signal(name: string): boolean {
    const { daemon, takesSignals } = this.#setup
    if (!this.#process || this.#start?.kind === 'subsystem' || !SIGNALS.has(name)) return false
    if (daemon.software === 'openssh' && !takesSignals) return false
    this.#process.signal(name)
    return true
  }

  async #run(process: HostProcess): Promise<void> {
    try {
      await this.#stream(process)
    } catch (error) {
      this.#setup.faulted(error)
    } finally {
      this.#setup.channel.close()
      this.#finish()
    }
  }

  /** sshd that has just been busy with this channel finds its child gone before it reads the end of the output, else after. */
  async #stream(process: HostProcess): Promise<void> {
    const { channel } = this.#setup
    let isOver = false
    const output = Promise.all([this.#pump(process.stdout, 'stdout'), this.#pump(process.stderr, 'stderr')]).then(() => {
      isOver = true
    })
    const status = await process.exited
    // What it said at last may still be on its way here.
    await Promise.race([output, new Promise((resolve) => setImmediate(resolve))])
    if (isOver && performance.now() - this.#busyAt >= BUSY_MS) channel.eof()
    this.#exited(status)
    await output
    channel.eof()
  }

  async #pump(source: AsyncIterable<Uint8Array>, stream: 'stdout' | 'stderr'): Promise<void> {
    for await (const bytes of source) {
      this.#busyAt = performance.now()
      this.#record?.output(Buffer.from(bytes))
      await this.#setup.channel.send(bytes, stream)
    }
  }

  /** OpenSSH says besides that nobody reads the client's input any more, unless that has ended (session_exit_message). */
  #exited({ code, signal }: { code: number; signal?: string }): void {
    const { channel, daemon } = this.#setup
    const name = signal !== undefined && !SIGNALS.has(signal) ? UNKNOWN_SIGNAL : signal
    if (name) channel.notice('exit-signal', new WireWriter().string(name).boolean(false).string('').string('').done())
    else channel.notice('exit-status', new WireWriter().uint32(code).done())
    if (daemon.software === 'openssh' && !this.#clientEof) channel.notice('eow@openssh.com')
  }

  #keep(bytes: Buffer): void {
    if (this.#inputBytes + bytes.length > INPUT_KEPT) return
    this.#inputBytes += bytes.length
    this.#input.push(bytes)
  }

  #finish(): void {
    if (this.#inputBytes) this.#setup.inputOver(this.#start!, Buffer.concat(this.#input.splice(0)))
    if (this.#record) this.#setup.recorded(this.#record)
    this.#record = undefined
  }
}

function isStart(request: ChannelRequest): boolean {
  return request.type === 'shell' || request.type === 'exec' || request.type === 'subsystem'
}

/** A window size from the wire, in the range that a terminal can have. */
function size(wanted: number, whenZero: number): number {
  return wanted === 0 ? whenZero : Math.min(wanted, 65535)
}

/** Patterns as sshd_config has them here: a name, or the start of one with `*`. */
function matches(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
}
