import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { campaignsOf } from '../../src/analysis/campaigns.ts'
import type { SessionGroup } from '../../src/store/contract.ts'

function group(over: Partial<SessionGroup>): SessionGroup {
  return {
    signature: 's1',
    lure: 'ssh',
    fingerprint: '',
    artifact: '',
    sessions: 1,
    sources: 1,
    turns: 3,
    firstSeen: 1000,
    lastSeen: 2000,
    sample: 'x',
    ...over,
  }
}

describe('campaigns', () => {
  it('join what shares two of signature, fingerprint and file', () => {
    const campaigns = campaignsOf([
      group({ signature: 's1', fingerprint: 'h1', sessions: 5 }),
      group({ signature: 's2', fingerprint: 'h1', artifact: 'a1', firstSeen: 500 }),
      group({ signature: 's1', fingerprint: 'h1', artifact: 'a1', lastSeen: 9000, sample: 'latest' }),
    ])
    expect(campaigns).toMatchObject([
      { sessions: 7, signatures: ['s2', 's1'], fingerprints: ['h1'], artifacts: ['a1'], firstSeen: 500, lastSeen: 9000, sample: 'latest' },
    ])
  })

  it('keep apart what shares one', () => {
    expect(campaignsOf([group({ fingerprint: 'h1' }), group({ signature: 's2', fingerprint: 'h1' })])).toHaveLength(2)
    expect(campaignsOf([group({ fingerprint: 'h1' }), group({ fingerprint: 'h2' })])).toHaveLength(2)
  })

  it('take the lure for the client where it has no fingerprint', () => {
    expect(campaignsOf([group({ lure: 'redis' }), group({ lure: 'redis', artifact: 'a1' })])).toHaveLength(1)
    expect(campaignsOf([group({ lure: 'redis' }), group({ lure: 'adb' })])).toHaveLength(2)
  })

  it('are the same whatever the order of the groups', () => {
    const key = (name: string) => fc.constantFrom('', `${name}1`, `${name}2`)
    const groups = fc.uniqueArray(
      fc.record({
        signature: fc.constantFrom('s1', 's2', 's3'),
        fingerprint: key('h'),
        artifact: key('a'),
        firstSeen: fc.integer({ min: 0, max: 3 }),
      }),
      { selector: (g) => `${g.signature} ${g.fingerprint} ${g.artifact}`, maxLength: 12 },
    )
    fc.assert(
      fc.property(groups, fc.infiniteStream(fc.nat()), (list, random) => {
        const all = list.map((over, n) => group({ ...over, lastSeen: 10 + n, sample: String(n) }))
        const shuffled = all
          .map((g) => ({ g, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
          .map(({ g }) => g)
        expect(campaignsOf(shuffled)).toEqual(campaignsOf(all))
        expect(campaignsOf(all).reduce((sum, c) => sum + c.sessions, 0)).toBe(all.length)
      }),
    )
  })
})
