import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { castOf } from '../../../src/emulators/traps/cast.ts'
import traps from '../../../src/emulators/traps/index.ts'
import type { defineLure } from '../../../src/sensor/lure.ts'
import { type Playing, play } from '../../harness.ts'
import { ask } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

const plain = { ...traps, ports: traps.ports.map((port) => ({ ...port, tls: false })) } as ReturnType<typeof defineLure>
const FILES = new MemoryHosts([['/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n']])

let playing: Playing
afterEach(async () => playing.stop())

async function host(products: string | string[], hosts = FILES): Promise<Playing> {
  playing = await play(plain, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts,
    options: { products },
    settings: { limits: { connectionsPerSource: 300 } },
  })
  return playing
}

describe('one address', () => {
  it('says of everything else that it is not there, in the words of its front product', async () => {
    const p = await host('wiki')
    for (const path of ['/a8f3c1', '/remote/login', '/.env', '/cgi-bin/', '/actuator/env']) {
      const answer = await ask(p, 'GET', path)
      expect([path, answer.status]).toEqual([path, 404])
      expect(answer.body).toContain('Page Not Found - Confluence')
    }
    expect(p.data('traps.hit')).toEqual([])
    expect((await ask(p, 'GET', '/', { port: 1 })).body).toContain('<title>WHM Login</title>')
  })

  it('is another one in another installation', () => {
    const fronts = Array.from({ length: 12 }, (_, n) => castOf('auto', new Identity(Buffer.alloc(32, n)))[0]?.product)
    expect(new Set(fronts).size).toBeGreaterThan(4)
  })

  it('is not played when there is no such product', async () => {
    await expect(host('nothing')).rejects.toThrow(/there is no set and no product "nothing"\n {4}cure: use a set \(developers, /)
    await host('wiki')
  })
})

describe('a hit', () => {
  it('is written down with its vulnerability, what the request brought, and the payload whole', async () => {
    const p = await host(['tomcat'])
    const shell = '<% out.println("a1b2c3"); %>'
    expect((await ask(p, 'PUT', '/x1.jsp/', { body: shell })).status).toBe(201)
    expect((await ask(p, 'GET', '/x1.jsp')).body).toBe('a1b2c3')
    const hit = p.events.find((event) => event.type === 'traps.hit')
    expect(hit?.data).toMatchObject({
      trap: 'tomcat-cve-2017-12617',
      product: 'tomcat',
      risk: 8.1,
      values: { name: 'x1.jsp' },
      target: '/x1.jsp/',
    })
    expect(hit?.tags).toEqual(expect.arrayContaining(['cve:CVE-2017-12617', 'attack:T1505.003']))
    expect([...p.artifacts.kept.values()].map(String)).toContain(shell)
  })

  it('says how bad it would have been, and keeps who asked apart from whom its headers name', async () => {
    const p = await host(['netscaler'])
    const headers = { 'X-Forwarded-For': '9.9.9.9', Host: 'a:1' }
    expect((await ask(p, 'GET', '/vpn/../vpns/cfg/smb.conf', { headers })).body).toMatch(/^\[global\]\n/)
    await ask(p, 'GET', '/a8f3c1')
    const hits = p.events.filter(({ type }) => type === 'traps.hit')
    expect(hits).toMatchObject([{ srcIp: '127.0.0.1', dstPort: p.port(), data: { cves: ['CVE-2019-19781'], risk: 9.8 } }])
    expect(p.data<{ headers: unknown[] }>('traps.request')[0]?.headers).toContainEqual(['X-Forwarded-For', '9.9.9.9'])
    expect(p.data('traps.request')).toHaveLength(2)
  })

  it('keeps the fields of a form beside its file', async () => {
    const p = await host('wiki')
    const body = [
      '--b\r\nContent-Disposition: form-data; name="file"; filename="x.php"\r\n\r\n<?php 1 ?>',
      '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nb',
      '--b--\r\n',
    ].join('\r\n')
    await ask(p, 'POST', '/nowhere', { headers: { 'Content-Type': 'multipart/form-data; boundary=b' }, body })
    expect([...p.artifacts.kept.values()].map(String)).toContain('<?php 1 ?>')
    expect(JSON.stringify(p.data('traps.request'))).toMatch(/"a","b"|"a":"b"|name=\\"a\\"\\r\\n\\r\\nb/)
  })

  it('runs commands on the simulated host and shows its files, and there are no others', async () => {
    const hosts = new MemoryHosts([['/etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n']])
    const p = await host(['grafana'], hosts)
    const read = (file: string): ReturnType<typeof ask> => ask(p, 'GET', `/public/plugins/text/../../../../..${file}`)
    expect((await read('/etc/passwd')).body).toBe('root:x:0:0:root:/root:/bin/bash\n')
    expect((await read('/etc/no-such-file')).status).toBe(404)
    expect((await read('/proc/self/environ')).status).toBe(404)
  })

  it('shows a secret that is recognised when it comes back', async () => {
    const p = await host(['webroot'])
    const secret = /DB_PASSWORD=(\S+)/.exec((await ask(p, 'GET', '/.env')).body)?.[1] ?? ''
    await ask(p, 'GET', '/', { headers: { Authorization: `Basic ${Buffer.from(`portal:${secret}`).toString('base64')}` } })
    expect(p.data('honeytoken.returned')).toMatchObject([{ kind: 'password', name: 'portal', value: secret }])
  })

  it('knows the steps of one source from those of nobody', async () => {
    const p = await host(['pan-os'])
    const file = '/global-protect/portal/images/abc.txt'
    expect((await ask(p, 'GET', file)).status).toBe(404)
    await ask(p, 'POST', '/ssl-vpn/hipreport.esp', {
      headers: { Cookie: `SESSID=/../../../var/appweb/sslvpndocs${file}` },
      body: 'user=global',
    })
    expect((await ask(p, 'GET', file)).status).toBe(403)
  })

  it('keeps a large body as an artifact, whole', async () => {
    const p = await host(['weblogic'])
    const body = Buffer.alloc(3_000_000, 'java ')
    await ask(p, 'POST', '/wls-wsat/CoordinatorPortType', { body })
    await p.seen('artifact')
    expect([...p.artifacts.kept.values()].some((kept) => kept.equals(body))).toBe(true)
  })
})
