import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import smtp from '../../src/emulators/smtp/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'joe', password: 's3cret' }] }
const start = (options: Record<string, unknown> = {}): Promise<Playing> =>
  play(smtp, {
    persona: 'mail-host',
    prompts: 'test/fixtures/prompts',
    hosts: accountsOnly(),
    options: { login: LOGIN, delays: false, ...options },
  })

let p: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'smtp-client-'))
  p = await start()
})
afterAll(async () => {
  await p.stop()
  rmSync(folder, { recursive: true, force: true })
})

const swaks = (...args: string[]) => ran('swaks', ['-s', '127.0.0.1', '-p', String(p.port()), '-f', 'a@x.example', ...args])

describe('swaks', () => {
  it('delivers to a user, and the message is kept whole', async () => {
    const { code, stdout } = await swaks('-t', 'alice@mail.example.org', '--body', 'see http://203.0.113.5/a.sh')
    expect(code).toBe(0)
    expect(stdout).toMatch(/<- {2}250 2\.0\.0 Ok: queued as [0-9A-F]{9,}/)
    const message = p.data('smtp.message').at(-1)!
    expect(message).toMatchObject({ mailFrom: 'a@x.example', rcptTo: ['alice@mail.example.org'], urls: ['http://203.0.113.5/a.sh'] })
    expect(p.artifacts.kept.get(message.sha256 as string)!.toString()).toContain('http://203.0.113.5/a.sh')
  })

  it.each(['LOGIN', 'PLAIN', 'CRAM-MD5'])('logs in with %s, and is refused with a wrong password', async (mechanism) => {
    const right = await swaks('-a', mechanism, '-au', 'joe', '-ap', 's3cret', '-t', 'b@y.example', '--quit-after', 'AUTH')
    expect(right.stdout).toContain('<-  235 2.7.0 Authentication successful')
    const wrong = await swaks('-a', mechanism, '-au', 'Joe', '-ap', 'WRONG', '-t', 'b@y.example', '--quit-after', 'AUTH')
    expect(wrong).toMatchObject({ code: 28, stdout: expect.stringContaining('<** 535 5.7.8 Error: authentication failed') })
    expect(p.data('login').slice(-2)).toMatchObject([
      { username: 'joe', accepted: true },
      { username: 'Joe', accepted: false },
    ])
  })

  it('goes over STARTTLS, and over TLS from the first byte', async () => {
    expect((await swaks('-tls', '-t', 'alice@mail.example.org')).stdout).toMatch(/=== TLS started[\s\S]*<~ {2}250 2\.0\.0 Ok: queued/)
    const secure = await ran('swaks', [
      '-s',
      '127.0.0.1',
      '-p',
      String(p.port(1)),
      '-tlsc',
      '-f',
      'a@x.example',
      '-t',
      'alice@mail.example.org',
    ])
    expect(secure.stdout).toMatch(/<~ {2}250 2\.0\.0 Ok: queued/)
    expect(secure.stdout).not.toMatch(/<~ {2}250-STARTTLS/)
  })

  it('is told that twelve megabytes are too many, and that relaying is for users', async () => {
    const file = join(folder, 'big')
    writeFileSync(file, `${'x'.repeat(990)}\n`.repeat(12_500))
    expect((await swaks('-t', 'alice@mail.example.org', '--body', `@${file}`)).stdout).toContain('552 5.3.4')
    for (let i = 0; i < 2; i++) await swaks('-t', 'b@foreign.example')
    expect((await swaks('-t', 'b@foreign.example')).stdout).toContain('454 4.7.1 <b@foreign.example>: Relay access denied')
  })
})

describe('other clients', () => {
  it('curl sends a mail', async () => {
    const file = join(folder, 'mail')
    writeFileSync(file, 'Subject: curl\r\n\r\nbody\r\n')
    const { code } = await ran('curl', [
      '-sS',
      '--url',
      `smtp://127.0.0.1:${p.port()}`,
      '--mail-from',
      'a@x.example',
      '--mail-rcpt',
      'alice@example.org',
      '-T',
      file,
    ])
    expect(code).toBe(0)
    expect(p.data('smtp.message').at(-1)).toMatchObject({ subject: 'curl' })
  })

  it('openssl s_client changes to TLS', async () => {
    const { stdout } = await ran(
      'openssl',
      ['s_client', '-connect', `127.0.0.1:${p.port(2)}`, '-starttls', 'smtp', '-quiet'],
      'EHLO x\r\nQUIT\r\n',
    )
    expect(stdout).toContain('250-AUTH PLAIN LOGIN CRAM-MD5')
  })

  it('hydra finds the weak password, and each of its tries is one login', async () => {
    const before = p.data('login').length
    writeFileSync(join(folder, 'p'), 'a\nb\ns3cret\n')
    const { stdout } = await ran('hydra', [
      '-I',
      '-t',
      '1',
      '-s',
      String(p.port()),
      '-l',
      'joe',
      '-P',
      join(folder, 'p'),
      'smtp://127.0.0.1',
    ])
    expect(stdout).toMatch(/\[smtp\] host: 127\.0\.0\.1 +login: joe +password: s3cret/)
    expect(
      p
        .data('login')
        .slice(before)
        .map(({ password }) => password),
    ).toEqual(['a', 'b', 's3cret'])
  })

  it('nmap names Postfix on every port, lists its commands, and finds no open relay', { timeout: 180_000 }, async () => {
    expect(await nmapNames(p.port())).toMatch(/^smtp +Postfix smtpd$/)
    expect(await nmapNames(p.port(1))).toMatch(/^ssl\/smtp +Postfix smtpd$/)
    const relay = await ran('nmap', [
      '-n',
      '-Pn',
      '-p',
      String(p.port()),
      '--script',
      'smtp-commands,smtp-open-relay',
      '--script-args',
      'smtp-open-relay.domain=x.example',
      '127.0.0.1',
    ])
    expect(relay.stdout).not.toMatch(/not implemented|16\/16/)
  })

  it('nmap names Exim where Exim is played', { timeout: 120_000 }, async () => {
    const exim = await start({ product: 'exim' })
    expect(await nmapNames(exim.port())).toMatch(/^smtp +Exim smtpd 4\.96$/)
    await exim.stop()
  })
})
