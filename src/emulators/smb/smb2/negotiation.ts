import { randomBytes } from 'node:crypto'
import { fileTime } from '../../../sensor/ntlm.ts'
import { encodeBareOffer, encodeOffer } from '../../../sensor/spnego.ts'
import type { Machine } from '../machine.ts'
import { encodeNegotiate, type Negotiate } from './codec.ts'
import { CIPHER, SIGNING } from './crypto.ts'

const CONTEXT = { PREAUTH: 1, ENCRYPTION: 2, SIGNING: 8 } as const
const CAPABILITY = { DFS: 1, LEASING: 2, LARGE_MTU: 4, MULTI_CHANNEL: 8, ENCRYPTION: 0x40 } as const
/** Samba 4.17's own order; the first that the client has too is taken. */
const CIPHERS = [CIPHER.AES_128_GCM, CIPHER.AES_128_CCM, CIPHER.AES_256_GCM, CIPHER.AES_256_CCM]
const SIGNERS = [SIGNING.AES_GMAC, SIGNING.AES_CMAC, SIGNING.HMAC_SHA256]

/** What client and server have agreed on. */
export interface Terms {
  dialect: number
  signing: number
  /** 0 = nothing is sealed. */
  cipher: number
  /** Offers of the client, for FSCTL_VALIDATE_NEGOTIATE_INFO. */
  capabilities: number
}

/** The highest dialect of both, with its algorithms; undefined when there is none. */
export function agree(machine: Machine, request: Negotiate): Terms | undefined {
  const dialect = machine.dialects.findLast((one) => request.dialects.includes(one))
  if (dialect === undefined) return undefined
  const capabilities = capabilitiesOf(machine, dialect, request.capabilities)
  if (dialect < 0x311) {
    return {
      dialect,
      signing: dialect < 0x300 ? SIGNING.HMAC_SHA256 : SIGNING.AES_CMAC,
      cipher: capabilities & CAPABILITY.ENCRYPTION ? CIPHER.AES_128_CCM : 0,
      capabilities,
    }
  }
  const cipher = firstOf(CIPHERS, request.contexts.get(CONTEXT.ENCRYPTION))
  const signing = firstOf(SIGNERS, request.contexts.get(CONTEXT.SIGNING))
  return { dialect, signing: signing ?? SIGNING.AES_CMAC, cipher: cipher ?? 0, capabilities }
}

/** The first of our choices that stands in a context: a count, then numbers. */
function firstOf(choices: readonly number[], context: Buffer | undefined): number | undefined {
  if (!context || context.length < 2) return undefined
  const offered = new Set<number>()
  const count = Math.min(context.readUInt16LE(0), (context.length - 2) >> 1)
  for (let i = 0; i < count; i++) offered.add(context.readUInt16LE(2 + 2 * i))
  return choices.find((one) => offered.has(one))
}

function capabilitiesOf(machine: Machine, dialect: number, asked: number): number {
  if (dialect === 0x202) return CAPABILITY.DFS
  const large = CAPABILITY.DFS | CAPABILITY.LEASING | CAPABILITY.LARGE_MTU
  if (dialect < 0x300 || machine.shape === 'windows') return large
  return large | CAPABILITY.MULTI_CHANNEL | (dialect < 0x311 ? asked & CAPABILITY.ENCRYPTION : 0)
}

/** Body of the answer. @param dialect 0x2FF in answer to an SMB1 negotiation with `SMB 2.???` */
export function negotiateBody(machine: Machine, terms: Terms, request: Negotiate | undefined, dialect = terms.dialect): Buffer {
  const u16 = (...values: number[]): Buffer => Buffer.from(Uint16Array.from(values).buffer)
  const contexts: { type: number; data: Buffer }[] = []
  if (terms.dialect === 0x311 && request) {
    contexts.push({ type: CONTEXT.PREAUTH, data: Buffer.concat([u16(1, 32, 1), randomBytes(32)]) })
    if (terms.cipher) contexts.push({ type: CONTEXT.ENCRYPTION, data: u16(1, terms.cipher) })
    if (request.contexts.has(CONTEXT.SIGNING)) contexts.push({ type: CONTEXT.SIGNING, data: u16(1, terms.signing) })
  }
  const isWindows = machine.shape === 'windows'
  return encodeNegotiate({
    dialect,
    guid: machine.guid,
    capabilities: terms.capabilities,
    maxSize: terms.dialect === 0x202 ? 0x10000 : isWindows ? 0x100000 : 0x800000,
    now: fileTime(Date.now()),
    // Samba tells nobody since when it runs.
    bootedAt: isWindows ? fileTime(machine.bootedAt) : Buffer.alloc(8),
    blob: isWindows ? encodeBareOffer() : encodeOffer(),
    contexts,
  })
}
