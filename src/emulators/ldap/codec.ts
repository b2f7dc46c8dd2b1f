/** LDAP version 3 (RFC 4511) as bytes. */
import { BER, BerError, BerReader, encodeElement, encodeInteger, encodeOctets, integerOf, sequence } from '../../sensor/ber.ts'
import { type Filter, parseFilter } from './filter.ts'

/** Tags of the operations (RFC 4511 §4.2 and on). */
export const OP = {
  bind: 0x60,
  bound: 0x61,
  unbind: 0x42,
  search: 0x63,
  entry: 0x64,
  done: 0x65,
  modify: 0x66,
  add: 0x68,
  delete: 0x4a,
  rename: 0x6c,
  compare: 0x6e,
  abandon: 0x50,
  extended: 0x77,
  extendedDone: 0x78,
} as const

export interface Control {
  oid: string
  critical: boolean
  value: Buffer | undefined
}

export interface LdapMessage {
  id: number
  /** Tag of the operation. */
  op: number
  content: Buffer
  controls: Control[]
}

const MOST_CONTROLS = 16
const CONTROLS = 0xa0

/** @param bytes the content of the outermost sequence @throws BerError */
export function parseMessage(bytes: Buffer): LdapMessage {
  const reader = new BerReader(bytes)
  const id = reader.integer()
  if (id < 0 || id > 0x7fff_ffff) throw new BerError(`message id ${id}`)
  const { tag: op, content } = reader.any()
  const controls: Control[] = []
  if (!reader.isAtEnd) {
    const list = new BerReader(reader.take(CONTROLS))
    while (!list.isAtEnd && controls.length < MOST_CONTROLS) controls.push(parseControl(list.take(BER.sequence)))
  }
  return { id, op, content, controls }
}

function parseControl(bytes: Buffer): Control {
  const reader = new BerReader(bytes)
  const control: Control = { oid: reader.take(BER.octets).toString('latin1'), critical: false, value: undefined }
  while (!reader.isAtEnd) {
    const { tag, content } = reader.any()
    if (tag === BER.boolean) control.critical = content[0] !== 0
    if (tag === BER.octets) control.value = content
  }
  return control
}

export type Bind = { version: number; dn: Buffer } & (
  | { kind: 'simple'; password: Buffer }
  | { kind: 'sasl'; mechanism: string; credentials: Buffer | undefined }
  /** Active Directory's own: package discovery, negotiate, response (MS-ADTS 5.1.1.1.3). */
  | { kind: 'sicily'; step: number; token: Buffer }
  | { kind: 'other'; tag: number }
)

/** @throws BerError */
export function parseBind(content: Buffer): Bind {
  const reader = new BerReader(content)
  const version = reader.integer()
  const dn = reader.take(BER.octets)
  const { tag, content: credentials } = reader.any()
  if (tag === 0x80) return { kind: 'simple', version, dn, password: credentials }
  if (tag === 0xa3) {
    const sasl = new BerReader(credentials)
    const mechanism = sasl.take(BER.octets).toString('latin1')
    return { kind: 'sasl', version, dn, mechanism, credentials: sasl.isAtEnd ? undefined : sasl.take(BER.octets) }
  }
  if (tag >= 0x89 && tag <= 0x8b) return { kind: 'sicily', version, dn, step: tag, token: credentials }
  return { kind: 'other', version, dn, tag }
}

export interface Search {
  base: Buffer
  /** 0 = base object, 1 = one level, 2 = subtree, 3 = subordinates. */
  scope: number
  sizeLimit: number
  typesOnly: boolean
  filter: Filter
  attributes: string[]
}

const MOST_ATTRIBUTES = 200

/** @throws BerError */
export function parseSearch(content: Buffer): Search {
  const reader = new BerReader(content)
  const base = reader.take(BER.octets)
  const scope = integerOf(reader.take(BER.enumerated))
  reader.take(BER.enumerated)
  const sizeLimit = reader.integer()
  reader.integer()
  const typesOnly = reader.take(BER.boolean)[0] !== 0
  const filter = parseFilter(reader.any())
  const list = new BerReader(reader.take(BER.sequence))
  const attributes: string[] = []
  while (!list.isAtEnd) {
    const name = list.take(BER.octets).toString('latin1')
    if (attributes.length < MOST_ATTRIBUTES) attributes.push(name)
  }
  return { base, scope, sizeLimit, typesOnly, filter, attributes }
}

/** The name that a write operation is about, and the rest of it. @throws BerError */
export function parseWrite(op: number, content: Buffer): { dn: Buffer; rest: Buffer } {
  if (op === OP.delete) return { dn: content, rest: Buffer.alloc(0) }
  const dn = new BerReader(content).take(BER.octets)
  return { dn, rest: content.subarray(content.indexOf(dn) + dn.length) }
}

/** @throws BerError */
export function parseCompare(content: Buffer): { dn: Buffer; attribute: string; value: Buffer } {
  const reader = new BerReader(content)
  const dn = reader.take(BER.octets)
  const assertion = new BerReader(reader.take(BER.sequence))
  return { dn, attribute: assertion.take(BER.octets).toString('latin1'), value: assertion.take(BER.octets) }
}

/** @throws BerError */
export function parseExtended(content: Buffer): { oid: string; value: Buffer | undefined } {
  const reader = new BerReader(content)
  const oid = reader.take(0x80).toString('latin1')
  return { oid, value: reader.isAtEnd ? undefined : reader.take(0x81) }
}

/** The page size and the cookie of RFC 2696. @throws BerError */
export function parsePage(value: Buffer): { size: number; cookie: Buffer } {
  const reader = new BerReader(new BerReader(value).take(BER.sequence))
  return { size: reader.integer(), cookie: reader.take(BER.octets) }
}

export interface Result {
  code: number
  matched?: string | undefined
  text?: string | undefined
  /** Elements behind the text: SASL credentials, the name and value of an extended answer. */
  more?: Buffer[] | undefined
}

export function encodeMessage(id: number, op: Buffer, controls?: Buffer): Buffer {
  return sequence(encodeInteger(id), op, ...(controls ? [encodeElement(CONTROLS, controls)] : []))
}

export function encodeResult(op: number, { code, matched = '', text = '', more = [] }: Result): Buffer {
  return encodeElement(op, Buffer.concat([encodeInteger(code, BER.enumerated), encodeOctets(matched), encodeOctets(text), ...more]))
}

/** A searchResEntry. @param attributes in order; without values where only types are wanted */
export function encodeEntry(dn: string, attributes: readonly (readonly [string, readonly (string | Buffer)[]])[]): Buffer {
  const list = attributes.map(([name, values]) =>
    sequence(encodeOctets(name), encodeElement(BER.set, Buffer.concat(values.map((value) => encodeOctets(value))))),
  )
  return encodeElement(OP.entry, Buffer.concat([encodeOctets(dn), sequence(...list)]))
}

export function encodePage(size: number, cookie: Buffer): Buffer {
  return sequence(encodeOctets(PAGED_RESULTS), encodeOctets(sequence(encodeInteger(size), encodeOctets(cookie))))
}

export const PAGED_RESULTS = '1.2.840.113556.1.4.319'
