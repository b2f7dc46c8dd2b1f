import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeMessage, encodeMessage, GROUP, type IppAttribute, type IppMessage, TAG } from '../../../src/emulators/ipp/codec.ts'
import ipp from '../../../src/emulators/ipp/index.ts'
import { attribute, Given } from '../../../src/emulators/ipp/values.ts'
import { type Playing, play } from '../../harness.ts'
import { ask, findsOf } from '../../http/ask.ts'
import { MemoryHosts } from '../../http/memory-hosts.ts'

let p: Playing

beforeAll(async () => {
  const options = { product: 'printer' }
  const settings = { limits: { connectionsPerSource: 200 } }
  p = await play(ipp, { persona: 'plain', prompts: 'test/fixtures/prompts', hosts: new MemoryHosts(), options, settings })
})

afterAll(() => p.stop())

async function operation(code: number, extra: IppAttribute[] = [], data = '', printer = '/ipp/print'): Promise<IppMessage> {
  const attributes = [
    attribute('attributes-charset', TAG.charset, 'utf-8'),
    attribute('attributes-natural-language', TAG.language, 'en'),
    attribute('printer-uri', TAG.uri, `ipp://www.test.lan${printer}`),
    attribute('requesting-user-name', TAG.name, 'eve'),
    ...extra,
  ]
  const groups = [{ tag: GROUP.operation, attributes }]
  const body = encodeMessage({ version: { major: 2, minor: 0 }, code, requestId: 7, groups, data: Buffer.from(data) })
  const reply = await ask(p, 'POST', '/ipp/print', { headers: { 'Content-Type': 'application/ipp' }, body })
  expect(reply.status).toBe(200)
  return decodeMessage(reply.bytes)
}

const sentence = (message: IppMessage): string | undefined => new Given(message, GROUP.operation).text('status-message')

describe('a printer by itself', () => {
  it('tells what IPP Everywhere wants, and where it is', async () => {
    const reply = await operation(0x0b, [attribute('requested-attributes', TAG.keyword, 'all', 'media-col-database')])
    const given = new Given(reply, GROUP.printer)
    expect(given.texts('ipp-features-supported')).toEqual(['ipp-everywhere'])
    expect(given.texts('printer-uri-supported')).toEqual(['ipp://www.test.lan/ipp/print'])
    expect(given.texts('identify-actions-supported')).toEqual(['display', 'sound'])
    expect(given.texts('overrides-supported')).toEqual(['document-number', 'pages'])
    expect(given.text('printer-make-and-model')).toMatch(/^HP LaserJet \w+$/)
    expect(given.text('printer-device-id')).toMatch(/^MFG:HP;MDL:LaserJet \w+;CMD:PDF,JPEG,PWG,URF;$/)
    const supplies = given.find('printer-supply')!.values.map((value) => ('bytes' in value ? String(value.bytes) : ''))
    expect(supplies).toEqual([
      expect.stringMatching(/^index=1;class=receptacleThatIsFilled;type=wasteToner;unit=percent;maxcapacity=100;level=\d{1,3};/),
      expect.stringMatching(
        /^index=2;class=supplyThatIsConsumed;type=toner;unit=percent;maxcapacity=100;level=\d{1,3};colorantname=black;$/,
      ),
    ])
    expect(given.find('media-col-database')!.values).toHaveLength(5)
    expect(given.find('device-uri')).toBe(undefined)
    const few = new Given(await operation(0x0b), GROUP.printer)
    expect(few.find('media-col-database')).toBe(undefined)
  })

  it('has no administration, and no other address', async () => {
    const administration = await operation(0x4002)
    expect([administration.code, sentence(administration)]).toEqual([0x0501, 'Operation not supported.'])
    const other = await operation(0x0b, [], '', '/printers/x')
    expect([other.code, sentence(other)]).toEqual([0x0406, 'printer-uri ipp://www.test.lan/printers/x not found.'])
    expect((await operation(0x3c)).code).toBe(0)
  })

  it('prints one job at a time, below its own address, and keeps it', async () => {
    const first = await operation(0x02, [attribute('job-name', TAG.name, 'a')], '%PDF-1.4 /Type /Page')
    const job = new Given(first, GROUP.job)
    expect(job.text('job-uri')).toBe(`ipp://www.test.lan/ipp/print/${job.number('job-id')}`)
    const second = await operation(0x05)
    expect([second.code, sentence(second)]).toEqual([0x0507, 'Currently printing another job.'])
    const told = new Given(await operation(0x09, [attribute('job-id', TAG.integer, job.number('job-id')!)]), GROUP.job)
    expect([told.text('job-name'), told.find('job-preserved')]).toEqual(['a', undefined])
    expect((await operation(0x08, [attribute('job-id', TAG.integer, job.number('job-id')!)])).code).toBe(0)
    expect((await operation(0x05)).code).toBe(0)
    expect(p.data('ipp.document')).toMatchObject([{ name: 'a', user: 'eve' }])
  })

  it('says that it cannot get what it is told to fetch, and keeps the address', async () => {
    await operation(0x39)
    const reply = await operation(0x03, [attribute('document-uri', TAG.uri, 'http://169.254.169.254/latest/')])
    expect([reply.code, sentence(reply)]).toEqual([0x0412, 'Unable to connect to 169.254.169.254: Connection refused'])
    expect(p.data('indicator')).toMatchObject([{ kind: 'url', value: 'http://169.254.169.254/latest/', how: 'print-uri' }])
  })

  it('answers the web as recorded of ippeveprinter 2.4.2', async () => {
    const missing = await ask(p, 'GET', '/nope')
    expect([missing.status, missing.header('server'), missing.header('content-type'), missing.body]).toEqual([
      404,
      'CUPS/2.4.2',
      'text/plain',
      '404 - Not Found\n',
    ])
    expect(missing.header('content-language')).toBe(undefined)
    const options = await ask(p, 'OPTIONS', '/')
    expect([options.status, options.header('allow'), options.header('transfer-encoding')]).toEqual([
      200,
      'GET, HEAD, OPTIONS, POST',
      'chunked',
    ])
    const text = await ask(p, 'POST', '/', { headers: { 'Content-Type': 'text/plain' }, body: 'x' })
    expect([text.status, text.body]).toEqual([400, '400 - Bad Request\n'])
    expect((await ask(p, 'GET', '/icon.png')).bytes.subarray(1, 4).toString()).toBe('PNG')
    for (const path of ['/', '/supplies', '/media']) expect((await ask(p, 'GET', path)).body).toMatch(/<title>HP LaserJet/)
    expect((await ask(p, 'GET', '/admin')).status).toBe(404)
  })

  it('is found by no recorded probe', async () => {
    expect(await findsOf(p)).toEqual(['wp-random-plugin-404'])
    expect([p.data('lure.fault'), p.deadLetters]).toEqual([[], []])
  }, 30_000)
})
