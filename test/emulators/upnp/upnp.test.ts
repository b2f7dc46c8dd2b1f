import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { rootDescription, serviceDescription } from '../../../src/emulators/upnp/description.ts'
import { type Gateway, gatewayOf } from '../../../src/emulators/upnp/gateway.ts'
import upnp from '../../../src/emulators/upnp/index.ts'
import { parseCall } from '../../../src/emulators/upnp/soap.ts'
import { answerSearch, parseSearch } from '../../../src/emulators/upnp/ssdp.ts'
import { type Playing, play } from '../../harness.ts'

/** SHA-256 and length of each document that MiniUPnPd 2.3.1 of Debian 12 served for the gateway below. */
const documents: Record<string, { sha256: string; length: number }> = JSON.parse(
  readFileSync(new URL('./documents.json', import.meta.url), 'utf8'),
)
const recorded: Gateway = {
  uuids: ['68555350-3352-3883-2883-335030522880', '68555350-3352-3883-2883-335030522881', '68555350-3352-3883-2883-335030522882'],
  server: 'Debian/6.18.44 UPnP/1.1 MiniUPnPd/2.3.1',
  serial: '12345678',
  bootId: 1_795_507_805,
  externalAddress: '203.0.113.7',
}

let playing: Playing
beforeAll(async () => {
  playing = await play(upnp, { persona: 'openwrt-router', options: { externalAddress: '203.0.113.77' } })
})
afterAll(() => playing.stop())

async function search(text: string): Promise<string> {
  const socket = createSocket('udp4')
  socket.send(text, playing.port(0), '127.0.0.1')
  const [reply] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  return reply.toString()
}

function http(request: string, body = ''): Promise<string> {
  const length = body ? `Content-Length: ${body.length}\r\n` : ''
  return playing.exchange(`${request}\r\nHost: router\r\n${length}\r\n${body}`, { port: playing.port(1) }).then(String)
}

function call(action: string, args: Record<string, string> = {}): Promise<string> {
  const service = 'urn:schemas-upnp-org:service:WANIPConnection:1'
  const given = Object.entries(args).map(([name, value]) => `<${name}>${value}</${name}>`)
  const body = `<?xml version="1.0"?><s:Envelope><s:Body><u:${action} xmlns:u="${service}">${given.join('')}</u:${action}></s:Body></s:Envelope>`
  return http(`POST /ctl/IPConn HTTP/1.1\r\nSOAPAction: "${service}#${action}"`, body)
}

const MAPPING = {
  NewRemoteHost: '',
  NewExternalPort: '44450',
  NewProtocol: 'TCP',
  NewInternalPort: '445',
  NewInternalClient: '192.168.1.20',
  NewEnabled: '1',
  NewPortMappingDescription: 'galleta &lt;silenciosa',
  NewLeaseDuration: '0',
}

describe('the documents', () => {
  it('are MiniUPnPd’s byte for byte', () => {
    for (const [path, { sha256, length }] of Object.entries(documents)) {
      const name = path.slice(1, -4)
      const text = name === 'rootDesc' ? rootDescription(recorded, 'Debian', '192.0.2.2') : serviceDescription(name)
      expect([path, text?.length]).toEqual([path, length])
      expect([path, createHash('sha256').update(text!).digest('hex')]).toEqual([path, sha256])
    }
  })

  it('are served as it does, and nothing else is', async () => {
    for (const [line, start] of [
      ['HELP', ' 501 Not Implemented\r\n'],
      ['', ' 501 Not Implemented\r\n'],
      ['GET /', ' 404 Not Found\r\n'],
      ['GET / RTSP/1.0', 'RTSP/1.0 404 Not Found\r\n'],
      ['GET / HTTP/1.0', 'HTTP/1.0 404 Not Found\r\n'],
    ] as const) {
      const reply = String(await playing.exchange(`${line}\r\n\r\n`, { port: playing.port(1) }))
      expect([line, reply.slice(0, start.length)]).toEqual([line, start])
    }
    expect(await http('GET /rootDesc.xml HTTP/1.1')).toMatch(
      /^HTTP\/1\.1 200 OK\r\nContent-Type: text\/xml; charset="utf-8"\r\nConnection: close\r\nContent-Length: \d+\r\nServer: OpenWrt\/\S+ UPnP\/1\.1 MiniUPnPd\/2\.3\.1\r\nExt:\r\n\r\n<\?xml/,
    )
    expect(await http('GET / HTTP/1.1')).toMatch(
      /^HTTP\/1\.1 404 Not Found\r\nContent-Type: text\/html\r\nConnection: close\r\nContent-Length: 134\r\n/,
    )
    expect(await http('GET /constructor.xml HTTP/1.1')).toMatch(/^HTTP\/1\.1 404 /)
    expect(await http('GET /ctl/IPConn HTTP/1.1')).toMatch(/^HTTP\/1\.1 405 [\s\S]*Ext:\r\nAllow: POST\r\n\r\n/)
    expect(await http('FOO / HTTP/1.1')).toMatch(/^HTTP\/1\.1 501 Not Implemented\r\n[\s\S]*Content-Length: 149\r\n/)
  })
})

