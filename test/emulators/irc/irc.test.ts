import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { parseMessage } from '../../../src/emulators/irc/codec.ts'
import irc from '../../../src/emulators/irc/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

/** InspIRCd 3.15 of Debian 12 without modules, one client: what it sent for each line. */
const { dialogues } = JSON.parse(readFileSync(new URL('./inspircd-3.15.json', import.meta.url), 'utf8')) as {
  dialogues: { send: string | null; reply: string }[][]
}

let playing: Playing
beforeAll(async () => {
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  playing = await play(irc, { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) })
})
afterAll(() => playing.stop())

const say = async (...lines: string[]): Promise<string[]> =>
  String(await playing.exchange(lines.map((line) => `${line}\r\n`).join(''), { quietMs: 300 })).split('\r\n')

/** Numbers of replies in their order. */
const numerics = (lines: readonly string[]): string[] => lines.flatMap((line) => /^:\S+ (\d{3}) /.exec(line)?.[1] ?? [])

describe('a client that registers', () => {
  it('is welcomed as the recorded one was: the same replies in the same order', async () => {
    const recorded = dialogues[0]!
      .map(({ reply }) => reply)
      .join('')
      .split('\r\n')
    const welcome = ['001', '002', '003', '004', '005']
    const wanted = numerics(recorded)
      .slice(0, 8)
      .filter((numeric) => welcome.includes(numeric))
    const lines = await say('NICK bob', 'USER bob 0 * :Bob B')
    expect(numerics(lines).slice(0, wanted.length)).toEqual(wanted)
    expect(lines.find((line) => / 004 bob /.test(line))).toMatch(/InspIRCd-3 /)
    expect(lines.find((line) => / 001 bob /.test(line))).toContain('bob!bob@')
    expect(playing.data('irc.register').at(-1)).toMatchObject({ nick: 'bob', user: 'bob' })
  })

  it('joins, talks and is written down; nobody answers a botnet’s command', async () => {
    const lines = await say('NICK eve', 'USER eve 0 * :x', 'JOIN #ops', 'PRIVMSG #ops :.udp 203.0.113.9 80 60')
    expect(lines.some((line) => line.includes('JOIN') && line.includes('#ops'))).toBe(true)
    expect(numerics(lines)).toContain('366')
    expect(lines.filter((line) => line.includes('PRIVMSG'))).toEqual([])
    expect(playing.data('irc.message').at(-1)).toMatchObject({ text: '.udp 203.0.113.9 80 60' })
    const event = playing.events.findLast(({ type }) => type === 'irc.message')
    expect(event?.tags).toContain('note:botnet-command')
  })

  it('keeps passwords of operators and services as logins', async () => {
    await say('NICK mal', 'USER mal 0 * :x', 'OPER root toor', 'PRIVMSG NickServ :IDENTIFY hunter2')
    const tried = playing.data<{ password?: string }>('login').map(({ password }) => password)
    expect(tried).toEqual(expect.arrayContaining(['toor', 'hunter2']))
  })
})

it('reads any line or none, and never throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (bytes) => void parseMessage(Buffer.from(bytes))))
})
