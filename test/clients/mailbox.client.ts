import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import imap from '../../src/emulators/imap/index.ts'
import pop3 from '../../src/emulators/pop3/index.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'maris', password: 's3cret' }] }
const start = (lure: Lure): Promise<Playing> =>
  play(lure, { persona: 'debian-web', hosts: accountsOnly(), options: { login: LOGIN, delays: false } })

let folder: string
const playing: Record<string, Playing> = {}
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mailbox-client-'))
  writeFileSync(join(folder, 'p'), 'a\nb\ns3cret\n')
  playing.pop3 = await start(pop3)
  playing.imap = await start(imap)
})
afterAll(async () => {
  for (const p of Object.values(playing)) await p.stop()
  rmSync(folder, { recursive: true, force: true })
})

const port = (name: string, index = 0): number => playing[name]!.port(index)

describe.each(['pop3', 'imap'])('%s', (name) => {
  it('curl lists and fetches, in clear, over STLS or STARTTLS and over TLS', async () => {
    const one = name === 'pop3' ? '/1' : '/INBOX;MAILINDEX=1'
    for (const [scheme, index, more] of [
      [name, 0, []],
      [name, 0, ['--ssl-reqd', '-k']],
      [`${name}s`, 1, ['-k']],
    ] as const) {
      const { code, stdout } = await ran('curl', ['-sS', ...more, '-u', 'maris:s3cret', `${scheme}://127.0.0.1:${port(name, index)}${one}`])
      expect(code).toBe(0)
      expect(stdout).toMatch(/^Return-Path: </)
    }
  })

  it('curl is refused with a wrong password', async () => {
    expect((await ran('curl', ['-sS', '--login-options', 'AUTH=PLAIN', '-u', 'maris:no', `${name}://127.0.0.1:${port(name)}/`])).code).toBe(
      67,
    )
    expect(playing[name]!.data('login').at(-1)).toMatchObject({ username: 'maris', password: 'no', accepted: false })
  })

  it('hydra finds the weak password, and each of its tries is one login', async () => {
    const before = playing[name]!.data('login').length
    const { stdout } = await ran('hydra', [
      '-I',
      '-t',
      '1',
      '-s',
      String(port(name)),
      '-l',
      'maris',
      '-P',
      join(folder, 'p'),
      `${name}://127.0.0.1`,
    ])
    expect(stdout).toMatch(/login: maris +password: s3cret/)
    expect(
      playing[name]!.data('login')
        .slice(before)
        .filter(({ password }) => password !== undefined)
        .map(({ password }) => password),
    ).toEqual(['a', 'b', 's3cret'])
  })

  it('nmap names Dovecot, with TLS and without', { timeout: 180_000 }, async () => {
    expect(await nmapNames(port(name))).toMatch(name === 'pop3' ? /^pop3 +Dovecot pop3d$/ : /^imap +Dovecot imapd$/)
    expect(await nmapNames(port(name, 1))).toMatch(name === 'pop3' ? /^ssl\/pop3 +Dovecot pop3d$/ : /^ssl\/imap +Dovecot imapd$/)
  })
})

describe('Python', () => {
  it('imaplib selects, searches, fetches, appends and copies', async () => {
    const script = `
import imaplib, sys
m = imaplib.IMAP4('127.0.0.1', ${port('imap')})
m.starttls()
print(m.login('maris', 's3cret')[0], m.list()[0], m.select('INBOX'))
typ, found = m.search(None, '(SUBJECT "invoice")')
print(typ, len(found[0].split()) > 0)
typ, data = m.fetch(found[0].split()[0], '(RFC822)')
print(typ, data[0][1][:13])
print(m.append('Drafts', None, None, b'Subject: x\\r\\n\\r\\ny\\r\\n')[0], m.copy(found[0].split()[0], 'Trash')[0], m.status('Trash', '(MESSAGES)'))
print(m.logout()[0])
`
    const { stdout, stderr } = await ran('/usr/bin/python3', ['-c', script])
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^OK OK \('OK', \[b'\d+'\]\)\nOK True\nOK b'Return-Path: '\nOK OK \('OK', \[b'Trash \(MESSAGES 1\)'\]\)\nBYE\n$/)
  })

  it('poplib and imaplib log in with CRAM-MD5, kept as hashcat reads it', async () => {
    const script = `
import imaplib, poplib
m = imaplib.IMAP4('127.0.0.1', ${port('imap')})
print(m.login_cram_md5('maris', 's3cret')[0])
p = poplib.POP3('127.0.0.1', ${port('pop3')})
p.user('maris'); p.pass_('s3cret')
print(p.stat()[0] > 0, len(p.list()[1]) == p.stat()[0], p.uidl()[0][:3])
p.quit()
`
    const { stdout } = await ran('/usr/bin/python3', ['-c', script])
    expect(stdout).toBe("OK\nTrue True b'+OK'\n")
    const hashes = playing.imap!.data('login').filter(({ method }) => method === 'imap-cram-md5')
    expect(hashes.at(-1)).toMatchObject({
      username: 'maris',
      accepted: true,
      hash: { mode: 10200, line: expect.stringMatching(/^\$cram_md5\$[\w+/=]+\$[\w+/=]+$/) },
    })
  })
})
