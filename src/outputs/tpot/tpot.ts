import { copyFileSync, existsSync, mkdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { LRUCache } from 'lru-cache'
import type { OutputOf } from '../../config/outputs.ts'
import type { SundewEvent } from '../../events/schema.ts'
import { AppendFile } from '../../store/append-file.ts'
import type { ArtifactStore, EventReader } from '../../store/contract.ts'
import type { Sink } from '../sink.ts'
import { forOneIndex } from './one-index.ts'
import type { Keepsake, Line, Look } from './system.ts'
import { tpotSystems } from './systems/index.ts'

/** Events of a session that a line at its end is made from. */
const SESSION_EVENTS = 5_000

export interface TpotSetup {
  /** What T-Pot calls /data. */
  folder: string
  /** Our own data folder, where recordings are. */
  data: string
  store: Pick<EventReader, 'events'>
  artifacts: Pick<ArtifactStore, 'get'>
}

/**
 * Writes `<folder>/<honeypot>/log/<file>` as the honeypots of T-Pot do, so that its Logstash, boards and attack map read our
 * events as theirs. Files are opened for each batch: logrotate may move them at any time.
 */
export function openTpot({ systems, externalIp = '', rotateMiB }: OutputOf<'tpot'>, { folder, data, store, artifacts }: TpotSetup): Sink {
  const choose = chooser(systems)
  const isBesideGalah = typeof systems === 'string' || systems.includes('Galah')
  const mappings = new Map([...tpotSystems].map(([name, mapping]) => [name, forOneIndex(mapping, isBesideGalah)]))
  return {
    async send(events) {
      const look = lookInto(store, externalIp)
      const files = new Map<string, Line[]>()
      for (const event of events) {
        for (const name of choose(event.standsFor ?? [])) {
          const mapping = mappings.get(name)
          if (!mapping) continue
          for (const line of await mapping.lines(event, look)) {
            const path = join(folder, mapping.folder, line.file)
            files.set(path, [...(files.get(path) ?? []), line])
          }
          for (const keepsake of mapping.keepsakes?.(event) ?? []) keep(keepsake, join(folder, mapping.folder), data, artifacts)
        }
      }
      for (const [path, lines] of files) append(path, lines, rotateMiB * 1024 * 1024)
    },
  }
}

function chooser(systems: OutputOf<'tpot'>['systems']): (standsFor: readonly string[]) => readonly string[] {
  if (systems === 'all') return (standsFor) => standsFor
  if (systems === 'primary') return (standsFor) => standsFor.slice(0, 1)
  const wanted = new Set(systems)
  return (standsFor) => standsFor.filter((name) => wanted.has(name))
}

/** Asked once a session and batch. */
function lookInto(store: Pick<EventReader, 'events'>, externalIp: string): Look {
  const known = new LRUCache<string, Promise<readonly SundewEvent[]>>({ max: 100 })
  return {
    externalIp,
    session(id) {
      const found = known.get(id) ?? store.events({ session: id, limit: SESSION_EVENTS })
      known.set(id, found)
      return found
    },
  }
}

function append(path: string, lines: readonly Line[], rotateBytes: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  if (rotateBytes > 0 && existsSync(path) && statSync(path).size >= rotateBytes) renameSync(path, `${path}.1`)
  const file = new AppendFile(path)
  try {
    const header = file.size === 0 ? lines[0]?.header : undefined
    file.append([...(header === undefined ? [] : [header]), ...lines.map(({ text }) => text)].map((line) => `${line}\n`).join(''))
  } finally {
    file.close()
  }
}

/** A captured file where the original would have it; what is there already, or was not kept, is left alone. */
function keep({ from, to }: Keepsake, folder: string, data: string, artifacts: Pick<ArtifactStore, 'get'>): void {
  const path = resolve(folder, to)
  if (!path.startsWith(`${resolve(folder)}/`) || existsSync(path)) return
  if ('artifact' in from) {
    const bytes = artifacts.get(from.artifact)
    if (!bytes) return
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
    writeFileSync(path, bytes)
    return
  }
  const recording = resolve(data, from.recording)
  if (!recording.startsWith(`${resolve(data)}/`) || !existsSync(recording)) return
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  copyFileSync(recording, path)
}
