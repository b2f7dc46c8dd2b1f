import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import lure from '../../src/emulators/postgresql/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'

const run = promisify(execFile)

let playing: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'postgresql-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const hosts = createHosts({ identity, engine: noEngine, state })
  const login = { policy: 'list', accept: [{ user: 'postgres', password: 'letmein' }] }
  playing = await play(lure, { persona: 'hospital-integration', identity, state, hosts, options: { login } })
})
afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const environment = { ...process.env, PGPASSWORD: 'letmein' }
const at = (): string[] => ['-h', '127.0.0.1', '-p', String(playing.port()), '-U', 'postgres']
const psql = async (connection: string, ...commands: string[]): Promise<string> =>
  (
    await run('psql', ['-X', '-A', '-t', ...at(), ...commands.flatMap((command) => ['-c', command]), connection], { env: environment })
  ).stdout.trimEnd()

describe('psql', () => {
  it('logs in with SCRAM, over TLS and without', async () => {
    expect(await psql('dbname=mirthdb sslmode=require', 'select version()')).toMatch(/^PostgreSQL 15\.20 \(Debian 15\.20-0\+deb12u1\)/)
    expect(await psql('dbname=mirthdb sslmode=disable', 'select count(*) > 300 from patient_index')).toBe('t')
    await expect(
      run('psql', [...at(), '-c', 'select 1', 'mirthdb'], { env: { ...environment, PGPASSWORD: 'wrong' } }),
    ).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('FATAL:  password authentication failed for user "postgres"'),
    })
  })

  it('lists and describes as it does of a real server', async () => {
    expect(await psql('dbname=mirthdb', '\\l')).toContain('mirthdb|postgres|UTF8')
    expect(await psql('dbname=mirthdb', '\\dt')).toContain('public|patient_index|table|postgres')
    const described = await psql('dbname=mirthdb', '\\d patient_index')
    expect(described).toContain("id|integer||not null|nextval('patient_index_id_seq'::regclass)")
    const { stdout } = await run('psql', ['-X', ...at(), '-c', '\\d patient_index', 'mirthdb'], { env: environment })
    expect(stdout).toContain('"patient_index_pkey" PRIMARY KEY, btree (id)')
    expect(await psql('dbname=mirthdb', '\\du')).toContain('Superuser, Create role, Create DB, Replication, Bypass RLS')
  })

  it('runs a program of the simulated host', async () => {
    expect(await psql('dbname=mirthdb', 'create table o(t text)', "copy o from program 'id'", 'select * from o')).toContain(
      'uid=105(postgres)',
    )
  })
})

describe('pg_dump', () => {
  it('takes a database whole, in a form that can be read back', async () => {
    const { stdout } = await run('pg_dump', [...at(), 'mirthdb'], { env: environment, maxBuffer: 32 * 1024 * 1024 })
    expect(stdout).toContain('CREATE TABLE public.patient_index (')
    expect(stdout).toContain('-- PostgreSQL database dump complete')
    const file = join(folder, 'dump.sql')
    writeFileSync(file, stdout)
    await psql('dbname=mirthdb', 'create database copied')
    await run('psql', ['-X', '-q', ...at(), '-f', file, 'copied'], { env: environment })
    expect(await psql('dbname=copied', 'select count(*) from patient_index')).toBe(
      await psql('dbname=mirthdb', 'select count(*) from patient_index'),
    )
  })
})

describe('those who guess', () => {
  it('hydra finds the password, and every try is written down once', async () => {
    const words = join(folder, 'words.txt')
    writeFileSync(words, 'a1\nqwerty\nletmein\n')
    const before = playing.data('login').length
    // hydra's module knows no port; libpq takes it from the environment.
    const { stdout } = await run(
      'hydra',
      ['-l', 'postgres', '-P', words, '-t', '1', '-s', String(playing.port()), 'postgres://127.0.0.1/mirthdb'],
      {
        env: { ...process.env, PGPORT: String(playing.port()) },
      },
    )
    expect(stdout).toMatch(/login: postgres\s+password: letmein/)
    const logins = playing.data('login').slice(before)
    // Refused over TLS, libpq comes once more without.
    expect(logins.map(({ password, accepted }) => [password, accepted])).toEqual([
      [undefined, false],
      [undefined, false],
      ['qwerty', false],
      ['qwerty', false],
      ['letmein', true],
    ])
  })
})

describe('nmap', () => {
  it('names PostgreSQL', async () => {
    const { stdout } = await run('nmap', ['-sV', '-Pn', '-n', `-p${playing.port()}`, '127.0.0.1'])
    expect(stdout).toMatch(/open\s+postgresql\s+PostgreSQL DB 9\.6\.0 or later/)
  })
})
