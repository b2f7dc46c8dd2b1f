import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { standings } from '../../src/lab/datasets/experiment.ts'
import { promptfooConfig } from '../../src/lab/datasets/promptfoo.ts'
import { type FakeModelServer, fakeModelServer, shellText } from '../llm/fake-model-server.ts'
import { LabUnderTest } from './lab-under-test.ts'

let server: FakeModelServer & AsyncDisposable
let under: LabUnderTest

beforeEach(async () => {
  server = await fakeModelServer({ script: (asked) => shellText(asked.system.includes('Say less') ? 'PHP 8.2.29\n' : 'As told: PHP 7\n') })
  under = new LabUnderTest(server.url)
})
afterEach(async () => {
  await under.close()
  await server.close()
})

/** Version 2 of the prompts: what the fake model answers better to. */
function better(): void {
  const persona = under.lab.persona('debian-web')
  const { shell, web } = under.lab.library.version('debian-web', 1)
  under.lab.library.save(persona, { shell: `${shell}\nSay less.\n`, web, author: 'ada', message: 'less' })
}

const VARIANTS = [
  { prompt: 1, model: 'small', temperature: 0.2 },
  { prompt: 2, model: 'small', temperature: 0.2 },
]

describe('a recorded turn', () => {
  it('is asked again after what came before it, on a machine where that is true, and the state can be looked at', async () => {
    server.script(shellText('done\n', { operations: [{ op: 'write_file', path: '/srv/x', content: 'made\n' }] }))
    const { session, events } = await under.session([
      { input: 'cd /var/www', source: 'static' },
      { input: 'qshape hold', output: 'nginx version: nginx/1.22.1\r\n' },
      { input: 'qshape active' },
    ])
    const turn = await under.lab.recorded(session, events[2] as string)
    const outcome = await under.lab.tryTurn(turn, { after: ['pwd', 'cat /srv/x'] })
    expect(outcome).toMatchObject({ output: 'done\n', exitCode: 0, source: 'llm', generation: { model: 'small' } })
    expect(outcome.after).toEqual({ pwd: '/var/www\n', 'cat /srv/x': 'made\n' })
    expect(server.asked).toHaveLength(1)
    expect(server.asked[0]?.input).toContain('directory: /var/www')
    expect(server.asked[0]?.input).toContain('nginx version: nginx/1.22.1')
    expect(under.stores.state.get('llm-cache', 'anything')).toBeUndefined()
  })
})

