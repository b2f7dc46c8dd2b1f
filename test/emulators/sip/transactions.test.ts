import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { DialPlan } from '../../../src/emulators/sip/dial-plan.ts'
import { Extensions } from '../../../src/emulators/sip/extensions.ts'
import type { Line } from '../../../src/emulators/sip/line.ts'
import { Pbx } from '../../../src/emulators/sip/pbx.ts'
import { ReplyWriter } from '../../../src/emulators/sip/reply.ts'
import { headerOf, identity, OFFER, OUT, type RequestParts, request, statusOf } from './conversation.ts'

const RING_MS = 1000

let pbx: Pbx
let sent: string[]
let events: { type: string; data: unknown }[]
let isProven: boolean
let line: Line

beforeEach(() => {
  vi.useFakeTimers()
  const extensions = new Extensions(identity, 'asterisk')
  pbx = new Pbx({
    options: { calls: 'anyone', ringMs: RING_MS, revealsExtensions: true },
    extensions,
    plan: new DialPlan(identity, (number) => extensions.has(number)),
    writer: new ReplyWriter('Asterisk PBX 16'),
    version: '16',
    mediaPort: 12_000,
  })
  sent = []
  events = []
  isProven = true
  line = {
    transport: 'UDP',
    source: { ip: '198.51.100.7', port: 5062 },
    own: { ip: '192.0.2.5', port: 5060 },
    get isProven() {
      return isProven
    },
    prove: () => {
      isProven = true
    },
    record: (type: string, data: unknown) => void events.push({ type, data }),
    login: () => undefined,
    send: (bytes) => void sent.push(bytes.toString('latin1')),
  }
})
afterEach(() => {
  pbx.close()
  vi.useRealTimers()
})

/** What is sent at once to a request. */
function ask(parts: RequestParts | string): string[] {
  sent.length = 0
  const text = typeof parts === 'string' ? parts : request(parts)
  pbx.receive(Buffer.from(text, 'latin1'), line, () => {
    throw new Error('nobody logs in here')
  })
  return [...sent]
}
const statuses = (answers: readonly string[]): number[] => answers.map(statusOf)
const tagIn = (answer = ''): string => /;tag=(\w+)/.exec(headerOf(answer, 'To'))?.[1] ?? ''
const CALL: RequestParts = { method: 'INVITE', to: `${OUT}442071838750`, callId: 'c', branch: 'z9hG4bKc', body: OFFER }

/** A call that is talked on; gives the PBX's tag. */
function talk(more: Partial<RequestParts> = {}): string {
  const [, ringing] = ask({ ...CALL, ...more })
  vi.advanceTimersByTime(RING_MS * 1.5)
  const toTag = tagIn(ringing)
  ask({ ...CALL, method: 'ACK', body: '', toTag })
  return toTag
}

describe('what is asked besides calls', () => {
  const status = (method: string, headers: string[] = [], from = '1'): number[] => statuses(ask({ method, from, headers }))
  const [extension = ''] = new Extensions(identity, 'asterisk').numbers

  it.each(['INFO', 'UPDATE', 'PRACK'])('%s belongs into a call', (method) => expect(status(method)).toEqual([481]))

  it('needs the password of an extension that somebody says to be', () => {
    expect(status('SUBSCRIBE', ['Event: presence'], extension)).toEqual([401])
    expect(status('MESSAGE', ['Content-Type: text/plain'], extension)).toEqual([401])
  })

  it('finds neither mailboxes nor lamps, takes messages of guests, and keep-alives', () => {
    for (const event of ['presence', 'dialog;id=1', 'message-summary']) expect(status('SUBSCRIBE', [`Event: ${event}`])).toEqual([404])
    for (const method of ['SUBSCRIBE', 'PUBLISH', 'NOTIFY']) expect(status(method, ['Event: reg'])).toEqual([489])
    expect(status('MESSAGE', ['Content-Type: text/plain'])).toEqual([202])
    expect(status('NOTIFY', ['Event: keep-alive'])).toEqual([200])
  })

  it('is written down: to whom a call should be passed on, and all that was sent', () => {
    ask({ method: 'REFER', headers: ['Refer-To: <sip:0088161@198.51.100.1>'] })
    const data = { referTo: '<sip:0088161@198.51.100.1>', cseq: 1, status: 603, message: expect.stringMatching(/^REFER sip:100@/) }
    expect(events).toContainEqual({ type: 'sip.request', data: expect.objectContaining(data) })
  })
})

