import { describe, expect, it } from 'vitest'
import { median, recognition } from '../../src/analysis/recognised.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sampleEvent, sampleTurn } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

const NOON = Date.UTC(2026, 2, 2, 12)

describe('the report on having been recognised', () => {
  it('compares prompt versions by how long visitors stayed and what they typed last', async () => {
    const store = openSqliteStore(tempFolder())
    const visit = (version: string | undefined, inputs: string[], guard: string[] = [], tags: string[] = []): void => {
      const session = uuid7()
      store.append(sampleEvent({ session, time: NOON, type: 'session.open', data: {} }))
      for (const [n, input] of inputs.entries()) {
        const generation = { persona: 'debian-web', promptVersion: version, totalMs: 100, guard }
        const data = {
          kind: 'shell',
          input,
          output: 'x',
          source: version ? 'llm' : 'static',
          durationMs: 1,
          ...(version ? { generation } : {}),
        }
        store.append(sampleTurn({ session, time: NOON + n * 1000, data, tags }))
      }
      const close = { durationMs: 1, bytesIn: 0, bytesOut: 0, reason: 'attacker' }
      store.append(sampleEvent({ session, time: NOON + inputs.length * 1000, type: 'session.close', data: close }))
    }
    visit('v1', ['id', 'systemd-detect-virt'], ['refusal'], ['attack:T1497.001'])
    visit('v1', ['systemd-detect-virt'])
    visit('v2', ['id', 'uname', 'ls', 'wget x'])
    visit(undefined, ['id', 'exit', 'exit'])
    await store.flush()
    const rows = await recognition(store, { since: NOON - 1000, until: NOON + 60_000 })
    await store.close()
    expect(rows).toEqual([
      {
        prompt: 'debian-web@v1',
        sessions: 2,
        medianInputs: 1.5,
        medianSeconds: 1.5,
        leftEarly: 1,
        checked: 0.5,
        guarded: 0.5,
        lastInputs: [{ value: 'systemd-detect-virt', count: 2 }],
      },
      expect.objectContaining({ prompt: 'debian-web@v2', sessions: 1, medianInputs: 4, leftEarly: 0 }),
      expect.objectContaining({ prompt: 'debian-web', sessions: 1, medianInputs: 3 }),
    ])
  })

  it('has the median between the two in the middle', () => {
    expect([[], [3], [4, 1], [9, 1, 5]].map(median)).toEqual([0, 3, 2.5, 5])
  })
})
