import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import s7 from '../../src/emulators/s7/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing

beforeAll(async () => {
  playing = await play(s7, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

it('nmap s7-info reads the nameplate', async () => {
  const { stdout } = await run('nmap', ['-Pn', '-n', '-p', String(playing.port()), '--script', '+s7-info', '127.0.0.1'])
  expect(stdout).toMatch(/Module: 6ES7 31[478]-\w{5}-0AB0/)
  expect(stdout).toMatch(/Basic Hardware: 6ES7 31[478]-\w{5}-0AB0/)
  expect(stdout).toMatch(/Version: 3\.[23]\.\d+/)
  expect(stdout).toMatch(/System Name: SIMATIC 300\(\d\)/)
  expect(stdout).toMatch(/Module Type: CPU 31\S+ PN\/DP/)
  expect(stdout).toMatch(/Serial Number: S C-[A-Z]\dU[A-Z]\d{8}/)
  expect(stdout).toMatch(/Plant Identification: .+ WTP/)
  expect(stdout).toMatch(/Copyright: Original Siemens Equipment/)
})
