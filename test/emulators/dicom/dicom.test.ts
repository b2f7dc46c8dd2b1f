import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BIG_ENDIAN, type Dataset, decodeDataset, EXPLICIT, encodeDataset, IMPLICIT } from '../../../src/emulators/dicom/dataset.ts'
import dicom from '../../../src/emulators/dicom/index.ts'
import { DicomError, decodeAssociation, decodeFragments, encodeFragments, HEADER_BYTES } from '../../../src/emulators/dicom/pdu.ts'
import { type Playing, play } from '../../harness.ts'
import {
  ABORT,
  ABORT_UNEXPECTED,
  CT,
  context,
  echo,
  FIND,
  fragment,
  GET,
  item,
  message,
  pdu,
  RELEASE,
  request,
  role,
  text,
  title,
  VERIFICATION,
} from './wire.ts'

let playing: Playing
beforeAll(async () => {
  const options = { aeTitle: 'COMMON', checkCalledAe: true }
  playing = await play(dicom, { persona: 'plain', prompts: 'test/fixtures/prompts', options })
})
beforeEach(() => void playing.events.splice(0))
afterAll(() => playing.stop())

/** What comes back until the peer has closed too, in hex. */
async function ask(hex: string): Promise<string> {
  return (await playing.exchange(Buffer.from(hex, 'hex'), { end: true, quietMs: 5_000 })).toString('hex')
}

/** Id, result and transfer syntax of the contexts in an A-ASSOCIATE-AC, in their order. */
function contextsIn(answer: string): [number, number, string][] {
  const found = answer.matchAll(/2100001[9b](..)00(..)004000001[13]((?:3[0-9]|2e)+?)(?=00|2100|5000)/g)
  return Array.from(found, ([, id = '', result = '', uid = '']) => [
    Number.parseInt(id, 16),
    Number.parseInt(result, 16),
    Buffer.from(uid, 'hex').toString(),
  ])
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

  it('has its titles given back to the first NUL, and zeros for what is reserved', async () => {
    expect((await ask(request({ called: 'COMMON\0\0x', reserved: 'ab'.repeat(32) }))).startsWith(ACCEPTED)).toBe(true)
  })

  it.each([
    ['of another version', request({ version: '0002' }), '03000000000400010202'],
    ['of another application context', request({ application: '1.2.840.10008.3.1.1.9' }), '03000000000400020102'],
    ['with another called title', request({ called: 'NOPE' }), '03000000000400010107'],
    ['with a called title in lower case', request({ called: 'common' }), '03000000000400010107'],
    ['with a blank before the called title', request({ called: ' COMMON' }), '03000000000400010107'],
    ['with no called title', request({ called: '' }), '03000000000400010107'],
  ])('%s is rejected as dcmqrscp does', async (_, hex, expected) => {
    expect(await ask(hex)).toBe(expected)
    expect(playing.data('dicom.associate')).toMatchObject([{ accepted: false, reason: expect.any(Array) }])
  })

  it('answers contexts in the order, with the results and the transfer syntaxes of dcmqrscp', async () => {
    const jpeg = '1.2.840.10008.1.2.4.50'
    const contexts = [
      context(1, VERIFICATION, IMPLICIT),
      context(3, CT, jpeg, EXPLICIT, IMPLICIT),
      context(5, FIND, BIG_ENDIAN),
      context(7, '1.2.3.4.5', IMPLICIT),
      context(9, GET, IMPLICIT, EXPLICIT),
      context(11, CT, jpeg),
      context(13, FIND, jpeg),
      context(15, '1.2.840.10008.5.1.4.1.1.999', IMPLICIT),
      context(17, '1.2.840.10008.5.1.4.31', IMPLICIT),
      context(1, FIND, IMPLICIT),
    ]
    expect(contextsIn(await ask(request({ contexts })))).toEqual([
      [3, 0, EXPLICIT],
      [1, 0, IMPLICIT],
      [5, 0, BIG_ENDIAN],
      [7, 3, IMPLICIT],
      [9, 0, EXPLICIT],
      [11, 3, IMPLICIT],
      [13, 4, IMPLICIT],
      [15, 3, IMPLICIT],
      [17, 3, IMPLICIT],
    ])
  })

  it('gives the roles that are asked for of images, both when none is', async () => {
    const contexts = [context(1, VERIFICATION, IMPLICIT), context(3, CT, IMPLICIT)]
    const answer = async (...roles: string[]): Promise<string> => await ask(request({ contexts, user: roles.join('') }))
    expect(await answer(role(CT, 0, 1), role(VERIFICATION, 0, 1), role('1.2.3', 1, 1))).toContain(`${role(CT, 0, 1)}5500`)
    expect(await answer(role(CT, 0, 0))).toContain(`${role(CT, 1, 1)}5500`)
    expect(await answer(role(VERIFICATION, 1, 1))).not.toContain(role(VERIFICATION, 1, 1))
  })

  it.each([
    ['data', '040000000004deadbeef', ABORT],
    ['a release', RELEASE, ABORT],
    ['HTTP', text('GET / HTTP/1.1\r\n\r\n'), ''],
    ['an unknown PDU', '09000000000400000000', ''],
    ['an abort', ABORT, ''],
    ['a length of 4 GiB', '0100ffffffff0001', ''],
    ['a request that ends too early', `010000000010${'00'.repeat(16)}`, ''],
    ['a request for nothing', request({ contexts: [] }), ''],
    ['a request without a transfer syntax', request({ contexts: [context(1, VERIFICATION)] }), ''],
    ['a request by nobody', request({ calling: '' }), ''],
  ])('that begins with %s ends as with dcmqrscp', async (_, hex, expected) => {
    expect(await ask(hex)).toBe(expected)
    expect((await playing.seen('dicom.malformed')).data).toMatchObject({ reason: expect.any(String) })
  })

  it('notes both titles, and a user who says so', async () => {
    await ask(request({ user: item('58', `0200${'0003'}${text('eve')}${'0002'}${text('pw')}`) }))
    expect((await playing.seen('dicom.associate')).data).toMatchObject({
      calledAe: 'COMMON',
      callingAe: 'EVIL',
      implementationUid: '1.2.3',
      maxPdu: 16_384,
      contexts: [VERIFICATION],
      accepted: true,
    })
    expect(playing.data('login')).toMatchObject([{ method: 'dicom-passcode', username: 'eve', password: 'pw' }])
  })

  it('notes a token as what it is', async () => {
    await ask(request({ user: item('58', `0500${'0009'}${text('eyJ0eXAi.')}0000`) }))
    expect(playing.data('login')).toMatchObject([{ method: 'dicom-jwt', password: 'eyJ0eXAi.' }])
  })
})

