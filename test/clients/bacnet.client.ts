import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import bacnet from '../../src/emulators/bacnet/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(bacnet, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

describe('nmap', () => {
  const isRoot = process.getuid?.() === 0

  it.runIf(isRoot)('bacnet-info reads nine fields, and the number of the vendor is the one of its name', async () => {
    const { stdout } = await ran('nmap', ['-Pn', '-n', '-sU', '-p', String(playing.port()), '--script', '+bacnet-info', '127.0.0.1'])
    const [, name, number] = /Vendor ID: (.+) \((\d+)\)/.exec(stdout) ?? []
    expect(number).toBeDefined()
    expect(stdout).toContain(`Vendor Name: ${name}`)
    for (const field of ['Object-identifier', 'Firmware', 'Application Software', 'Object Name', 'Model Name', 'Description', 'Location']) {
      expect(stdout).toMatch(new RegExp(`${field}: \\S`))
    }
  })
})
