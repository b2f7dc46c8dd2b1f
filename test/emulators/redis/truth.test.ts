import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import redis from '../../../src/emulators/redis/index.ts'
import { FakeHosts } from '../../fake-hosts.ts'
import { type Playing, play } from '../../harness.ts'
import { Conversation, countReplies } from './conversation.ts'
import { mask } from './mask.ts'

interface Step {
  send: string[] | string
  raw_request: boolean
  reply: string
  closed: boolean
}
interface Recording {
  server: string
  scenarios: { scenario: string; steps: Step[] }[]
}

/** Real servers, asked the same 315 things; see `server` in each file. */
const recordings: [profile: string, file: string][] = [
  ['modern7', 'redis-7.0.15.json'],
  ['vuln5', 'redis-5.0.6.json'],
  ['legacy6', 'redis-6.0.16.json'],
]

/** The configuration that a scenario was recorded with. */
function optionsOf(scenario: string): Record<string, unknown> {
  if (/^(auth_required|unauth)/.test(scenario)) return { password: 's3cret' }
  if (scenario === 'defaults_of_redis7') return {}
  return { enableProtectedConfigs: true, enableModuleCommand: scenario === 'module_enabled' }
}

/** Steps in which a profile differs from the server it was recorded from, and means to. */
const exceptions: { profile: string; command: RegExp; because: string }[] = [
  {
    profile: 'vuln5|legacy6',
    command: /^EVAL .*package/,
    because: 'the profile plays a build with CVE-2022-0543, the recorded ones are mended',
  },
  { profile: 'legacy6', command: /^EVAL .*cjson/, because: 'the recorded server ran without its cjson library' },
  { profile: 'vuln5|legacy6', command: /^LOLWUT/, because: 'a drawing made of random numbers' },
  { profile: 'vuln5|legacy6', command: /^SYNC/, because: 'sends newlines until its dump is ready; ours is ready at once' },
  { profile: 'vuln5', command: /^SET a b$/, because: 'the dump of the PSYNC before arrives in this step' },
]

const playing = new Map<string, Promise<Playing>>()
afterAll(async () => {
  for (const one of playing.values()) await (await one).stop()
})

function server(profile: string, options: Record<string, unknown>): Promise<Playing> {
  const key = JSON.stringify([profile, options])
  const known = playing.get(key)
  if (known) return known
  const folders = ['/tmp', '/var/lib/redis', ...(profile === 'modern7' ? ['/var/lib/redis-a/data'] : [])]
  const started = play(redis, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts: new FakeHosts(folders),
    options: { profile, ...options },
  })
  playing.set(key, started)
  return started
}

for (const [profile, file] of recordings) {
  const recording = JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Recording
  describe(`profile ${profile} answers as ${recording.server}`, () => {
    it.each(recording.scenarios)('$scenario', async ({ scenario, steps }) => {
      const { port } = await server(profile, optionsOf(scenario)).then((p) => ({ port: p.port() }))
      const conversation = await Conversation.with(port)
      try {
        for (const step of steps) await expectStep(conversation, profile, step)
      } finally {
        conversation.end()
      }
    })
  })
}

async function expectStep(conversation: Conversation, profile: string, { send, raw_request, reply, closed }: Step): Promise<void> {
  if (raw_request) conversation.sendRaw(send as string)
  else conversation.send(...(send as string[]))
  const got = reply ? await conversation.replies(countReplies(reply)) : await conversation.quiet()
  if (closed) await conversation.untilClosed()
  const isException = exceptions.some(
    (e) => e.profile.split('|').includes(profile) && Array.isArray(send) && e.command.test(send.join(' ')),
  )
  if (isException) return
  const shown = JSON.stringify(send).slice(0, 100)
  expect({ sent: shown, got: mask(send, got, profile), closed: conversation.closed }).toEqual({
    sent: shown,
    got: mask(send, reply, profile),
    closed,
  })
}
