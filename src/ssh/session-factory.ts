import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import { evidence } from '../events/bytes.ts'
import type { Host, HostProcess, SpawnRequest, Terminal } from '../host/contract.ts'
import { silent } from '../host/login-policy.ts'
import { TerminalRecord } from '../host/terminal-record.ts'
import { toBytes, toText } from '../host/text.ts'
import type { Channel } from './channel.ts'
import type { Room, SshVisit } from './conversation.ts'
import type { ChannelRequest } from './messages.ts'
import { type ProgramIo, program } from './program.ts'
import { isRsyncServer, readRsyncCommand } from './rsync/request.ts'
import { rsyncServer } from './rsync/server.ts'
import { readScpCommand, readScpWords, type ScpRequest, scp } from './scp.ts'
import { type Prepared, Session, type Start, type Started } from './session.ts'
import { Accounts } from './sftp/accounts.ts'
import { type SftpDeed, sftpServer } from './sftp/server.ts'
import { onlyExpands } from './shell-words.ts'
import type { SshdConfig } from './sshd-config.ts'

export interface SessionFactorySetup {
  visit: SshVisit
  room: Room
  config: SshdConfig
  persona: Persona
  identity: Identity
  host: Host
  /** Account of the host that everything runs as. */
  account: string
  isRoot: boolean
  /** Ends the connection with a reason. */
  disconnect(text: string): void
  origin: Pick<SpawnRequest, 'remote' | 'local' | 'via' | 'daemonPid'>
}

/** X11DisplayOffset of sshd_config(5). */
const FIRST_DISPLAY = 10

/** The far side of an old-style scp. */
const SCP_SERVER = /^(\/\S*\/)?scp( -[a-zA-Z]+)* -[a-zA-Z]*[tf]/

/** Started by its path instead of as a subsystem, as some clients do. */
const SFTP_SERVER = /^\/usr\/lib(exec)?\/(openssh\/)?sftp-server$/

/** Makes the sessions of one connection: what runs on them, what is written down of them. */
export class SessionFactory {
  readonly #setup: SessionFactorySetup
  #terminals = 0
  #agentAsked = false

  constructor(setup: SessionFactorySetup) {
    this.#setup = setup
  }

  open(channel: Channel): Session {
    const { room, config, visit, isRoot } = this.#setup
    return new Session({
      channel,
      daemon: room.daemon,
      config,
      takesSignals: !isRoot,
      doublePty: () => this.#setup.disconnect('Protocol error: you already have a pty.'),
      agentAsked: () => {
        const isFirst = !this.#agentAsked
        this.#agentAsked = true
        return isFirst
      },
      start: (start, prepared) => this.#start(start, prepared),
      requested: (request, accepted) => this.#recordRequest(request, accepted),
      record: (start, terminal) => this.#record(start, terminal),
      inputOver: (start, input) =>
        visit.capture(input, { how: 'exec.stdin', ...(start.kind === 'exec' ? { name: evidence(start.command) } : {}) }),
      faulted: (error) => visit.record('lure.fault', faultOf(error)),
      recorded: (record) => void record.close().then((facts) => visit.record('ssh.terminal', facts)),
    })
  }

  #start(start: Start, { terminal, environment, forwards }: Prepared): Started | undefined {
    const { config, host, account, origin, visit } = this.#setup
    if (start.kind === 'subsystem') {
      return start.name === 'sftp' && config.sftp ? { process: this.#sftp(), keepInput: false } : undefined
    }
    const own = start.kind === 'exec' && !terminal ? this.#ownProgram(toText(start.command)) : undefined
    if (own) return { process: own, keepInput: false }
    const command = start.kind === 'exec' ? { command: toText(start.command) } : {}
    const process = host.spawn({
      user: account,
      ...command,
      ...(terminal ? { terminal } : {}),
      environment,
      forwards: { agent: forwards.agent, ...(forwards.x11 ? { display: FIRST_DISPLAY } : {}) },
      ...origin,
      recorder: visit,
    })
    return { process, keepInput: start.kind === 'exec' && !terminal }
  }

