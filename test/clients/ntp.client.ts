import { execFile } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import ntp from '../../src/emulators/ntp/index.ts'
import { type Playing, play } from '../harness.ts'

const run = promisify(execFile)
let playing: Playing
let closeRelay: (() => void) | undefined

/** ntpdig asks port 123 and no other: passes its datagrams on, where this process may take that port. */
async function relay(port: number): Promise<(() => void) | undefined> {
  const front = createSocket('udp4')
  const isOpen = await new Promise<boolean>((resolve) => {
    front.once('error', () => resolve(false))
    front.bind(123, '127.0.0.1', () => resolve(true))
  })
  if (!isOpen) return undefined
  front.on('message', (request, from) => {
    const back = createSocket('udp4')
    back.on('message', (answer) => front.send(answer, from.port, from.address))
    back.send(request, port, '127.0.0.1')
    setTimeout(() => back.close(), 500)
  })
  return () => front.close()
}

beforeAll(async () => {
  playing = await play(ntp, { persona: 'debian-web' })
  closeRelay = await relay(playing.port())
})
afterAll(async () => {
  closeRelay?.()
  await playing.stop()
})

describe('ntpdig', () => {
  it('finds a server of stratum 2 that is right to some milliseconds', async ({ skip }) => {
    if (!closeRelay) skip('port 123 is not ours to take')
    const { stdout } = await run('ntpdig', ['-4', '-p', '2', '127.0.0.1'])
    const [, offset] = /([+-]\d+\.\d+) \+\/- /.exec(stdout) ?? []
    expect(stdout).toContain('s2 no-leap')
    expect(Math.abs(Number(offset))).toBeLessThan(0.05)
  })
})

describe('ntpq', () => {
  it('reads the variables of the server and those it follows', async ({ skip }) => {
    if (!closeRelay) skip('port 123 is not ours to take')
    const variables = (await run('ntpq', ['-c', 'rv', '127.0.0.1'])).stdout
    expect(variables).toMatch(/^associd=0 status=0615 leap_none, sync_ntp, 1 event, clock_sync,/)
    expect(variables).toContain('version="ntpd 4.2.6p5@1.2349-o')
    expect(variables).toMatch(/stratum=2,[\s\S]*refid=\d+\.\d+\.\d+\.\d+,[\s\S]*clock=[0-9a-f]{8}\.[0-9a-f]{8} /)
    const peers = (await run('ntpq', ['-n', '-p', '127.0.0.1'])).stdout
    expect(peers.match(/^[*+-]\d+\.\d+\.\d+\.\d+ /gm)?.length).toBeGreaterThan(2)
  })
})

describe('nmap', () => {
  const isRoot = process.getuid?.() === 0
  const nmap = async (...args: string[]): Promise<string> =>
    (await run('nmap', ['-Pn', '-n', '-sU', '-p', String(playing.port()), ...args, '127.0.0.1'])).stdout

  it.runIf(isRoot)('ntp-info reads its variables', async () => {
    const found = await nmap('--script', '+ntp-info')
    for (const line of ['version: ntpd 4.2.6p5@1.2349-o', 'stratum: 2', 'leap: 0', 'precision: -23', 'clk_wander: 0.012']) {
      expect(found).toContain(line)
    }
  })

  it.runIf(isRoot)('ntp-monlist gets clients from one packet, and the peer', async () => {
    const found = await nmap('--script', '+ntp-monlist')
    expect(found).toContain('Target is synchronised with')
    expect(found).toMatch(/Private Clients \(\d\)/)
  })
})
