import { createHash } from 'node:crypto'

/** What a TLS client says of itself in its first message, as far as fingerprints need it. */
export interface ClientHello {
  /** Highest version that it offers, GREASE left out: 0x0304 = TLS 1.3. */
  version: number
  ciphers: number[]
  /** Types in the order of the wire. */
  extensions: number[]
  serverName: boolean
  /** First protocol of ALPN, as its bytes. */
  alpn: Buffer | undefined
  signatureAlgorithms: number[]
}

const HANDSHAKE = 0x16
const CLIENT_HELLO = 1
const SERVER_NAME = 0
const SIGNATURE_ALGORITHMS = 13
const ALPN = 16
const SUPPORTED_VERSIONS = 43

/** Bytes of the TLS record that begins here, its header included; 0 when none does (RFC 8446 §5.1). */
export function tlsRecordLength(bytes: Buffer): number {
  if (bytes.length < 5 || bytes[0] !== HANDSHAKE || bytes[1] !== 3) return 0
  return 5 + bytes.readUInt16BE(3)
}

/** Reads a ClientHello (RFC 8446 §4.1.2) that lies in one record. Undefined for anything else. */
export function parseClientHello(record: Buffer): ClientHello | undefined {
  try {
    return readHello(record)
  } catch (error) {
    // What is shorter than it says is no ClientHello.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function readHello(record: Buffer): ClientHello | undefined {
  if (tlsRecordLength(record) === 0 || record[5] !== CLIENT_HELLO) return undefined
  const body = new Fields(record.subarray(9))
  const hello: ClientHello = {
    version: body.uint16(),
    ciphers: [],
    extensions: [],
    serverName: false,
    alpn: undefined,
    signatureAlgorithms: [],
  }
  body.skip(32)
  body.vector(1)
  hello.ciphers = body.vector(2).uint16s()
  body.vector(1)
  if (body.isEmpty) return hello
  const extensions = body.vector(2)
  while (!extensions.isEmpty) {
    const type = extensions.uint16()
    hello.extensions.push(type)
    readExtension(hello, type, extensions.vector(2))
  }
  return hello
}

function readExtension(hello: ClientHello, type: number, data: Fields): void {
  if (type === SERVER_NAME) hello.serverName = true
  else if (type === SIGNATURE_ALGORITHMS) hello.signatureAlgorithms = data.vector(2).uint16s()
  else if (type === ALPN && !data.isEmpty) hello.alpn = data.vector(2).vector(1).rest
  else if (type === SUPPORTED_VERSIONS) {
    const offered = data
      .vector(1)
      .uint16s()
      .filter((version) => !isGrease(version))
    if (offered.length > 0) hello.version = Math.max(...offered)
  }
}

/** RFC 8701: values that clients strew in so that servers stay tolerant. */
function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}

const VERSIONS: Readonly<Record<number, string>> = { 772: '13', 771: '12', 770: '11', 769: '10', 768: 's3', 2: 's2' }

/**
 * The JA4 fingerprint of a TLS client over TCP, as its specification gives it.
 * @returns the fingerprint, and its readable form with the lists in place of their hashes
 */
export function ja4(hello: ClientHello): { value: string; raw: string } {
  const ciphers = hello.ciphers.filter((c) => !isGrease(c))
  const extensions = hello.extensions.filter((e) => !isGrease(e))
  const two = (n: number): string => String(Math.min(n, 99)).padStart(2, '0')
  const front =
    `t${VERSIONS[hello.version] ?? '00'}${hello.serverName ? 'd' : 'i'}` +
    `${two(ciphers.length)}${two(extensions.length)}${alpnLetters(hello.alpn)}`
  const sortedCiphers = ciphers.map(hex4).sort().join(',')
  const sortedExtensions = extensions
    .filter((e) => e !== SERVER_NAME && e !== ALPN)
    .map(hex4)
    .sort()
    .join(',')
  const algorithms = hello.signatureAlgorithms.filter((a) => !isGrease(a)).map(hex4)
  const back = algorithms.length > 0 ? `${sortedExtensions}_${algorithms.join(',')}` : sortedExtensions
  return {
    value: `${front}_${shortHash(sortedCiphers)}_${extensions.length > 0 ? shortHash(back) : NOTHING}`,
    raw: `${front}_${sortedCiphers}_${back}`,
  }
}

const NOTHING = '000000000000'

/** The first twelve digits of a SHA-256, zeros for an empty list: how JA4 and its kin abbreviate. */
function shortHash(list: string): string {
  return list === '' ? NOTHING : createHash('sha256').update(list).digest('hex').slice(0, 12)
}

function alpnLetters(alpn: Buffer | undefined): string {
  if (!alpn || alpn.length === 0) return '00'
  const text = `${String.fromCharCode(alpn[0] as number)}${String.fromCharCode(alpn.at(-1) as number)}`
  if (/^[A-Za-z0-9]{2}$/.test(text)) return text
  const hex = alpn.toString('hex')
  return `${hex[0]}${hex.at(-1)}`
}

function hex4(value: number): string {
  return value.toString(16).padStart(4, '0')
}

/** Reads TLS presentation language; RangeError where bytes are missing. */
class Fields {
  #bytes: Buffer

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get isEmpty(): boolean {
    return this.#bytes.length === 0
  }

  get rest(): Buffer {
    return this.#bytes
  }

  skip(n: number): void {
    this.#take(n)
  }

  uint16(): number {
    return this.#take(2).readUInt16BE()
  }

  /** A vector whose length stands in front in 1 or 2 bytes. */
  vector(lengthBytes: 1 | 2): Fields {
    return new Fields(this.#take(this.#take(lengthBytes).readUIntBE(0, lengthBytes)))
  }

  uint16s(): number[] {
    const values: number[] = []
    for (let at = 0; at + 1 < this.#bytes.length; at += 2) values.push(this.#bytes.readUInt16BE(at))
    return values
  }

  #take(n: number): Buffer {
    if (n > this.#bytes.length) throw new RangeError(`${n} bytes asked of ${this.#bytes.length}`)
    const taken = this.#bytes.subarray(0, n)
    this.#bytes = this.#bytes.subarray(n)
    return taken
  }
}
