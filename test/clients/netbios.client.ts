import { afterAll, beforeAll, expect, it } from 'vitest'
import netbios from '../../src/emulators/netbios/index.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

let playing: Playing
beforeAll(async () => {
  playing = await play(netbios, { persona: 'debian-web' })
})
afterAll(() => playing.stop())

it('nmap names the name service of Windows, its host and its workgroup', async () => {
  // UDP scans need raw sockets.
  if (process.getuid?.() !== 0) return
  const args = ['-n', '-Pn', '-sU', '-sV', '--version-all', '-p', String(playing.port()), '127.0.0.1']
  const { stdout } = await ran('nmap', args, undefined, 60_000)
  expect(stdout).toMatch(/netbios-ns\s+Microsoft Windows netbios-ns \(workgroup: WORKGROUP\)/)
  expect(stdout).toMatch(/Host: PORTAL\d\d/)
})
