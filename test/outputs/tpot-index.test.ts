import { describe, expect, it } from 'vitest'
import { lures } from '../../src/lures.ts'
import { DynamicMapping } from './dynamic-mapping.ts'
import { replay } from './logstash.ts'
import { sessionOf } from './sample-data.ts'
import { writeTpot } from './write-tpot.ts'

/** `index.mapping.total_fields.limit` of T-Pot's template is 3000, and each text counts twice; geoip, Suricata and others need room. */
const FIELDS = 1200

describe("T-Pot's one index a day", () => {
  it('takes the documents of all systems in whatever order they come: no field is of one type here and of another there', async () => {
    const mapping = new DynamicMapping()
    for (const branch of [0, 1, 2]) {
      const events = lures.flatMap((lure) => sessionOf(lure, lure.standsFor, 1_790_000_000_123, branch))
      const { documents, dropped } = replay(await writeTpot(events))
      expect(dropped).toEqual([])
      for (const document of documents) mapping.add(document)
    }
    expect(mapping.conflicts()).toEqual([])
    expect(mapping.size).toBeLessThan(FIELDS)
  })

  it('keeps the names of Conpot where Galah is not written beside it', async () => {
    const s7 = lures.filter(({ name }) => name === 's7').flatMap((lure) => sessionOf(lure, ['Conpot']))
    const fieldsOf = async (over: Record<string, unknown>): Promise<Set<string>> =>
      new Set(replay(await writeTpot(s7, over)).documents.flatMap((document) => Object.keys(document)))
    expect([...(await fieldsOf({ systems: ['Conpot', 'Cowrie'] }))]).toEqual(expect.arrayContaining(['request', 'response']))
    expect([...(await fieldsOf({ systems: ['Conpot', 'Galah'] }))]).toEqual(expect.arrayContaining(['request.text', 'response.text']))
  })

  it('gets no field that an attacker has named', async () => {
    const events = lures.flatMap((lure) => sessionOf(lure, lure.standsFor))
    const { documents } = replay(await writeTpot(events))
    const named = documents.flatMap((document) =>
      keysOf(document)
        .filter((key) => /Host\.port|x\.y/i.test(key))
        .map((key) => `${document.type} ${key}`),
    )
    expect(named).toEqual([])
  })
})

/** All keys of a document, at whatever depth. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  const own = Array.isArray(value) ? [] : Object.keys(value)
  return [...own, ...Object.values(value).flatMap(keysOf)]
}
