import nodemailer from 'nodemailer'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/smtp/index.ts'
import { fromEvidence } from '../../../src/events/bytes.ts'
import { MailStore } from '../../../src/host/mail/mail-store.ts'
import { collect, connect, MemoryState, type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { holds, nameOf, recording } from '../recorded.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] }
const start = (options: Record<string, unknown> = {}, state = new MemoryState()): Promise<Playing> =>
  play(lure, {
    persona: 'mail-host',
    prompts: 'test/fixtures/prompts',
    hosts: accountsOnly(),
    state,
    options: { login: LOGIN, delays: false, ...options },
  })

/** Queue ids, dates and challenges are new each time. */
const mask = (reply: string): string =>
  reply
    .replace(/queued as [0-9A-F]{9,12}\r/g, 'queued as ID\r')
    .replace(/id=\w{6}-\w{6}-\w{2}\r/g, 'id=ID\r')
    .replace(/\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000\r/g, 'DATE\r')

async function talk(port: number, text: string | Buffer, quietMs = 150): Promise<string> {
  const socket = await connect(port)
  socket.write(text)
  return (await collect(socket, quietMs)).toString('latin1')
}

describe.each([
  { product: 'postfix', file: 'postfix-3.7.11.json', closed: { relay: 'closed' } },
  { product: 'exim', file: 'exim-4.96.json', closed: { relay: 'closed' } },
])('$product', ({ product, file, closed }) => {
  let p: Playing
  beforeAll(async () => {
    p = await start({ product, ...closed })
  })
  afterAll(async () => {
    await p.stop()
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  })

  it.each(
    recording(new URL(file, import.meta.url)).dialogues.map((dialogue) => [nameOf(dialogue), dialogue] as const),
  )('answers as the real one: %s', async (_name, dialogue) => holds(p.port(), dialogue, mask))

  it('announces neither AUTH nor STARTTLS when it has none, as recorded without both', async () => {
    const bare = await start({ product, auth: [], starttls: false })
    const answer = await talk(bare.port(), 'EHLO x\r\n')
    expect(answer).not.toMatch(/AUTH|STARTTLS/)
    if (product === 'postfix') {
      expect(answer).toBe(
        '220 mail.example.org ESMTP Postfix (Debian/GNU)\r\n250-mail.example.org\r\n250-PIPELINING\r\n250-SIZE 10240000\r\n250-VRFY\r\n250-ETRN\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n',
      )
    }
    await bare.stop()
  })

  it('lets nodemailer log in, over STARTTLS and over TLS from the first byte, and takes its mail', async () => {
    for (const [index, secure] of [
      [2, false],
      [1, true],
    ] as const) {
      const client = nodemailer.createTransport({
        host: '127.0.0.1',
        port: p.port(index),
        secure,
        requireTLS: !secure,
        tls: { rejectUnauthorized: false },
        auth: { user: 'alice', pass: 'secret' },
      })
      const sent = await client.sendMail({
        from: 'alice@example.org',
        to: 'alice@example.org',
        subject: 'Prüfung',
        text: 'see http://203.0.113.7/kit.zip',
        attachments: [{ filename: 'tool.sh', content: '#!/bin/sh\nid\n' }],
      })
      expect(sent.response).toMatch(/^250 /)
      client.close()
    }
    expect(p.data('login').slice(-2)).toMatchObject([
      { username: 'alice', password: 'secret', accepted: true },
      { username: 'alice', password: 'secret', accepted: true },
    ])
    const message = p.data('smtp.message').at(-1)!
    expect(message).toMatchObject({
      mailFrom: 'alice@example.org',
      rcptTo: ['alice@example.org'],
      as: 'alice',
      relayed: false,
      urls: ['http://203.0.113.7/kit.zip'],
      attachments: [{ name: 'tool.sh', size: 13 }],
    })
    const kept = p.artifacts.kept.get(message.sha256 as string)!
    expect(kept.toString()).toContain('Subject: =?UTF-8?Q?Pr=C3=BCfung?=')
    const [{ sha256 }] = message.attachments as [{ sha256: string }]
    expect(p.artifacts.kept.get(sha256)!.toString()).toBe('#!/bin/sh\nid\n')
    expect(p.data('indicator').at(-1)).toEqual({ kind: 'url', value: 'http://203.0.113.7/kit.zip', how: 'smtp.data' })
  })

  it('answers commands that come in one packet one after the other', async () => {
    const answer = await talk(p.port(), 'EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<alice@mail.example.org>\r\nDATA\r\nhi\r\n.\r\nQUIT\r\n')
    expect(
      answer
        .split('\r\n')
        .map((line) => line.slice(0, 4))
        .filter((code) => code.endsWith(' ')),
    ).toEqual(['220 ', '250 ', '250 ', '250 ', '354 ', '250 ', '221 '])
    expect(answer.replace(/\r\n/g, '')).not.toContain('\n')
  })

  it('throws away what is sent in clear behind STARTTLS', async () => {
    const answer = await talk(p.port(), 'EHLO x\r\nSTARTTLS\r\nNOOP\r\n')
    expect(answer.split('\r\n').at(-2)).toMatch(/^220 /)
    await expect
      .poll(() => p.events.filter((e) => e.type === 'session.close' && e.tags?.includes('note:command-injection')))
      .toHaveLength(1)
  })

  it('refuses a message above its limit and goes on', async () => {
    const small = await start({ product, size: 2000 })
    const answer = await talk(
      small.port(),
      `EHLO x\r\nMAIL FROM:<a@b.c> SIZE=3000\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<alice@mail.example.org>\r\nDATA\r\n${'x'.repeat(98)}\r\n`.concat(
        `${'y'.repeat(98)}\r\n`.repeat(25),
        '.\r\nNOOP\r\n',
      ),
    )
    expect(answer.match(/^552 .*$/gm)).toHaveLength(2)
    expect(answer.trimEnd().split('\r\n').at(-1)).toMatch(/^250 /)
    expect(small.data('smtp.message')).toEqual([])
    await small.stop()
  })

  it('keeps the password of AUTH LOGIN byte for byte, and CRAM-MD5 as hashcat reads it', async () => {
    const odd = Buffer.from([0x70, 0xff, 0x00, 0x41])
    const socket = await connect(p.port())
    socket.write(`EHLO x\r\nAUTH LOGIN\r\n${Buffer.from('Bob').toString('base64')}\r\n${odd.toString('base64')}\r\nAUTH CRAM-MD5\r\n`)
    const challenge = await new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (d) => {
        text += d.toString('latin1')
        const match = /334 (PD[A-Za-z0-9+/=]+)\r\n$/.exec(text)
        if (match) resolve(match[1]!)
      })
    })
    const { createHmac } = await import('node:crypto')
    const right = createHmac('md5', 'secret').update(Buffer.from(challenge, 'base64')).digest('hex')
    const answer = Buffer.from(`alice ${right}`).toString('base64')
    socket.write(`${answer}\r\n`)
    expect((await collect(socket, 150)).toString()).toMatch(/^235 /)
    const [login, cram] = p.data('login').slice(-2)
    expect(fromEvidence(login!.password as string)).toEqual(odd)
    expect(login).toMatchObject({ method: 'smtp-login', username: 'Bob', accepted: false })
    expect(cram).toMatchObject({
      method: 'smtp-cram-md5',
      username: 'alice',
      hash: { mode: 10200, line: `$cram_md5$${challenge}$${answer}` },
      accepted: true,
    })
  })

  it('takes no more than a thousand recipients', async () => {
    const answer = await talk(p.port(), `EHLO x\r\nMAIL FROM:<a@b.c>\r\n${'RCPT TO:<alice@mail.example.org>\r\n'.repeat(990)}`, 400)
    expect(answer.match(/^250 /gm)!.length).toBeGreaterThanOrEqual(991)
  })
})

