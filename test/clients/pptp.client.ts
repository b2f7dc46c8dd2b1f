import { afterAll, beforeAll, expect, it } from 'vitest'
import pptp from '../../src/emulators/pptp/index.ts'
import { FakeHosts } from '../fake-hosts.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing

beforeAll(async () => {
  playing = await play(pptp, { ports: [1723], persona: 'debian-web', hosts: new FakeHosts() })
})
afterAll(() => playing.stop())

it('nmap names poptop', async () => {
  expect(await nmapNames(1723, '--version-intensity', '0', '--script', 'pptp-version')).toMatch(/^pptp +linux \(Firmware: 1\)$/)
  expect(playing.data('pptp.start').length).toBeGreaterThan(0)
}, 130_000)

// The client opens a raw socket for GRE before anything else.
it.runIf(process.getuid?.() === 0)('pptp starts a control connection and gets its call', async () => {
  const before = playing.data('pptp.start').length
  await ran('pptp', ['127.0.0.1', '--nolaunchpppd', '--phone', '0123', '--loglevel', '2'], '', 8_000)
  expect(playing.data('pptp.start').length).toBe(before + 1)
  expect(playing.data('pptp.start').at(-1)).toMatchObject({ version: 256, vendor: 'cananian' })
  expect(playing.data('pptp.call').at(-1)).toMatchObject({ phone: '0123' })
})
