import type { Identity } from '../../config/identity.ts'
import type { StateStore } from '../../store/contract.ts'

const SCOPE = 'snmp'

/** The machine that an agent speaks for: which objects it has, by the table of its kind, and what they show. */
export abstract class Device {
  readonly counters = { snmpIn: 0, snmpOut: 0, snmpBad: 0, snmpBadCommunity: 0 }
  /** Name of its table in `mibs/`. */
  abstract readonly mib: 'simatic' | 'net-snmp'
  /** SnmpEngineID of RFC 3411 §5. */
  abstract readonly engineId: Buffer
  readonly boots: number
  readonly #identity: Identity
  readonly #store: StateStore

  constructor(identity: Identity, store: StateStore) {
    this.#identity = identity
    this.#store = store
    this.boots = identity.integer('snmp/boots', 3, 41)
  }

  /** Seconds since the agent was started. */
  abstract get upSeconds(): number

  /** A value of its own by the name that the table has for it; undefined for a counter of the agent. */
  protected abstract own(name: string): string | number | Buffer | undefined

  read(name: string): string | number | Buffer {
    if (name === 'uptime') return Math.floor(this.upSeconds * 100) % 2 ** 32
    return this.#store.get(SCOPE, name) ?? this.own(name) ?? this.counters[name as keyof typeof this.counters] ?? 0
  }

  /** A counter that gains `rate` a second, by a pace that this installation has for it. */
  grown(label: string, rate: number): number {
    const pace = this.#identity.integer(`snmp/pace/${label}`, 700, 1300) / 1000
    return Math.floor(this.upSeconds * rate * pace) % 2 ** 32
  }

  keep(name: string, value: Buffer): void {
    this.#store.set(SCOPE, name, value)
  }
}

/** @param format how the rest is to be read: 3 a MAC address, from 128 on as the enterprise likes */
export function engineIdOf(enterprise: number, format: number, rest: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(0x8000_0000 + enterprise)
  head[4] = format
  return Buffer.concat([head, rest])
}
