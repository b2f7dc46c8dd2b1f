import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import traps from '../../../src/emulators/traps/index.ts'
import { createHosts } from '../../../src/host/hosts.ts'
import { examplesOf, loadSets, loadTraps, requestOf, SHIPPED_TRAPS, type Trap, TrapEngine } from '../../../src/http/traps/index.ts'
import type { defineLure } from '../../../src/sensor/lure.ts'
import { MemoryState, noEngine, type Playing, play } from '../../harness.ts'

const products = loadTraps(SHIPPED_TRAPS)
const all = products.flatMap((product) => product.traps.map((trap) => ({ product, trap, id: trap.id })))
const byId = new Map(all.map(({ id, trap }) => [id, trap]))

describe('the shipped traps', () => {
  it('are at least 150 over at least 60 products', () => {
    expect(all.length).toBeGreaterThanOrEqual(150)
    expect(products.length).toBeGreaterThanOrEqual(60)
  })

  it('play together in sets of products that exist', () => {
    const known = new Set(products.map(({ product }) => product))
    for (const [name, set] of Object.entries(loadSets(SHIPPED_TRAPS)))
      expect([name, set.products.filter((one) => !known.has(one))]).toEqual([name, []])
    const inSets = new Set(Object.values(loadSets(SHIPPED_TRAPS)).flatMap((set) => set.products))
    expect([...known].filter((one) => !inSets.has(one))).toEqual([])
  })

  it('have a front page each', () => {
    expect(products.filter(({ pages }) => !pages['/']).map(({ product }) => product)).toEqual([])
  })

  it.each(all)('$id is met by its examples, and no other of all traps is', ({ trap }) => {
    for (const { bytes, after } of examplesOf(trap)) {
      const engine = new TrapEngine(products)
      const met = engine.findAll(requestOf(bytes)).map((found) => found.trap.id)
      expect(after.length > 0 ? [trap.id] : met).toEqual([trap.id])
    }
  })
})

/** The lure with every product, without TLS and with the simulated host behind it. */
const plain = { ...traps, ports: traps.ports.map((port) => ({ ...port, tls: false })) } as ReturnType<typeof defineLure>

describe('on the wire', () => {
  let playing: Playing
  const state = new MemoryState()
  const hosts = createHosts({ identity: new Identity(Buffer.alloc(32, 7)), engine: noEngine, state })

  beforeAll(async () => {
    playing = await play(plain, {
      persona: 'debian-web',
      hosts,
      state,
      options: { products: 'all' },
      settings: { limits: { connectionsPerSource: 500 } },
    })
  }, 60_000)
  afterAll(async () => {
    await playing.stop()
    hosts.close()
  })

  const send = async (bytes: Buffer): Promise<string> => (await playing.exchange(bytes, { quietMs: 3_000 })).toString('latin1')
  const playEarlier = async (trap: Trap, depth = 0): Promise<void> => {
    for (const earlier of examplesOf(trap)[0]?.after ?? []) {
      const step = byId.get(earlier) as Trap
      if (depth < 5) await playEarlier(step, depth + 1)
      await send(examplesOf(step)[0]!.bytes)
    }
  }

  it.each(all)('$id answers what its checks look for', async ({ trap }) => {
    for (const [n, { bytes, expect: wanted }] of examplesOf(trap).entries()) {
      if (n === 0) await playEarlier(trap)
      const seen = playing.data<{ trap: string }>('traps.hit').length
      const answer = await send(bytes)
      expect(
        playing
          .data<{ trap: string }>('traps.hit')
          .slice(seen)
          .map((hit) => hit.trap),
      ).toEqual([trap.id])
      for (const pattern of wanted) expect(answer).toMatch(regex(pattern))
      expect(playing.data('lure.fault')).toEqual([])
    }
  })
})

/** Flags in front, as RE2 writes them. */
function regex(pattern: string): RegExp {
  const [, flags = '', source = pattern] = /^\(\?([a-z]+)\)(.*)$/s.exec(pattern) ?? []
  return new RegExp(source, flags)
}
