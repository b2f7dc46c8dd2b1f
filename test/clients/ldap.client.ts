import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../src/emulators/ldap/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

const BASE = 'dc=tarnholt-weir,dc=internal'
const MARIS = `uid=maris,ou=people,${BASE}`

let p: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ldap-client-'))
  writeFileSync(join(folder, 'p'), 'a\nb\nsummer2024\n')
  p = await play(lure, { persona: 'debian-web', hosts: accountsOnly(), options: { login: { policy: 'list' } } })
})
afterAll(async () => {
  await p.stop()
  rmSync(folder, { recursive: true, force: true })
})

const url = (index = 0): string => `${index === 1 ? 'ldaps' : 'ldap'}://127.0.0.1:${p.port(index)}`
const env = (args: string[]): [string, string[]] => ['env', ['LDAPTLS_REQCERT=never', ...args]]

describe('ldap-utils', () => {
  it('ldapsearch reads the rootDSE and the people, over TLS and StartTLS too', async () => {
    const root = await ran('ldapsearch', ['-x', '-LLL', '-H', url(), '-s', 'base', '-b', '', '+'])
    expect(root.stdout).toContain(`namingContexts: ${BASE}\n`)
    expect(root.stdout).toContain('supportedSASLMechanisms: SCRAM-SHA-512\n')
    for (const more of [
      ['-H', url(1)],
      ['-ZZ', '-H', url()],
    ]) {
      const { stdout } = await ran(...env(['ldapsearch', '-x', '-LLL', ...more, '-b', BASE, '(uid=maris)', 'mail']))
      expect(stdout).toBe(`dn: ${MARIS}\nmail: maris@tarnholt-weir.internal\n\n`)
    }
  })

  it('ldapwhoami is refused, and told who it is', async () => {
    const wrong = await ran('ldapwhoami', ['-x', '-H', url(), '-D', 'cn=a', '-w', 'b'])
    expect([wrong.code, wrong.stderr]).toEqual([49, 'ldap_bind: Invalid credentials (49)\n'])
    expect((await ran('ldapwhoami', ['-x', '-H', url(), '-D', MARIS, '-w', 'summer2024'])).stdout).toBe(`dn:${MARIS}\n`)
  })

  it.each(['SCRAM-SHA-512', 'SCRAM-SHA-256', 'DIGEST-MD5', 'CRAM-MD5'])('SASL %s with the right password', async (mechanism) => {
    const { stdout } = await ran('ldapwhoami', ['-Q', '-O', 'maxssf=0', '-Y', mechanism, '-H', url(), '-U', 'maris', '-w', 'summer2024'])
    expect(stdout).toBe(`dn:uid=maris,cn=${mechanism.toLowerCase()},cn=auth\n`)
    expect(p.data('login').at(-1)).toMatchObject({ method: `ldap-${mechanism.toLowerCase()}`, username: 'maris', accepted: true })
  })

  it('SASL NTLM is kept as a line to crack', async () => {
    await ran('ldapwhoami', ['-Q', '-Y', 'NTLM', '-H', url(), '-U', 'bob', '-w', 'x'])
    expect(p.data('login').at(-1)).toMatchObject({ username: 'bob', hash: { line: expect.stringMatching(/^bob::/) } })
  })

  it('ldapadd is told to authenticate', async () => {
    const { code } = await ran('ldapadd', ['-x', '-H', url()], `dn: uid=x,${BASE}\nobjectClass: account\nuid: x\n`)
    expect(code).toBe(8)
  })
})

describe('scanners', () => {
  it('nmap names OpenLDAP, and its scripts read the directory', { timeout: 180_000 }, async () => {
    expect(await nmapNames(p.port())).toMatch(/^ldap +OpenLDAP/)
    expect(await nmapNames(p.port(1))).toMatch(/^ssl\/ldap +OpenLDAP/)
    const { stdout } = await ran(
      'nmap',
      ['-n', '-Pn', '-p', String(p.port()), '--script', '+ldap-rootdse,+ldap-search', '127.0.0.1'],
      undefined,
      60_000,
    )
    expect(stdout).toContain(`namingContexts: ${BASE}`)
    expect(stdout).toContain('cn: Maris Fennick')
  })

  it('hydra finds the weak password, and each try is one login', async () => {
    const before = p.data('login').length
    const { stdout } = await ran('hydra', [
      '-I',
      '-t',
      '1',
      '-s',
      String(p.port()),
      '-l',
      MARIS,
      '-P',
      join(folder, 'p'),
      'ldap3://127.0.0.1',
    ])
    expect(stdout).toMatch(/password: summer2024/)
    const tries = p.data('login').slice(before)
    expect(tries.map(({ password }) => password)).toEqual(['a', 'b', 'summer2024'])
  })
})
