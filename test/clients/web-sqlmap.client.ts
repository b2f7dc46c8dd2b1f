import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ran } from './ran.ts'
import { playLure } from './web-lures.ts'

interface Tested {
  lure: string
  options?: Record<string, unknown>
  path: string
  /** What sqlmap has to say in the end. */
  says: RegExp
  /** Requests with a payload, at the least. */
  payloads: number
}

/** Lures that have no hole of this kind; the shop's is in web-app.client.ts. */
const TESTED: readonly Tested[] = [
  { lure: 'rest-api', path: '/api/v1/products/1*', says: /do(?:es)? not (?:seem|appear) to be injectable/, payloads: 30 },
  { lure: 'wordpress', path: '/?s=1*', says: /do(?:es)? not (?:seem|appear) to be injectable/, payloads: 30 },
  { lure: 'wordpress', path: '/?p=1', says: /page not found \(404\)/, payloads: 0 },
  { lure: 'traps', options: { products: 'php' }, path: '/api?id=1', says: /page not found \(404\)/, payloads: 0 },
]

const folder = mkdtempSync(join(tmpdir(), 'web-sqlmap-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('sqlmap finds no hole where there is none, and what it tried is written down', () => {
  it.each(TESTED.map((tested) => [`${tested.lure} ${tested.path}`, tested] as const))(
    '%s',
    async (_, { lure, options, path, says, payloads }) => {
      const playing = await playLure(lure, options)
      try {
        const args = ['--batch', '--flush-session', '--disable-coloring', '--technique=BEU', '--output-dir', folder]
        const { stdout } = await ran('sqlmap', ['-u', playing.base() + path, ...args], undefined, 110_000)
        expect(stdout).toMatch(says)
        const sent = playing.data<{ target: string }>(`${lure}.request`).map(({ target }) => target)
        expect(sent.length).toBeGreaterThan(0)
        expect(sent.filter((target) => /%20(?:AND|OR|UNION|ORDER)%20/.test(target)).length).toBeGreaterThanOrEqual(payloads)
        expect([playing.data('lure.fault'), playing.deadLetters]).toEqual([[], []])
      } finally {
        await playing.stop()
      }
    },
    120_000,
  )
})
