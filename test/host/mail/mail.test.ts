import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { loadPersona } from '../../../src/config/personas.ts'
import { parseAddresses } from '../../../src/host/mail/addresses.ts'
import { internalDate, mailDate } from '../../../src/host/mail/mail-date.ts'
import { MailStore } from '../../../src/host/mail/mail-store.ts'
import { decodedBody, fileNameOf, headerOf, leavesOf, parseMime } from '../../../src/host/mail/mime.ts'
import { MemoryState } from '../../harness.ts'

const crlf = (text: string): Buffer => Buffer.from(text.replace(/\n/g, '\r\n'))

describe('a MIME message', () => {
  const bytes = crlf(`From: a@b.c
Subject: one
 two
Content-Type: multipart/mixed; boundary="b1"

preamble
--b1
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: quoted-printable

caf=C3=A9 =
goes on
--b1
Content-Type: application/zip; name=a.zip
Content-Disposition: attachment; filename="in \\"quotes\\".zip"
Content-Transfer-Encoding: base64

UEsDBA==
--b1
Content-Type: message/rfc822

Subject: inner

inner body
--b1--
epilogue
`)

  it('is cut at its delimiters, whose line ends belong to them', () => {
    const message = parseMime(bytes)
    expect(message.parts.map(({ type, subtype }) => `${type}/${subtype}`)).toEqual(['text/plain', 'application/zip', 'message/rfc822'])
    expect(headerOf(message.headers, 'subject')).toBe('one two')
    const [text, zip] = leavesOf(message)
    expect(decodedBody(bytes, text!).toString()).toBe('café goes on')
    expect(decodedBody(bytes, zip!)).toEqual(Buffer.from('PK\x03\x04', 'latin1'))
    expect(fileNameOf(zip!)).toBe('in "quotes".zip')
    const inner = message.parts[2]!.message!
    expect(bytes.toString('latin1', inner.bodyStart, inner.end)).toBe('inner body')
  })

  it('may be any bytes, and stays within them', () => {
    const word = fc.constantFrom(
      '--b\r\n',
      '--b--\r\n',
      'Content-Type: multipart/mixed; boundary=b\r\n',
      'Content-Type: message/rfc822\r\n',
      '\r\n',
      'x: y\n',
      '=',
      '"',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(word, fc.string({ maxLength: 8 })), { maxLength: 60 }), (words) => {
        const some = Buffer.from(words.join(''))
        for (const leaf of leavesOf(parseMime(some))) {
          expect(leaf.start).toBeLessThanOrEqual(leaf.bodyStart)
          expect(leaf.bodyStart).toBeLessThanOrEqual(leaf.end)
          expect(leaf.end).toBeLessThanOrEqual(some.length)
          decodedBody(some, leaf)
        }
      }),
    )
  })

  it('with a hundred thousand delimiters and levels is read in no time', () => {
    const startedAt = performance.now()
    parseMime(
      Buffer.from(
        `Content-Type: multipart/mixed; boundary=b\r\n\r\n${'--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n'.repeat(100_000)}`,
      ),
    )
    parseMime(Buffer.from('Content-Type: message/rfc822\r\n\r\n'.repeat(100_000)))
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe('an address list', () => {
  it('is read with names, comments, groups and routes, as in the examples of RFC 5322', () => {
    expect(parseAddresses('"Joe Q. Public" <john.q@example.com>, Mary Smith <@route.x:mary@x.test>, jdoe@example.org (John)')).toEqual([
      { kind: 'mailbox', name: 'Joe Q. Public', mailbox: 'john.q', host: 'example.com' },
      { kind: 'mailbox', name: 'Mary Smith', mailbox: 'mary', host: 'x.test' },
      { kind: 'mailbox', name: 'John', mailbox: 'jdoe', host: 'example.org' },
    ])
    expect(parseAddresses('A Group:Ed Jones <c@a.test>,joe@where.test;')).toEqual([
      { kind: 'group', name: 'A Group' },
      { kind: 'mailbox', name: 'Ed Jones', mailbox: 'c', host: 'a.test' },
      { kind: 'mailbox', name: undefined, mailbox: 'joe', host: 'where.test' },
      { kind: 'group-end' },
    ])
  })

  it('may be any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), (text) => void parseAddresses(text)))
  })
})

describe('a date of mail', () => {
  it('is in the zone of the persona, summer time included', () => {
    expect(mailDate(Date.UTC(2026, 6, 1, 12, 0, 5), 'Europe/Berlin')).toBe('Wed, 1 Jul 2026 14:00:05 +0200')
    expect(mailDate(Date.UTC(2026, 0, 31, 23, 30), 'America/St_Johns')).toBe('Sat, 31 Jan 2026 20:00:00 -0330')
    expect(internalDate(Date.UTC(2026, 10, 3, 3), 'UTC')).toBe('03-Nov-2026 03:00:00 +0000')
  })
})

describe("a user's mail", () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const persona = loadPersona('prompts', 'debian-web', identity)
  const noon = Date.UTC(2026, 10, 24, 12)
  const open = (state: MemoryState, given: { user?: string; now?: number; source?: string } = {}): MailStore =>
    new MailStore({
      persona,
      identity,
      state,
      user: given.user ?? 'maris',
      source: given.source ?? '192.0.2.1',
      now: () => given.now ?? noon,
    })
  const texts = (store: MailStore): string[] => store.folder('INBOX')!.messages.map(({ bytes }) => bytes.toString())

  it('is the same whenever it is looked at, and different in another install', () => {
    expect(texts(open(new MemoryState()))).toEqual(texts(open(new MemoryState())))
    const other = new Identity(Buffer.alloc(32, 8))
    const store = new MailStore({ persona, identity: other, state: new MemoryState(), user: 'maris', source: 'x', now: () => noon })
    expect(texts(store)).not.toEqual(texts(open(new MemoryState())))
  })

  it('grows from day to day by messages with higher UIDs, and none is from the future', () => {
    let uidNext = 0
    let seen = new Set<number>()
    for (let day = 0; day < 60; day++) {
      const now = noon + day * 86_400_000
      const inbox = open(new MemoryState(), { user: 'root', now }).folder('INBOX')!
      for (const message of inbox.messages) {
        expect(message.time).toBeLessThanOrEqual(now)
        if (!seen.has(message.uid) && day > 0) expect(message.uid).toBeGreaterThanOrEqual(uidNext)
      }
      expect(inbox.uidNext).toBeGreaterThanOrEqual(uidNext)
      uidNext = inbox.uidNext
      seen = new Set(inbox.messages.map(({ uid }) => uid))
    }
  })

  it('names people and hosts of the persona, and leaves no mark unfilled', () => {
    const all = [...texts(open(new MemoryState())), ...texts(open(new MemoryState(), { user: 'root' }))]
    expect(all.length).toBeGreaterThan(30)
    expect(all.join('')).not.toMatch(/\{\{|undefined|NaN/)
    expect(all.join('')).toContain(`@${persona.hostname}.${persona.domain}`)
    for (const text of all) expect(text).toMatch(/^[^\n]*\r\n/)
  })

  it('stays as its source left it, and as it was for others', () => {
    const state = new MemoryState()
    const first = open(state)
    const inbox = first.folder('inbox')!
    const [gone, flagged] = inbox.messages as [(typeof inbox.messages)[0], (typeof inbox.messages)[0]]
    first.remove(inbox, [gone])
    flagged.flags.add('\\Flagged')
    first.flagged(inbox, [flagged])
    first.append(inbox, Buffer.from('Subject: left here\r\n\r\n'), ['\\Seen'], noon)
    first.create('a/b')
    const again = open(state)
    expect(again.folder('INBOX')!.messages.find(({ uid }) => uid === gone.uid)).toBeUndefined()
    expect(again.folder('INBOX')!.messages[0]!.flags).toContain('\\Flagged')
    expect(texts(again).at(-1)).toContain('left here')
    expect(again.folder('a/b')).toMatchObject({ isNode: false })
    expect(again.folder('a')).toMatchObject({ isNode: true })
    expect(texts(open(state, { source: '192.0.2.2' }))).toEqual(texts(open(new MemoryState())))
  })
})
