import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeNtp, type NtpPacket } from '../../../src/emulators/ntp/codec.ts'
import ntp from '../../../src/emulators/ntp/index.ts'
import { type Playing, play } from '../../harness.ts'
import { ask } from './ask.ts'

interface Recording {
  server: string
  exchanges: { name: string; request: string; replies: string[] }[]
}

const recording = JSON.parse(readFileSync(new URL('ntpd-4.2.8p15.json', import.meta.url), 'utf8')) as Recording

/** Requests whose answers this lure does not play: statistics of mode 7, the clock of a server that has one of its own. */
const NOT_PLAYED = /^private ([0145678]|9|16)$|^opcode 4$|assoc$|peer$|^opcode 12$|^nonce$/

describe(`version 4.2.8p15 answers as ${recording.server}`, () => {
  let playing: Playing
  beforeAll(async () => {
    playing = await play(ntp, { persona: 'plain', prompts: 'test/fixtures/prompts', options: { version: '4.2.8p15' } })
  })
  afterAll(() => playing.stop())

  it.each(recording.exchanges.filter(({ name }) => !NOT_PLAYED.test(name)))('$name', async ({ request, replies }) => {
    const answers = await ask(playing.port(), Buffer.from(request, 'hex'), { expected: replies.length })
    expect(answers.map((answer) => shape(decodeNtp(answer)))).toEqual(replies.map((reply) => shape(decodeNtp(Buffer.from(reply, 'hex')))))
  })
})

/** Everything but times, addresses, and what this server says of itself. */
function shape(packet: NtpPacket): Record<string, unknown> {
  if (packet.kind === 'time') {
    const { kind, leap, version, mode, stratum, poll, origin, trailer } = packet
    return { kind, leap, version, mode, stratum, poll, origin, trailer: trailer.toString('hex') }
  }
  if (packet.kind === 'private') return { ...packet, items: packet.items.length }
  const { status, data, association, offset, ...rest } = packet
  const error = packet.isError ? status >> 8 : undefined
  // The real one leaves what was in its buffer in the association and offset of an error.
  const names = packet.opcode === 2 ? [...data.toString('latin1').matchAll(/([a-z_]+)=/g)].map(([, name]) => name) : undefined
  return { ...rest, error, names }
}
