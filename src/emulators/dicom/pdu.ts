/** The upper layer of DICOM (PS3.8 §9.3): associations and the values that travel in them. */
import { ByteReader, ShortMessage } from '../../sensor/byte-reader.ts'
import { ByteWriter } from '../../sensor/byte-writer.ts'

/** Bytes that no PDU, command or data set is made of. */
export class DicomError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'DicomError'
  }
}

/** A PDU that the state of the association does not allow (PS3.8 table 9-10, action AA-8). */
export class UnexpectedPdu extends DicomError {
  constructor() {
    super('an unexpected PDU')
    this.name = 'UnexpectedPdu'
  }
}

export const PDU = { associateRq: 1, associateAc: 2, associateRj: 3, data: 4, releaseRq: 5, releaseRp: 6, abort: 7 } as const
export const HEADER_BYTES = 6
const MOST_CONTEXTS = 128
const MOST_ITEMS = 1024

export interface PresentationContext {
  id: number
  abstractSyntax: string
  transferSyntaxes: string[]
}

export interface Role {
  uid: string
  scu: number
  scp: number
}

export interface UserIdentity {
  /** 1 name, 2 name and passcode, 3 Kerberos, 4 SAML, 5 JWT (PS3.7 §D.3.3.7). */
  type: number
  primary: Buffer
  secondary: Buffer
}

export interface Association {
  version: number
  calledAe: string
  callingAe: string
  applicationContext: string
  contexts: PresentationContext[]
  maxPdu: number
  implementationUid: string
  implementationVersion: string
  roles: Role[]
  identity?: UserIdentity
}

/** Body of an A-ASSOCIATE-RQ. @throws DicomError */
export function decodeAssociation(body: Buffer): Association {
  return reading(() => {
    const reader = new ByteReader(body)
    const version = reader.u16be()
    reader.skip(2)
    const titles = reader.take(64)
    const found: Association = {
      version,
      calledAe: title(titles.subarray(0, 16)),
      callingAe: title(titles.subarray(16, 32)),
      applicationContext: '',
      contexts: [],
      maxPdu: 0,
      implementationUid: '',
      implementationVersion: '',
      roles: [],
    }
    for (const { type, value } of items(reader)) {
      if (type === 0x10) found.applicationContext = uidText(value)
      else if (type === 0x20) addContext(found.contexts, decodeContext(value))
      else if (type === 0x50) for (const item of items(new ByteReader(value))) applyUserItem(found, item)
    }
    return found
  })
}

/** Of two contexts with one id the first counts. */
function addContext(contexts: PresentationContext[], context: PresentationContext): void {
  if (contexts.length < MOST_CONTEXTS && !contexts.some(({ id }) => id === context.id)) contexts.push(context)
}

function* items(reader: ByteReader): Generator<{ type: number; value: Buffer }> {
  for (let n = 0; reader.left > 0; n++) {
    if (n === MOST_ITEMS) throw new DicomError('too many items')
    const type = reader.u8()
    reader.skip(1)
    yield { type, value: reader.take(reader.u16be()) }
  }
}

function decodeContext(value: Buffer): PresentationContext {
  const reader = new ByteReader(value)
  const id = reader.u8()
  reader.skip(3)
  const parts = [...items(reader)]
  const abstractSyntax = parts.find((one) => one.type === 0x30)?.value ?? Buffer.alloc(0)
  return {
    id,
    abstractSyntax: uidText(abstractSyntax),
    transferSyntaxes: parts.filter((one) => one.type === 0x40).map((one) => uidText(one.value)),
  }
}

function applyUserItem(found: Association, { type, value }: { type: number; value: Buffer }): void {
  const reader = new ByteReader(value)
  if (type === 0x51) found.maxPdu = reader.u32be()
  else if (type === 0x52) found.implementationUid = uidText(value)
  else if (type === 0x55) found.implementationVersion = value.toString('latin1').slice(0, 64)
  else if (type === 0x54) found.roles.push({ uid: uidText(reader.take(reader.u16be())), scu: reader.u8(), scp: reader.u8() })
  else if (type === 0x58) {
    const kind = reader.u8()
    reader.skip(1)
    found.identity = { type: kind, primary: reader.take(reader.u16be()), secondary: reader.take(reader.u16be()) }
  }
}

export interface Acceptance {
  contexts: { id: number; result: number; transferSyntax: string }[]
  roles: Role[]
  maxPdu: number
  implementationUid: string
  implementationVersion: string
}

