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
import { type ComposedImage, composeImage, type ExtraFile } from './image/compose.ts'
import { isFlashImage, packageTexts } from './image/system.ts'
import { hostKeyFiles } from './keys/host-key-files.ts'
import { Machine } from './machine.ts'
import { ProcessorShare } from './process/processor.ts'
import { playedProgram, unplayedProgram } from './recorded/program.ts'
import { shells } from './shell/main.ts'
import { Chronicle } from './world/logs/chronicle.ts'
import { type CronJob, parseCrontab } from './world/logs/crontab.ts'
import { logFilesOf } from './world/logs/files.ts'
import { LogContent } from './world/logs/log-content.ts'
import { logrotateState } from './world/logs/logrotate-state.ts'
import { DAY } from './world/logs/message.ts'
import { packageFiles } from './world/packages.ts'
import { bootPid } from './world/services.ts'
import { encodeLastlog, UTMP } from './world/utmp.ts'
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
  const models = new Map<string, MachineModel>()
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
      const model = modelOf(models, persona, setup.identity, now)
      const machine = new Machine({ persona, ...setup }, sourceIp, model, now, { memory, processor })
      hosts.set(key, machine)
      return machine
    },
    close() {
      hosts.clear()
    },
  }
}

/** What all machines of a persona's version have in common. */
export interface MachineModel {
  image: ComposedImage
  /** Their life without attackers. */
  chronicle: Chronicle
}

/** Made once and shared. */
function modelOf(models: Map<string, MachineModel>, persona: Persona, identity: Identity, now: () => number): MachineModel {
  const key = `${persona.name} ${persona.version}`
  const known = models.get(key)
  if (known) return known
  const bootedAt = bootTime(persona, identity, now())
  const chronicle = new Chronicle({ persona, identity, bootedAt }, cronJobs(persona), (unit) =>
    persona.services.some((service) => service.unit === unit) ? bootPid({ persona, identity }, unit) : undefined,
  )
  const image = composeImage({
    persona,
    identity,
    installedAt: installTime(persona, identity, now()),
    bootedAt,
    now: now(),
    commands: persona.os.family === 'android' ? onAndroid : programs,
    program: (name, path, command) => (command ? playedProgram(command) : unplayedProgram(askedProgram(name, path))),
    hash: (user, password) => shadowField(persona, identity, user, password),
    extra: extraFiles(chronicle, now),
  })
  const model = { image, chronicle }
  models.set(key, model)
  return model
}

/** Jobs of /etc/crontab and /etc/cron.d, by packages and by the persona. */
function cronJobs(persona: Persona): CronJob[] {
  if (!persona.services.some((service) => service.unit === 'cron')) return []
  const isSystemCrontab = (path: string) => /^\/etc\/(crontab|cron\.d\/[\w-]+)$/.test(path)
  const texts = new Map([...packageTexts(persona)].filter(([path]) => isSystemCrontab(path)))
  for (const [path, bytes] of persona.files) if (isSystemCrontab(path)) texts.set(path, bytes)
  return [...texts.values()].flatMap((bytes) => parseCrontab(bytes.toString('utf8')))
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

/** Files that describe the machine's life so far: its package database, logs and host keys. */
function extraFiles(chronicle: Chronicle, now: () => number): Map<string, ExtraFile> {
  const { persona, identity } = chronicle.past
  const files = new Map<string, ExtraFile>()
  for (const [path, content] of packageFiles(persona)) files.set(path, { content })
  for (const log of logFilesOf(chronicle.past)) {
    const { path, mode, owner, group } = log
    for (let age = 0; age <= log.keep; age++)
      files.set(`${path}${age > 0 ? `.${age}` : ''}${age > 1 ? '.gz' : ''}`, {
        content: new LogContent(log, chronicle, now, age),
        mode,
        ...(owner && { owner }),
        ...(group && { group }),
      })
  }
  if (!isFlashImage(persona.os.family))
    files.set('/var/lib/logrotate/status', { content: Buffer.from(logrotateState(chronicle.past, now())) })
  if (!isFlashImage(persona.os.family)) files.set('/var/log/lastlog', { content: lastlog(chronicle, now()), mode: 0o664, group: 'utmp' })
  for (const [path, { bytes, mode }] of hostKeyFiles(persona, identity))
    files.set(path, { content: bytes, ...(mode !== undefined && { mode }) })
  return files
}

function lastlog(chronicle: Chronicle, now: number): Buffer {
  const logins = chronicle.logins(Math.max(chronicle.past.bootedAt, now - 24 * DAY), now)
  return encodeLastlog(
    chronicle.past.persona.users,
    logins.map(({ user, from, line, start }) => ({ type: UTMP.USER, pid: 0, line, user, host: from, time: start })),
  )
}
