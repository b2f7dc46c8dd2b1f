import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../src/config/identity.ts'
import { planPorts } from '../src/config/ports.ts'
import { Settings } from '../src/config/schema.ts'
import { certificatesOf, fingerprint, SIGNATURES } from '../src/fingerprint.ts'
import { createHosts } from '../src/host/hosts.ts'
import { lures } from '../src/lures.ts'
import { plausibility, sharedCertificates } from '../src/plausibility.ts'
import { type PortRow, portRow } from '../src/sensor/sensor.ts'
import { MemoryState, noEngine, type Playing, play } from './harness.ts'

const row = (lure: string, port: number, host = '127.0.0.1'): PortRow => ({
  lure,
  standsFor: [],
  transport: 'tcp',
  host,
  port,
  tls: false,
  persona: 'debian-web',
  about: '',
})

describe('what published detectors ask', () => {
  const asked = [...new Set(SIGNATURES.flatMap((signature) => signature.lures))]
  const playing: Playing[] = []
  beforeAll(async () => {
    const identity = new Identity(Buffer.alloc(32, 7))
    const state = new MemoryState()
    const hosts = createHosts({ identity, engine: noEngine, state })
    for (const name of asked) {
      const lure = lures.find((one) => one.name === name)
      if (lure) playing.push(await play(lure, { persona: lure.persona ?? 'debian-web', identity, state, hosts }))
    }
  }, 60_000)
  afterAll(async () => {
    await Promise.all(playing.map((one) => one.stop()))
  })

  it('finds none of our lures', async () => {
    const rows = playing.flatMap((one) => one.sensor.ports())
    const findings = await fingerprint(rows)
    expect(findings.filter(({ ok }) => !ok)).toEqual([])
    expect(findings.length).toBeGreaterThan(30)
  }, 120_000)

  it('is of lures that there are', () => {
    expect(asked.filter((name) => !lures.some((lure) => lure.name === name))).toEqual([])
  })

  it('finds a honeypot by what it leaves out, and by what is all that it says', async () => {
    const bare = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(Buffer.from('fffb01', 'hex'))
    })
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
    const { port } = bare.address() as AddressInfo
    const asks = SIGNATURES.filter(({ id }) => id === 'telnet-greetings' || id === 'dionaea-mongodb')
    const findings = await fingerprint([row('telnet', port), row('mongodb', port)], asks)
    bare.close()
    expect(findings.map(({ ok, what }) => [ok, what.includes('answers as')])).toEqual([
      [false, true],
      [false, true],
    ])
  })

  it('finds a honeypot', async () => {
    const kippo = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write('SSH-2.0-OpenSSH_5.1p1 Debian-5\r\n')
      socket.once('data', () => socket.end('Protocol major versions differ.\n'))
    })
    await new Promise<void>((resolve) => kippo.listen(0, '127.0.0.1', resolve))
    const findings = await fingerprint([row('ssh', (kippo.address() as AddressInfo).port)])
    kippo.close()
    expect(findings.map(({ ok }) => ok)).toEqual([false, false, true, true, true])
    expect(findings[0]?.what).toContain('answers as Kippo and Cowrie does')
  })
})

describe('a host', () => {
  it('is one machine, or is told to be several', () => {
    expect(plausibility([row('ssh', 22), row('http', 80)])).toMatchObject([{ ok: true }])
    const odd = [row('s7', 102), row('enip', 44_818), row('adb', 5555, '192.0.2.7')]
    expect(plausibility(odd)).toMatchObject([
      { ok: false, what: '127.0.0.1 is a Siemens controller and a Rockwell controller at once' },
      { ok: true },
    ])
    const dionaea = [21, 42, 80, 135, 443, 445, 1433, 1723].map((port) => row(`at ${port}`, port))
    expect(plausibility(dionaea)).toMatchObject([
      { ok: false, what: '127.0.0.1 has 8 of the 11 ports that Dionaea opens (checkpot)', cure: 'play fewer of them on it' },
    ])
    expect(plausibility(Array.from({ length: 13 }, (_, n) => row(`lure${n}`, n + 1)))).toMatchObject([{ ok: false }])
  })

  it('is Windows or Linux', () => {
    expect(plausibility([row('smb', 445), row('rdp', 3389)])).toMatchObject([{ ok: true }])
    const both = '127.0.0.1 is a Linux server and a Windows server at once'
    expect(plausibility([row('smb', 445), row('ssh', 22)])).toMatchObject([{ ok: false, what: both }])
    // A router's own shell beside its discovery, an archive beside the shell of its server.
    expect(plausibility([row('upnp', 1900), row('ssh', 22)], () => 'openwrt')).toMatchObject([{ ok: true }])
    expect(plausibility([row('dicom', 104), row('ssh', 22)])).toMatchObject([{ ok: true }])
  })

  it.each(['linux', 'windows', 'medical'] as const)('is one machine with profile %s', (profile) => {
    const settings = Settings.parse({ profile })
    const rows = planPorts(settings, lures).flatMap((use) => use.ports.map((port) => portRow(use, port)))
    expect(rows.length).toBeGreaterThan(3)
    expect(plausibility(rows)).toMatchObject([{ ok: true }])
  })

  it('has a certificate that no other address shows', async () => {
    const identity = new Identity(Buffer.alloc(32, 7))
    const http = lures.find(({ name }) => name === 'http')!
    const playing = await play(http, { identity })
    const seen = await certificatesOf(playing.sensor.ports())
    await playing.stop()
    const [[place, fingerprint] = ['', '']] = seen
    expect(place).toMatch(/^127\.0\.0\.1:\d+$/)
    expect(sharedCertificates(seen)).toEqual([])
    expect(sharedCertificates(new Map([...seen, ['192.0.2.7:443', fingerprint]]))).toMatchObject([
      { ok: false, what: '127.0.0.1 and 192.0.2.7 show the same certificate' },
    ])
  })
})
