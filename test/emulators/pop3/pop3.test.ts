import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { decodeLines, encodeLines, parseCommand, topOf } from '../../../src/emulators/pop3/codec.ts'
import lure from '../../../src/emulators/pop3/index.ts'
import { collect, connect, MemoryState, type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { recordedMailbox } from '../mailbox.ts'
import { holds, nameOf, recording } from '../recorded.ts'

const LOGIN = { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] }
const start = (state: MemoryState, options: Record<string, unknown> = {}, persona = 'mail-host'): Promise<Playing> =>
  play(lure, {
    persona,
    prompts: persona === 'mail-host' ? 'test/fixtures/prompts' : 'prompts',
    hosts: accountsOnly(),
    state,
    options: { login: LOGIN, delays: false, ...options },
  })

async function talk(p: Playing, text: string): Promise<string> {
  const socket = await connect(p.port())
  socket.write(text)
  return (await collect(socket, 200)).toString('latin1')
}

/** UIDVALIDITY is another in every install. */
const mask = (reply: string): string => reply.replace(/^((?:\+OK )?\d+ [0-9a-f]{8})[0-9a-f]{8}\r$/gm, '$1VALIDITY\r')

describe('Dovecot', () => {
  let p: Playing
  afterEach(() => p.stop())

  it.each(
    recording(new URL('dovecot-2.3.19.json', import.meta.url)).dialogues.map((d) => [nameOf(d), d] as const),
  )('answers as the real one: %s', async (_name, dialogue) => {
    p = await start(recordedMailbox(['INBOX']))
    await holds(p.port(), dialogue, mask)
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  })

  it('lists what it can do as recorded without TLS and with PLAIN alone', async () => {
    p = await start(new MemoryState(), { auth: ['PLAIN'], stls: false })
    expect(await talk(p, 'CAPA\r\nXYZZY\r\n')).toBe(
      '+OK Dovecot (Debian) ready.\r\n+OK\r\nCAPA\r\nTOP\r\nUIDL\r\nRESP-CODES\r\nPIPELINING\r\nAUTH-RESP-CODE\r\nUSER\r\nSASL PLAIN\r\n.\r\n-ERR Unknown command.\r\n',
    )
  })

  it('answers a wrong password two seconds later, and writes every one down', async () => {
    p = await start(new MemoryState(), { delays: true })
    const startedAt = performance.now()
    const socket = await connect(p.port())
    socket.write('USER alice\r\nPASS p w\r\n')
    expect((await collect(socket, 2500)).toString()).toMatch(/\[AUTH\] Authentication failed\.\r\n$/)
    expect(performance.now() - startedAt).toBeGreaterThan(1900)
    expect(p.data('login')).toEqual([{ method: 'pop3', username: 'alice', password: 'p w', accepted: false }])
  })
})

describe('a mailbox over POP3', () => {
  let p: Playing
  const state = new MemoryState()
  beforeAll(async () => {
    p = await start(state, { login: { policy: 'any' } }, 'debian-web')
  })
  afterAll(() => p.stop())

  it('has the mail of the persona, whose sizes and UIDs are what they say', async () => {
    const answer = await talk(p, 'USER root\r\nPASS x\r\nSTAT\r\nLIST\r\nUIDL\r\nRETR 1\r\nQUIT\r\n')
    const [, count, bytes] = /^\+OK (\d+) (\d+)\r$/m.exec(answer)!
    expect(Number(count)).toBeGreaterThan(20)
    const sizes = [...answer.matchAll(/^\d+ (\d+)\r$/gm)].map((m) => Number(m[1]))
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(Number(bytes))
    expect(new Set([...answer.matchAll(/^\d+ ([0-9a-f]{16})\r$/gm)].map((m) => m[1])).size).toBe(Number(count))
    expect(answer).toContain(`+OK ${sizes[0]} octets\r\nReturn-Path: <root@`)
    expect(p.data('pop3.retrieve')).toMatchObject([{ size: sizes[0], whole: true }])
  })

  it('lacks at the next login what was deleted before', async () => {
    const uidl = (text: string): string[] => [...text.matchAll(/^\d+ ([0-9a-f]{16})\r$/gm)].map((m) => m[1] as string)
    const before = uidl(await talk(p, 'USER maris\r\nPASS x\r\nUIDL\r\nDELE 1\r\nRSET\r\nDELE 2\r\nQUIT\r\n'))
    const after = uidl(await talk(p, 'USER maris\r\nPASS x\r\nUIDL\r\nQUIT\r\n'))
    expect(after).toEqual(before.filter((_, i) => i !== 1))
    expect(p.data('pop3.delete')).toHaveLength(1)
  })

  it('keeps what was marked when the client just goes away', async () => {
    const before = await talk(p, 'USER maris\r\nPASS x\r\nSTAT\r\nDELE 1\r\n')
    const after = await talk(p, 'USER maris\r\nPASS x\r\nSTAT\r\n')
    const stat = /^\+OK \d+ \d+\r$/m
    expect(stat.exec(after)![0]).toBe(stat.exec(before)![0])
  })
})

describe('the codec of POP3', () => {
  const text = fc.array(
    fc.oneof(
      fc.constantFrom('.', '..', '', '.x'),
      fc.string({ unit: 'binary-ascii', maxLength: 20 }).map((s) => s.replace(/[\r\n]/g, '')),
    ),
  )

  it('stuffs dots so that a client gets the same text', () => {
    fc.assert(
      fc.property(text, (lines) => {
        const message = Buffer.from(lines.map((l) => `${l}\r\n`).join(''), 'latin1')
        const wire = encodeLines(message)
        expect(wire.toString('latin1').split('\r\n').indexOf('.')).toBe(lines.length)
        expect(decodeLines(wire)).toEqual(message)
      }),
    )
  })

  it('takes any line as a command', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void parseCommand(Buffer.from(bytes))))
  })

  it('gives the header and the first lines', () => {
    const message = Buffer.from('A: b\r\n\r\none\r\ntwo\r\n')
    expect(topOf(message, 0).toString()).toBe('A: b\r\n\r\n')
    expect(topOf(message, 1).toString()).toBe('A: b\r\n\r\none\r\n')
    expect(topOf(message, 99)).toEqual(message)
  })
})