describe('a search', () => {
  const ask = (target: string): string =>
    `M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ${target}\r\n\r\n`
  const LOCATION = 'http://192.0.2.2:25000/rootDesc.xml'

  it('is answered as recorded', () => {
    const { answer } = answerSearch(parseSearch(Buffer.from(ask('urn:schemas-upnp-org:service:WANIPConnection:1')))!, recorded, LOCATION)!
    expect(answer.toString()).toBe(
      [
        'HTTP/1.1 200 OK',
        'CACHE-CONTROL: max-age=120',
        'ST: urn:schemas-upnp-org:service:WANIPConnection:1',
        'USN: uuid:68555350-3352-3883-2883-335030522882::urn:schemas-upnp-org:service:WANIPConnection:1',
        'EXT:',
        'SERVER: Debian/6.18.44 UPnP/1.1 MiniUPnPd/2.3.1',
        'LOCATION: http://192.0.2.2:25000/rootDesc.xml',
        'OPT: "http://schemas.upnp.org/upnp/1/0/"; ns=01',
        '01-NLS: 1795507805',
        'BOOTID.UPNP.ORG: 1795507805',
        'CONFIGID.UPNP.ORG: 1337',
        '',
        '',
      ].join('\r\n'),
    )
  })

  it('for all gets one datagram, and is known for what it would have brought', async () => {
    const reply = await search(ask('ssdp:all'))
    expect(reply.endsWith('\r\n\r\n')).toBe(true)
    expect(reply).toMatch(/LOCATION: http:\/\/127\.0\.0\.1:\d+\/rootDesc\.xml\r\n/)
    const event = await playing.seen('upnp.search')
    expect(event.data).toMatchObject({ target: 'ssdp:all', man: '"ssdp:discover"', maxWait: '1', potentialBytes: reply.length * 13 })
    expect(event.tags).toContain('attack:T1498.002')
  })

  it('is answered at once, however long it may take by the client', async () => {
    const started = performance.now()
    expect(await search(ask('upnp:rootdevice').replace('MX: 1', 'MX: 120'))).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(performance.now() - started).toBeLessThan(3000)
  })

  it('finds another device on another install', () => {
    const persona = { os: { name: 'OpenWrt', kernel: { release: '5.10.161' } } }
    const [one, other] = [1, 2].map((seed) => gatewayOf(new Identity(Buffer.alloc(32, seed)), persona, '')) as [Gateway, Gateway]
    expect(one.uuids.filter((uuid) => other.uuids.includes(uuid))).toEqual([])
    expect(one.serial).not.toBe(other.serial)
  })

  it('for what is not here gets silence', () => {
    for (const target of ['uuid:x', 'foo', 'urn:schemas-upnp-org:device:MediaServer:1', 'urn:schemas-upnp-org:service:WANIPConnection:3']) {
      expect(answerSearch(parseSearch(Buffer.from(ask(target)))!, recorded, LOCATION)).toBeUndefined()
    }
    expect(parseSearch(Buffer.from('NOTIFY * HTTP/1.1\r\n\r\n'))).toBeUndefined()
  })

  it('of any bytes is read or not, and never throws', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void parseSearch(Buffer.concat([Buffer.from('M-SEARCH'), bytes]))))
    fc.assert(fc.property(fc.string(), fc.string(), (header, body) => void parseCall(header, body)))
  })
})

describe('the actions', () => {
  it('map a port for whoever asks, and remember it for that source', async () => {
    expect(await call('AddPortMapping', MAPPING)).toContain(
      '<u:AddPortMappingResponse xmlns:u="urn:schemas-upnp-org:service:WANIPConnection:1"></u:AddPortMappingResponse>',
    )
    const listed = await call('GetGenericPortMappingEntry', { NewPortMappingIndex: '0' })
    expect(listed).toContain('<NewInternalClient>192.168.1.20</NewInternalClient>')
    expect(listed).toContain('<NewPortMappingDescription>galleta &lt;silenciosa</NewPortMappingDescription>')
    const mapping = await playing.seen('upnp.mapping')
    expect(mapping.data).toEqual({
      externalPort: '44450',
      protocol: 'TCP',
      internalClient: '192.168.1.20',
      internalPort: '445',
      description: 'galleta <silenciosa',
    })
    expect(await call('DeletePortMapping', { NewExternalPort: '44450', NewProtocol: 'TCP' })).toMatch(/^HTTP\/1\.1 200 OK/)
    expect(await call('GetGenericPortMappingEntry', { NewPortMappingIndex: '0' })).toContain('<errorCode>713</errorCode>')
  })

  it('are of the recorded length, error or not', async () => {
    expect(await call('GetNATRSIPStatus')).toContain('Content-Length: 363\r\n')
    expect(await call('GetConnectionTypeInfo')).toContain('Content-Length: 417\r\n')
    expect(await call('NoSuchAction')).toContain('Content-Length: 398\r\n')
    expect(await call('AddPortMapping', { NewExternalPort: '1' })).toContain('Content-Length: 396\r\n')
    expect(await call('GetSpecificPortMappingEntry', { NewExternalPort: '9', NewProtocol: 'TCP' })).toContain('Content-Length: 402\r\n')
    expect(await call('GetExternalIPAddress')).toContain('<NewExternalIPAddress>203.0.113.77</NewExternalIPAddress>')
  })

  it('subscribe without calling back (CVE-2020-12695)', async () => {
    const reply = await http('SUBSCRIBE /evt/IPConn HTTP/1.1\r\nCALLBACK: <http://198.51.100.9/x>\r\nNT: upnp:event\r\nTIMEOUT: Second-300')
    expect(reply).toMatch(/Ext:\r\nTimeout: Second-300\r\nSID: uuid:[0-9a-f-]+\r\n\r\n$/)
    expect(await http('SUBSCRIBE /evt/IPConn HTTP/1.1')).toMatch(/^HTTP\/1\.1 412 Precondition Failed\r\n/)
    const subscribed = await playing.seen('upnp.subscribe')
    expect(subscribed.data).toEqual({ path: '/evt/IPConn', callback: '<http://198.51.100.9/x>' })
    expect(subscribed.tags).toContain('cve:CVE-2020-12695')
  })
})
