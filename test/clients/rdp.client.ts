import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../src/emulators/rdp/index.ts'
import { accountsOnly } from '../emulators/hosts.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let p: Playing
let home: string
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'rdp-client-'))
  const login = { policy: 'list', accept: [{ user: 'bob', password: 'secret' }] }
  p = await play(lure, { persona: 'debian-web', hosts: accountsOnly(), options: { login } })
})
afterAll(async () => {
  await p.stop()
  rmSync(home, { recursive: true, force: true })
})

/** Ends when the server says goodbye. */
async function xfreerdp(password: string, ...more: string[]): Promise<Record<string, unknown>[]> {
  const before = p.data('login').length
  const args = ['-a', 'xfreerdp', `/v:127.0.0.1:${p.port()}`, '/u:bob', `/p:${password}`, '/cert:ignore', ...more]
  await ran('env', [`HOME=${home}`, 'xvfb-run', ...args], undefined, 20_000)
  return p.data('login').slice(before)
}

describe('xfreerdp', () => {
  it('with NLA leaves a line to crack, and is let through with the right password', async () => {
    expect(await xfreerdp('Zx9!kk2p', '+auth-only')).toMatchObject([{ method: 'rdp-ntlmv2', hash: { mode: 5600 }, accepted: false }])
    expect(await xfreerdp('secret', '+auth-only')).toMatchObject([{ method: 'rdp-ntlmv2', password: 'secret', accepted: true }])
    expect(p.data('rdp.client').at(-1)).toMatchObject({ build: 18363, channels: expect.arrayContaining(['rdpsnd']) })
  })

  it.each(['rdp', 'tls'])('with /sec:%s says its password', async (security) => {
    expect(await xfreerdp('pw2', `/sec:${security}`)).toEqual([{ method: 'rdp', username: 'bob', password: 'pw2', accepted: false }])
  })
})

describe('nmap', () => {
  it('names the terminal server; its scripts see NTLM and the layers', { timeout: 120_000 }, async () => {
    expect(await nmapNames(p.port())).toMatch(/Microsoft Terminal Services/)
    const scripts = ['--script', '+rdp-ntlm-info,+rdp-enum-encryption']
    const { stdout } = await ran('nmap', ['-n', '-Pn', '-p', String(p.port()), ...scripts, '127.0.0.1'], undefined, 60_000)
    expect(stdout).toMatch(/Product_Version: 6\.1\.7601/)
    expect(stdout).toMatch(/CredSSP \(NLA\): SUCCESS/)
    expect(stdout).toMatch(/Native RDP: SUCCESS/)
  })
})
