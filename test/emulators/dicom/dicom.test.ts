import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { type Dataset, decodeDataset, EXPLICIT, encodeDataset, IMPLICIT } from '../../../src/emulators/dicom/dataset.ts'
import dicom from '../../../src/emulators/dicom/index.ts'
import { DicomError, decodeAssociation, decodeFragments, encodeFragments, HEADER_BYTES } from '../../../src/emulators/dicom/pdu.ts'
import { wildcard } from '../../../src/emulators/dicom/query.ts'
import { type Playing, play } from '../../harness.ts'

let playing: Playing | undefined
afterEach(async () => {
  await playing?.stop()
  playing = undefined
})

const item = (type: string, value: string): string => `${type}00${(value.length / 2).toString(16).padStart(4, '0')}${value}`
const text = (value: string): string => Buffer.from(value).toString('hex')
const title = (value: string): string => text(value.padEnd(16))

/** An A-ASSOCIATE-RQ in hex, with one context. */
function request({
  version = '0001',
  context = '1.2.840.10008.3.1.1.1',
  abstract = '1.2.840.10008.1.1',
  transfer = '1.2.840.10008.1.2',
  called = 'COMMON',
} = {}): string {
  const proposed = item('20', `01000000${item('30', text(abstract))}${item('40', text(transfer))}`)
  const user = item('50', item('51', '00004000') + item('52', text('1.2.3')))
  const body = `${version}0000${title(called)}${title('EVIL')}${'00'.repeat(32)}${item('10', text(context))}${proposed}${user}`
  return `0100${(body.length / 2).toString(16).padStart(8, '0')}${body}`
}

async function ask(hex: string, options: Record<string, unknown> = { aeTitle: 'COMMON', checkCalledAe: true }): Promise<string> {
  playing ??= await play(dicom, { persona: 'plain', prompts: 'test/fixtures/prompts', options })
  return (await playing.exchange(Buffer.from(hex, 'hex'), { quietMs: 300 })).toString('hex')
}

/** Beginning and length as dcmqrscp 3.6.7 was recorded to answer. */
const ACCEPTED = `0200000000b800010000${title('COMMON')}${title('EVIL')}${'00'.repeat(32)}10000015`

describe('an association', () => {
  it('is accepted as dcmqrscp accepts it', async () => {
    const answer = await ask(request())
    expect(answer.startsWith(ACCEPTED)).toBe(true)
    expect(answer).toHaveLength(190 * 2)
    expect(answer).toContain(`21000019010000004000${'0011'}${text('1.2.840.10008.1.2')}5000003a510000040000400052`)
  })

  it.each([
    ['of another version', request({ version: '0002' }), '03000000000400010202'],
    ['of another application context', request({ context: '1.2.840.10008.3.1.1.9' }), '03000000000400020102'],
    ['with another called title', request({ called: 'NOPE' }), '03000000000400010107'],
  ])('%s is rejected as dcmqrscp does', async (_, hex, expected) => {
    expect(await ask(hex)).toBe(expected)
  })

  it('answers a context that it does not know with 3, a transfer syntax with 4', async () => {
    expect(await ask(request({ abstract: '1.2.840.10008.5.1.4.31' }))).toContain('2100001901000300')
    expect(await ask(request({ transfer: '1.2.840.10008.1.2.4' }))).toContain('2100001901000400')
  })

  it.each([
    ['data', '040000000004deadbeef', '07000000000400000000'],
    ['a release', '05000000000400000000', '07000000000400000000'],
    ['HTTP', text('GET / HTTP/1.1\r\n\r\n'), ''],
    ['an unknown PDU', '09000000000400000000', ''],
    ['an abort', '07000000000400000000', ''],
    ['a length of 4 GiB', '0100ffffffff0001', ''],
  ])('that begins with %s ends as with dcmqrscp', async (_, hex, expected) => {
    expect(await ask(hex)).toBe(expected)
    expect((await playing!.seen('dicom.malformed')).data).toMatchObject({ reason: expect.any(String) })
  })

  it('notes both titles, and a user who says so', async () => {
    const withUser = request().replace(item('52', text('1.2.3')), item('58', `0200${'0003'}${text('eve')}${'0002'}${text('pw')}`))
    const grown = item('51', '00004000') + item('58', `0200${'0003'}${text('eve')}${'0002'}${text('pw')}`)
    const fixed = withUser.replace(/5000[0-9a-f]{4}51/, `5000${(grown.length / 2).toString(16).padStart(4, '0')}51`)
    const length = (fixed.length / 2 - HEADER_BYTES).toString(16).padStart(8, '0')
    await ask(`0100${length}${fixed.slice(12)}`)
    expect((await playing!.seen('dicom.associate')).data).toMatchObject({ calledAe: 'COMMON', callingAe: 'EVIL', accepted: true })
    expect(playing!.data('login')).toMatchObject([{ method: 'dicom-passcode', username: 'eve', password: 'pw' }])
  })
})

describe('the codecs', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))

  it('give back data sets, implicit and explicit', () => {
    const even = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b.length % 2 ? b.subarray(1) : b))
    const tag = fc.constantFrom(0x00080005, 0x00080052, 0x00100010, 0x0020000d, 0x00280010, 0x00990001)
    fc.assert(
      fc.property(fc.array(fc.tuple(tag, even)), fc.constantFrom(IMPLICIT, EXPLICIT), (elements, transfer) => {
        const dataset: Dataset = new Map([...new Map(elements)].sort(([a], [b]) => a - b))
        expect([...decodeDataset(encodeDataset(dataset, transfer), transfer)]).toEqual([...dataset])
      }),
    )
  })

  it('give back what was cut into fragments, whatever PDU the receiver takes', () => {
    fc.assert(
      fc.property(bytes, fc.nat(400), (whole, maxPdu) => {
        const fragments = [...encodeFragments(5, false, whole, maxPdu)].flatMap((pdu) => decodeFragments(pdu.subarray(HEADER_BYTES)))
        expect(Buffer.concat(fragments.map((one) => one.bytes))).toEqual(whole)
        expect(fragments.map((one) => one.isLast).indexOf(true)).toBe(fragments.length - 1)
      }),
    )
  })

  it('of any bytes throw nothing but their own error', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(IMPLICIT, EXPLICIT), (any, transfer) => {
        for (const decode of [decodeAssociation, decodeFragments, (b: Buffer) => decodeDataset(b, transfer)]) {
          try {
            decode(any)
          } catch (error) {
            expect(error).toBeInstanceOf(DicomError)
          }
        }
      }),
    )
  })

  it('match wildcards', () => {
    expect(wildcard('ZZ*^A?A', 'ZZTEST^ADA')).toBe(true)
    expect(wildcard('ZZ*^A?A', 'ZZTEST^ADDA')).toBe(false)
    expect(wildcard('*a*a*a*a*a*a*a*a*b', 'a'.repeat(1000))).toBe(false)
  })
})
