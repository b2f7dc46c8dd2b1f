import { evidence } from '../events/bytes.ts'
import type { Host, HostProcess, SpawnRequest, Terminal } from '../host/contract.ts'
import { TerminalRecord } from '../host/terminal-record.ts'
import { toText } from '../host/text.ts'
import type { Channel } from './channel.ts'
import type { Room, SshVisit } from './conversation.ts'
import type { ChannelRequest } from './messages.ts'
import { Session, type Start } from './session.ts'
import type { SshdConfig } from './sshd-config.ts'

export interface SessionFactorySetup {
  visit: SshVisit
  room: Room
  config: SshdConfig
  host: Host
  /** Account of the host that everything runs as. */
  account: string
  origin: Pick<SpawnRequest, 'remote' | 'local' | 'via'>
}

/** Makes the sessions of one connection: what runs on them, what is written down of them. */
export class SessionFactory {
  readonly #setup: SessionFactorySetup
  #terminals = 0

  constructor(setup: SessionFactorySetup) {
    this.#setup = setup
  }

  open(channel: Channel): Session {
    const { room, config, visit } = this.#setup
    return new Session({
      channel,
      daemon: room.daemon,
      config,
      start: (start, terminal, environment) => this.#start(start, terminal, environment),
      requested: (request, accepted) => this.#recordRequest(request, accepted),
      record: (start, terminal) => this.#record(start, terminal),
      inputOver: (start, input) =>
        visit.capture(input, { how: 'exec.stdin', ...(start.kind === 'exec' ? { name: evidence(start.command) } : {}) }),
      recorded: (record) => void record.close().then((facts) => visit.record('ssh.terminal', facts)),
    })
  }

  #start(start: Start, terminal: Terminal | undefined, environment: Record<string, string>): HostProcess | undefined {
    if (start.kind === 'subsystem') return undefined
    const { host, account, origin, visit } = this.#setup
    return host.spawn({
      user: account,
      ...(start.kind === 'exec' ? { command: toText(start.command) } : {}),
      ...(terminal ? { terminal } : {}),
      environment,
      ...origin,
      recorder: visit,
    })
  }

  #record(start: Start, terminal: Terminal | undefined): TerminalRecord | undefined {
    if (start.kind === 'subsystem') return undefined
    const { room, visit } = this.#setup
    return new TerminalRecord({
      folder: room.recordings,
      name: `${visit.session}-${this.#terminals++}`,
      columns: terminal?.columns ?? 80,
      rows: terminal?.rows ?? 24,
      term: terminal?.term ?? 'dumb',
      ...(start.kind === 'exec' ? { command: start.command } : {}),
      cooked: terminal !== undefined,
    })
  }

  #recordRequest(request: ChannelRequest, accepted: boolean): void {
    const { visit } = this.#setup
    switch (request.type) {
      case 'pty-req':
        visit.record('ssh.pty', { term: request.term, columns: request.columns, rows: request.rows })
        break
      case 'window-change':
        visit.record('ssh.window', { columns: request.columns, rows: request.rows })
        break
      case 'env':
        visit.record('ssh.env', { name: evidence(request.name), value: evidence(request.value), accepted })
        break
      case 'shell':
        visit.record('ssh.shell', {})
        break
      case 'exec':
        visit.record('ssh.exec', { command: evidence(request.command) })
        break
      case 'subsystem':
        visit.record('ssh.subsystem', { name: request.name, accepted })
        break
      case 'signal':
        visit.record('ssh.signal', { name: request.name })
        break
      default:
        visit.record('ssh.request', { name: request.type === 'other' ? request.name : request.type, accepted })
        break
    }
  }
}
