import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Identity } from '../../../src/config/identity.ts'
import { answerVia, contentLength, header, parseNameAddress, parseRequest, SipError, uriParts } from '../../../src/emulators/sip/codec.ts'
import { DialPlan } from '../../../src/emulators/sip/dial-plan.ts'
import { calledNumber, toolOf } from '../../../src/emulators/sip/number.ts'
import { answerSdp, parseSdp } from '../../../src/emulators/sip/sdp.ts'
import { digestResponse, hashcatLine, parseDigest } from '../../../src/sensor/digest.ts'
import { identity, OFFER, request } from './conversation.ts'

describe('messages', () => {
  it('are read with compact names and folded lines', () => {
    const parsed = parseRequest(
      Buffer.from('OPTIONS sip:a@b SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: <sip:x@y>;tag=1\r\nSubject: one\r\n two\r\nl: 3\r\n\r\nabc'),
    )
    expect([header(parsed, 'via'), header(parsed, 'from'), header(parsed, 'subject')]).toEqual([
      'SIP/2.0/UDP h',
      '<sip:x@y>;tag=1',
      'one two',
    ])
    expect(String(parsed.body)).toBe('abc')
  })

  it('throw nothing but their own error, whatever is changed in them', () => {
    const whole = Buffer.from(request({ method: 'INVITE', body: OFFER }))
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.length - 1 }), fc.uint8Array({ maxLength: 20 }), (at, bytes) => {
        const broken = Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + bytes.length)])
        try {
          const parsed = parseRequest(broken)
          parseNameAddress(header(parsed, 'from') ?? '')
          uriParts(parsed.uri)
          parseSdp(parsed.body.toString('latin1'))
          parseDigest(header(parsed, 'via') ?? '')
          contentLength(broken.toString('latin1'))
        } catch (error) {
          expect(error).toBeInstanceOf(SipError)
        }
      }),
    )
  })

  it('tell names, users and tags apart', () => {
    expect(parseNameAddress('"Bob" <sip:bob@h:5060;x=1>;tag=a')).toEqual({ display: 'Bob', user: 'bob', host: 'h:5060', tag: 'a' })
    expect(parseNameAddress('sip:100@h;tag=z')).toEqual({ display: '', user: '100', host: 'h', tag: 'z' })
    expect(uriParts('tel:+4412')).toEqual({ user: '+4412', host: '+4412' })
    expect(uriParts('sip:%2B4412@h').user).toBe('+4412')
  })

  it('go back to where they came from', () => {
    const source = { ip: '203.0.113.9', port: 5070 }
    expect(answerVia('SIP/2.0/UDP 10.0.0.1:5060;branch=z9;rport', source)).toBe(
      'SIP/2.0/UDP 10.0.0.1:5060;branch=z9;received=203.0.113.9;rport=5070',
    )
    expect(answerVia('SIP/2.0/UDP nm;branch=foo', source)).toBe('SIP/2.0/UDP nm;branch=foo;received=203.0.113.9')
    // Two hops in one header: the first is who sent it.
    expect(answerVia('SIP/2.0/UDP a;rport, SIP/2.0/UDP b;branch=z9', source)).toBe(
      'SIP/2.0/UDP a;received=203.0.113.9;rport=5070, SIP/2.0/UDP b;branch=z9',
    )
  })
})

describe('digest', () => {
  // hashcat's own example of mode 11400, password "hashcat".
  const example =
    '$sip$*192.168.100.100*192.168.100.121*username*asterisk*REGISTER*sip*192.168.100.121**2b01df0b****MD5*ad0520061ca07c120d7e8ce696a6df2d'

  it('is kept as hashcat reads it', () => {
    const answer = parseDigest(
      'Digest username="username",realm="asterisk",nonce="2b01df0b",uri="sip:192.168.100.121",response="ad0520061ca07c120d7e8ce696a6df2d",algorithm=MD5',
    )
    expect(answer).toBeDefined()
    if (!answer) return
    expect(hashcatLine(answer, 'REGISTER', { server: '192.168.100.100', client: '192.168.100.121' })).toEqual({
      mode: 11400,
      line: example,
    })
    expect(digestResponse(answer, 'REGISTER', 'hashcat')).toBe(answer.response)
  })

  it('without a client nonce is the one of RFC 2069, whatever it says of qop', () => {
    expect(parseDigest('Digest username="2002",realm="asterisk",nonce="1",uri="sip:x",algorithm=MD5,qop=auth,response="0"')).toMatchObject({
      qop: '',
      username: '2002',
    })
  })

  it('is no line when a field would break it', () => {
    const answer = parseDigest('Digest username="a*b", nonce="1", uri="sip:x", response="ad0520061ca07c120d7e8ce696a6df2d"')
    expect(answer && hashcatLine(answer, 'REGISTER', { server: '1', client: '2' })).toBeUndefined()
  })
})

