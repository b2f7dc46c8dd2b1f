import type { Machine } from '../machine.ts'

/** Somebody or something with a SID. */
export interface Principal {
  name: string
  domain: string
  domainSid: string
  rid: number | undefined
  /** SID_NAME_USE: 1 user, 2 group, 3 domain, 4 alias, 5 well-known group. */
  type: number
}

export const BUILTIN_SID = 'S-1-5-32'

export const ALIASES: readonly { rid: number; name: string; comment: string }[] = [
  { rid: 544, name: 'Administrators', comment: 'Administrators have complete and unrestricted access to the computer/domain' },
  {
    rid: 545,
    name: 'Users',
    comment: 'Users are prevented from making accidental or intentional system-wide changes and can run most applications',
  },
  {
    rid: 546,
    name: 'Guests',
    comment: 'Guests have the same access as members of the Users group by default, except for the Guest account',
  },
  {
    rid: 551,
    name: 'Backup Operators',
    comment: 'Backup Operators can override security restrictions for the sole purpose of backing up files',
  },
  { rid: 555, name: 'Remote Desktop Users', comment: 'Members in this group are granted the right to logon remotely' },
]

const WELL_KNOWN: readonly { sid: string; name: string; domain: string }[] = [
  { sid: 'S-1-1-0', name: 'Everyone', domain: '' },
  { sid: 'S-1-5-7', name: 'ANONYMOUS LOGON', domain: 'NT AUTHORITY' },
  { sid: 'S-1-5-11', name: 'Authenticated Users', domain: 'NT AUTHORITY' },
  { sid: 'S-1-5-18', name: 'SYSTEM', domain: 'NT AUTHORITY' },
  { sid: 'S-1-5-19', name: 'LOCAL SERVICE', domain: 'NT AUTHORITY' },
  { sid: 'S-1-5-20', name: 'NETWORK SERVICE', domain: 'NT AUTHORITY' },
]

/** Groups of the machine's own domain; a standalone server has but this one. */
export const GROUPS: readonly { rid: number; name: string; comment: string }[] = [{ rid: 513, name: 'None', comment: 'Ordinary users' }]

function principals({ accounts, name: domain, sid }: Machine): Principal[] {
  const own = { domain, domainSid: sid }
  return [
    ...accounts.map(({ name, rid }) => ({ ...own, name, rid, type: 1 })),
    ...GROUPS.map(({ name, rid }) => ({ ...own, name, rid, type: 2 })),
    { ...own, name: domain, rid: undefined, type: 3 },
    ...ALIASES.map(({ name, rid }) => ({ name, rid, domain: 'BUILTIN', domainSid: BUILTIN_SID, type: 4 })),
    { name: 'BUILTIN', domain: 'BUILTIN', domainSid: BUILTIN_SID, rid: undefined, type: 3 },
    ...WELL_KNOWN.map(({ sid: known, name, domain: authority }) => {
      const at = known.lastIndexOf('-')
      return { name, domain: authority, domainSid: known.slice(0, at), rid: Number(known.slice(at + 1)), type: 5 }
    }),
  ]
}

export function principalBySid(machine: Machine, sid: string): Principal | undefined {
  return principals(machine).find(({ domainSid, rid }) => (rid === undefined ? domainSid : `${domainSid}-${rid}`) === sid)
}

/** @param given `name` or `DOMAIN\name` */
export function principalByName(machine: Machine, given: string): Principal | undefined {
  const name = given.slice(given.lastIndexOf('\\') + 1).toLowerCase()
  return principals(machine).find((one) => one.name.toLowerCase() === name)
}
