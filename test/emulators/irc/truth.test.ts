import { LRUCache } from 'lru-cache'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../../src/emulators/irc/index.ts'
import type { ServerFacts } from '../../../src/emulators/irc/network.ts'
import { type Playing, play } from '../../harness.ts'
import { accountsOnly } from '../hosts.ts'
import { holds, recording, type Step } from '../recorded.ts'

/** The server that was recorded: empty, without services. */
const FACTS: ServerFacts = {
  server: 'irc.tarnholt-weir.internal',
  network: 'TarnNet',
  description: 'Tarnholt Weir chat',
  admin: { name: 'Maris', nick: 'maris', email: 'maris@tarnholt-weir.internal' },
  motd: ['Welcome.', 'Be kind.'],
  startedAt: Date.now(),
  resolvesHosts: false,
  services: false,
  residents: [],
  channels: [],
}

/** Clocks, and the most users that there have been. */
const mask = (reply: string): string =>
  reply
    .replace(/created \d\d:\d\d:\d\d \w{3} \d+ \d{4}/g, 'created THEN')
    .replace(/:\w{3} \w{3} \d+ \d{4} \d\d:\d\d:\d\d/g, ':NOW')
    .replace(/(329 \w+ #\w+ :)\d+/g, '$1TIME')
    .replace(/(317 \w+ \w+) \d+ \d+/g, '$1 IDLE')
    .replace(/up \d+ days, \d\d:\d\d:\d\d/g, 'up LONG')
    .replace(/Max: \d+/g, 'Max: N')
    .replace(/link: \([^)]*\)/g, 'link: (WHO)')

/** What the real server says of its makers, and of who was there before, is left out. */
const LEFT_OUT = /^(INFO|WHOWAS)/

/** A registration is answered some time later: what came without asking belongs to the step before. */
function together(dialogue: readonly Step[]): Step[] {
  const steps: { send: string | null; reply: string; closed?: boolean }[] = []
  for (const step of dialogue) {
    if (!('send' in step) || LEFT_OUT.test(step.send ?? '')) continue
    const last = steps.at(-1)
    if (step.send === null && last) last.reply += step.reply
    else steps.push({ ...step })
  }
  return steps.filter(({ send }) => send !== null)
}

describe('InspIRCd', () => {
  let p: Playing
  beforeAll(async () => {
    const room = { facts: FACTS, networks: new LRUCache({ max: 1 }) }
    p = await play({ ...lure, start: () => room }, { hosts: accountsOnly(), options: { login: { policy: 'list' } } })
  })
  afterAll(() => p.stop())

  const { dialogues } = recording(new URL('inspircd-3.15.json', import.meta.url))
  it.each(dialogues.map((d, i) => [i, together(d)] as const))('answers as the real one: dialogue %i', async (_i, dialogue) => {
    await holds(p.port(), dialogue, mask)
    expect(p.data('lure.fault')).toEqual([])
    expect(p.deadLetters).toEqual([])
    await p.seen('session.close', _i + 1)
  })
})