/** A-ASSOCIATE-AC: the titles come back as DCMTK read them, the reserved bytes as zeros. */
export function encodeAccept(asked: Pick<Association, 'calledAe' | 'callingAe' | 'applicationContext'>, accepted: Acceptance): Buffer {
  const user = new ByteWriter()
    .bytes(item(0x51, new ByteWriter().u32be(accepted.maxPdu).done()))
    .bytes(item(0x52, Buffer.from(accepted.implementationUid)))
  for (const { uid, scu, scp } of accepted.roles) {
    user.bytes(item(0x54, new ByteWriter().u16be(uid.length).text(uid, 'latin1').u8(scu).u8(scp).done()))
  }
  user.bytes(item(0x55, Buffer.from(accepted.implementationVersion)))
  const body = new ByteWriter()
    .u16be(1)
    .u16be(0)
    .text(asked.calledAe.padEnd(16), 'latin1')
    .text(asked.callingAe.padEnd(16), 'latin1')
    .bytes(Buffer.alloc(32))
    .bytes(item(0x10, Buffer.from(asked.applicationContext, 'latin1')))
  for (const { id, result, transferSyntax } of accepted.contexts) {
    body.bytes(
      item(
        0x21,
        new ByteWriter()
          .u8(id)
          .u8(0)
          .u8(result)
          .u8(0)
          .bytes(item(0x40, Buffer.from(transferSyntax, 'latin1')))
          .done(),
      ),
    )
  }
  return encodePdu(PDU.associateAc, body.bytes(item(0x50, user.done())).done())
}

function item(type: number, value: Buffer): Buffer {
  return new ByteWriter().u8(type).u8(0).u16be(value.length).bytes(value).done()
}

export function encodePdu(type: number, body: Uint8Array): Buffer {
  return new ByteWriter().u8(type).u8(0).u32be(body.length).bytes(body).done()
}

/** A-ASSOCIATE-RJ, PS3.8 table 9-21. */
export function encodeReject(result: number, source: number, reason: number): Buffer {
  return encodePdu(PDU.associateRj, Buffer.of(0, result, source, reason))
}

export const ABORT = encodePdu(PDU.abort, Buffer.alloc(4))
/** By the service provider, for an unexpected PDU. */
export const ABORT_UNEXPECTED = encodePdu(PDU.abort, Buffer.of(0, 0, 2, 2))
export const RELEASED = encodePdu(PDU.releaseRp, Buffer.alloc(4))

/** A piece of a command or of a data set. */
export interface Fragment {
  context: number
  isCommand: boolean
  isLast: boolean
  bytes: Buffer
}

/** Body of a P-DATA-TF. @throws DicomError */
export function decodeFragments(body: Buffer): Fragment[] {
  return reading(() => {
    const reader = new ByteReader(body)
    const fragments: Fragment[] = []
    if (reader.left === 0) throw new DicomError('data without a fragment')
    while (reader.left > 0) {
      const length = reader.u32be()
      if (length < 2) throw new DicomError('a fragment without its header')
      const context = reader.u8()
      const control = reader.u8()
      fragments.push({ context, isCommand: (control & 1) === 1, isLast: (control & 2) === 2, bytes: reader.take(length - 2) })
    }
    return fragments
  })
}

/** Headers of a PDU and of the one fragment in it. */
const FRAGMENT_HEADERS = 12

/**
 * One command or data set in as many P-DATA-TF as the receiver's largest PDU asks for, each with its headers no larger, as
 * DCMTK reckons; 0 is no limit. Large data sets are not cut finer than 116 bytes, or a receiver could ask for thousands of crumbs.
 */
export function* encodeFragments(context: number, isCommand: boolean, bytes: Buffer, maxPdu: number): Generator<Buffer> {
  const room = Math.max(bytes.length > 4096 ? 116 : 4, Math.min(maxPdu || 65_536, 65_536) - FRAGMENT_HEADERS)
  for (let at = 0; at === 0 || at < bytes.length; at += room) {
    const part = bytes.subarray(at, at + room)
    const control = (isCommand ? 1 : 0) | (at + room >= bytes.length ? 2 : 0)
    yield encodePdu(
      PDU.data,
      new ByteWriter()
        .u32be(part.length + 2)
        .u8(context)
        .u8(control)
        .bytes(part)
        .done(),
    )
  }
}

/** Turns a read past the end into this codec's error. */
export function reading<T>(decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof ShortMessage) throw new DicomError(error.message)
    throw error
  }
}

/** To the first NUL, without the blanks behind it; those before it belong to the title. */
function title(bytes: Buffer): string {
  return (bytes.toString('latin1').split('\0', 1)[0] ?? '').trimEnd()
}

/** A UID of the negotiation: NULs may fill it up, a blank makes it another. */
function uidText(bytes: Buffer): string {
  return bytes.toString('latin1', 0, 64).replaceAll('\0', '')
}
