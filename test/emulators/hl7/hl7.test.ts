import { connect as tlsConnect } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import hl7 from '../../../src/emulators/hl7/index.ts'
import { hospitalRecords, type Patient } from '../../../src/host/hospital/records.ts'
import { collect, connect, type Playing, play } from '../../harness.ts'

let playing: Playing
afterEach(() => playing.stop())

async function start(options: Record<string, unknown> = { bareAfterMs: 100 }): Promise<void> {
  playing = await play(hl7, { persona: 'plain', prompts: 'test/fixtures/prompts', options })
}

const framed = (message: string): Buffer => Buffer.from(`\x0b${message}\x1c\r`, 'latin1')
const send = async (bytes: Buffer | string): Promise<string> =>
  (await playing.exchange(bytes, { end: true, quietMs: 5_000 })).toString('latin1')
/** An admission; the header's fields after the sender and receiver may differ. */
const admission = (header = '20260101120000||ADT^A01|MSG1|P|2.5', pid = 'PID|1||123^^^H||DOE^JOHN'): string =>
  `MSH|^~\\&|A|B|C|D|${header}\rEVN|A01|20260101\r${pid}\r`

describe('acknowledgements', () => {
  it('go to the sender from the receiver, with the time of now and the id of the message', async () => {
    await start()
    const answer = await send(framed(admission()))
    const time = '\\d{14}\\.\\d{3}'
    expect(answer).toMatch(
      new RegExp(
        `^\\x0bMSH\\|\\^~\\\\&\\|C\\|D\\|A\\|B\\|${time}\\|\\|ACK\\^A01\\^ACK\\|\\d{17}\\|P\\|2\\.5\\rMSA\\|AA\\|MSG1\\r\\x1c\\r$`,
      ),
    )
    const year = new Date().toISOString().slice(0, 4)
    expect(answer).toContain(`|B|${year}`)
    const message = await playing.seen('hl7.message')
    expect(message.tags).toContain('attack:T1565.001')
    expect(message.data).toMatchObject({
      framing: 'mllp',
      messageType: 'ADT^A01',
      controlId: 'MSG1',
      sendingApplication: 'A',
      receivingFacility: 'D',
      segments: ['MSH', 'EVN', 'PID'],
      patient: { id: '123', name: 'DOE^JOHN' },
      code: 'AA',
    })
  })

  it('have no frame when the message had none', async () => {
    await start()
    const answer = (await playing.exchange(admission(), { quietMs: 1_000 })).toString('latin1')
    expect(answer).toMatch(/^MSH\|.*MSA\|AA\|MSG1\r$/s)
  })

  it('come one a message, in order, however the frames are cut into segments of TCP', async () => {
    await start()
    const two = Buffer.concat([framed(admission()), framed(admission('20260101||ADT^A08|MSG2|P|2.4'))])
    expect((await send(two)).match(/MSA\|AA\|MSG\d/g)).toEqual(['MSA|AA|MSG1', 'MSA|AA|MSG2'])
    const socket = await connect(playing.port())
    const whole = framed(admission())
    const answer = collect(socket, 500)
    for (let at = 0; at < whole.length; at += 20) {
      socket.write(whole.subarray(at, at + 20))
      await new Promise(setImmediate)
    }
    expect((await answer).toString().match(/MSA/g)).toHaveLength(1)
  })

  it('use the separators of the message', async () => {
    await start()
    const answer = await send(framed('MSH#@!%*#A#B#C#D#20260101##ADT@A01#MSG1#P#2.5\rPID#1##1@@@H\r'))
    expect(answer).toMatch(/^\x0bMSH#@!%\*#C#D#A#B#.*##ACK@A01@ACK#\d+#P#2\.5\rMSA#AA#MSG1\r/)
  })

  it.each([
    ['20260101||ADT^A01|M|P|9.9', 'MSA|AR|M|Unsupported version id', '203^Unsupported version id^HL70357|F'],
    ['20260101||XXX^A01|M|P|2.5', 'MSA|AR|M|Unsupported message type', 'ERR||MSH^1^9|200^'],
    ['20260101||ADT^A99|M|P|2.5', 'MSA|AR|M|Unsupported event code', '201^'],
    ['20260101||ADT^A01|M|Q|2.5', 'MSA|AR|M|Unsupported processing id', '202^'],
    ['20260101||ADT^A01||P|2.5', 'MSA|AE||Required field missing', 'ERR||MSH^1^10|101^Required field missing^HL70357|E'],
    ['20269901||ADT^A01|M|P|2.5', 'MSA|AE|M|Data type error', '102^'],
    ['20260101||ORU^R01|M|P|2.5', 'MSA|AE|M|Segment sequence error', 'ERR||OBR^1|100^'],
    ['20260101||ADT^A01||P|2.3', 'MSA|AE||Required field missing', 'ERR|MSH^1^10^101&Required field missing'],
  ])('say what is wrong with %s', async (header, msa, err) => {
    await start()
    const answer = await send(framed(admission(header)))
    expect(answer).toContain(`${msa}\r`)
    expect(answer).toContain(err)
  })

  it.each([
    ['the event behind the patient', 'ADT^A01', ['PID|1||1', 'EVN|A01|20260101'], 'ERR||PID^1|100^Segment sequence error^HL70357|E'],
    ['the visit before the patient', 'ADT^A01', ['PV1|1|I', 'PID|1||1'], 'ERR||PV1^1|100^'],
    ['a value before its order', 'ORU^R01', ['PID|1||1', 'OBX|1|NM|K||4.1', 'OBR|1'], 'ERR||OBX^1|100^'],
    ['no charge', 'DFT^P03', ['EVN|P03', 'PID|1||1'], 'ERR||FT1^1|100^'],
    ['a birth date that is none', 'ADT^A08', ['PID|1||1||||19501340'], 'ERR||PID^1^7|102^Data type error^HL70357|E'],
    ['a number that is none', 'ADT^A08', ['PID|one||1'], 'ERR||PID^1^1|102^'],
    ['a value that is no number', 'ORU^R01', ['OBR|1', 'OBX|1|NM|K||high'], 'ERR||OBX^1^5|102^'],
  ])('refuse %s', async (_, type, segments, err) => {
    await start()
    const answer = await send(framed([`MSH|^~\\&|A|B|C|D|20260101||${type}|M|P|2.5`, ...segments, ''].join('\r')))
    expect(answer).toContain('MSA|AE|M|')
    expect(answer).toContain(err)
    expect(playing.data('hl7.message')).toMatchObject([{ code: 'AE', error: { code: expect.any(Number) } }])
  })

  it.each([
    ['ORM^O01', ['PID|1||1', 'ORC|NW|1', 'OBR|1']],
    ['ORU^R01', ['PID|1||1', 'PV1|1|I', 'OBR|1', 'OBX|1|NM|K||-4.1', 'OBX|2|TX|T||high']],
    ['SIU^S12', ['SCH|1', 'PID|1||1', 'PV1|1|O']],
    ['MDM^T02', ['EVN|T02', 'PID|1||1', 'PV1|1|I', 'TXA|1', 'OBX|1|TX|||text']],
    ['DFT^P03', ['EVN|P03', 'PID|1||1', 'FT1|1']],
    ['ADT^A40', ['EVN|A40', 'PID|1||1', 'MRG|2']],
    ['ADT^A08', ['EVN||""', 'PID|||1||||""', 'ZXX|own|segment']],
  ])('take %s', async (type, segments) => {
    await start()
    const answer = await send(framed([`MSH|^~\\&|A|B|C|D|20260101||${type}|M|P|2.5`, ...segments, ''].join('\r')))
    expect(answer).toContain('MSA|AA|M\r')
    expect(answer).not.toContain('ERR')
  })

  it('are not given to an acknowledgement, or two engines would never end', async () => {
    await start()
    expect(await send(framed('MSH|^~\\&|A|B|C|D|20260101||ACK|M|P|2.5\rMSA|AA|1\r'))).toBe('')
  })

  it('follow MSH-15 and MSH-16: none, a commit, or a commit and a result', async () => {
    await start()
    expect(await send(framed(admission('20260101||ADT^A01|M|P|2.5|||NE|NE')))).toBe('')
    expect((await send(framed(admission('20260101||ADT^A01|M|P|2.5|||AL|NE')))).match(/MSA\|../g)).toEqual(['MSA|CA'])
    expect((await send(framed(admission('20260101||ADT^A01|M|P|2.5|||AL|AL')))).match(/MSA\|../g)).toEqual(['MSA|CA', 'MSA|AA'])
    expect((await send(framed(admission('20260101||XXX^A01|M|P|2.5|||ER|SU')))).match(/MSA\|../g)).toEqual(['MSA|CR'])
    expect((await send(framed(admission('20269901||ADT^A01|M|P|2.5|||AL|ER')))).match(/MSA\|../g)).toEqual(['MSA|CE', 'MSA|AE'])
  })

  it('of a batch come in a batch, one a message', async () => {
    await start()
    const batch = `FHS|^~\\&|A|B|C|D\rBHS|^~\\&|A|B|C|D\r${admission()}${admission('20260101||ADT^A08|MSG2|P|2.5')}BTS|2\rFTS|1\r`
    const answer = await send(framed(batch))
    expect(answer.match(/(?<=[\r\x0b])(?:FHS|BHS|MSH|MSA\|..\|MSG\d|BTS\|2|FTS\|1)/g)).toEqual([
      'FHS',
      'BHS',
      'MSH',
      'MSA|AA|MSG1',
      'MSH',
      'MSA|AA|MSG2',
      'BTS|2',
      'FTS|1',
    ])
  })

  it('of a batch say of each message what is wrong with it', async () => {
    await start()
    const wrong = admission('20260101||XXX^A01|MSG2|P|2.5')
    const answer = await send(framed(`BHS|^~\\&|A|B|C|D\r${admission()}${wrong}BTS|2\r`))
    expect(answer.match(/MSA\|..\|MSG\d|^\x0bBHS|BTS\|2/g)).toEqual(['\x0bBHS', 'MSA|AA|MSG1', 'MSA|AR|MSG2', 'BTS|2'])
    expect(playing.data('hl7.message').map(({ code }) => code)).toEqual(['AA', 'AR'])
  })

  it('of many senders at once carry each its own id', async () => {
    await start()
    const ids = Array.from({ length: 50 }, (_, i) => `MSG${i}`)
    const answers = await Promise.all(ids.map((id) => send(framed(admission(`20260101||ADT^A01|${id}|P|2.5`)))))
    expect(answers.map((answer) => /MSA\|AA\|(\w+)/.exec(answer)?.[1])).toEqual(ids)
    expect(new Set(answers.map((answer) => /\|(\d{17})\|/.exec(answer)?.[1])).size).toBe(50)
  })

  it('refuse a message of two megabytes that was looked at by its beginning only', async () => {
    await start()
    const answer = await send(framed(`${admission()}OBX|1|TX|||${'x'.repeat(2 * 1024 * 1024)}\r`))
    expect(answer).toContain('MSA|AE|MSG1|')
    expect(playing.data<{ size: number }>('hl7.message')[0]?.size).toBeGreaterThan(2 * 1024 * 1024)
  })
})

describe('queries', () => {
  const pdq = (criteria: string, rest = ''): Buffer =>
    framed(`MSH|^~\\&|A|B|C|D|20260101||QBP^Q22^QBP_Q21|Q1|P|2.5\rQPD|IHE PDQ Query|T1|${criteria}\rRCP|I|${rest}\r`)

  it('by name find the patients of this house', async () => {
    await start()
    const answer = await send(pdq('@PID.5.1^DOE'))
    const { patients } = hospitalRecords(new Identity(Buffer.alloc(32, 7)))
    const expected = patients.filter((one) => one.family.includes('DOE')).map((one) => `${one.id}^^^TH^MR||${one.family}^${one.given}`)
    expect(expected.length).toBeGreaterThan(3)
    expect(answer).toContain('||RSP^K22^RSP_K22|')
    expect(answer).toContain(`MSA|AA|Q1\rQAK|T1|OK|IHE PDQ Query|${expected.length}|`)
    expect(Array.from(answer.matchAll(/PID\|\d+\|\|([^|]+\|\|[^|]+)/g), ([, found]) => found)).toEqual(expected)
    const query = await playing.seen('hl7.query')
    expect(query.data).toMatchObject({ kind: 'QBP^Q22', criteria: { family: 'DOE' }, matches: expected.length })
    expect(query.tags).toContain('attack:T1213')
  })

  it('for nobody whom it knows say NF, and for nobody at all too', async () => {
    await start()
    expect(await send(pdq('@PID.5.1^NOSUCH'))).toContain('QAK|T1|NF|')
    expect(await send(pdq(''))).toContain('QAK|T1|NF|')
  })

  it('with a limit go on where the last answer ended', async () => {
    await start()
    const first = await send(pdq('@PID.8^F', '3^RD'))
    expect(first.match(/PID\|\d/g)).toHaveLength(3)
    expect(first).toContain('DSC|3|I\r')
    const second = await send(Buffer.from(String(pdq('@PID.8^F', '3^RD')).replace('\x1c', 'DSC|3|I\r\x1c')))
    expect(second).toContain('DSC|6|I\r')
    expect(/PID\|1\|\|(\d+)/.exec(second)?.[1]).not.toBe(/PID\|1\|\|(\d+)/.exec(first)?.[1])
  })

  it.each([
    ['any part of a name', '@PID.5.1^*TEST*', (one: Patient) => one.family.includes('TEST')],
    ['an escaped name', '@PID.5.1^ZZ\\X44\\OE', (one: Patient) => one.family === 'ZZDOE'],
    ['a name and a sex', '@PID.5.1^ZZDOE~@PID.8^F', (one: Patient) => one.family === 'ZZDOE' && one.sex === 'F'],
    ['the beginning of a birth date', '@PID.7^19', (one: Patient) => one.birthDate.startsWith('19')],
    ['a street', '@PID.11.1^LANE', (one: Patient) => one.street.includes('LANE')],
  ])('find by %s', async (_, criteria, fits) => {
    await start()
    const expected = hospitalRecords(new Identity(Buffer.alloc(32, 7))).patients.filter(fits)
    expect(expected.length).toBeGreaterThan(0)
    expect(await send(pdq(criteria))).toContain(`QAK|T1|OK|IHE PDQ Query|${expected.length}|`)
  })

  it('for one patient by a number give all of that patient, or the number alone', async () => {
    await start()
    const patient = hospitalRecords(new Identity(Buffer.alloc(32, 7))).patients[5]!
    const ask = (kind: string): Promise<string> =>
      send(framed(`MSH|^~\\&|A|B|C|D|20260101||QBP^${kind}|Q1|P|2.5\rQPD|Q^q|T1|${patient.id}^^^TH\rRCP|I\r`))
    expect(await ask('Q21')).toMatch(new RegExp(`RSP\\^K21.*QAK\\|T1\\|OK.*PID\\|1\\|\\|${patient.id}\\^.*${patient.family}\\^`, 's'))
    expect(await ask('Q11')).toContain(`${patient.family}^${patient.given}`)
    const crossReference = await ask('Q23')
    expect(crossReference).toContain(`PID|||${patient.id}^^^TH^MR||^`)
    expect(crossReference).not.toContain(patient.family)
  })

  it('know the patients whose images the archive has', async () => {
    await start()
    const { patient } = hospitalRecords(new Identity(Buffer.alloc(32, 7))).studies[0]!
    expect(await send(pdq(`@PID.3.1^${patient.id}`))).toContain(`PID|1||${patient.id}^^^TH^MR||${patient.family}^${patient.given}|`)
  })

  it('of the original mode get ADR with the visit', async () => {
    await start()
    const { patients } = hospitalRecords(new Identity(Buffer.alloc(32, 7)))
    const patient = patients[3]!
    const answer = await send(framed(`MSH|^~\\&|A|B|C|D|20260101||QRY^A19|Q2|P|2.3\rQRD|20260101|R|I|7|||5^RD|${patient.id}|DEM\r`))
    expect(answer).toContain('||ADR^A19^ADR_A19|')
    expect(answer).toContain(`PID|1||${patient.id}^^^TH^MR||${patient.family}^${patient.given}||${patient.birthDate}|${patient.sex}|`)
    expect(answer).toContain(`PV1|1|I|${patient.ward}^B${patient.bed}|`)
  })
})

describe('the records of a hospital', () => {
  it('are of nobody real, differ between installs, and are the same at one', () => {
    const make = (fill: number): ReturnType<typeof hospitalRecords> => hospitalRecords(new Identity(Buffer.alloc(32, fill)))
    const { patients, studies } = make(7)
    expect(studies.length).toBeGreaterThanOrEqual(200)
    for (const { family, id } of patients) {
      expect(family).toMatch(/^ZZ/)
      expect(id).toMatch(/^9900\d{3}$/)
    }
    for (const { uid, series } of studies)
      for (const one of [uid, ...series.map((s) => s.uid)]) expect(one).toMatch(/^2\.25\.[1-9]\d{20,38}$/)
    expect(make(7).studies[0]?.uid).toBe(studies[0]?.uid)
    expect(make(8).studies[0]?.uid).not.toBe(studies[0]?.uid)
  })
})

describe('what else comes', () => {
  it('is written down: patient, visit, orders, values, and how it wants to be answered', async () => {
    await start()
    const result =
      'MSH|^~\\&|A|B|C|D|20260101|SECRET|ORU^R01|M|P|2.5|||AL|NE||8859/1\r' +
      'PID|1||7||DOE^J||19500101|F|||1 ROAD^^TOWN||555||||||123-45\rPV1|1|I|W3^B12\rOBR|1\rOBX|1|NM|K||4\rOBX|2|NM|N||5\r'
    await send(framed(result))
    expect((await playing.seen('hl7.message')).data).toMatchObject({
      security: 'SECRET',
      patient: { sex: 'F', address: '1 ROAD^^TOWN', phone: '555', ssn: '123-45' },
      visit: { class: 'I', location: 'W3^B12' },
      orders: 1,
      values: 2,
      acceptAcknowledgement: 'AL',
      applicationAcknowledgement: 'NE',
      characterSet: '8859/1',
    })
  })

  it('bytes before a frame are noise, and a frame may lack its last CR', async () => {
    await start()
    const answer = await send(Buffer.concat([Buffer.from('junk'), framed(admission()).subarray(0, -1)]))
    expect(answer).toContain('MSA|AA|MSG1')
    expect(playing.data('hl7.noise')).toEqual([{ bytes: 'junk', size: 4, looksLike: 'unknown' }])
  })

  it('documents in a result are kept', async () => {
    await start()
    const document = Buffer.from('%PDF-1.4 see http://192.0.2.7/x')
    const result = `MSH|^~\\&|A|B|C|D|20260101||ORU^R01|M|P|2.5\rOBR|1\rOBX|1|ED|REP||^application^pdf^Base64^${document.toString('base64')}\r`
    expect(await send(framed(result))).toContain('MSA|AA|M')
    expect([...playing.artifacts.kept.values()].map(String)).toEqual([String(document)])
    expect(playing.data('artifact')).toMatchObject([{ how: 'hl7.document', name: 'REP.pdf' }])
  })

  it('other protocols get no byte, and are named', async () => {
    await start()
    expect(await send('GET /metadata HTTP/1.1\r\nHost: x\r\n\r\n')).toBe('')
    expect(await send(Buffer.from('16030100050100000100', 'hex'))).toBe('')
    expect(playing.data<{ looksLike: string }>('hl7.noise').map(({ looksLike }) => looksLike)).toEqual(['http', 'tls'])
  })

  it('a client of TLS is known by its JA4', async () => {
    await start()
    await new Promise((resolve) => tlsConnect({ port: playing.port(), host: '127.0.0.1' }).on('error', resolve))
    expect((await playing.seen('fingerprint')).data).toMatchObject({ kind: 'ja4' })
  })

  it('silence ends the visit', async () => {
    await start({ idleMs: 1_000 })
    const socket = await connect(playing.port())
    expect((await collect(socket, 3_000)).length).toBe(0)
    expect((await playing.seen('session.close')).data).toMatchObject({ reason: 'lure' })
  })
})
