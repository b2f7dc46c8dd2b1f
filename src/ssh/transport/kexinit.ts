import { createHash, randomBytes } from 'node:crypto'
import { Message } from './message-numbers.ts'
import { WireReader, WireWriter } from './wire.ts'

/** The name-lists of SSH_MSG_KEXINIT, RFC 4253 §7.1. `in` is client to server. */
export interface KexInit {
  kex: string[]
  hostKey: string[]
  cipherIn: string[]
  cipherOut: string[]
  macIn: string[]
  macOut: string[]
  compressionIn: string[]
  compressionOut: string[]
  languageIn: string[]
  languageOut: string[]
  firstKexFollows: boolean
}

const LISTS = [
  'kex',
  'hostKey',
  'cipherIn',
  'cipherOut',
  'macIn',
  'macOut',
  'compressionIn',
  'compressionOut',
  'languageIn',
  'languageOut',
] as const

/** @throws WireError */
export function readKexInit(payload: Buffer): KexInit {
  const reader = new WireReader(payload, 1 + 16)
  const lists = Object.fromEntries(LISTS.map((list) => [list, reader.nameList()])) as unknown as KexInit
  const firstKexFollows = reader.boolean()
  reader.uint32()
  reader.end()
  return { ...lists, firstKexFollows }
}

export function writeKexInit(offer: KexInit, cookie: Buffer = randomBytes(16)): Buffer {
  const writer = new WireWriter(Message.KEXINIT).raw(cookie)
  for (const list of LISTS) writer.nameList(offer[list])
  return writer.boolean(offer.firstKexFollows).uint32(0).done()
}

/** What both sides have agreed on. A MAC is undefined where the cipher authenticates by itself. */
export interface Agreement {
  kex: string
  hostKey: string
  cipherIn: string
  cipherOut: string
  macIn: string | undefined
  macOut: string | undefined
  compressionIn: string
  compressionOut: string
}

const AUTHENTICATED = /gcm|poly1305/

/** RFC 4253 §7.1: of each list the first name of the client that the server has too. Undefined when one list has none. */
export function negotiate(client: KexInit, server: KexInit): Agreement | undefined {
  const first = (list: (typeof LISTS)[number]): string | undefined => client[list].find((name) => server[list].includes(name))
  const kex = first('kex')
  const hostKey = first('hostKey')
  const cipherIn = first('cipherIn')
  const cipherOut = first('cipherOut')
  const compressionIn = first('compressionIn')
  const compressionOut = first('compressionOut')
  if (!kex || !hostKey || !cipherIn || !cipherOut || !compressionIn || !compressionOut) return undefined
  const macIn = AUTHENTICATED.test(cipherIn) ? undefined : first('macIn')
  const macOut = AUTHENTICATED.test(cipherOut) ? undefined : first('macOut')
  if (!macIn && !AUTHENTICATED.test(cipherIn)) return undefined
  if (!macOut && !AUTHENTICATED.test(cipherOut)) return undefined
  return { kex, hostKey, cipherIn, cipherOut, macIn, macOut, compressionIn, compressionOut }
}

/** HASSH of a client: MD5 over its own lists in this order, https://github.com/salesforce/hassh. */
export function hassh(client: KexInit): { value: string; raw: string } {
  return fingerprint([client.kex, client.cipherIn, client.macIn, client.compressionIn])
}

/** The same for a server's offer; scanners know OpenSSH builds by it. */
export function hasshServer(server: KexInit): { value: string; raw: string } {
  return fingerprint([server.kex, server.cipherOut, server.macOut, server.compressionOut])
}

function fingerprint(lists: string[][]): { value: string; raw: string } {
  const raw = lists.map((list) => list.join(',')).join(';')
  return { value: createHash('md5').update(raw).digest('hex'), raw }
}
