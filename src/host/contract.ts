import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { Recorder } from '../events/recorder.ts'
import type { Engine } from '../llm/question.ts'
import type { StateStore } from '../store/contract.ts'

/** What a simulated host is built from. */
export interface HostSetup {
  persona: Persona
  identity: Identity
  engine: Engine
  state: StateStore
}

/** A byte stream of a simulated process, as the front end sees it. */
export interface ByteSource extends AsyncIterable<Uint8Array> {}

export interface ByteSink {
  write(bytes: Uint8Array): void
  /** Resolves when there is room for more. A front end waits for it, so that input nobody reads stays with the attacker. */
  drained?(): Promise<void>
  end(): void
}

export interface Terminal {
  term: string
  columns: number
  rows: number
}

/** How a shell or command is started; the front end says only what it knows from its protocol. */
export interface SpawnRequest {
  user: string
  /** Command of an exec request; absent = an interactive (login) shell. */
  command?: string
  /** Present when the client asked for a pty. */
  terminal?: Terminal
  environment?: Record<string, string>
  /** What an SSH client forwards: its agent, a number for its X11 display. */
  forwards?: { agent: boolean; display?: number }
  /** Errors go where output goes, in their order, as on a daemon's one socket. Says nothing more where there is a terminal. */
  oneOutput?: boolean
  /** Where the attacker comes from, as `who`, `last` and SSH_CLIENT show it. */
  remote: { ip: string; port: number }
  local: { ip: string; port: number }
  /** `sshd`, `telnetd`, `adbd`, `www`: shows in ps and decides the parent process. */
  via: string
  /** The daemon's process of this connection, if it has been named in the logs. */
  daemonPid?: number
  recorder: Recorder
}

export interface ExitStatus {
  code: number
  /** Set when a signal ended it, e.g. `KILL`. */
  signal?: string
}

export interface HostProcess {
  readonly stdin: ByteSink
  readonly stdout: ByteSource
  /** With a terminal both streams arrive on stdout, as on a real pty. */
  readonly stderr: ByteSource
  readonly exited: Promise<ExitStatus>
  resize(columns: number, rows: number): void
  signal(name: string): void
  /** The attacker is gone: hang up what still runs. */
  hangup(): void
}

export interface FileStat {
  type: 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket'
  /** Permission bits, 0o7777 at most. */
  mode: number
  uid: number
  gid: number
  size: number
  /** Bytes of a sparse file that take no room, in whole pages. */
  holes?: number
  /** UTC milliseconds. */
  mtime: number
  atime: number
  ctime: number
  links: number
  inode: number
  /** Numbers of a device file. */
  device?: { major: number; minor: number }
}

/** An error with the name errno knows it by; text as strerror prints it. */
export class HostError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.name = 'HostError'
    this.code = code
  }
}

/**
 * The host's files as one user may use them, for sftp, scp, ftp, smb and web shells. Paths are absolute host paths and
 * never touch the real file system. Throws HostError (ENOENT, EACCES, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, ENOSPC …).
 */
export interface HostFiles {
  stat(path: string): FileStat
  lstat(path: string): FileStat
  list(path: string): string[]
  read(path: string): Buffer
  write(path: string, bytes: Uint8Array, mode?: number): void
  append(path: string, bytes: Uint8Array): void
  mkdir(path: string, mode?: number): void
  remove(path: string): void
  rmdir(path: string): void
  rename(from: string, to: string): void
  symlink(target: string, path: string): void
  /** A hard link. */
  link(existing: string, path: string): void
  /** A fifo, socket or device file. */
  mknod(path: string, type: 'fifo' | 'socket' | 'character' | 'block', mode: number, device?: { major: number; minor: number }): void
  readlink(path: string): string
  realpath(path: string): string
  chmod(path: string, mode: number): void
  /** Changes the owner of what the path leads to; `lchown` of the link itself. -1 keeps. */
  chown(path: string, uid: number, gid: number): void
  lchown(path: string, uid: number, gid: number): void
  /** Sets the length: cuts, or fills with zeros. */
  truncate(path: string, size: number): void
  /** Whether this user may read (`r`), write (`w`) or execute/search (`x`) it; false when it does not exist. */
  may(access: 'r' | 'w' | 'x', path: string): boolean
  utimes(path: string, atime: number, mtime: number): void
  /** ext4's flags of a file by chattr's letters, without `e`. */
  flags(path: string): string
  /** Sets them; `i` and `a` then keep everybody from changing the file. */
  setFlags(path: string, flags: string): void
  /** The extended attribute `security.capability` of a file in hex; whoever writes to the file or gives it away loses it. */
  capability(path: string): string | undefined
  setCapability(path: string, value: string | undefined): void
}

/** What the daemon at the door of a host writes about one connection: the authentication log, the journal, btmp. */
export interface DoorLog {
  /** Process of the daemon that serves this connection. */
  readonly pid: number
  /** @param method as sshd calls it, with the key behind it: `password`, `publickey: ED25519 SHA256:…` */
  failed(user: string, method: string): void
  accepted(user: string, method: string): void
  /** The connection is over. `parting` is what the client said last; without it the client just went. */
  ended(how: { parting?: { reason: number; text: string } | undefined; thrownOut?: boolean }): void
}

/** One answered request as a web server's access log has it. */
export interface WebHit {
  /** `GET / HTTP/1.1`, or whatever came in its place. */
  line: string
  status: number
  /** Bytes of the body that were sent. */
  bytes: number
  /** Empty when the client sent none. */
  referrer: string
  agent: string
}

/** What the daemons that front ends play have to say in the host's own logs. */
export interface DaemonLogs {
  door(via: 'sshd' | 'telnetd', remote: { ip: string; port: number }): DoorLog
  webHit(from: string, hit: WebHit): void
}

/** The simulated machine of a persona, as one source sees it: what that source changed stays changed for it. */
export interface Host {
  readonly persona: Persona
  readonly logs: DaemonLogs
  spawn(request: SpawnRequest): HostProcess
  /** Runs a command to its end and gives its output; for web shells, `system.exec`, xp_cmdshell. */
  run(request: SpawnRequest & { command: string }): Promise<{ stdout: Buffer; stderr: Buffer; exitCode: number }>
  files(user: string): HostFiles
  /** Whether a user exists, is not locked, and this is the password it has now. */
  checkPassword(user: string, password: string): boolean
  /** Lines of the user's `~/.ssh/authorized_keys`, those the attacker dropped included. */
  authorizedKeys(user: string): string[]
  userExists(user: string): boolean
}

/** Hosts by persona and source. */
export interface Hosts {
  of(persona: Persona, sourceIp: string): Host
  close(): void
}
