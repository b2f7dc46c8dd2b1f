import { expect, it } from 'vitest'
import { fakeModelServer, shellText } from './fake-model-server.ts'
import { backendEntry, engineOn, llmSettings, persona, shellQuestion } from './setup.ts'

interface Situation {
  input: string
  state: string
  host: string
  ip: string
  share: 'persona' | 'source'
}

const INPUTS = ['php -v', 'php -m', 'nginx -T', 'logrotate -d']
const STATES = ['cwd: /root', 'cwd: /tmp', 'cwd: /root\nuser: www-data']
const HOSTS = ['web01', 'web02']
const IPS = ['203.0.113.9', '198.51.100.1', '2001:db8::7']

const SITUATIONS: Situation[] = INPUTS.flatMap((input) =>
  STATES.flatMap((state) =>
    HOSTS.flatMap((host) => IPS.flatMap((ip) => (['persona', 'source'] as const).map((share) => ({ input, state, host, ip, share })))),
  ),
)

it('a cached answer is never that of another question, state, persona or, where state is its own, source', async () => {
  // The model makes each answer of what it was told, and never the same one twice.
  let calls = 0
  const script = ({ system, input }: { system: string; input: string }) => {
    const host = HOSTS.find((name) => system.includes(`played as ${name}`))
    const state = STATES.findLast((one) => input.includes(one))
    const question = INPUTS.find((one) => input.includes(JSON.stringify(one)))
    return shellText(`${JSON.stringify([question, state, host])} ${++calls}\n`)
  }
  await using server = await fakeModelServer({ script })
  const budget = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
  using engine = engineOn(llmSettings({ backends: [{ ...backendEntry('ollama', server), concurrency: 8 }], budget, queue: 1_000 }))
  const owners = new Map<string, Set<string>>()
  const ask = async ({ input, state, host, ip, share }: Situation): Promise<void> => {
    const { value } = await engine.ask(
      shellQuestion(input, {
        persona: { ...persona(), name: host },
        instructions: `played as ${host}`,
        state,
        share,
        asker: { ip, session: `${ip} ${host}` },
      }),
    )
    expect(value.stdout.replace(/ \d+\n$/, '')).toBe(JSON.stringify([input, state, host]))
    // An answer that is the source's own is told to nobody else.
    if (share === 'source') owners.set(value.stdout, (owners.get(value.stdout) ?? new Set()).add(ip))
  }
  for (let round = 0; round < 3; round++) await Promise.all(SITUATIONS.map(ask))
  const own = INPUTS.length * STATES.length * HOSTS.length
  expect(calls).toBe(own + own * IPS.length)
  expect([...owners.values()].filter(({ size }) => size > 1)).toEqual([])
  expect(owners.size).toBe(own * IPS.length)
  expect(engine.state().cache).toMatchObject({ wrongHits: 0, hits: expect.any(Number) })
  expect(engine.state().cache!.hits).toBeGreaterThanOrEqual(SITUATIONS.length * 2)
})
