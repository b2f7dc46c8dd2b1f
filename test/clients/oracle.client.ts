import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../src/config/identity.ts'
import lure from '../../src/emulators/oracle/index.ts'
import { createHosts } from '../../src/host/hosts.ts'
import { MemoryState, noEngine, type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let playing: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'oracle-client-'))
  const identity = new Identity(Buffer.alloc(32, 7))
  const state = new MemoryState()
  const login = { policy: 'list', accept: [{ user: 'SYSTEM', password: 'manager' }] }
  const hosts = createHosts({ identity, engine: noEngine, state })
  playing = await play(lure, { persona: 'debian-web', identity, state, hosts, options: { sid: 'ORCL', login } })
})
afterAll(async () => {
  await playing.stop()
  rmSync(folder, { recursive: true, force: true })
})

const script = async (...args: string[]): Promise<string> =>
  (await ran('nmap', ['-n', '-Pn', '-p', String(playing.port()), ...args, '127.0.0.1'])).stdout

describe('nmap', () => {
  it('names the listener with its version', async () => {
    expect(await nmapNames(playing.port(), '-T4', '--script', 'oracle-tns-version')).toBe(
      'oracle-tns Oracle TNS listener 19.0.0.0.0 (unauthorized)',
    )
  }, 120_000)

  it('finds the SID among those it knows', async () => {
    expect(await script('--script', '+oracle-sid-brute')).toMatch(/oracle-sid-brute:\s*\n\|_\s+ORCL\n/)
    expect(playing.data<{ sid?: string; code: number }>('oracle.connect').filter(({ code }) => code === 12_505).length).toBeGreaterThan(100)
  })
})

describe('hydra', () => {
  it('finds the SID', async () => {
    const words = join(folder, 'sids.txt')
    writeFileSync(words, 'XE\nPROD\nORCL\n')
    const { stdout } = await ran('hydra', ['-L', words, '-s', String(playing.port()), 'oracle-sid://127.0.0.1'])
    expect(stdout).toMatch(/\[oracle-sid\] host: 127\.0\.0\.1\s+login: ORCL/)
  })

  it('finds no password of the listener, which has none', async () => {
    const words = join(folder, 'words.txt')
    writeFileSync(words, 'a1\nqwerty\n')
    const { stdout } = await ran('hydra', ['-P', words, '-t', '1', '-s', String(playing.port()), 'oracle-listener://127.0.0.1'])
    expect(stdout).toContain('0 valid password found')
    const asked = playing.data<{ data: string }>('oracle.connect').map(({ data }) => data)
    expect(asked.filter((data) => data.includes('PASSWORD=')).length).toBe(2)
  })
})