  /** Commands that file transfer runs on the far side, which this front end plays itself. */
  #ownProgram(command: string): HostProcess | undefined {
    const { host, account, visit } = this.#setup
    if (SCP_SERVER.test(command) && this.#has('openssh-client', 'scp')) {
      const request = readScpCommand(command)
      if (request) return program((io) => this.#scp(io, request))
      if (onlyExpands(command)) return program((io) => this.#expandedScp(io, command))
    }
    if (SFTP_SERVER.test(command)) return this.#sftp()
    if (!isRsyncServer(command) || !this.#has('rsync', 'rsync')) return undefined
    const files = host.files(account)
    const accounts = new Accounts(files)
    return program((io) =>
      rsyncServer(io, {
        request: readRsyncCommand(command),
        files,
        home: accounts.home(account),
        names: { user: (id) => accounts.userName(id), group: (id) => accounts.groupName(id) },
        said: (bytes) => visit.record('ssh.rsync', { command: evidence(toBytes(command)), said: evidence(bytes) }),
        copied: (direction, path, bytes) =>
          visit.record('ssh.copy', { protocol: 'rsync', direction, path: evidence(toBytes(path)), bytes }),
        uploaded: (path, bytes) => visit.capture(bytes, { name: evidence(toBytes(path)), how: 'rsync' }),
      }),
    )
  }

  /** A client leaves patterns and variables of the far side's paths to the shell there. */
  async #expandedScp(io: ProgramIo, command: string): Promise<number> {
    const { host, account, origin, visit } = this.#setup
    const recorder = silent(visit)
    const { stdout } = await host.run({ user: account, command: `printf '%s\\0' ${command}`, ...origin, recorder })
    const request = readScpWords(toText(stdout).split('\0').slice(0, -1))
    return request ? this.#scp(io, request) : 1
  }

  #scp(io: ProgramIo, request: ScpRequest): Promise<number> {
    const { host, account, visit } = this.#setup
    const files = host.files(account)
    return scp(io, request, {
      files,
      home: new Accounts(files).home(account),
      copied: (direction, path, bytes) => visit.record('ssh.copy', { protocol: 'scp', direction, path: evidence(toBytes(path)), bytes }),
      uploaded: (path, bytes) => visit.capture(bytes, { name: evidence(toBytes(path)), how: 'scp' }),
    })
  }

  /** Whether the host has a program: it is installed with the persona, or the attacker has brought it. */
  #has(installedBy: string, name: string): boolean {
    const { persona, host, account } = this.#setup
    const isInstalled = persona.packages.some((line) => line.split(' ')[0] === installedBy)
    return isInstalled || ['/usr/bin', '/bin', '/usr/local/bin'].some((folder) => host.files(account).may('x', `${folder}/${name}`))
  }

  #sftp(): HostProcess {
    const { host, account, persona, identity, visit } = this.#setup
    return program((io) =>
      sftpServer(io, {
        files: host.files(account),
        user: account,
        persona,
        fileSystemId: identity.bytes('file system id', 8).readBigUInt64BE(),
        did: (deed) => this.#recordDeed(deed),
        uploaded: (path, bytes) => visit.capture(bytes, { name: evidence(toBytes(path)), how: 'sftp' }),
      }),
    )
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

  #recordDeed({ operation, path, target, bytes, status }: SftpDeed): void {
    this.#setup.visit.record('ssh.sftp', {
      operation,
      ...(path === undefined ? {} : { path: evidence(toBytes(path)) }),
      ...(target === undefined ? {} : { target: evidence(toBytes(target)) }),
      ...(bytes === undefined ? {} : { bytes }),
      status,
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

function faultOf(error: unknown): { message: string; stack?: string } {
  if (!(error instanceof Error)) return { message: String(error) }
  return { message: error.message, ...(error.stack ? { stack: error.stack.slice(0, 4000) } : {}) }
}