describe('the relay policy', () => {
  const RELAY_TESTS = [
    'a@foreign.test',
    'a%foreign.test@mail.example.org',
    'foreign.test!a',
    '"a@foreign.test"@mail.example.org',
    '@mail.example.org:a@foreign.test',
  ]
  const probe = (port: number, count = 1): Promise<string> =>
    talk(
      port,
      `EHLO x\r\n${`MAIL FROM:<me@here.test>\r\nRCPT TO:<a@foreign.test>\r\nDATA\r\nSubject: relay 127.0.0.1\r\n\r\n\r\n.\r\nRSET\r\n`.repeat(count)}`,
    )

  it('closed refuses every form of relaying', async () => {
    const p = await start({ relay: 'closed' })
    const answer = await talk(p.port(), `EHLO x\r\nMAIL FROM:<me@here.test>\r\n${RELAY_TESTS.map((a) => `RCPT TO:<${a}>\r\n`).join('')}`)
    expect(answer.match(/Relay access denied/g)).toHaveLength(RELAY_TESTS.length)
    await p.stop()
  })

  it('selective takes the first messages of a stranger to a plain address, and tags the test mail', async () => {
    const p = await start()
    const answer = await talk(p.port(), `EHLO x\r\nMAIL FROM:<me@here.test>\r\n${RELAY_TESTS.map((a) => `RCPT TO:<${a}>\r\n`).join('')}`)
    expect(answer.match(/Relay access denied/g)).toHaveLength(RELAY_TESTS.length - 1)
    const relayed = await probe(p.port(), 3)
    expect(relayed.match(/queued as/g)).toHaveLength(2)
    expect(relayed).toContain('454 4.7.1 <a@foreign.test>: Relay access denied')
    expect(p.events.filter((e) => e.type === 'smtp.message')[0]).toMatchObject({
      tags: ['attack:T1566', 'note:relay-test'],
      data: { relayed: true, isProbe: true, subject: 'relay 127.0.0.1' },
    })
    await p.stop()
  })

  it('selective relays for users without end, and asks for a login on the submission ports', async () => {
    const p = await start()
    expect(await talk(p.port(2), 'EHLO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<a@foreign.test>\r\n')).toContain(
      '554 5.7.1 <a@foreign.test>: Recipient address rejected: Access denied',
    )
    const auth = Buffer.from('\0alice\0secret').toString('base64')
    const one = 'MAIL FROM:<a@b.c>\r\nRCPT TO:<a@foreign.test>\r\nDATA\r\nx\r\n.\r\n'
    expect((await talk(p.port(2), `EHLO x\r\nAUTH PLAIN ${auth}\r\n${one.repeat(5)}`)).match(/queued as/g)).toHaveLength(5)
    await p.stop()
  })

  it('sink takes everything from everybody', async () => {
    const p = await start({ relay: 'sink' })
    expect((await probe(p.port(), 6)).match(/queued as/g)).toHaveLength(6)
    await p.stop()
  })
})

