/**
 * slapd 2.5 of OpenLDAP with the people of the persona.
 *
 *   client: bind v3, nobody                         us: success                                       → ldap.bind
 *   client: search "" base (objectClass=*) +        us: the rootDSE                                   → ldap.search
 *   client: bind uid=maris,ou=people,… letmein      us: invalidCredentials                            → login, ldap.bind
 *   client: search dc=…,dc=… sub (uid=*)            us: people, groups, service accounts              → ldap.search
 *   client: SASL bind SCRAM-SHA-256, NTLM …         us: a challenge; the proof is kept                → login
 *   client: search Basic/Command/Base64/… base      us: invalid DN; a Java that was told to look it up
 *   spoofed: search "" over UDP                     us: a small rootDSE, as far as the reply governor lets it
 *
 * codec.ts and filter.ts are the bytes, directory.ts the entries, search.ts and match.ts find them, sasl.ts the mechanisms.
 */
import { z } from 'zod'
import { BerError, BerReader } from '../../sensor/ber.ts'
import { LoginOptions } from '../../sensor/login-desk.ts'
import { defineLure } from '../../sensor/lure.ts'
import { TimeSlice } from '../../sensor/time-slice.ts'
import type { Datagram, Visit } from '../../sensor/visit.ts'
import { type LdapMessage, OP, parseMessage, parseSearch } from './codec.ts'
import { encodeFound, LdapConnection, recordSearch } from './connection.ts'
import { directoryOf } from './directory.ts'
import { type LdapEvents, ldapEvents } from './events.ts'
import { rootDse, subschemaEntry } from './root-dse.ts'
import { CODE, type SearchRoom, search } from './search.ts'

/** slapd's sockbuf_max_incoming for anybody. */
const LARGEST_MESSAGE = 262_143
/** Attributes of the rootDSE that are told over UDP. */
const TOLD_OVER_UDP = new Set(['objectClass', 'namingContexts', 'supportedLDAPVersion', 'subschemaSubentry'])

export default defineLure({
  name: 'ldap',
  standsFor: ['Honeypots', 'Ddospot'],
  about: "OpenLDAP with the persona's people, and CLDAP",
  profiles: ['standard', 'mini'],
  ports: [
    { transport: 'tcp', port: 389 },
    { transport: 'tcp', port: 636, tls: true, role: 'ldaps' },
    { transport: 'udp', port: 389 },
  ],
  options: z.strictObject({
    /** Whether the server has a certificate for StartTLS. */
    startTls: z.boolean().default(true),
    login: LoginOptions,
  }),
  events: ldapEvents,

  start({ persona, identity, options }): SearchRoom {
    const now = Date.now()
    const directory = directoryOf(persona, identity, now)
    const started = new Date(now - identity.integer('ldap/uptime', 2, 60) * 86_400_000)
    const stamp = `${started.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
    return { directory, rootDse: rootDse(directory, options.startTls), subschema: subschemaEntry(stamp) }
  },

  async serve(visit, context) {
    const connection = new LdapConnection(visit, context)
    const slice = new TimeSlice()
    for (;;) {
      const message = await nextMessage(visit)
      if (!message) return
      const { bytes, next } = await connection.answer(message)
      if (bytes.length) await visit.write(bytes)
      if (next === 'close') return
      if (next === 'tls') await visit.startTls()
      await slice.turn()
    }
  },

  answer(datagram, { room }) {
    const message = decode(datagram)
    if (!message || message.op !== OP.search) return undefined
    try {
      const asked = parseSearch(message.content)
      const isRoot = asked.base.length === 0 && asked.scope === 0
      const found = isRoot
        ? search(room, { ...asked, attributes: ['*', '+'] }, [], [])
        : { result: { code: CODE.noSuchObject }, entries: [] }
      const entries = found.entries.map(({ dn, attributes }) => ({
        dn,
        attributes: attributes.filter(([name]) => TOLD_OVER_UDP.has(name)),
      }))
      const bytes = encodeFound(message.id, { ...found, entries })
      datagram.asksFor(isRoot ? 'rootDSE' : 'search', encodeFound(message.id, found).length)
      if (datagram.fresh) recordSearch(datagram as never, asked, { ...found, entries }, bytes.length)
      return bytes
    } catch (error) {
      if (error instanceof BerError) return undefined
      throw error
    }
  },
})

/** The next message; undefined when what comes is none, which slapd ends without a word. */
async function nextMessage(visit: Visit<LdapEvents>): Promise<LdapMessage | undefined> {
  const head = await visit.exactly(2)
  const [tag = 0, first = 0] = head
  const octets = first & 0x80 ? first & 0x7f : 0
  if (first === 0x80 || octets > 4) return malformed(visit, `a length of ${octets} octets`)
  const length = octets === 0 ? first : (await visit.exactly(octets)).readUIntBE(0, octets)
  if (length > LARGEST_MESSAGE) return malformed(visit, `a message of ${length} bytes`)
  const content = await visit.exactly(length)
  if (tag !== 0x30) return malformed(visit, `tag ${tag}`)
  try {
    return parseMessage(content)
  } catch (error) {
    if (error instanceof BerError) return malformed(visit, error.message)
    throw error
  }
}

function malformed(visit: Visit<LdapEvents>, message: string): undefined {
  visit.record('ldap.malformed', { message })
}

function decode(datagram: Datagram<LdapEvents>): LdapMessage | undefined {
  try {
    return parseMessage(new BerReader(datagram.bytes).take(0x30))
  } catch (error) {
    if (!(error instanceof BerError)) throw error
    if (datagram.fresh) datagram.record('ldap.malformed', { message: error.message })
    return undefined
  }
}
