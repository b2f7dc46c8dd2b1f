import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseDn } from '../../../src/emulators/ldap/dn.ts'
import lure from '../../../src/emulators/ldap/index.ts'
import { rootDse, subschemaEntry } from '../../../src/emulators/ldap/root-dse.ts'
import type { SearchRoom } from '../../../src/emulators/ldap/search.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { holds, nameOf, recording } from '../recorded.ts'

/** The directory that was recorded. */
function recorded(): SearchRoom {
  const suffix = 'dc=tarnholt-weir,dc=internal'
  const entry = (dn: string, attributes: [string, string[]][]) => ({
    dn,
    name: parseDn(dn)!,
    attributes,
    operational: [] as [string, string[]][],
  })
  const directory = {
    suffix,
    suffixName: parseDn(suffix)!,
    admin: parseDn(`cn=admin,${suffix}`)!,
    entries: [
      entry(suffix, [
        ['objectClass', ['top', 'dcObject', 'organization']],
        ['o', ['Tarnholt Weir']],
        ['dc', ['tarnholt-weir']],
      ]),
      entry(`ou=people,${suffix}`, [
        ['objectClass', ['organizationalUnit']],
        ['ou', ['people']],
      ]),
      entry(`uid=maris,ou=people,${suffix}`, [
        ['objectClass', ['inetOrgPerson', 'posixAccount']],
        ['uid', ['maris']],
        ['cn', ['Maris Fennick']],
        ['sn', ['Fennick']],
        ['uidNumber', ['1000']],
        ['gidNumber', ['1000']],
        ['homeDirectory', ['/home/maris']],
        ['userPassword', ['{SSHA}x']],
      ]),
    ],
  }
  return { directory, rootDse: rootDse(directory, false), subschema: subschemaEntry('20261124083622Z') }
}

/** Nonces and challenges are others each time, and the name of the machine that was recorded. */
const mask = (reply: string): string =>
  reply
    .replace(/nonce="[^"]{44}",realm="[^"]*"/, 'NONCE')
    .replace(/^0.{4,60}(?=NONCE)/s, 'DIGEST ')
    .replace(/^0.{4,60}<\d+\.\d+@[^>]+>$/s, 'CRAM')

describe('slapd', () => {
  let p: Playing
  beforeAll(async () => {
    const login = { policy: 'list', accept: [{ user: 'maris', password: 'summer2024' }] }
    p = await play({ ...lure, start: recorded }, { hosts: accountsOnly(), options: { startTls: false, login } })
  })
  afterAll(() => p.stop())

  const { dialogues } = recording(new URL('slapd-2.5.13.json', import.meta.url))
  it.each(
    dialogues.map((d) => [JSON.stringify(nameOf(d)).slice(0, 90), d] as const),
  )('answers as the real one: %s', async (_name, dialogue) => {
    await holds(p.port(), dialogue, mask)
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  })
})