describe('called numbers', () => {
  it.each([
    ['900442071838750', { prefix: '900', e164: '442071838750', country: 'GB', kind: 'international' }],
    ['+972595000000', { prefix: '+', e164: '972595000000', country: 'IL', kind: 'international' }],
    ['9011441234567890', { prefix: '9011', e164: '441234567890', country: 'GB', kind: 'international' }],
    ['104', { prefix: '', kind: 'extension' }],
    ['0207183875', { prefix: '', kind: 'national' }],
    ['alice', { prefix: '', kind: 'other' }],
  ])('%s', (dialled, facts) => {
    expect(calledNumber(dialled)).toEqual({ dialled, ...facts })
  })
})

describe('an offer', () => {
  const own = { address: '192.0.2.5', port: 12000, session: 7, version: '16' }
  const answerTo = (offer: string): string => answerSdp(parseSdp(offer), own)

  it('is answered with the codecs that both have, and telephone events by the number that they were offered with', () => {
    expect(parseSdp(OFFER)).toEqual({
      address: '198.51.100.7',
      media: [{ kind: 'audio', port: 40000, transport: 'RTP/AVP', formats: ['8', '0', '101'], events: '101', direction: 'sendrecv' }],
    })
    expect(answerTo(OFFER)).toContain('m=audio 12000 RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\n')
    const other = answerTo('v=0\r\nc=IN IP4 198.51.100.7\r\nm=audio 4 RTP/AVP 18 0 96\r\na=rtpmap:96 telephone-event/8000\r\n')
    expect(other).toContain('m=audio 12000 RTP/AVP 0 96\r\n')
    expect(answerTo('v=0\r\nm=audio 4 RTP/AVP 0\r\n')).not.toContain('telephone-event')
  })

  it('has each of its lines answered, those that are declined with port 0', () => {
    const answer = answerTo('v=0\r\nm=audio 4 RTP/AVP 0\r\nm=video 6 RTP/AVP 31 99\r\na=rtpmap:99 H264/90000\r\n')
    expect(answer.match(/^m=.*$/gm)).toEqual(['m=audio 12000 RTP/AVP 0', 'm=video 0 RTP/AVP 31 99'])
  })

  it.each([
    ['sendonly', 'recvonly'],
    ['inactive', 'inactive'],
    ['recvonly', 'sendonly'],
  ])('that is %s is answered with %s', (said, answered) => {
    expect(answerTo(`v=0\r\nm=audio 4 RTP/AVP 0\r\na=${said}\r\n`)).toContain(`a=${answered}\r\n`)
    expect(answerTo(`v=0\r\na=${said}\r\nm=audio 4 RTP/AVP 0\r\n`)).toContain(`a=${answered}\r\n`)
  })
})

describe('the dialling plan', () => {
  const plan = new DialPlan(identity, (number) => number === '104')

  it('leads out behind 00, + and one digit of its own, and nowhere behind others', () => {
    for (const prefix of ['00', '+', `${plan.outsideLine}00`]) expect(plan.destination(`${prefix}442071838750`)).toBe('rings')
    const others = ['9', '0', '8', '7'].filter((digit) => digit !== plan.outsideLine).map((digit) => `${digit}00`)
    for (const prefix of [...others, '011', '810', '']) expect(plan.destination(`${prefix}442071838750`)).toBe('missing')
  })

  it('waits for more digits of a number that has begun, and bars what costs most', () => {
    expect(['104', '105', '0207183875', '0044', '00881612345678', 'alice'].map((number) => plan.destination(number))).toEqual([
      'rings',
      'missing',
      'rings',
      'incomplete',
      'barred',
      'missing',
    ])
  })

  it('has another digit on another install', () => {
    const digits = Array.from({ length: 20 }, (_, i) => new DialPlan(new Identity(Buffer.alloc(32, i)), () => false).outsideLine)
    expect(new Set(digits).size).toBeGreaterThan(1)
  })
})

it.each([
  ['friendly-scanner', 'sipvicious'],
  ['sundayddr', 'sipvicious'],
  ['sipcli/v1.8', 'sipcli'],
  ['VaxSIPUserAgent/3.1', 'vaxsip'],
  ['pplsip', 'pplsip'],
  ['sipsak 0.9.8.1', 'sipsak'],
  ['Z 5.5.8 v2.10', undefined],
])('the tool of %s', (userAgent, tool) => {
  expect(toolOf(userAgent)).toBe(tool)
})