describe('an experiment', () => {
  it('compares versions, keeps every answer, and grades them again without a model', async () => {
    better()
    const { session, events } = await under.session([{ input: 'qshape hold' }, { input: 'qshape deferred' }])
    for (const event of events) {
      await under.lab.addRow('php', 'ada', { session, event }, [
        { type: 'contains', value: 'PHP 8.2' },
        { type: 'not-regex', value: '(?i)as told' },
      ])
    }
    const wish = { dataset: 'php', variants: VARIANTS, seed: 7, repeats: 1, by: 'ada', recorded: false }
    const done = await under.lab.startExperiment(wish).finished
    const [first, second] = standings(done)
    expect(first).toMatchObject({ passed: 0, improved: [], regressed: [] })
    expect(second).toMatchObject({ passed: 1, regressed: [], cells: 2 })
    expect(second?.improved).toHaveLength(2)
    expect(under.lab.experiments.get(done.id).endedAt).toBeGreaterThan(0)
    expect(server.asked.every(({ body }) => (body.options as { seed: number }).seed === 7)).toBe(true)
    const asked = server.asked.length
    const again = await under.lab.startExperiment({ ...wish, recorded: true }).finished
    expect(server.asked).toHaveLength(asked)
    expect(again.cells.map(({ recorded, outcome }) => [recorded, outcome.output])).toEqual(
      done.cells.map(({ outcome }) => [true, outcome.output]),
    )
  })

  it('opens the gate to production, or keeps it shut', async () => {
    better()
    const persona = under.lab.persona('debian-web')
    const { session, events } = await under.session([{ input: 'qshape active' }])
    await under.lab.addRow('php', 'ada', { session, event: events[0] as string }, [{ type: 'contains', value: 'PHP 8.2' }])
    under.lab.setGate('debian-web', { dataset: 'php', atLeast: 0.9, noRegressions: true })
    const promote = (): boolean => under.lab.promote(persona, under.lab.library.version('debian-web', 2), { by: 'ada' })
    expect(promote).toThrow('the gate wants an experiment of version 2 over the dataset php')
    await under.lab.startExperiment({ dataset: 'php', variants: VARIANTS, seed: 1, repeats: 1, by: 'ada', recorded: false }).finished
    expect(promote()).toBe(true)
  })

  it('has a gate in the settings that nobody changes elsewhere', () => {
    under.settings.lab.gates['debian-web'] = { dataset: 'php', atLeast: 1, noRegressions: false }
    expect(() => under.lab.setGate('debian-web', undefined)).toThrow('stands in sundew.yaml (lab.gates)')
    const second = under.lab.library.version('debian-web', under.lab.deck.settle(under.lab.persona('debian-web')).production)
    expect(() => under.lab.promote(under.lab.persona('debian-web'), second, { by: 'ada' })).toThrow('over the dataset php')
  })

  it('without a model server fails its rows and keeps none of their answers', async () => {
    await server.close()
    const { session, events } = await under.session([{ input: 'qshape active' }])
    await under.lab.addRow('php', 'ada', { session, event: events[0] as string })
    under.lab.persona('debian-web')
    const done = await under.lab.startExperiment({
      dataset: 'php',
      variants: [{ prompt: 1, model: 'small', temperature: 0 }],
      seed: 1,
      repeats: 1,
      by: 'ada',
      recorded: false,
    }).finished
    expect(done.cells[0]).toMatchObject({ pass: false, outcome: { source: 'fallback' } })
  })

  it('goes out as a configuration of promptfoo in which attacker text is no template', async () => {
    const { session, events } = await under.session([{ input: 'php -r {{7*7}}{% raw %}' }])
    await under.lab.addRow('php', 'ada', { session, event: events[0] as string }, [{ type: 'regex', value: '^PHP' }])
    const persona = under.lab.persona('debian-web')
    const versions = under.lab.library.versions('debian-web')
    const config = parse(promptfooConfig(under.lab.datasets.get('php'), persona, versions, ['small'], under.settings.llm))
    expect(config.providers[0].id).toBe('ollama:chat:small')
    expect(config.tests[0].assert).toEqual([{ type: 'regex', value: '^PHP' }])
    expect(config.tests[0].vars.input).toBe('{% raw %}php -r {{7*7}}{% raw %}{% endraw %}')
    const [system] = JSON.parse(config.prompts[0].raw) as { content: string }[]
    const used = [...(system?.content ?? '').matchAll(/\{\{ (\S+) \}\}/g)].map(([, name = '']) => name)
    expect(used).toContain('facts.company')
    for (const name of used) {
      const value = name.split('.').reduce((at, key) => at?.[key], config.tests[0].vars)
      expect(value, name).toEqual(expect.stringMatching(/./))
    }
  })

  it('a rubric is judged by a model, which gets the answer as quoted data', async () => {
    server.script(JSON.stringify({ pass: true, why: 'short enough' }))
    const { session, events } = await under.session([{ input: 'qshape active' }])
    under.lab.persona('debian-web')
    await under.lab.addRow('php', 'ada', { session, event: events[0] as string }, [{ type: 'llm-rubric', value: 'is short' }])
    server.script((asked) => (asked.system.includes('You judge') ? JSON.stringify({ pass: true, why: 'short' }) : shellText('x\n')))
    const wish = { dataset: 'php', variants: VARIANTS.slice(0, 1), seed: 1, repeats: 1, by: 'ada', recorded: false, judgeModel: 'judge' }
    const done = await under.lab.startExperiment(wish).finished
    expect(done.cells[0]?.results).toEqual([{ type: 'llm-rubric', pass: true, why: 'short' }])
    expect(server.asked.at(-1)).toMatchObject({ model: 'judge', input: 'Rubric: is short\n\nInput: "qshape active"\n\nOutput: "x\\n"' })
  })
})
