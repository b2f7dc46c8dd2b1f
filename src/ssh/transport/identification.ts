/** What a client's first line comes to. */
export type Identification =
  /** `line` is what goes into the exchange hash, `rest` the bytes after it. */
  | { kind: 'accepted'; line: Buffer; rest: Buffer }
  /** `answer` goes out with CRLF (truth/daemons/openssh-refusals.json), then the connection closes; without it, it just closes. */
  | { kind: 'refused'; line: Buffer; answer?: string }

const MAX_LINE = 8192
const DROPBEAR_LINES = 50
const INVALID = 'Invalid SSH identification string.'
const DIFFER = 'Protocol major versions differ.'
/** Probes that OpenSSH hangs up on (compat.c, SSH_BUG_PROBE and SSH_BUG_SCANNER). */
const PROBES = /^(Probe-.*|.*SSH_Version_Mapper.*)$/

/**
 * Reads the client's first line as OpenSSH does (kex.c, kex_exchange_identification): byte by byte, CR only right before
 * LF, no NUL, at most 8192 bytes. Any number of CR alone is waited out in silence (cowrie.md G7).
 */
export class IdentificationReader {
  readonly #software: 'openssh' | 'dropbear'
  #line: number[] = []
  #lines = 0
  #afterCr = false

  constructor(software: 'openssh' | 'dropbear') {
    this.#software = software
  }

  /** Takes the next bytes; undefined as long as the line is not over. */
  push(bytes: Buffer): Identification | undefined {
    for (const [at, byte] of bytes.entries()) {
      if (byte === 0x0a) {
        const client = this.#judge(bytes.subarray(at + 1))
        if (client) return client
        continue
      }
      if (byte === 0x0d) {
        this.#afterCr = true
        continue
      }
      if (byte === 0 || this.#afterCr) return this.#invalid()
      this.#line.push(byte)
      if (this.#line.length > MAX_LINE) return this.#invalid()
    }
    return undefined
  }

  /** Undefined for a line that dropbear reads over (common-session.c: up to 50 lines before the identification). */
  #judge(rest: Buffer): Identification | undefined {
    const line = Buffer.from(this.#line)
    if (this.#software === 'openssh') return judgeAsOpenSsh(line, rest)
    if (line.subarray(0, 4).toString('latin1') !== 'SSH-') {
      this.#line = []
      this.#afterCr = false
      return ++this.#lines < DROPBEAR_LINES ? undefined : { kind: 'refused', line }
    }
    return /^SSH-(2\.|1\.99-)/.test(line.toString('latin1')) ? { kind: 'accepted', line, rest } : { kind: 'refused', line }
  }

  #invalid(): Identification {
    const line = Buffer.from(this.#line)
    return this.#software === 'openssh' ? { kind: 'refused', line, answer: INVALID } : { kind: 'refused', line }
  }
}

function judgeAsOpenSsh(line: Buffer, rest: Buffer): Identification {
  const parts = /^SSH-\s*([+-]?\d{1,10})\.\s*([+-]?\d{1,10})-(.+)$/s.exec(line.toString('latin1'))
  if (!parts) return { kind: 'refused', line, answer: INVALID }
  const [major, minor, software] = [Number(parts[1]), Number(parts[2]), parts[3]!]
  if (major !== 2 && !(major === 1 && minor === 99)) return { kind: 'refused', line, answer: DIFFER }
  if (PROBES.test(software)) return { kind: 'refused', line }
  return { kind: 'accepted', line, rest }
}
