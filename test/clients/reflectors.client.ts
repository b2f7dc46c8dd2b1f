import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import chargen from '../../src/emulators/chargen/index.ts'
import coap from '../../src/emulators/coap/index.ts'
import upnp from '../../src/emulators/upnp/index.ts'
import type { Lure } from '../../src/sensor/lure.ts'
import { type Playing, play } from '../harness.ts'
import { ran } from './ran.ts'

const run = promisify(execFile)

let playing: Playing | undefined
afterEach(() => playing?.stop())

async function serve(lure: Lure, persona: string, ports?: number[]): Promise<Playing> {
  playing = await play(lure, { persona, ...(ports ? { ports } : {}) })
  return playing
}

async function nmap(on: Playing, index: number, ...args: string[]): Promise<string> {
  const scan = on.sensor.ports()[index]!.transport === 'udp' ? '-sU' : '-sT'
  const { stdout } = await run('nmap', ['-n', '-Pn', '-T4', scan, ...args, '-p', String(on.port(index)), '127.0.0.1'])
  return stdout
}

describe('the reflectors', () => {
  it('a router: nmap reads its description', async () => {
    const router = await serve(upnp, 'openwrt-router', [11900, 15000])
    const found = await nmap(router, 0, '-v', '--script', '+upnp-info', '--script-args', 'upnp-info.override=false')
    expect(found).toContain('UPnP/1.1 MiniUPnPd/2.3.1')
    expect(found).toMatch(/Location: http:\/\/127\.0\.0\.1:\d+\/rootDesc\.xml/)
    // Out of the description, which it has fetched.
    expect(found).toMatch(/Manufacturer: \S/)
    expect(await nmap(router, 1, '-sV')).toMatch(/upnp\s+MiniUPnP 2\.3\.1/)
  })

  it('answers nc with no more than is allowed: one datagram that ends its headers, a line of 256 bytes at most', async () => {
    const nc = async (on: Playing, text: string): Promise<string> =>
      (await ran('nc', ['-u', '-w', '1', '127.0.0.1', String(on.port(0))], text)).stdout
    const router = await serve(upnp, 'openwrt-router')
    const found = await nc(
      router,
      'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n',
    )
    expect(found.match(/^HTTP\/1\.1 200 OK\r\n/gm)).toHaveLength(1)
    expect(found.endsWith('\r\n\r\n')).toBe(true)
    await router.stop()
    const generated = await nc(await serve(chargen, 'debian-web'), 'x')
    expect(generated.length).toBeGreaterThan(70)
    expect(generated.length).toBeLessThanOrEqual(256)
  })

  it('a character generator: nmap names xinetd', async () => {
    const generator = await serve(chargen, 'debian-web')
    expect(await nmap(generator, 1, '-sV')).toContain('xinetd chargen')
    expect(await nmap(generator, 0, '-sV', '--version-light')).toContain('chargen')
  })

  it('a CoAP server: libcoap’s own client reads and changes it', async () => {
    const server = await serve(coap, 'debian-web')
    const client = async (...args: string[]): Promise<string> => {
      const { stdout, stderr } = await run('coap-client-notls', [...args.slice(0, -1), `coap://127.0.0.1:${server.port()}/${args.at(-1)}`])
      return stdout + stderr
    }
    expect(await client('-m', 'get', '.well-known/core')).toContain('</time>;if="clock"')
    expect(await client('-m', 'get', 'time')).toMatch(/^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d/)
    await client('-m', 'put', '-e', 'hello', 'example_data')
    expect(await client('-m', 'get', 'example_data')).toContain('hello')
  })
})
