import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { World } from '../command.ts'
import { HostError, type HostFiles } from '../contract.ts'
import { WritableContent } from '../files/content.ts'
import type { SyntheticFiles } from '../files/synthetic.ts'
import { type Disk, FilesView } from '../files/view.ts'
import type { LoginSession, ProcessList } from '../process/list.ts'
import type { Chronicle } from './logs/chronicle.ts'
import type { Diary } from './logs/diary.ts'
import { HostLogs } from './logs/host-logs.ts'
import { DAY } from './logs/message.ts'

/** The root's eyes: what the world itself reads and writes. */
const ROOT = { uid: 0, gid: 0, groups: [0], pid: undefined, cwd: '/', umask: 0o022 }

export interface WorldSetup {
  persona: Persona
  identity: Identity
  disk: Disk
  processes: ProcessList
  /** UTC milliseconds. */
  bootedAt: number
  chronicle: Chronicle
  diary: Diary
}

/** The state of one simulated machine; see {@link World}. */
export class HostWorld implements World {
  readonly persona: Persona
  readonly identity: Identity
  readonly bootedAt: number
  readonly files: HostFiles
  readonly processes: ProcessList
  readonly logins: LoginSession[] = []
  readonly logs: HostLogs
  readonly #disk: Disk

  constructor({ persona, identity, disk, processes, bootedAt, chronicle, diary }: WorldSetup) {
    this.persona = persona
    this.identity = identity
    this.bootedAt = bootedAt
    this.processes = processes
    this.#disk = disk
    this.files = new FilesView(disk, ROOT)
    this.logs = new HostLogs(this, chronicle, diary)
  }

  /** As the kernel has it: what `hostname NAME` set, the persona's own until then. */
  hostname = ''

  now(): number {
    return this.#disk.now()
  }

  isRewritten(path: string): boolean {
    const ino = this.#inodeOf(path)
    return ino !== undefined && this.#disk.volume.find(ino)?.content instanceof WritableContent
  }

  #inodeOf(path: string): number | undefined {
    try {
      return new FilesView(this.#disk, ROOT).inodeOf(path)
    } catch (error) {
      if (error instanceof HostError) return undefined
      throw error
    }
  }

  mount(path: string, files: SyntheticFiles): void {
    this.#disk.mounts.add(path, files)
  }

  get usage(): { readonly bytes: number; readonly inodes: number } {
    return this.#disk.volume.usage
  }
}

/** When Sundew was first started here: what a machine's age counts from. UTC milliseconds. */
function firstStart(identity: Identity, now: number): number {
  return Number(identity.keep('first-start', () => String(now)))
}

/** When a persona's machine was booted last: as long before the first start as the seed says, then again after each longest uptime. */
export function bootTime(persona: Persona, identity: Identity, now: number): number {
  const { min, max } = persona.uptimeDays
  const first = firstStart(identity, now) - identity.integer(`persona/${persona.name}/uptime`, min * DAY, max * DAY)
  const period = max * DAY
  return first + Math.max(0, Math.floor((now - first) / period)) * period
}

/** When it was installed: months before the first start. */
export function installTime(persona: Persona, identity: Identity, now: number): number {
  const uptime = persona.uptimeDays.max * DAY
  return firstStart(identity, now) - uptime - identity.integer(`persona/${persona.name}/installed`, 40 * DAY, 500 * DAY)
}