describe('a final answer to an INVITE', () => {
  it('is sent twice again until it is acknowledged', () => {
    ask(CALL)
    vi.advanceTimersByTime(RING_MS * 1.5)
    const first = sent.at(-1)
    expect(statusOf(first ?? '')).toBe(200)
    vi.advanceTimersByTime(30_000)
    expect(sent.filter((one) => one === first)).toHaveLength(3)
  })

  it('is not sent again after its ACK, which may have another branch', () => {
    const [, ringing] = ask(CALL)
    vi.advanceTimersByTime(RING_MS * 1.5)
    ask({ ...CALL, method: 'ACK', branch: 'z9hG4bKother', body: '', toTag: tagIn(ringing) })
    vi.advanceTimersByTime(30_000)
    expect(sent).toEqual([])
  })

  it('is sent once to who has proven nothing', () => {
    isProven = false
    ask({ ...CALL, headers: [`X-Padding: ${'x'.repeat(900)}`] })
    vi.advanceTimersByTime(RING_MS * 1.5 + 30_000)
    expect(statuses(sent)).toEqual([180, 200])
  })

  it.each([
    ['with the tag of the answer proves who sent it', true],
    ['with another tag proves nothing', false],
  ])('an ACK %s', (_, isRight) => {
    isProven = false
    const [refused] = ask({ ...CALL, to: '99999' })
    expect(statusOf(refused ?? '')).toBe(404)
    ask({ ...CALL, to: '99999', method: 'ACK', body: '', toTag: isRight ? tagIn(refused) : 'as00000000' })
    expect(isProven).toBe(isRight)
  })
})

describe('an INVITE', () => {
  it('is answered along the way that it came, and its call is ended along the same', () => {
    const headers = [
      'Via: SIP/2.0/UDP 203.0.113.2;branch=z9hG4bKhop',
      'Record-Route: <sip:203.0.113.1;lr>',
      'Record-Route: <sip:203.0.113.2;lr>',
    ]
    const [, ringing = ''] = ask({ ...CALL, headers })
    expect(ringing).toMatch(/^Via: SIP\/2\.0\/UDP 198\.51\.100\.7:5062;.*\r\nVia: SIP\/2\.0\/UDP 203\.0\.113\.2;branch=z9hG4bKhop\r\n/m)
    expect(ringing).toContain('Record-Route: <sip:203.0.113.1;lr>\r\nRecord-Route: <sip:203.0.113.2;lr>\r\n')
    vi.advanceTimersByTime(RING_MS * 1.5)
    ask({ ...CALL, method: 'ACK', body: '', toTag: tagIn(ringing) })
    vi.advanceTimersByTime(61_000)
    const [bye = ''] = sent
    expect(bye).toMatch(/^BYE sip:1@198\.51\.100\.7:5062 SIP\/2\.0\r\n/)
    expect(bye).toContain('Route: <sip:203.0.113.1;lr>\r\nRoute: <sip:203.0.113.2;lr>\r\n')
    expect([headerOf(bye, 'From'), headerOf(bye, 'CSeq')]).toEqual([headerOf(ringing, 'To'), '102 BYE'])
    expect(events).toContainEqual({ type: 'sip.hangup', data: expect.objectContaining({ by: 'us', answered: true }) })
    expect(ask(`SIP/2.0 200 OK\r\n${bye.slice(bye.indexOf('Via'))}`)).toEqual([])
  })

  it('over IPv6 has addresses in brackets, and media of IPv6', () => {
    line = { ...line, isProven: true, source: { ip: '2001:db8::7', port: 5062 }, own: { ip: '2001:db8::5', port: 5060 } }
    const [, ringing = ''] = ask(CALL)
    expect(headerOf(ringing, 'Contact')).toBe(`<sip:${CALL.to}@[2001:db8::5]:5060>`)
    expect(headerOf(ringing, 'Via')).toMatch(/;received=2001:db8::7;rport=5062$/)
    vi.advanceTimersByTime(RING_MS * 1.5)
    expect(sent.at(-1)).toContain('c=IN IP6 2001:db8::5\r\n')
  })

  it('that is refused makes no dialog: no Record-Route', () => {
    expect(ask({ ...CALL, to: '99999', headers: ['Record-Route: <sip:203.0.113.1;lr>'] })[0]).not.toContain('Record-Route')
  })

  it.each([
    ['of no number that there is', { to: '99999' }, 404],
    ['of the beginning of a number', { to: '0044' }, 484],
    ['of a number that costs most', { to: '00881612345678' }, 603],
    ['with an extension that nobody knows', { headers: ['Require: 100rel, timer'] }, 420],
    ['of a call that there is not', { toTag: 'as00000000' }, 481],
    ['without a codec of ours', { body: OFFER.replaceAll(/AVP 8 0 101/g, 'AVP 18') }, 488],
    ['with encrypted media', { body: OFFER.replace('RTP/AVP', 'RTP/SAVP') }, 488],
  ])('%s', (_, parts, status) => {
    expect(statuses(ask({ ...CALL, ...parts }))).toEqual([status])
  })

  it('of another kind of address', () => {
    expect(statuses(ask(request(CALL).replace(/^INVITE sip:/, 'INVITE soap.beep:')))).toEqual([416])
  })

  it('during one that rings is told to wait; after it, it changes the media', () => {
    ask(CALL)
    expect(statuses(ask({ ...CALL, branch: 'z9hG4bKd', cseq: 2 }))).toEqual([491])
    pbx.close()
    const toTag = talk({ callId: 'c', cseq: 3, branch: 'z9hG4bKe' })
    const [trying, held = ''] = ask({ ...CALL, branch: 'z9hG4bKf', cseq: 4, toTag, body: OFFER.replace('sendrecv', 'sendonly') })
    expect(statuses([trying ?? '', held])).toEqual([100, 200])
    expect(held).toContain('a=recvonly\r\n')
    expect(tagIn(held)).toBe(toTag)
    expect(statuses(ask({ ...CALL, branch: 'z9hG4bKg', cseq: 5, toTag: 'as00000000' }))).toEqual([481])
  })
})

