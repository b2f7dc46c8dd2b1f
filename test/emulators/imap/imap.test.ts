import { ImapFlow } from 'imapflow'
import { afterEach, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/imap/index.ts'
import { collect, connect, MemoryState, type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { recordedMailbox } from '../mailbox.ts'
import { holds, nameOf, recording } from '../recorded.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] }
let p: Playing
afterEach(async () => {
  await p.stop()
  expect(p.data('lure.fault')).toEqual([])
  expect(p.deadLetters).toEqual([])
})

async function start(state: MemoryState, options: Record<string, unknown> = {}, persona = 'mail-host'): Promise<Playing> {
  p = await play(lure, {
    persona,
    prompts: persona === 'mail-host' ? 'test/fixtures/prompts' : 'prompts',
    hosts: accountsOnly(),
    state,
    options: { login: LOGIN, delays: false, ...options },
  })
  return p
}

/** Times, UIDVALIDITY and the UIDs that are given out are others in every install; the order of LIST is that of a directory. */
function mask(reply: string): string {
  const masked = reply
    .replace(/\(\d+\.\d{3}( \+ \d+\.\d{3}){1,2} secs\)/g, '(TIME secs)')
    .replace(/UIDVALIDITY \d+/g, 'UIDVALIDITY N')
    .replace(/UIDNEXT \d+/g, 'UIDNEXT N')
    .replace(/(APPENDUID|COPYUID) \d+ (?:[\d:,]+ )?\d+\]/g, '$1 N]')
  const lines = masked.split('\r\n')
  return lines.some((line) => line.startsWith('* LIST')) ? lines.sort().join('\r\n') : masked
}

async function talk(text: string, port = p.port()): Promise<string> {
  const socket = await connect(port)
  socket.write(Buffer.from(text, 'latin1'))
  return (await collect(socket, 200)).toString('latin1')
}

describe('Dovecot', () => {
  it.each(
    recording(new URL('dovecot-login-2.3.19.json', import.meta.url)).dialogues.map((d) => [nameOf(d), d] as const),
  )('answers before the login as the real one: %s', async (_name, dialogue) => {
    await start(recordedMailbox(['INBOX']))
    await holds(p.port(), dialogue, mask)
  })

  it.each(
    recording(new URL('dovecot-2.3.19.json', import.meta.url)).dialogues.map((d) => [d.length, d] as const),
  )('answers a user as the real one, in all %i steps', async (_steps, dialogue) => {
    await start(recordedMailbox(['INBOX', 'Sent']))
    await holds(p.port(), dialogue, mask)
  })

  it('greets as recorded without TLS and with PLAIN alone', async () => {
    await start(new MemoryState(), { auth: ['PLAIN'], starttls: false })
    expect(await talk('a CAPABILITY\r\nb XYZZY\r\n')).toBe(
      '* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN] Dovecot (Debian) ready.\r\n* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ AUTH=PLAIN\r\na OK Pre-login capabilities listed, post-login capabilities have more.\r\nb BAD Error in IMAP command received by server.\r\n',
    )
  })

  it('writes down every credential once: quoted, literal, SASL, wrong and right', async () => {
    await start(new MemoryState())
    await talk('a LOGIN "al\\"ice" {3+}\r\np\xffw\r\nb AUTHENTICATE PLAIN AGJvYgB4\r\nc AUTHENTICATE LOGIN\r\nYWxpY2U=\r\nc2VjcmV0\r\n')
    expect(p.data('login')).toEqual([
      { method: 'imap', username: 'al"ice', password: { base64: 'cP93' }, accepted: false },
      { method: 'imap-plain', username: 'bob', password: 'x', accepted: false },
      { method: 'imap-login', username: 'alice', password: 'secret', accepted: true },
    ])
  })
})

describe('imapflow', () => {
  it.each([
    ['STARTTLS', 0, false],
    ['TLS', 1, true],
  ] as const)('lists, reads, searches, flags, appends, copies and deletes over %s', async (_name, index, secure) => {
    await start(new MemoryState(), { login: { policy: 'any' } }, 'debian-web')
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: p.port(index),
      secure,
      tls: { rejectUnauthorized: false },
      auth: { user: 'maris', pass: 'guess' },
      logger: false,
      clientInfo: { name: 'harvester' },
    })
    await client.connect()
    expect((await client.list()).map(({ path, specialUse }) => [path, specialUse])).toEqual(
      expect.arrayContaining([
        ['INBOX', '\\Inbox'],
        ['Sent', '\\Sent'],
        ['Drafts', '\\Drafts'],
        ['Trash', '\\Trash'],
      ]),
    )
    const lock = await client.getMailboxLock('INBOX')
    const total = (client.mailbox as { exists: number }).exists
    expect(total).toBeGreaterThan(5)
    const withAttachment: number[] = []
    for await (const message of client.fetch('1:*', { envelope: true, bodyStructure: true, flags: true, size: true, uid: true })) {
      expect(message.envelope?.subject).toBeTruthy()
      expect(message.envelope?.from?.[0]?.address).toContain('@')
      if (message.bodyStructure?.childNodes?.length) withAttachment.push(message.uid)
    }
    const [uid] = withAttachment
    const { content, meta } = (await client.download(String(uid), '2', { uid: true })) as Required<
      Awaited<ReturnType<ImapFlow['download']>>
    >
    let text = ''
    for await (const chunk of content) text += chunk
    expect(meta.filename).toMatch(/\.csv$/)
    expect(text).toContain(',')
    const source = (await client.fetchOne(String(uid), { source: true }, { uid: true })) as { source: Buffer }
    expect(source.source.toString()).toMatch(/^Return-Path: /)
    expect(await client.search({ subject: 'invoice' })).not.toEqual(false)
    await client.messageFlagsAdd({ uid: String(uid) }, ['\\Flagged'])
    expect(await client.search({ flagged: true }, { uid: true })).toEqual([uid])
    const appended = await client.append('Drafts', 'Subject: mine\r\n\r\nhttp://203.0.113.9/\r\n', ['\\Draft'])
    expect(appended).toMatchObject({ destination: 'Drafts' })
    await client.messageCopy(String(uid), 'Trash', { uid: true })
    await client.messageDelete(String(uid), { uid: true })
    expect((client.mailbox as { exists: number }).exists).toBe(total - 1)
    lock.release()
    expect(await client.status('Trash', { messages: true })).toMatchObject({ messages: 1 })
    await client.logout()
    expect(p.data('login')).toMatchObject([{ username: 'maris', password: 'guess', accepted: true }])
    expect(p.data('imap.id')[0]!.fields).toContainEqual({ name: 'name', value: 'harvester' })
    expect(p.data('imap.append')).toMatchObject([{ folder: 'Drafts', kept: true, flags: ['\\Draft'] }])
    expect(p.artifacts.kept.get(p.data('imap.append')[0]!.sha256 as string)!.toString()).toContain('203.0.113.9')
    expect(p.data('imap.fetch').some(({ uids }) => (uids as number[]).includes(uid!))).toBe(true)
    expect(p.data('imap.delete')).toMatchObject([{ folder: 'INBOX', messages: 1 }])
  })
})

