import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { Artifact } from '../events/schema.ts'
import type { ArtifactStore } from './contract.ts'
import { magicOf } from './magic.ts'
import { type Trouble, troubleOf } from './trouble.ts'

const RETRY_MS = 1_000
/** Bytes that wait in memory for a disk that refuses; beyond, the facts alone are kept. */
const UNSAVED_BYTES = 64 * 1024 * 1024

const Facts = Artifact.extend({ firstSeen: z.number() })
type Facts = z.infer<typeof Facts>

export interface ArtifactFolderOptions {
  /** Larger artifacts are cut to this; 64 MiB. */
  maxBytes?: number
  /** Called when trouble begins, changes, and ends (undefined). */
  onTrouble?(trouble: Trouble | undefined): void
  /** Writes a file; a test gives one whose disk is full. */
  save?(path: string, bytes: Uint8Array | string): void
}

/** Captured files in `<data>/artifacts`. Makes no folder before the first artifact comes. */
export function openArtifactStore(folder: string, options: ArtifactFolderOptions = {}): ArtifactFolder {
  return new ArtifactFolder(folder, options)
}

/**
 * Captured files by SHA-256: `ab/<sha256>` is the content and `ab/<sha256>.json` what is known of it. The hashes are
 * those of all bytes that came, as threat intelligence knows them, also when fewer were kept.
 */
export class ArtifactFolder implements ArtifactStore {
  readonly #folder: string
  readonly #maxBytes: number
  readonly #save: (path: string, bytes: Uint8Array | string) => void
  readonly #onTrouble: (trouble: Trouble | undefined) => void
  readonly #unsaved = new Map<string, { facts: Facts; kept: Buffer }>()
  #unsavedBytes = 0
  #retryTimer: NodeJS.Timeout | undefined
  #trouble: Trouble | undefined
  #bytes: number | undefined

  constructor(folder: string, options: ArtifactFolderOptions) {
    this.#folder = folder
    this.#maxBytes = options.maxBytes ?? 64 * 1024 * 1024
    this.#save = options.save ?? saveAtomically
    this.#onTrouble = (trouble) => options.onTrouble?.(trouble)
  }

  get trouble(): Trouble | undefined {
    return this.#trouble
  }

  put(bytes: Uint8Array): Artifact {
    const artifact = this.describe(bytes)
    const kept = bytes.subarray(0, this.#maxBytes)
    if (!this.#isKept(artifact.sha256, kept.length)) this.#keep({ ...artifact, firstSeen: Date.now() }, kept)
    return artifact
  }

  describe(bytes: Uint8Array): Artifact {
    return {
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sha1: createHash('sha1').update(bytes).digest('hex'),
      md5: createHash('md5').update(bytes).digest('hex'),
      size: bytes.length,
      truncated: bytes.length > this.#maxBytes,
      magic: magicOf(bytes),
    }
  }

  get(sha256: string): Buffer | undefined {
    if (!isSha256(sha256)) return undefined
    return this.#unsaved.get(sha256)?.kept ?? readIfThere(this.#path(sha256))
  }

  /** What is known of one, also when its content was not kept. */
  find(sha256: string): Facts | undefined {
    if (!isSha256(sha256)) return undefined
    return this.#unsaved.get(sha256)?.facts ?? this.#facts(sha256)
  }

  /** Newest first. */
  list(limit = Number.POSITIVE_INFINITY): Facts[] {
    const saved = this.#names().flatMap((sha256) => this.#facts(sha256) ?? [])
    const unsaved = Array.from(this.#unsaved.values(), ({ facts }) => facts)
    return [...saved, ...unsaved].sort((a, b) => b.firstSeen - a.firstSeen).slice(0, limit)
  }

  remove(sha256: string): void {
    if (!isSha256(sha256)) return
    const path = this.#path(sha256)
    const size = sizeOf(path)
    rmSync(`${path}.json`, { force: true })
    rmSync(path, { force: true })
    if (this.#bytes !== undefined) this.#bytes -= size
  }

  /** Bytes of all kept content. */
  bytes(): number {
    this.#bytes ??= this.#names().reduce((sum, sha256) => sum + sizeOf(this.#path(sha256)), 0)
    return this.#bytes
  }

  /** The size tells a file that an earlier, smaller cap or a crash left short. */
  #isKept(sha256: string, size: number): boolean {
    if (this.#unsaved.has(sha256)) return true
    const path = this.#path(sha256)
    return statSync(`${path}.json`, { throwIfNoEntry: false }) !== undefined && sizeOf(path) === size
  }

  #keep(facts: Facts, kept: Uint8Array): void {
    try {
      this.#write(facts, kept)
      this.#setTrouble(undefined)
    } catch (error) {
      this.#hold(facts, kept)
      this.#setTrouble(troubleOf(error, this.#folder))
    }
  }

  #write(facts: Facts, kept: Uint8Array): void {
    const path = this.#path(facts.sha256)
    const before = sizeOf(path)
    this.#save(path, kept)
    this.#save(`${path}.json`, JSON.stringify(facts))
    if (this.#bytes !== undefined) this.#bytes += kept.length - before
  }

  #hold(facts: Facts, kept: Uint8Array): void {
    if (this.#unsavedBytes + kept.length > UNSAVED_BYTES) return
    // The bytes are the caller's, who may use their place again.
    this.#unsaved.set(facts.sha256, { facts, kept: Buffer.from(kept) })
    this.#unsavedBytes += kept.length
    this.#retryLater()
  }

  #retryLater(): void {
    this.#retryTimer ??= setTimeout(() => this.#retry(), RETRY_MS)
    this.#retryTimer.unref()
  }

  #retry(): void {
    this.#retryTimer = undefined
    try {
      for (const [sha256, { facts, kept }] of this.#unsaved) {
        this.#write(facts, kept)
        this.#unsaved.delete(sha256)
        this.#unsavedBytes -= kept.length
      }
      this.#setTrouble(undefined)
    } catch (error) {
      this.#setTrouble(troubleOf(error, this.#folder))
      this.#retryLater()
    }
  }

  #setTrouble(trouble: Trouble | undefined): void {
    if (trouble?.what === this.#trouble?.what) return
    this.#trouble = trouble
    this.#onTrouble(trouble)
  }

  #path(sha256: string): string {
    return join(this.#folder, sha256.slice(0, 2), sha256)
  }

  #names(): string[] {
    return namesIn(this.#folder).flatMap((shard) => namesIn(join(this.#folder, shard)).filter(isSha256))
  }

  #facts(sha256: string): Facts | undefined {
    const json = readIfThere(`${this.#path(sha256)}.json`)
    return json === undefined ? undefined : Facts.safeParse(JSON.parse(json.toString())).data
  }
}

function isSha256(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name)
}

/** A reader sees the whole file or none. */
function saveAtomically(path: string, bytes: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}.part`
  try {
    // Captured programs must never run here, so they get no permission to.
    writeFileSync(draft, bytes, { mode: 0o600 })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
