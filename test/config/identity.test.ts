import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import { certificateOf } from '../../src/sensor/certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'sundew-identity-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the identity of an installation', () => {
  it('is the same after a restart and another elsewhere', () => {
    const first = Identity.open(folder)
    const again = Identity.open(folder)
    const other = new Identity(Buffer.alloc(32, 1))
    expect(again.hex('serial', 8)).toBe(first.hex('serial', 8))
    expect(again.mac('eth0', '52:54:00')).toBe(first.mac('eth0', '52:54:00'))
    expect(other.hex('serial', 8)).not.toBe(first.hex('serial', 8))
    expect(first.hex('a', 8)).not.toBe(first.hex('b', 8))
  })

  it('keeps its seed to its owner', () => {
    expect(statSync(join(folder, 'identity', 'seed')).mode & 0o777).toBe(0o600)
  })

  it('draws within bounds, and a stream of numbers that repeats', () => {
    const identity = Identity.open(folder)
    for (let i = 0; i < 200; i++) {
      const n = identity.integer(`n${i}`, 3, 7)
      expect(n).toBeGreaterThanOrEqual(3)
      expect(n).toBeLessThanOrEqual(7)
    }
    const draw = (): number[] => {
      const random = identity.random('stream')
      return Array.from({ length: 40 }, () => random())
    }
    expect(draw()).toEqual(draw())
    expect(new Set(draw()).size).toBe(40)
  })

  it('makes a certificate once', async () => {
    const wanted = { name: 'x', subject: 'CN=web.corp.lan', alternativeNames: [{ type: 'dns' as const, value: 'web.corp.lan' }] }
    const made = await certificateOf(Identity.open(folder), wanted)
    expect(await certificateOf(Identity.open(folder), wanted)).toEqual(made)
  })
})
