import { randomInt } from 'node:crypto'
import type { World } from './command.ts'
import { HostError, type HostFiles } from './contract.ts'

export interface AgentIdentity {
  /** Public key as it goes over the wire. */
  blob: Buffer
  comment: string
  /** UTC milliseconds after which the agent forgets it. */
  until?: number
}

/** As many keys as anybody adds. */
const MOST_IDENTITIES = 256

/** What answers on the socket of an SSH agent. */
export class SshAgent {
  #identities: AgentIdentity[] = []
  /** Set while it is locked: it then shows and takes nothing. */
  lock: string | undefined

  identities(now: number): readonly AgentIdentity[] {
    this.#identities = this.#identities.filter(({ until }) => until === undefined || until > now)
    return this.lock === undefined ? this.#identities : []
  }

  add(identity: AgentIdentity): boolean {
    if (this.lock !== undefined || this.#identities.length >= MOST_IDENTITIES) return false
    this.remove(identity.blob)
    this.#identities.push(identity)
    return true
  }

  /** Whether it had the key; without a key all go. */
  remove(blob?: Buffer): boolean {
    if (this.lock !== undefined) return false
    const before = this.#identities.length
    this.#identities = blob ? this.#identities.filter((one) => !one.blob.equals(blob)) : []
    return blob === undefined || this.#identities.length < before
  }
}

/** Agents that live, by the inode of their socket. */
const listening = new WeakMap<World, Map<number, SshAgent>>()

export function listenAt(world: World, path: string, agent: SshAgent): void {
  const agents = listening.get(world) ?? new Map<number, SshAgent>()
  listening.set(world, agents)
  agents.set(world.files.lstat(path).inode, agent)
}

/** Nobody answers any more where the agent did. */
export function stopListening(world: World, agent: SshAgent): void {
  const agents = listening.get(world)
  for (const [inode, one] of agents ?? []) if (one === agent) agents?.delete(inode)
}

/** connect(2) to an agent's socket. @throws HostError ENOENT, EACCES, ECONNREFUSED */
export function connectAgent(world: World, files: HostFiles, path: string): SshAgent {
  const { inode } = files.stat(path)
  if (!files.may('w', path)) throw new HostError('EACCES', 'Permission denied')
  const agent = listening.get(world)?.get(inode)
  if (!agent) throw new HostError('ECONNREFUSED', 'Connection refused')
  return agent
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Makes a folder of mkdtemp(3) for a socket. @throws HostError where /tmp does not take it */
export function socketFolder(files: HostFiles, letters: number): string {
  const folder = `/tmp/ssh-${Array.from({ length: letters }, () => LETTERS[randomInt(LETTERS.length)]).join('')}`
  files.mkdir(folder, 0o700)
  return folder
}

export function removeSocket(files: HostFiles, path: string, folder: string | undefined): void {
  try {
    files.remove(path)
    if (folder !== undefined) files.rmdir(folder)
  } catch (error) {
    // Somebody was faster, or put something in.
    if (!(error instanceof HostError)) throw error
  }
}