describe('a mailbox over IMAP', () => {
  it('stays as its source left it', async () => {
    const state = new MemoryState()
    await start(state, { login: { policy: 'any' } }, 'debian-web')
    const first = await talk(
      'a LOGIN maris x\r\nb SELECT INBOX\r\nc STORE 1 +FLAGS (\\Deleted)\r\nd EXPUNGE\r\ne CREATE loot\r\nf COPY 1:2 loot\r\ng LOGOUT\r\n',
    )
    const before = Number(/\* (\d+) EXISTS/.exec(first)![1])
    const second = await talk('a LOGIN maris x\r\nb SELECT INBOX\r\nc SELECT loot\r\n')
    expect([...second.matchAll(/\* (\d+) EXISTS/g)].map((m) => Number(m[1]))).toEqual([before - 1, 2])
  })

  it('waits in IDLE until DONE', async () => {
    await start(new MemoryState())
    const socket = await connect(p.port())
    socket.write('a LOGIN alice secret\r\nb IDLE\r\n')
    let text = ''
    socket.on('data', (d) => {
      text += d.toString()
    })
    await expect.poll(() => text).toMatch(/\+ idling\r\n$/)
    socket.write('DONE\r\n')
    await expect.poll(() => text).toMatch(/b OK Idle completed \(0\.\d{3} \+ 0\.\d{3}( \+ 0\.\d{3})? secs\)\.\r\n$/)
    socket.destroy()
  })

  it('refuses a message that is too large before it comes', async () => {
    await start(new MemoryState())
    expect(await talk('a LOGIN alice secret\r\nb APPEND INBOX {99999999}\r\nc NOOP\r\n')).toMatch(/b NO \[OVERQUOTA\].*\r\nc OK NOOP/)
  })
})
