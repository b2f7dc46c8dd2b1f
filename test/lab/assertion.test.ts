import { describe, expect, it } from 'vitest'
import { type Assertion, Assertion as AssertionSchema, examine } from '../../src/lab/datasets/assertion.ts'
import type { Outcome } from '../../src/lab/trial/outcome.ts'

describe('assertions', () => {
  const outcome: Outcome = {
    output: '{"a":1}\n',
    stderr: 'warning\n',
    exitCode: 2,
    source: 'llm',
    generation: { totalMs: 500, outputTokens: 30, guard: ['markdown-fence'] },
    after: { pwd: '/tmp\n' },
  }
  const cases: [Assertion, boolean][] = [
    [{ type: 'equals', value: '{"a":1}\nwarning' }, true],
    [{ type: 'equals', value: 'x' }, false],
    [{ type: 'contains', value: 'warn' }, true],
    [{ type: 'not-contains', value: 'warn' }, false],
    [{ type: 'regex', value: '^warn\\w+$' }, true],
    [{ type: 'not-regex', value: '^warn' }, false],
    [{ type: 'is-json' }, true],
    [{ type: 'exit-code', value: 2 }, true],
    [{ type: 'exit-code', value: 0 }, false],
    [{ type: 'state-after', command: 'pwd', value: '^/tmp$' }, true],
    [{ type: 'state-after', command: 'id', value: 'root' }, false],
    [{ type: 'latency', value: 499 }, false],
    [{ type: 'tokens', value: 30 }, true],
    [{ type: 'no-guard' }, false],
  ]
  it.each(cases)('%j holds: %s', async (assertion, pass) => {
    expect(await examine(assertion, outcome, 'x', async () => ({ pass: false, why: '' }))).toMatchObject({ pass })
  })

  it('take no expression that RE2 does not know', () => {
    expect(AssertionSchema.safeParse({ type: 'regex', value: '(?=x)' }).success).toBe(false)
  })
})
