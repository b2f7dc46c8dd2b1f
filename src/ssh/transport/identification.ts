/** What a client's first line comes to. */
export type Identification =
  /** `line` is what goes into the exchange hash, `rest` the bytes after it. */
  | { kind: 'accepted'; line: Buffer; rest: Buffer }
  /**
   * `answer` goes out, then the connection closes; without it, it just closes. When bytes are left unread the close is a reset,
   * which overtakes the CRLF behind the answer (truth/daemons/openssh-refusals.json).
   */
  | { kind: 'refused'; line: Buffer; answer?: string; leavesUnread: boolean }

const OPENSSH_MAX_LINE = 8192
const DROPBEAR_MAX_LINE = 1024
const INVALID = 'Invalid SSH identification string.'
const DIFFER = 'Protocol major versions differ.'
/** Probes that OpenSSH hangs up on (compat.c, SSH_BUG_PROBE and SSH_BUG_SCANNER). */
const PROBES = /^(Probe-.*|.*SSH_Version_Mapper.*)$/

/**
 * Reads the client's first line as the daemon does, byte by byte. OpenSSH (kex.c, kex_exchange_identification) wants CR only
 * right before LF, no NUL, at most 8192 bytes, and waits out any number of CR in silence (cowrie.md G7); dropbear
 * (common-session.c) takes what begins with `SSH-2.` and hangs up on the rest.
 */
export class IdentificationReader {
  readonly #software: 'openssh' | 'dropbear'
  readonly #line: number[] = []
  #afterCr = false

  constructor(software: 'openssh' | 'dropbear') {
    this.#software = software
  }

  /** Takes the next bytes; undefined as long as the line is not over. */
  push(bytes: Buffer): Identification | undefined {
    const isOpenSsh = this.#software === 'openssh'
    for (const [at, byte] of bytes.entries()) {
      if (byte === 0x0a) return this.#judge(bytes.subarray(at + 1))
      if (byte === 0x0d) {
        this.#afterCr = true
        continue
      }
      const left = bytes.length - at - 1
      if (isOpenSsh && (byte === 0 || this.#afterCr)) return this.#refuse(left, INVALID)
      this.#line.push(byte)
      if (this.#line.length > (isOpenSsh ? OPENSSH_MAX_LINE : DROPBEAR_MAX_LINE)) return this.#refuse(left, INVALID)
    }
    return undefined
  }

  #judge(rest: Buffer): Identification {
    const line = Buffer.from(this.#line)
    const text = line.toString('latin1')
    if (this.#software === 'dropbear') return /^SSH-(2\.|1\.99-)/.test(text) ? { kind: 'accepted', line, rest } : this.#refuse(rest.length)
    const parts = /^SSH-\s*([+-]?\d+)\.\s*([+-]?\d+)-(.+)$/s.exec(text)
    if (!parts) return this.#refuse(rest.length, INVALID)
    const [major, minor, software] = [scanned(parts[1]!), scanned(parts[2]!), parts[3]!]
    if (major !== 2 && !(major === 1 && minor === 99)) return this.#refuse(rest.length, DIFFER)
    return PROBES.test(software) ? this.#refuse(rest.length) : { kind: 'accepted', line, rest }
  }

  #refuse(unread: number, answer?: string): Identification {
    const refused = { kind: 'refused', line: Buffer.from(this.#line), leavesUnread: unread > 0 } as const
    return answer && this.#software === 'openssh' ? { ...refused, answer } : refused
  }
}

const LONGEST = 2n ** 63n

/** A number as `%d` of glibc's sscanf takes it: held within 64 bits, of which the lower 32 are kept. */
function scanned(digits: string): number {
  const value = BigInt(digits.replace('+', ''))
  const held = value >= LONGEST ? LONGEST - 1n : value < -LONGEST ? -LONGEST : value
  return Number(BigInt.asIntN(32, held))
}