describe('a call', () => {
  it('that rings ends with CANCEL, which has the same tag as the INVITE', () => {
    const [, ringing] = ask(CALL)
    const [ended = '', confirmed = ''] = ask({ ...CALL, method: 'CANCEL', body: '' })
    expect(statuses([ended, confirmed])).toEqual([487, 200])
    expect([tagIn(ended), tagIn(confirmed)]).toEqual([tagIn(ringing), tagIn(ringing)])
    vi.advanceTimersByTime(RING_MS * 2)
    expect(statuses(sent)).not.toContain(180)
  })

  it('that rings ends with BYE as well, and the INVITE with 487', () => {
    const [, ringing] = ask(CALL)
    expect(statuses(ask({ ...CALL, method: 'BYE', body: '', cseq: 2, toTag: tagIn(ringing) }))).toEqual([487, 200])
  })

  it('that is talked on knows no CANCEL, and no BYE of who has not its tag', () => {
    const toTag = talk()
    expect(statuses(ask({ ...CALL, method: 'CANCEL', body: '' }))).toEqual([481])
    expect(statuses(ask({ ...CALL, method: 'BYE', body: '', cseq: 2 }))).toEqual([481])
    expect(statuses(ask({ ...CALL, method: 'BYE', body: '', cseq: 2, toTag: 'as00000000' }))).toEqual([481])
    expect(statuses(ask({ ...CALL, method: 'INFO', body: '', cseq: 3, toTag }))).toEqual([200])
    expect(statuses(ask({ ...CALL, method: 'UPDATE', body: '', cseq: 4, toTag }))).toEqual([501])
    expect(statuses(ask({ ...CALL, method: 'BYE', body: '', cseq: 5, toTag }))).toEqual([200])
    expect(statuses(ask({ ...CALL, method: 'BYE', body: '', cseq: 6, toTag }))).toEqual([481])
  })

  it('is passed on to nobody: the transfer is taken, and is told to have failed', () => {
    const toTag = talk()
    const [accepted = '', notified = ''] = ask({
      ...CALL,
      method: 'REFER',
      body: '',
      cseq: 2,
      toTag,
      headers: ['Refer-To: <sip:2@198.51.100.1>'],
    })
    expect(statusOf(accepted)).toBe(202)
    expect(notified).toMatch(/^NOTIFY sip:1@198\.51\.100\.7:5062 SIP\/2\.0\r\n[\s\S]*\r\n\r\nSIP\/2\.0 404 Not found\r\n$/)
    expect(headerOf(notified, 'Event')).toBe('refer;id=2')
    expect(statuses(ask({ ...CALL, method: 'REFER', body: '', cseq: 3, toTag }))).toEqual([400])
  })

  it('that nobody answers is given up', () => {
    const extensions = new Extensions(identity, 'asterisk')
    pbx = new Pbx({
      options: { calls: 'anyone', ringMs: undefined, revealsExtensions: true },
      extensions,
      plan: new DialPlan(identity, () => true),
      writer: new ReplyWriter('x'),
      version: '16',
      mediaPort: 2,
    })
    ask(CALL)
    vi.advanceTimersByTime(30_000)
    expect(statuses(sent)).toContain(480)
  })
})
