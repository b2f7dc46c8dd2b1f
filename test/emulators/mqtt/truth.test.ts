import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/mqtt/index.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { holds, recording } from '../recorded.ts'

/** The identifier that a nameless client is given is another each time. */
const mask = (reply: string): string => reply.replace(/auto-[0-9A-F-]{36}/, 'auto-ID')

describe('mosquitto', () => {
  let p: Playing
  beforeAll(async () => {
    const login = { policy: 'list', accept: [{ user: 'alice', password: 'secret' }] }
    p = await play(lure, { hosts: accountsOnly(), options: { login } })
  })
  afterAll(() => p.stop())

  const { dialogues } = recording(new URL('mosquitto-2.0.11.json', import.meta.url))
  const hex = (text: string | null): string => Buffer.from(text ?? '', 'latin1').toString('hex')
  it.each(
    dialogues.map((d) => [d.map((step) => ('send' in step ? hex(step.send).slice(0, 40) : 'tls')).join(' · '), d] as const),
  )('answers as the real one: %s', async (_name, dialogue) => {
    await holds(p.port(), dialogue, mask)
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
  })
})
