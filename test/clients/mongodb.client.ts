import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import lure from '../../src/emulators/mongodb/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let open: Playing
let closed: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mongodb-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const given = { persona: 'debian-web', identity, state, hosts: createHosts({ identity, engine: noEngine, state }) }
  open = await play(lure, given)
  const login = { policy: 'list', accept: [{ user: 'root', password: 'letmein' }] }
  closed = await play(lure, { ...given, options: { access: 'login', login } })
})
afterAll(async () => {
  await open.stop()
  await closed.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('nmap', () => {
  it('is told of the server and its databases', async () => {
    const scripts = '+mongodb-info,+mongodb-databases'
    const { stdout } = await ran('nmap', ['-n', '-Pn', '-p', String(open.port()), '--script', scripts, '127.0.0.1'])
    expect(stdout).toMatch(/version = 4\.4\.29/)
    expect(stdout).toMatch(/name = tw_portal/)
  })

  // Away from 27017 its question for MongoDB is asked from intensity 8 on.
  it.each([
    ['open', 'MongoDB 4.4.29'],
    ['closed', 'MongoDB'],
  ])(
    'names the %s server',
    async (which, name) => {
      const port = which === 'open' ? open.port() : closed.port()
      expect(await nmapNames(port, '-T4', '--version-intensity', '8')).toContain(name)
    },
    120_000,
  )
})

describe('those who guess', () => {
  it.each([
    ['hydra', /login: root\s+password: letmein/],
    ['ncrack', /'root' 'letmein'/],
  ])('%s finds the password, and every try is written down once', async (program, found) => {
    const words = join(folder, 'words.txt')
    writeFileSync(words, 'a1\nqwerty\nletmein\n')
    const before = closed.data('login').length
    const port = String(closed.port())
    const args =
      program === 'hydra'
        ? ['-l', 'root', '-P', words, '-t', '1', '-s', port, 'mongodb://127.0.0.1']
        : ['--user', 'root', '-P', words, `mongodb://127.0.0.1:${port}`]
    const { stdout } = await ran(program, args)
    expect(stdout).toMatch(found)
    expect(closed.data('login').slice(before)).toHaveLength(3)
  })
})
