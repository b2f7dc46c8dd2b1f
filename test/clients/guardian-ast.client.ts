import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ast from '../../src/emulators/guardian-ast/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(ast, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

const nc = async (text: string): Promise<string> =>
  (await ran('nc', ['-q', '1', '-w', '2', '127.0.0.1', String(playing.port())], text)).stdout

describe('nc', () => {
  it('reads the inventory', async () => {
    expect(await nc('\x01I20100\n')).toContain('IN-TANK INVENTORY')
  })

  it('reads tanks that hold no more than they have room for, framed from SOH to ETX', async () => {
    const report = await nc('\x01I20100\n')
    expect(report).toMatch(/^\x01\r\nI20100\r\n[A-Z]{3} [ \d]\d, \d{4} .*\x03$/s)
    const tanks = Array.from(
      report.matchAll(/^ +\d +.{20} +(\d+) +\d+ +(\d+) +(\d+\.\d\d) /gm),
      ([, volume, ullage]) => Number(volume) + Number(ullage),
    )
    expect(tanks.length).toBeGreaterThan(1)
    const again = Array.from((await nc('\x01I20100\n')).matchAll(/^ +\d +.{20} +(\d+) +\d+ +(\d+) /gm), ([, v, u]) => Number(v) + Number(u))
    for (const [i, capacity] of tanks.entries()) expect(Math.abs(capacity - (again[i] ?? 0))).toBeLessThanOrEqual(1)
  })

  it('reads a volume that is another one soon after', async () => {
    // The computer format has more decimals: the first number behind the tank, its product, its status and the count.
    const volume = async (): Promise<number> => {
      const [, hex = ''] = /^\x01i20101\d{10}01.[0-9A-F]{4}07([0-9A-F]{8})/.exec(await nc('\x01i20101')) ?? []
      return Buffer.from(hex, 'hex').readFloatBE()
    }
    const before = await volume()
    await expect.poll(volume, { timeout: 10_000, interval: 300 }).not.toBe(before)
  })

  it('is told FF1B for a code that there is not, and finds a label again that it set', async () => {
    expect(await nc('\x01I99999\n')).toBe('\x019999FF1B\x03')
    await nc('\x01S60201HACKED\r')
    expect(await nc('\x01I20100\n')).toContain('HACKED')
  })

  it('gets nothing for the literal ^A that scanners for other honeypots send', async () => {
    expect(await nc('^AI21400\n')).toBe('')
  })
})
