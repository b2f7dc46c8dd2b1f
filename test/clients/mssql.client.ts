import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import lure from '../../src/emulators/mssql/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mssql-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const login = { policy: 'list', accept: [{ user: 'sa', password: 'letmein' }] }
  playing = await play(lure, { persona: 'debian-web', identity, state, hosts, options: { login } })
})
afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const tsql = async (password: string, ...lines: string[]): Promise<string> => {
  const { stdout, stderr } = await ran(
    'tsql',
    ['-H', '127.0.0.1', '-p', String(playing.port()), '-U', 'sa', '-P', password],
    `${lines.map((line) => `${line}\ngo\n`).join('')}exit\n`,
  )
  return stdout + stderr
}

describe('tsql', () => {
  it('logs in under TLS and asks', async () => {
    const shown = await tsql('letmein', 'select name from sys.databases', 'select count(*) as n from tw_portal..customers', 'exec sp_who')
    expect(shown).toContain('tw_portal')
    expect(shown).toMatch(/^\d{2,}$/m)
    expect(shown).toContain('LAZY WRITER')
  })

  it('runs a program of the simulated host', async () => {
    const shown = await tsql(
      'letmein',
      "exec sp_configure 'show advanced options', 1 reconfigure exec sp_configure 'xp_cmdshell', 1 reconfigure",
      "exec xp_cmdshell 'cat /etc/hostname; id'",
    )
    expect(shown).toMatch(/^uid=\d+\(/m)
  })

  it('is told why it may not', async () => {
    expect(await tsql('wrong')).toContain("Login failed for user 'sa'.")
  })
})

describe('those who guess', () => {
  it.each([
    ['hydra', /login: sa\s+password: letmein/],
    ['ncrack', /'sa' 'letmein'/],
  ])('%s finds the password, and every try is written down once', async (program, found) => {
    const words = join(folder, 'words.txt')
    writeFileSync(words, 'a1\nqwerty\nletmein\n')
    const before = playing.data('login').length
    const port = String(playing.port())
    const args =
      program === 'hydra'
        ? ['-l', 'sa', '-P', words, '-t', '1', '-s', port, 'mssql://127.0.0.1']
        : ['--user', 'sa', '-P', words, `mssql://127.0.0.1:${port}`]
    const { stdout } = await ran(program, args)
    expect(stdout).toMatch(found)
    expect(
      playing
        .data('login')
        .slice(before)
        .map(({ password }) => password)
        .sort(),
    ).toEqual(['a1', 'letmein', 'qwerty'])
  })
})

describe('nmap', () => {
  it('names SQL Server 2019', async () => {
    expect(await nmapNames(playing.port())).toMatch(/ms-sql-s\s+Microsoft SQL Server 2019/)
  }, 150_000)
})