describe('a message to a user who is here', () => {
  it('lies in the mailbox that its sender will find behind a weak password', async () => {
    const state = new MemoryState()
    const p = await start({}, state)
    await talk(p.port(), 'EHLO x\r\nMAIL FROM:<me@here.test>\r\nRCPT TO:<alice>\r\nDATA\r\nSubject: for alice\r\n\r\nhello\r\n.\r\n')
    await p.stop()
    const { Identity } = await import('../../../src/config/identity.ts')
    const { loadPersona } = await import('../../../src/config/personas.ts')
    const identity = new Identity(Buffer.alloc(32, 7))
    const persona = loadPersona('test/fixtures/prompts', 'mail-host', identity)
    const store = new MailStore({ persona, identity, state, user: 'alice', source: '127.0.0.1' })
    const text = store.folder('INBOX')!.messages.at(-1)!.bytes.toString()
    expect(text).toMatch(
      /^Return-Path: <me@here\.test>\r\nDelivered-To: alice@mail\.example\.org\r\nReceived: from x \(unknown \[127\.0\.0\.1\]\)\r\n\tby mail\.example\.org \(Postfix\) with ESMTP id [0-9A-F]+; /,
    )
    expect(text).toMatch(/Subject: for alice\r\n\r\nhello\r\n$/)
  })
})

describe('Postfix', () => {
  it('hangs up after twenty mistakes, and answers the late ones a second later', async () => {
    const p = await start({ delays: true })
    const startedAt = performance.now()
    const answer = await talk(p.port(), 'FOO\r\n'.repeat(11), 1300)
    expect(performance.now() - startedAt).toBeGreaterThan(1000)
    expect(answer.match(/^500 /gm)!.length).toBeGreaterThanOrEqual(10)
    await p.stop()
    const quick = await start()
    const whole = await talk(quick.port(), 'FOO\r\n'.repeat(30))
    expect(whole.match(/^500 /gm)).toHaveLength(20)
    expect(whole).toMatch(/421 4\.7\.0 mail\.example\.org Error: too many errors\r\n$/)
    await quick.stop()
  })
})
