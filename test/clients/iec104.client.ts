import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import iec104 from '../../src/emulators/iec104/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(iec104, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

describe('nmap', () => {
  it('iec-identify finds the address of the station and its objects', async () => {
    const { stdout } = await ran('nmap', ['-Pn', '-n', '-p', String(playing.port()), '--script', '+iec-identify', '127.0.0.1'])
    expect(stdout).toMatch(/ASDU address: \d+/)
    expect(Number(/Information objects: (\d+)/.exec(stdout)?.[1])).toBeGreaterThan(50)
  })
})
