import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { LRUCache } from 'lru-cache'

/**
 * All that makes this installation look like no other: every host key, serial number, MAC address and uptime derives
 * from one random seed in the data folder. Same seed, same identity: stable over restarts, different between installs.
 */
export class Identity {
  readonly #seed: Buffer
  readonly #folder: string | undefined
  readonly #memory = new Map<string, string>()
  /** What was derived of late: a listing of processes asks for the same number in every line. */
  readonly #numbers = new LRUCache<string, bigint>({ max: 4096 })

  /** @param folder where generated keys are kept; without it they live as long as this object (tests). */
  constructor(seed: Buffer, folder?: string) {
    this.#seed = seed
    this.#folder = folder
  }

  /** Opens or makes the identity of a data folder. */
  static open(dataFolder: string): Identity {
    const folder = join(dataFolder, 'identity')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const file = join(folder, 'seed')
    if (!existsSync(file)) writeAtomically(file, randomBytes(32))
    return new Identity(readFileSync(file), folder)
  }

  /** `length` bytes that depend on the seed and the label only. */
  bytes(label: string, length: number): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#seed, '', label, length))
  }

  /** A whole number, `min` ≤ n ≤ `max`. */
  integer(label: string, min: number, max: number): number {
    let drawn = this.#numbers.get(label)
    if (drawn === undefined) {
      drawn = this.bytes(label, 8).readBigUInt64BE()
      this.#numbers.set(label, drawn)
    }
    return min + Number(drawn % BigInt(max - min + 1))
  }

  pick<T>(label: string, choices: readonly T[]): T {
    return choices[this.integer(label, 0, choices.length - 1)] as T
  }

  hex(label: string, bytes: number): string {
    return this.bytes(label, bytes).toString('hex')
  }

  uuid(label: string): string {
    const b = this.bytes(label, 16)
    b[6] = 0x40 | (b[6]! & 0x0f)
    b[8] = 0x80 | (b[8]! & 0x3f)
    const h = b.toString('hex')
    return `${h.slice(0, 8)}-${h.slice(8, 12)}-${h.slice(12, 16)}-${h.slice(16, 20)}-${h.slice(20)}`
  }

  /** A MAC address with the given vendor prefix (`52:54:00`). */
  mac(label: string, oui: string): string {
    return `${oui}:${[...this.bytes(label, 3)].map((b) => b.toString(16).padStart(2, '0')).join(':')}`
  }

  /** A generator of numbers in [0, 1) for things that need many draws. */
  random(label: string): () => number {
    let block = 0
    let at = 32
    let bytes = Buffer.alloc(0)
    return () => {
      if (at + 6 > 32) {
        bytes = createHmac('sha256', this.#seed).update(`${label}#${block++}`).digest()
        at = 0
      }
      const value = bytes.readUIntBE(at, 6) / 2 ** 48
      at += 6
      return value
    }
  }

  /**
   * A secret that cannot be derived (an RSA key, a certificate): made once, then read from the data folder.
   * @param name file name, e.g. `ssh_host_rsa_key.debian-web`
   */
  keep(name: string, make: () => string): string {
    const kept = this.kept(name)
    if (kept !== undefined) return kept
    const made = make()
    if (this.#folder) writeAtomically(join(this.#folder, name), made)
    else this.#memory.set(name, made)
    return made
  }

  /** What {@link keep} kept under this name, if anything. */
  kept(name: string): string | undefined {
    if (!this.#folder) return this.#memory.get(name)
    const file = join(this.#folder, name)
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined
  }
}

function writeAtomically(file: string, content: string | Uint8Array): void {
  writeFileSync(`${file}.new`, content, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
