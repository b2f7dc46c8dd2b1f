import { createSocket } from 'node:dgram'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Addresses } from '../../src/broker/addresses.ts'
import { Hour } from '../../src/broker/meter.ts'
import { nameServers, Router } from '../../src/broker/route.ts'
import { parseTarget, pathOf } from '../../src/broker/target.ts'
import { Broker } from '../../src/config/broker.ts'
import { jobDesk, trail, webServer, work } from './far-ends.ts'

const rules = (given: Record<string, unknown> = {}): Addresses => new Addresses(Broker.parse(given), () => new Set(['9.9.9.10']))

describe('a broker reaches', () => {
  it.each([
    ['0.0.0.0', 'this host'],
    ['10.1.2.3', 'private'],
    ['100.64.0.1', 'carrier-grade NAT'],
    ['100.100.100.200', 'metadata of Alibaba'],
    ['127.0.0.1', 'loopback'],
    ['127.255.255.255', 'loopback'],
    ['169.254.169.254', 'metadata'],
    ['168.63.129.16', "Azure's agent"],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.0.0.192', "Oracle's metadata"],
    ['192.0.2.1', 'documentation'],
    ['192.168.0.1', 'private'],
    ['198.18.0.1', 'benchmarks'],
    ['198.51.100.1', 'documentation'],
    ['203.0.113.1', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.250', 'multicast'],
    ['240.0.0.1', 'reserved'],
    ['255.255.255.255', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['0:0:0:0:0:0:0:1', 'loopback, in full'],
    ['::127.0.0.1', 'IPv4-compatible'],
    ['::ffff:127.0.0.1', 'v4-mapped loopback'],
    ['::ffff:7f00:1', 'the same in hexadecimal'],
    ['0:0:0:0:0:FFFF:10.0.0.1', 'v4-mapped private'],
    ['::ffff:169.254.169.254', 'v4-mapped metadata'],
    ['64:ff9b::127.0.0.1', 'NAT64 of loopback'],
    ['64:ff9b::a9fe:a9fe', 'NAT64 of metadata'],
    ['64:ff9b:1::1', 'local NAT64'],
    ['2002:7f00:1::', '6to4 of loopback'],
    ['2001:0:1:2::', 'Teredo'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['fe80::1', 'link-local'],
    ['fe80::1%eth0', 'link-local with a zone'],
    ['fec0::1', 'site-local'],
    ['fc00::1', 'unique local'],
    ['fd00:ec2::254', "Amazon's metadata"],
    ['ff02::1', 'multicast'],
    ['100::1', 'discard'],
    ['9.9.9.10', 'its own address'],
    ['127.1', 'no address'],
    ['2130706433', 'no address'],
    ['', 'nothing'],
  ])('never %s (%s)', (address) => {
    expect(rules().refusalOf(address)).toMatch(/^is /)
  })

  it.each(['1.2.3.4', '100.63.255.255', '100.128.0.1', '172.32.0.1', '192.167.255.255', '223.255.255.255'])('%s', (address) => {
    expect(rules().refusalOf(address)).toBeUndefined()
  })

  it.each(['2606:4700::1', '2a00:1450::200e', '::ffff:1.2.3.4', '64:ff9b::1.2.3.4'])('%s', (address) => {
    expect(rules().refusalOf(address)).toBeUndefined()
  })

  it('what a laboratory allows, in every spelling, and never what the operator denies', () => {
    const laboratory = rules({ allow: ['127.0.0.0/8', 'fd00::/64'], deny: ['127.0.0.9', '1.2.3.0/24', '2a00:1450::/32'] })
    const reached = (address: string): boolean => laboratory.refusalOf(address) === undefined
    expect(['127.0.0.1', '::ffff:127.0.0.1', 'fd00::5'].map(reached)).toEqual([true, true, true])
    expect(['127.0.0.9', '::ffff:127.0.0.9', '1.2.3.4', '2a00:1450::1', '10.0.0.1', 'fd01::1'].map(reached)).toEqual(Array(6).fill(false))
  })

  it('all ports but those of mail, or those of a list alone', () => {
    const refused = (given: Addresses): number[] =>
      [0, 1, 25, 80, 389, 465, 587, 1389, 2525, 65535, 65536].filter((port) => given.refusalOfPort(port) !== undefined)
    expect(refused(rules())).toEqual([0, 25, 465, 587, 2525, 65536])
    expect(refused(rules({ ports: [80, 25] }))).toEqual([0, 1, 389, 465, 587, 1389, 2525, 65535, 65536])
  })
})

describe('an address of an attacker', () => {
  it.each([
    ['ldap://x.example/a', 'ldap x.example 389'],
    ['ldap://x.example:80/a', 'ldap x.example 80'],
    ['LDAPS://X.Example./a', 'ldaps x.example 636'],
    ['http://x.example:80/', 'http x.example 80'],
    ['https://user:secret@x.example/', 'https x.example 443'],
    ['ftp://x.example/f', 'ftp x.example 21'],
    ['tftp://x.example/f', 'tftp x.example 69'],
    ['http://2130706433/', 'http 127.0.0.1 80'],
    ['ldap://0x7f.1:1389/a', 'ldap 127.0.0.1 1389'],
    ['ldap://017700000001/a', 'ldap 127.0.0.1 389'],
    ['tftp://127.1/a', 'tftp 127.0.0.1 69'],
    ['ldap://[::ffff:127.0.0.1]:1389/a', 'ldap ::ffff:7f00:1 1389'],
    ['http://127。0。0。1/', 'http 127.0.0.1 80'],
    ['ldap://%31%32%37.0.0.1/a', 'ldap 127.0.0.1 389'],
    ['http://good.example\\@127.0.0.1/', 'http good.example 80'],
  ])('%s is taken apart', (text, expected) => {
    const { scheme, host, port } = parseTarget(text)
    expect(`${scheme} ${host} ${port}`).toBe(expected)
  })

  it.each([
    ['file:///etc/passwd', 'scheme file'],
    ['gopher://x.example/_a', 'scheme gopher'],
    ['dict://x.example/', 'scheme dict'],
    ['jar:http://x.example/a.jar!/', 'scheme jar'],
    ['netdoc:///etc/passwd', 'scheme netdoc'],
    ['javascript:alert(1)', 'scheme javascript'],
    ['dns://x.example/', 'scheme dns'],
    ['rmi://x.example/a', 'scheme rmi'],
    ['a', 'no address of a file'],
    ['ldap:///a', 'no host'],
    ['ldap://a b/', 'no address of a file'],
    ['ldap://${env:HOME}.x.example/', 'a lookup is left in it'],
    [`http://x.example/${'a'.repeat(2048)}`, 'longer than 2048 characters'],
  ])('%s is refused or only recorded', (text, reason) => {
    expect(() => parseTarget(text)).toThrow(reason)
  })

  it('has no line end in what a directory or a file server is told', () => {
    expect(pathOf(parseTarget('ldap://x.example/Basic/Command/Base64/aWQ='))).toBe('Basic/Command/Base64/aWQ=')
    for (const text of ['ldap://x.example:6379/%0d%0aFLUSHALL%0d%0a', 'ftp://x.example/a%0aDELE%20b', 'tftp://x.example/a%00b']) {
      expect(() => pathOf(parseTarget(text))).toThrow('control characters in its path')
    }
  })
})

describe('a name', () => {
  const route = (addresses: string[], given: Record<string, unknown> = {}): Promise<unknown> => {
    const hour = new Hour(Broker.parse({}).limits)
    return new Router(rules(given), hour, async () => addresses).route(parseTarget('http://x.example/'), AbortSignal.timeout(5_000))
  }

  it('is refused when one address of it is', async () => {
    await expect(route(['1.2.3.4'])).resolves.toEqual({ address: '1.2.3.4', port: 80 })
    await expect(route(['1.2.3.4', '::ffff:10.0.0.1'])).rejects.toThrow('x.example leads to ::ffff:10.0.0.1, which is no public address')
    await expect(route([])).rejects.toThrow('x.example has no address')
    await expect(route(['x.example'])).rejects.toThrow('is no address')
  })

  it('is asked of a name server for both kinds of addresses, until there is no time left', async () => {
    // A server that knows x.example, and says nothing of others.
    const server = createSocket('udp4')
    server.on('message', (query, from) => {
      if (!query.includes('\x01x\x07example')) return
      const isV4 = query.includes(Buffer.from([0, 0, 1, 0, 1]))
      const address = isV4 ? Buffer.from([1, 2, 3, 4]) : Buffer.from('26064700000000000000000000000001', 'hex')
      const answer = Buffer.from([0xc0, 12, 0, isV4 ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, address.length])
      const question = query.subarray(12, query.indexOf(0, 12) + 5)
      const head = Buffer.concat([query.subarray(0, 2), Buffer.from([0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0])])
      server.send(Buffer.concat([head, question, answer, address]), from.port, from.address)
    })
    await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const resolve = nameServers([`127.0.0.1:${server.address().port}`])
    expect(await resolve('x.example', AbortSignal.timeout(5_000))).toEqual(['1.2.3.4', '2606:4700::1'])
    const began = performance.now()
    expect(await resolve('y.example', AbortSignal.timeout(50))).toEqual([])
    expect(performance.now() - began).toBeLessThan(2_500)
  })

  it('is resolved once, and the connection goes to the address that was judged', async () => {
    const web = await webServer((_, response) => response.end('kept'))
    const answers = [['127.0.0.1'], ['127.0.0.2']]
    let asked = 0
    // A name server that says a good address to the guard, and another one to whoever asks again.
    const desk = jobDesk({ resolve: async () => answers[Math.min(asked++, 1)] ?? [] })
    expect(trail(await work(`http://rebind.example:${web.port}/a`, desk))).toEqual([`kept http://rebind.example:${web.port}/a`])
    expect(asked).toBe(1)
    expect(web.heads[0]).toContain(`rebind.example:${web.port}`)
    expect(trail(await work(`http://rebind.example:${web.port}/b`, desk))).toEqual([
      `refused http://rebind.example:${web.port}/b: rebind.example leads to 127.0.0.2, which is no public address`,
    ])
    expect(web.asked).toEqual(['GET /a'])
  })
})
