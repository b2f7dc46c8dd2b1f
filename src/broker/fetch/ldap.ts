import { isIP } from 'node:net'
import { encodeMessage, type LdapMessage, OP, parseMessage } from '../../emulators/ldap/codec.ts'
import { BER, BerError, encodeElement, encodeInteger, encodeOctets, sequence } from '../../sensor/ber.ts'
import { Failure } from '../refusal.ts'
import { pathOf } from '../target.ts'
import type { Errand, Fetched } from './errand.ts'
import { codeOf, type Entry, filesOf, parseEntry } from './java-object.ts'
import { Wire } from './wire.ts'

const MOST_MESSAGES = 64
const MOST_BYTES = 0xff_ffff

/** What Java's provider asks for when a name is looked up: the one entry of that name, with all its attributes. */
export function lookUp(name: string): Buffer {
  const control = sequence(encodeOctets('2.16.840.1.113730.3.4.2'))
  return encodeMessage(
    2,
    encodeElement(
      OP.search,
      Buffer.concat([
        encodeOctets(name),
        encodeInteger(0, BER.enumerated),
        // Aliases are always followed by the server.
        encodeInteger(3, BER.enumerated),
        encodeInteger(0),
        encodeInteger(0),
        encodeElement(BER.boolean, Buffer.of(0)),
        encodeElement(0x87, Buffer.from('objectClass')),
        sequence(),
      ]),
    ),
    control,
  )
}

const BIND = encodeMessage(
  1,
  encodeElement(OP.bind, Buffer.concat([encodeInteger(3), encodeOctets(''), encodeElement(0x80, Buffer.alloc(0))])),
)
const UNBIND = encodeMessage(3, encodeElement(OP.unbind, Buffer.alloc(0)))

/**
 * An anonymous bind and one search (RFC 4511). The entry is kept as LDIF, what it holds of a Java object as it is, and where its
 * class would come from is a lead. Nothing is deserialised, and no referral followed.
 */
export async function fetchLdap({ target, router, meter, signal }: Errand): Promise<Fetched> {
  const name = pathOf(target)
  const route = await router.route(target, signal)
  const servername = isIP(target.host) === 0 ? target.host : undefined
  const wire = await Wire.open(route, { meter, signal, ...(target.scheme === 'ldaps' ? { tls: { servername } } : {}) })
  try {
    wire.write(BIND)
    const bound = await next(wire)
    if (bound.op !== OP.bound || codeOf(bound.content) !== 0) throw new Failure('refused the bind')
    wire.write(lookUp(name))
    const found = await entryOf(wire)
    wire.write(UNBIND)
    return found ? filesOf(found, target.url.href) : { files: [] }
  } catch (error) {
    throw error instanceof BerError ? new Failure(`no LDAP: ${error.message}`) : error
  } finally {
    wire.close()
  }
}

/** The first entry, which is the one that Java would take. @throws {Failure} when there is none and a reason for it */
async function entryOf(wire: Wire): Promise<Entry | undefined> {
  let entry: Entry | undefined
  for (let count = 0; count < MOST_MESSAGES; count++) {
    const { op, content } = await next(wire)
    if (op === OP.entry) entry ??= parseEntry(content)
    if (op !== OP.done) continue
    const code = codeOf(content)
    if (!entry && code !== 0) throw new Failure(`answered result ${code}`)
    return entry
  }
  return entry
}

/** @throws BerError */
async function next(wire: Wire): Promise<LdapMessage> {
  const [tag = 0, first = 0] = await wire.peek(2)
  if (tag !== BER.sequence) throw new BerError(`tag ${tag}`)
  const count = first < 0x80 ? 0 : first & 0x7f
  if (first >= 0x80 && (count === 0 || count > 4)) throw new BerError('a length that is none')
  const head = await wire.peek(2 + count)
  const length = count === 0 ? first : head.readUIntBE(2, count)
  if (length > MOST_BYTES) throw new BerError(`a message of ${length} bytes`)
  return parseMessage((await wire.take(2 + count + length)).subarray(2 + count))
}
