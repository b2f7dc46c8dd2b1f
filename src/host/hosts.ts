import { LRUCache } from 'lru-cache'
import type { Identity } from '../config/identity.ts'
import type { Persona } from '../config/persona.ts'
import type { Engine } from '../llm/question.ts'
import type { StateStore } from '../store/contract.ts'
import { askedProgram } from './ask.ts'
import type { CommandFile } from './command.ts'
import { androidPrograms } from './commands/android/index.ts'
import { busyBox } from './commands/busybox/multi-call.ts'
import { commands } from './commands/index.ts'
import type { Host, Hosts } from './contract.ts'
import { hashPassword } from './crypt.ts'
import { MemoryPool } from './files/memory-pool.ts'
import { type ComposedImage, composeImage } from './image/compose.ts'
import { isFlashImage } from './image/system.ts'
import { hostKeyFiles } from './keys/host-key-files.ts'
import { Machine } from './machine.ts'
import { ProcessorShare } from './process/processor.ts'
import { shells } from './shell/main.ts'
import { logFiles } from './world/logs.ts'
import { packageFiles } from './world/packages.ts'
import { bootTime, installTime } from './world/world.ts'

export interface HostsSetup {
  identity: Identity
  engine: Engine
  state: StateStore
  /** Hosts kept in memory; the state of others is read again when they come back. */
  most?: number
  /** UTC milliseconds; tests set the clock. */
  now?: () => number
}

const MOST_HOSTS = 500
/** Bytes that the files written on all hosts may take; eight sources that each fill their disk. */
const MOST_FILE_BYTES = 256 * 1024 * 1024

const applets = [...shells, ...commands]
const programs: readonly CommandFile[] = [...applets, busyBox(applets, (name) => askedProgram(name, '/bin/busybox'))]

const onAndroid: readonly CommandFile[] = [...programs, ...androidPrograms(applets, (name) => askedProgram(name, `/system/bin/${name}`))]

/** All hosts: one for each persona and source. */
export function createHosts(setup: HostsSetup): Hosts {
  const now = setup.now ?? Date.now
  const images = new Map<string, ComposedImage>()
  const hosts = new LRUCache<string, Machine>({ max: setup.most ?? MOST_HOSTS, dispose: (machine) => machine.close() })
  const processors = new LRUCache<string, ProcessorShare>({ max: setup.most ?? MOST_HOSTS })
  const memory = new MemoryPool(MOST_FILE_BYTES)
  memory.makeRoom = () => {
    for (const key of hosts.rkeys()) {
      const machine = hosts.peek(key)
      if (!machine?.isIdle || machine.disk.volume.weight === 0) continue
      hosts.delete(key)
      return
    }
  }
  return {
    of(persona: Persona, sourceIp: string): Host {
      const key = `${persona.name} ${persona.version} ${sourceIp}`
      const known = hosts.get(key)
      if (known) return known
      const processor = processors.get(sourceIp) ?? new ProcessorShare()
      processors.set(sourceIp, processor)
      const image = imageOf(images, persona, setup.identity, now())
      const machine = new Machine({ persona, ...setup }, sourceIp, image, now, { memory, processor })
      hosts.set(key, machine)
      return machine
    },
    close() {
      hosts.clear()
    },
  }
}

/** The image of a persona's version is made once and shared. */
function imageOf(images: Map<string, ComposedImage>, persona: Persona, identity: Identity, now: number): ComposedImage {
  const key = `${persona.name} ${persona.version}`
  const known = images.get(key)
  if (known) return known
  const image = composeImage({
    persona,
    identity,
    installedAt: installTime(persona, identity, now),
    bootedAt: bootTime(persona, identity, now),
    now,
    commands: persona.os.family === 'android' ? onAndroid : programs,
    program: (name, path, command) => (command ? (process) => command.run(process) : askedProgram(name, path)),
    hash: (user, password) => shadowField(persona, identity, user, password),
    extra: extraFiles(persona, identity, now),
  })
  images.set(key, image)
  return image
}

/** The hash of a persona's password; its salt depends on the seed, so that the file is the same at each start. */
function shadowField(persona: Persona, identity: Identity, user: string, password: string): string {
  const scheme = isFlashImage(persona.os.family) ? 'md5' : 'yescrypt'
  const salt = identity
    .bytes(`persona/${persona.name}/salt/${user}`, 32)
    .toString('base64')
    .replace(/[+=]/g, '.')
    .slice(0, scheme === 'md5' ? 8 : 22)
  return hashPassword(identity, password, scheme, salt)
}

/** Files that describe the machine's life so far: its package database, login records and host keys. */
function extraFiles(persona: Persona, identity: Identity, now: number): Map<string, { bytes: Buffer; mode?: number; group?: string }> {
  const packages = [...packageFiles(persona)].map(([path, bytes]) => [path, { bytes }] as const)
  return new Map([
    ...packages,
    ...logFiles({ persona, identity }, bootTime(persona, identity, now), now),
    ...hostKeyFiles(persona, identity),
  ])
}
