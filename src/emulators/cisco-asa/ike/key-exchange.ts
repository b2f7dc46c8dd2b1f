import { createDiffieHellmanGroup, createECDH, type DiffieHellmanGroup, type ECDH } from 'node:crypto'

/** How long a key pair serves: a flood of first messages costs no exponentiation. */
const LIFE_MS = 60_000

const GROUPS: Readonly<Record<number, { name: string; bytes: number; curve?: boolean }>> = {
  1: { name: 'modp1', bytes: 96 },
  2: { name: 'modp2', bytes: 128 },
  5: { name: 'modp5', bytes: 192 },
  14: { name: 'modp14', bytes: 256 },
  19: { name: 'prime256v1', bytes: 64, curve: true },
  20: { name: 'secp384r1', bytes: 96, curve: true },
  21: { name: 'secp521r1', bytes: 132, curve: true },
}

/** Bytes of a public value of this group (RFC 2409 §6, RFC 3526, RFC 5903); undefined = a group that is not supported. */
export function publicBytes(group: number): number | undefined {
  return GROUPS[group]?.bytes
}

interface Pair {
  publicValue: Buffer
  secret: (theirs: Buffer) => Buffer
  madeAt: number
}

/** Our halves of key exchanges. */
export class KeyExchange {
  readonly #pairs = new Map<number, Pair>()

  /** @throws RangeError for a group that is not supported */
  of(group: number, now = Date.now()): Pick<Pair, 'publicValue' | 'secret'> {
    const known = this.#pairs.get(group)
    if (known && now - known.madeAt < LIFE_MS) return known
    const facts = GROUPS[group]
    if (!facts) throw new RangeError(`group ${group}`)
    const pair = { ...(facts.curve ? curvePair(facts.name) : groupPair(facts.name, facts.bytes)), madeAt: now }
    this.#pairs.set(group, pair)
    return pair
  }
}

/** Old small groups are OpenSSL's under other names; modp1 is the one of 768 bits. */
function groupPair(name: string, bytes: number): Omit<Pair, 'madeAt'> {
  const own: DiffieHellmanGroup = createDiffieHellmanGroup(name)
  const publicValue = padded(own.generateKeys(), bytes)
  return { publicValue, secret: (theirs) => padded(own.computeSecret(theirs), bytes) }
}

/** RFC 5903 §7: the point without its leading octet; the secret is x alone. */
function curvePair(name: string): Omit<Pair, 'madeAt'> {
  const own: ECDH = createECDH(name)
  const publicValue = own.generateKeys().subarray(1)
  return { publicValue, secret: (theirs) => own.computeSecret(Buffer.concat([Buffer.of(4), theirs])) }
}

function padded(value: Buffer, bytes: number): Buffer {
  return value.length >= bytes ? value : Buffer.concat([Buffer.alloc(bytes - value.length), value])
}
