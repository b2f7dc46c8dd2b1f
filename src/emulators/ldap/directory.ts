import { createHash } from 'node:crypto'
import { peopleFrom } from '../../config/drawn-names.ts'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { type Dn, parseDn } from './dn.ts'

export interface Entry {
  dn: string
  /** Comparable form of `dn`. */
  name: Dn
  /** In the order in which they are shown. */
  attributes: [string, string[]][]
  operational: [string, string[]][]
}

export interface Directory {
  suffix: string
  suffixName: Dn
  /** Who may read passwords. */
  admin: Dn
  entries: Entry[]
}

/** Accounts that applications bind with. Nobody knows their passwords. */
const SERVICE_ACCOUNTS: readonly [string, string][] = [
  ['svc-backup', 'Nightly backup'],
  ['svc-ldapbind', 'Bind account of the mail server and the wiki'],
  ['svc-vpn', 'VPN gateway'],
]
/** Colleagues who have no account on this machine; the seed gives them their names and telephones. */
const COLLEAGUES = 6

/** `dc=example,dc=org` of a domain. */
export function suffixOf(domain: string): string {
  return domain
    .split('.')
    .map((label) => `dc=${label}`)
    .join(',')
}

/** The people, groups and service accounts of a persona as slapd keeps them. @param now UTC milliseconds */
export function directoryOf(persona: Persona, identity: Identity, now: number): Directory {
  const domain = persona.domain === 'localdomain' ? 'example.org' : persona.domain
  const suffix = suffixOf(domain)
  const company = persona.facts.company ?? domain
  const [label = domain] = domain.split('.')
  const builder = new Builder(suffix, identity, now)
  builder.add(suffix, [
    ['objectClass', ['top', 'dcObject', 'organization']],
    ['o', [company]],
    ['dc', [label]],
  ])
  for (const ou of ['people', 'groups', 'services']) {
    builder.add(`ou=${ou},${suffix}`, [
      ['objectClass', ['organizationalUnit']],
      ['ou', [ou]],
    ])
  }
  const people = peopleOf(persona, identity)
  for (const [i, person] of people.entries()) builder.addPerson(person, i, domain)
  for (const [name, description] of SERVICE_ACCOUNTS) {
    builder.add(
      `uid=${name},ou=services,${suffix}`,
      [
        ['objectClass', ['account', 'simpleSecurityObject']],
        ['uid', [name]],
        ['description', [description]],
      ],
      identity.hex(`ldap/service/${name}`, 12),
    )
  }
  const uids = people.map(({ uid }) => uid)
  builder.addGroup('staff', 5000, uids)
  builder.addGroup('admins', 5001, uids.slice(0, 1))
  builder.addGroup(
    'vpn-users',
    5002,
    uids.filter((_, i) => i % 2 === 0),
  )
  builder.addGroup('accounts', 5003, uids.slice(-2))
  return { suffix, suffixName: parseDn(suffix) ?? [], admin: parseDn(`cn=admin,${suffix}`) ?? [], entries: builder.entries }
}

interface Person {
  uid: string
  given: string
  surname: string
  uidNumber: number
  gidNumber: number
  home: string
  shell: string
  password?: string | undefined
}

function peopleOf(persona: Persona, identity: Identity): Person[] {
  const own = persona.users
    .filter(({ uid, shell, gecos }) => uid >= 1000 && uid < 60_000 && !shell.endsWith('nologin') && / /.test(gecos.split(',')[0] ?? ''))
    .map((user): Person => {
      const [given = user.name, ...rest] = (user.gecos.split(',')[0] ?? '').split(' ')
      const surname = rest.join(' ')
      return {
        uid: user.name,
        given,
        surname,
        uidNumber: user.uid,
        gidNumber: user.gid,
        home: user.home,
        shell: user.shell,
        password: user.password,
      }
    })
  const others = peopleFrom(identity, 'ldap/colleagues', COLLEAGUES).map(([given, surname], i): Person => {
    const uid = `${given[0]}${surname}`.toLowerCase()
    return { uid, given, surname, uidNumber: 2001 + i, gidNumber: 5000, home: `/home/${uid}`, shell: '/bin/bash' }
  })
  return [...own, ...others]
}

class Builder {
  readonly entries: Entry[] = []
  readonly #suffix: string
  readonly #identity: Identity
  readonly #now: number

  constructor(suffix: string, identity: Identity, now: number) {
    this.#suffix = suffix
    this.#identity = identity
    this.#now = now
  }

  addPerson({ uid, given, surname, uidNumber, gidNumber, home, shell, password }: Person, i: number, domain: string): void {
    const extension = this.#identity.integer(`ldap/phone/${uid}`, 100, 899)
    this.add(
      `uid=${uid},ou=people,${this.#suffix}`,
      [
        ['objectClass', ['inetOrgPerson', 'posixAccount', 'shadowAccount']],
        ['uid', [uid]],
        ['cn', [`${given} ${surname}`]],
        ['sn', [surname]],
        ['givenName', [given]],
        ['mail', [`${uid}@${domain}`]],
        ['employeeNumber', [String(1040 + i * 7)]],
        ['telephoneNumber', [`+45 70 20 ${String(extension).padStart(4, '0')}`]],
        ['uidNumber', [String(uidNumber)]],
        ['gidNumber', [String(gidNumber)]],
        ['homeDirectory', [home]],
        ['loginShell', [shell]],
      ],
      password ?? this.#identity.hex(`ldap/password/${uid}`, 10),
    )
  }

  addGroup(cn: string, gidNumber: number, members: readonly string[]): void {
    this.add(`cn=${cn},ou=groups,${this.#suffix}`, [
      ['objectClass', ['posixGroup']],
      ['cn', [cn]],
      ['gidNumber', [String(gidNumber)]],
      ['memberUid', [...members]],
    ])
  }

  add(dn: string, attributes: [string, string[]][], password?: string): void {
    const created =
      this.#now -
      this.#identity.integer(`ldap/created/${dn}`, 40, 900) * 86_400_000 -
      this.#identity.integer(`ldap/second/${dn}`, 0, 86_399) * 1000
    const stamp = `${new Date(created).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`
    const csn = `${stamp.slice(0, 14)}.${String(this.#identity.integer(`ldap/csn/${dn}`, 0, 999_999)).padStart(6, '0')}Z#000000#000#000000`
    const admin = `cn=admin,${this.#suffix}`
    const structural = { dcObject: 'organization', top: 'organization' }[attributes[0]?.[1][0] ?? ''] ?? attributes[0]?.[1][0] ?? ''
    this.entries.push({
      dn,
      name: parseDn(dn) ?? [],
      attributes: password === undefined ? attributes : [...attributes, ['userPassword', [this.#ssha(dn, password)]]],
      operational: [
        ['structuralObjectClass', [structural]],
        ['entryUUID', [this.#identity.uuid(`ldap/uuid/${dn}`)]],
        ['creatorsName', [admin]],
        ['createTimestamp', [stamp]],
        ['entryCSN', [csn]],
        ['modifiersName', [admin]],
        ['modifyTimestamp', [stamp]],
        ['entryDN', [dn]],
        ['subschemaSubentry', ['cn=Subschema']],
      ],
    })
  }

  /** `{SSHA}`, slapd's default: SHA-1 over password and salt, and the salt. */
  #ssha(dn: string, password: string): string {
    const salt = this.#identity.bytes(`ldap/salt/${dn}`, 4)
    const digest = createHash('sha1').update(password).update(salt).digest()
    return `{SSHA}${Buffer.concat([digest, salt]).toString('base64')}`
  }
}
