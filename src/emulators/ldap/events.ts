import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

/** What the ldap lure writes down besides the sensor's own events. */
export const ldapEvents = {
  'ldap.bind': z.object({
    version: z.number(),
    dn: Evidence,
    /** `anonymous`, `simple`, `sasl` with its mechanism, or `other`. */
    method: z.string(),
    mechanism: z.string().optional(),
    /** Result code of RFC 4511 §4.1.9; 14 asks for another step. */
    code: z.number(),
  }),
  'ldap.search': z.object({
    base: Evidence,
    scope: z.enum(['base', 'one', 'sub', 'subordinates', 'invalid']),
    /** As RFC 4515 writes it, cut at 2000 characters. */
    filter: Evidence,
    attributes: z.array(Evidence),
    entries: z.number(),
    code: z.number(),
    answerBytes: z.number(),
  }),
  /** An attempt to add, change, rename or delete; `bytes` is what was to be written, cut at 4 KiB. */
  'ldap.write': z.object({ operation: z.enum(['modify', 'add', 'delete', 'rename']), dn: Evidence, bytes: Evidence, code: z.number() }),
  'ldap.compare': z.object({ dn: Evidence, attribute: Evidence, value: Evidence, code: z.number() }),
  'ldap.extended': z.object({ oid: Evidence, value: Evidence.optional(), code: z.number() }),
  'ldap.malformed': z.object({ message: z.string() }),
}
export type LdapEvents = typeof ldapEvents