describe('an association that came about', () => {
  const large = `040000004e2000004e1c0103${'00'.repeat(200)}`
  const response = [
    [0x0002, VERIFICATION],
    [0x0100, 0x8030],
    [0x0120, 1],
    [0x0800, 0x0101],
    [0x0900, 0],
  ] as const

  it.each([
    ['another request', request(), ABORT_UNEXPECTED],
    ['an acceptance', '02000000000400000000', ABORT_UNEXPECTED],
    ['the end of a release', '06000000000400000000', ABORT_UNEXPECTED],
    ['an unknown PDU', '09000000000400000000', ABORT],
    ['HTTP', text('GET / HTTP/1.1\r\n\r\n'), ABORT + ABORT_UNEXPECTED],
    ['a PDU larger than agreed', large, ABORT + ABORT_UNEXPECTED],
    ['data without a fragment', '040000000000', ABORT],
    ['a fragment without its header', '04000000000400000001', ABORT],
    ['a fragment longer than its PDU', '0400000000060000ffff0103', ABORT],
    ['a context that nobody accepted', message(echo).replace('0103', '0303'), ABORT],
    ['a data set before its command', pdu('04', fragment(1, 2, Buffer.alloc(8))), ABORT],
    ['an empty command', pdu('04', fragment(1, 3, Buffer.alloc(0))), ABORT],
    ['a command of any bytes', pdu('04', fragment(1, 3, Buffer.alloc(20, 0xff))), ABORT],
    ['an unknown command', message([...echo, [0x0100, 0x777]]), ABORT],
    ['an answer to nothing', message(response), ABORT],
    ['a C-ECHO without its id', message(echo.filter(([tag]) => tag !== 0x0110)), ABORT],
    ['a C-ECHO that announces data', message([...echo, [0x0800, 1]]), ABORT],
    ['a C-FIND without data', message([...echo, [0x0100, 0x20], [0x0700, 0]]), ABORT],
    ['an abort', ABORT, ''],
  ])('ends as with dcmqrscp after %s', async (_, hex, expected) => {
    const accepted = await ask(request())
    expect(await ask(request() + hex)).toBe(accepted + expected)
  })

  it('goes on after a C-ECHO and a C-CANCEL of nothing, until it is released', async () => {
    const cancel = message([
      [0x0100, 0xfff],
      [0x0120, 1],
      [0x0800, 0x0101],
    ])
    const answer = await ask(request() + message(echo) + cancel + message(echo) + RELEASE)
    const success =
      '04000000005400000050010300000000040000004200000000000200120000' +
      `00${text('1.2.840.10008.1.1')}00` +
      '00000001020000003080000020010200000001000000000802000000010100000009020000000000'
    expect(answer.slice(190 * 2)).toBe(`${success}${success}06000000000400000000`)
    expect(playing.data('dicom.request')).toMatchObject([{ command: 'C-ECHO' }, { command: 'C-ECHO' }])
  })

  it('stays open after a release until the peer closes, and notes how it ended', async () => {
    await ask(request() + RELEASE)
    await ask(request() + ABORT)
    await playing.seen('dicom.end', 2)
    expect(
      playing
        .data('dicom.end')
        .map(({ how }) => how)
        .toSorted(),
    ).toEqual(['aborted', 'released'])
  })
})

