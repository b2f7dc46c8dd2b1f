import { describe, expect, it } from 'vitest'
import { AgentWatch, agentScore, LIKELY, type TypedTurn } from '../../src/analysis/agent-score.ts'
import { Tag } from '../../src/events/schema.ts'
import { agentCorpus } from './agent-corpus.ts'

const corpus = agentCorpus()
const flagged = (kind: string) => corpus.filter((s) => s.kind === kind && agentScore(s.turns).score >= LIKELY).length
const all = (kind: string) => corpus.filter((s) => s.kind === kind).length

describe('the agent score', () => {
  it('takes at most one bot or person in a hundred for a language model', () => {
    expect(all('bot') + all('person')).toBeGreaterThanOrEqual(400)
    expect((flagged('bot') + flagged('person')) / (all('bot') + all('person'))).toBeLessThanOrEqual(0.01)
  })

  it('finds most language models that work a shell', () => {
    expect(flagged('agent') / all('agent')).toBeGreaterThanOrEqual(0.8)
  })

  it('says nothing of an empty session or of one line', () => {
    expect(agentScore([])).toEqual({ score: 0, signs: [] })
    expect(agentScore([turn('uname -a', 0)])).toEqual({ score: 0, signs: [] })
  })

  it('knows prose from commands that look like it', () => {
    const signs = (input: string) => agentScore([turn(input, 0)]).signs
    expect(signs('Let me check the web root for any configuration files')).toEqual(['prose'])
    for (const line of [
      'git commit -m "fix the build and all of the tests"',
      'find / -name a -or -name b -or -name c',
      'echo this is the end of it all',
    ])
      expect(signs(line), line).toEqual([])
  })

  it('is linear in what an attacker sends', () => {
    const started = performance.now()
    for (const line of ['# a '.repeat(5_000), 'echo "== '.repeat(5_000), '|| echo "a '.repeat(5_000)]) agentScore([turn(line, 0)])
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('the agent watch', () => {
  it('tags the turn that made it known, each tag once, and the score at the end', () => {
    const agent = corpus.find((s) => s.kind === 'agent')!
    const watch = new AgentWatch()
    const tags = agent.turns.flatMap((t) => watch.tags(event(t)))
    expect(tags).toContain('agent:likely')
    expect(new Set(tags).size).toBe(tags.length)
    const end = watch.tags({ type: 'session.close', session: 's', time: 0, data: {} })
    expect(end).toEqual([`agent:score-${agentScore(agent.turns).score}`])
    for (const tag of [...tags, ...end]) expect(Tag.safeParse(tag).success, tag).toBe(true)
    expect(watch.tags({ type: 'session.close', session: 's', time: 0, data: {} })).toEqual([])
  })

  it('looks at shell turns of sessions alone', () => {
    const watch = new AgentWatch()
    const prose = turn('Let me check the web root for any configuration files', 0)
    expect(watch.tags({ ...event(prose), session: undefined })).toEqual([])
    expect(watch.tags({ ...event(prose), data: { ...event(prose).data, kind: 'web' } })).toEqual([])
  })
})

function turn(input: string, exitCode: number): TypedTurn {
  return { input, endedAt: 0, durationMs: 1, exitCode }
}

function event({ input, endedAt, durationMs, exitCode }: TypedTurn) {
  const data = { input, output: '', source: 'static', exitCode, durationMs, kind: 'shell' }
  return { type: 'turn', session: 's' as string | undefined, time: endedAt, data }
}
