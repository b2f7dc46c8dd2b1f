import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lure from '../../src/emulators/vnc/index.ts'
import { type Playing, play } from '../harness.ts'
import { nmapNames, ran } from './ran.ts'

let p: Playing
let folder: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vnc-client-'))
  writeFileSync(join(folder, 'p'), 'a\nb\nletmein\n')
  p = await play(lure, { persona: 'debian-web', options: { password: 'letmein' } })
})
afterAll(async () => {
  await p.stop()
  rmSync(folder, { recursive: true, force: true })
})

describe('vncsnapshot', () => {
  it('takes a picture of the login screen', async () => {
    const passwd = join(folder, 'vncpasswd')
    await ran('vncpasswd', [passwd], 'letmein\nletmein\nn\n')
    const picture = join(folder, 'o.jpg')
    await ran('vncsnapshot', ['-quiet', '-passwd', passwd, `127.0.0.1:${p.port() - 5900}`, picture])
    expect(readFileSync(picture).length).toBeGreaterThan(8_000)
    expect(p.data('login').at(-1)).toMatchObject({ method: 'vnc', password: 'letmein', accepted: true })
  })
})

describe('scanners', () => {
  it('nmap names VNC 3.8, and its scripts see VncAuth and no bypass', { timeout: 120_000 }, async () => {
    expect(await nmapNames(p.port())).toMatch(/^vnc +VNC \(protocol 3\.8\)$/)
    const { stdout } = await ran(
      'nmap',
      ['-n', '-Pn', '-p', String(p.port()), '--script', '+vnc-info,+realvnc-auth-bypass', '127.0.0.1'],
      undefined,
      60_000,
    )
    expect(stdout).toMatch(/Protocol version: 3\.8[\s\S]*VNC Authentication \(2\)/)
    expect(stdout).not.toContain('VULNERABLE')
  })

  it.each(['hydra', 'ncrack'])('%s finds the weak password, and each try is one login', { timeout: 90_000 }, async (tool) => {
    const before = p.data('login').length
    const list = join(folder, 'p')
    const args =
      tool === 'hydra'
        ? ['-I', '-t', '1', '-s', String(p.port()), '-P', list, 'vnc://127.0.0.1']
        : ['-f', '--user', 'x', '-P', list, '-g', 'CL=1', `vnc://127.0.0.1:${p.port()}`]
    const { stdout } = await ran(tool, args, undefined, 80_000)
    expect(stdout).toContain('letmein')
    expect(p.data('login').slice(before).at(-1)).toMatchObject({ password: 'letmein', accepted: true })
    expect(p.data('login').length - before).toBe(3)
  })
})
