import { createHash } from 'node:crypto'
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { applyBundle, packBundle } from '../../src/hive/bundle.ts'
import { AnswerCache } from '../../src/llm/cache.ts'
import { Pins } from '../../src/llm/pins.ts'
import { MemoryState } from '../harness.ts'
import { tempFolder } from '../store/temp-folder.ts'

const identity = new Identity(Buffer.alloc(32, 7))
const CACHE = { memoryMiB: 1, diskMiB: 1, ttlHours: 1, negativeMinutes: 1 }

function place(): { prompts: string; state: MemoryState } {
  const prompts = join(tempFolder(), 'prompts')
  cpSync('test/fixtures/prompts', prompts, { recursive: true })
  return { prompts, state: new MemoryState() }
}

/** A bundle as somebody else would make it. */
function packed(content: unknown): { sha256: string; packed: Buffer } {
  const text = JSON.stringify(content)
  return { sha256: createHash('sha256').update(text).digest('hex'), packed: gzipSync(text) }
}

describe('what the hive has for its sensors', () => {
  it('is in force at a sensor: personas, pins and answers', () => {
    const [hive, sensor] = [place(), place()]
    writeFileSync(join(hive.prompts, 'plain', 'shell.md'), 'Another shell.\n')
    const pin = new Pins(hive.state).put({ persona: '*', kind: 'shell', key: 'php -v', answer: { stdout: 'PHP 8' } })
    new AnswerCache(CACHE, hive.state).set('a'.repeat(64), { stdout: 'x' }, { persona: 'plain' })
    const bundle = packBundle(hive)
    applyBundle(bundle.packed, bundle.sha256, sensor, identity)
    expect(readFileSync(join(sensor.prompts, 'plain', 'shell.md'), 'utf8')).toBe('Another shell.\n')
    expect(new Pins(sensor.state).get(pin.id)).toEqual(pin)
    expect(new AnswerCache(CACHE, sensor.state).get('a'.repeat(64))?.freshness).toBe('fresh')
    expect(packBundle(sensor).sha256).toBe(bundle.sha256)
  })

  it('takes a file away that the hive has not, and leaves a persona alone that it does not know', () => {
    const [hive, sensor] = [place(), place()]
    writeFileSync(join(sensor.prompts, 'plain', 'notes.txt'), 'old')
    cpSync(join(sensor.prompts, 'plain'), join(sensor.prompts, 'mine'), { recursive: true })
    const { packed, sha256 } = packBundle(hive)
    applyBundle(packed, sha256, sensor, identity)
    expect(existsSync(join(sensor.prompts, 'plain', 'notes.txt'))).toBe(false)
    expect(existsSync(join(sensor.prompts, 'mine', 'persona.yaml'))).toBe(true)
  })

  it('changes nothing when a part of it does not fit', () => {
    const sensor = place()
    const before = packBundle(sensor).sha256
    const yaml = Buffer.from('name: plain\n').toString('base64')
    const bad = {
      'a persona that is none': { personas: { plain: { 'persona.yaml': yaml } }, state: {} },
      'a path that leads out': { personas: { plain: { '../../../etc/x': yaml } }, state: {} },
      'an absolute path': { personas: { plain: { '/etc/x': yaml } }, state: {} },
      'a pin that is none': { personas: {}, state: { 'llm-pins': { x: { persona: 1 } } } },
      'a scope of the sensor itself': { personas: {}, state: { 'output.cursor': { hive: 'x' } } },
    }
    for (const [what, content] of Object.entries(bad)) {
      const bundle = packed(content)
      expect(() => applyBundle(bundle.packed, bundle.sha256, sensor, identity), what).toThrow()
    }
    const good = packBundle(place())
    expect(() => applyBundle(good.packed, 'f'.repeat(64), sensor, identity)).toThrow('damaged')
    expect(packBundle(sensor).sha256).toBe(before)
    expect([...sensor.state.entries('output.cursor')]).toEqual([])
  })
})
