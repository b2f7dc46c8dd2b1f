import { afterAll, beforeAll, expect, it } from 'vitest'
import dhcp from '../../src/emulators/dhcp/index.ts'
import { FakeHosts } from '../fake-hosts.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

// Both clients ask from port 68 to port 67.
const isRoot = process.getuid?.() === 0
let playing: Playing | undefined

beforeAll(async () => {
  if (isRoot) playing = await play(dhcp, { ports: [67], options: { offers: true }, persona: 'debian-web', hosts: new FakeHosts() })
})
afterAll(() => playing?.stop())

it.runIf(isRoot)('dhcping hears from the server, and is written down', async () => {
  const { stdout, code } = await ran('dhcping', ['-v', '-i', '-s', '127.0.0.1', '-c', '127.0.0.1', '-h', '52:54:00:11:22:33', '-t', '5'])
  expect(stdout).toContain('Got answer from: 127.0.0.1')
  expect(code).toBe(0)
  expect(playing!.data('dhcp.request')[0]).toMatchObject({ type: 'inform', mac: '52:54:00:11:22:33' })
})

// Over loopback its script dhcp-discover does not run: it wants a hardware address.
it.runIf(isRoot)('nmap gets an answer to its INFORM', async () => {
  const { stdout } = await ran('nmap', ['-n', '-Pn', '-sU', '--reason', '-p', '67', '127.0.0.1'], undefined, 60_000)
  expect(stdout).toMatch(/^67\/udp open +dhcps +udp-response/m)
  expect(playing!.data('dhcp.request').at(-1)).toMatchObject({ type: 'inform', mac: '00:0e:35:d4:d8:51' })
})
