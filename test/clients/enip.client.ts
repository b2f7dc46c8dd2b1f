import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import enip from '../../src/emulators/enip/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(enip, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

const isRoot = process.getuid?.() === 0

it.each([
  ['-sT', 0],
  ['-sU', 1],
])('nmap %s enip-info reads the whole identity', async (scan, port) => {
  if (scan === '-sU' && !isRoot) return
  const { stdout } = await run('nmap', ['-Pn', '-n', scan, '-p', String(playing.port(port)), '--script', '+enip-info', '127.0.0.1'])
  expect(stdout).toMatch(/type: Communications Adapter \(12\)/)
  expect(stdout).toMatch(/vendor: Rockwell Automation\/Allen-Bradley \(1\)/)
  expect(stdout).toMatch(/productName: 1756-EN2T\/[CD]/)
  expect(stdout).toMatch(/serialNumber: 0x00[0-9a-f]{6}/)
  expect(stdout).toMatch(/productCode: 166/)
  expect(stdout).toMatch(/deviceIp: (?!0\.0\.0\.0)\d+\.\d+\.\d+\.\d+/)
})
