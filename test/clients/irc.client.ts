import { afterAll, beforeAll, expect, it } from 'vitest'
import irc from '../../src/emulators/irc/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let p: Playing
beforeAll(async () => {
  p = await play(irc, { persona: 'debian-web', hosts: accountsOnly() })
})
afterAll(() => p.stop())

it('nmap says what it says of the real InspIRCd 3.15, which it knows only as a server with a name', async () => {
  const { stdout } = await ran('nmap', ['-n', '-Pn', '-sV', '--script', 'irc-info', '-p', String(p.port()), '127.0.0.1'])
  expect(stdout).toMatch(/open {2}irc\b/)
  expect(stdout).toMatch(/Service Info: Host: irc\./)
  expect(stdout).toMatch(/users: \d+/)
})