describe('the codecs', () => {
  const bytes = fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b))

  it('give back data sets, implicit, explicit and in big endian', () => {
    const even = fc.uint8Array({ maxLength: 40 }).map((b) => Buffer.from(b.length % 2 ? b.subarray(1) : b))
    const tag = fc.constantFrom(0x00080005, 0x00080052, 0x00100010, 0x0020000d, 0x00280010, 0x00990001)
    fc.assert(
      fc.property(fc.array(fc.tuple(tag, even)), fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN), (elements, transfer) => {
        const dataset: Dataset = new Map([...new Map(elements)].sort(([a], [b]) => a - b))
        expect([...decodeDataset(encodeDataset(dataset, transfer), transfer)]).toEqual([...dataset])
      }),
    )
    const rows: Dataset = new Map([[0x00280010, Buffer.of(128, 0)]])
    expect(encodeDataset(rows, BIG_ENDIAN).toString('hex')).toBe('0028001055530002' + '0080')
  })

  it('give back what was cut into fragments, none of them larger than the receiver takes', () => {
    fc.assert(
      fc.property(bytes, fc.nat(400), (whole, maxPdu) => {
        const cut = [...encodeFragments(5, false, whole, maxPdu)]
        const fragments = cut.flatMap((one) => decodeFragments(one.subarray(HEADER_BYTES)))
        expect(Buffer.concat(fragments.map((one) => one.bytes))).toEqual(whole)
        expect(fragments.map((one) => one.isLast).indexOf(true)).toBe(fragments.length - 1)
        if (maxPdu >= 16) for (const one of cut) expect(one.length).toBeLessThanOrEqual(maxPdu)
      }),
    )
  })

  it('of any bytes throw nothing but their own error', () => {
    fc.assert(
      fc.property(bytes, fc.constantFrom(IMPLICIT, EXPLICIT, BIG_ENDIAN), (any, transfer) => {
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

  it('refuse sequences that nest deeper than anybody needs', () => {
    const nested = Buffer.from(`08001511ffffffff${'feff00e0ffffffff08001511ffffffff'.repeat(20)}`, 'hex')
    expect(() => decodeDataset(nested, IMPLICIT)).toThrow(DicomError)
  })
})
