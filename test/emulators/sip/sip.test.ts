import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Extensions } from '../../../src/emulators/sip/extensions.ts'
import { collect, connect, type Playing } from '../../harness.ts'
import { authorization, headerOf, identity, OFFER, OUT, request, serve, statusOf, Telephone } from './conversation.ts'

const { numbers, weak } = new Extensions(identity, 'asterisk')
const [first] = weak as [{ user: string; password: string }]

let pbx: Playing
let telephone: Telephone
beforeAll(async () => {
  pbx = await serve({ ringMs: 60 })
})
afterAll(() => pbx.stop())

async function fresh<T>(use: (telephone: Telephone) => Promise<T>, playing = pbx): Promise<T> {
  telephone = await Telephone.to(playing)
  try {
    return await use(telephone)
  } finally {
    telephone.close()
  }
}

/** Each playing PBX counts loopback as one source, so what needs an unknown one gets a PBX of its own. */
async function alone<T>(options: Record<string, unknown>, use: (playing: Playing) => Promise<T>): Promise<T> {
  const playing = await serve(options)
  try {
    return await use(playing)
  } finally {
    await playing.stop()
  }
}

describe('requests', () => {
  it('OPTIONS is answered with what the PBX can do, and with the headers of the request', () =>
    fresh(async (phone) => {
      const answer = await phone.ask(request({ method: 'OPTIONS', callId: 'opt', branch: 'z9hG4bKopt' }))
      expect(answer).toMatch(
        /^SIP\/2\.0 200 OK\r\nVia: SIP\/2\.0\/UDP 198\.51\.100\.7:5062;branch=z9hG4bKopt;received=127\.0\.0\.1;rport=\d+\r\n/,
      )
      expect(headerOf(answer, 'Call-ID')).toBe('opt')
      expect(headerOf(answer, 'To')).toMatch(/^<sip:100@192\.0\.2\.5>;tag=as[0-9a-f]{8}$/)
      expect(headerOf(answer, 'Server')).toBe('Asterisk PBX 16.28.0~dfsg-0+deb11u3')
      expect(headerOf(answer, 'Allow')).toContain('INVITE, ACK, CANCEL, OPTIONS, BYE')
      expect(answer.endsWith('Content-Length: 0\r\n\r\n')).toBe(true)
      expect(pbx.data('sip.request')).toContainEqual(expect.objectContaining({ method: 'OPTIONS', tool: 'sipvicious', status: 200 }))
    }))

  it('a retransmission gets the same answer', () =>
    fresh(async (phone) => {
      const text = request({ method: 'OPTIONS' })
      expect(await phone.ask(text)).toBe(await phone.ask(text))
    }))

  it.each([
    ['BYE', 481],
    ['CANCEL', 481],
    ['SUBSCRIBE', 489],
    ['MESSAGE', 415],
    ['REFER', 603],
    ['WHATEVER', 501],
  ])('%s gets %d', (method, status) => fresh(async (phone) => expect(statusOf(await phone.ask(request({ method })))).toBe(status)))

  it('ACK, garbage and what lacks a header get nothing', () =>
    fresh(async (phone) => {
      phone.send(request({ method: 'ACK' }))
      phone.send('x')
      phone.send(Buffer.alloc(300))
      phone.send('OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n')
      phone.send('SIP/2.0 200 OK\r\n\r\n')
      phone.send(request({ method: 'OPTIONS', callId: 'after' }))
      expect(headerOf(await phone.next(), 'Call-ID')).toBe('after')
    }))
})

describe('registration', () => {
  it('is challenged, refused with a wrong password, granted with the weak one', () =>
    fresh(async (phone) => {
      const challenged = await phone.ask(request({ method: 'REGISTER', to: first.user, from: first.user }))
      expect(statusOf(challenged)).toBe(401)
      expect(headerOf(challenged, 'WWW-Authenticate')).toMatch(/^Digest algorithm=MD5, realm="asterisk", nonce="[0-9a-f]{8}"$/)
      const tried = (password: string) =>
        phone.ask(
          request({
            method: 'REGISTER',
            to: first.user,
            from: first.user,
            headers: [authorization(headerOf(challenged, 'WWW-Authenticate'), 'REGISTER', first.user, password), 'Expires: 600'],
          }),
        )
      expect(statusOf(await tried('wrong'))).toBe(403)
      const granted = await tried(first.password)
      expect([statusOf(granted), headerOf(granted, 'Expires')]).toEqual([200, '600'])
      const logins = pbx.data<{ method: string; accepted: boolean; hash: { mode: number; line: string } }>('login')
      expect(logins.map(({ accepted }) => accepted)).toEqual([false, true])
      expect(logins[0]?.hash.mode).toBe(11400)
      expect(logins[0]?.hash.line).toMatch(
        new RegExp(
          `^\\$sip\\$\\*127\\.0\\.0\\.1\\*127\\.0\\.0\\.1\\*${first.user}\\*asterisk\\*REGISTER\\*sip\\*192\\.0\\.2\\.5\\*\\*[0-9a-f]{8}\\*\\*\\*\\*MD5\\*`,
        ),
      )
    }))

  it('is for a while that is not too short, listed to who asks without a contact, and taken back', () =>
    alone({}, (playing) =>
      fresh(async (phone) => {
        const parts = { method: 'REGISTER', to: first.user, from: first.user }
        const challenge = headerOf(await phone.ask(request(parts)), 'WWW-Authenticate')
        const proof = authorization(challenge, 'REGISTER', first.user, first.password)
        const tried = (...headers: string[]) => phone.ask(request({ ...parts, headers: [proof, ...headers] }))
        const query = () => phone.ask(request({ ...parts, headers: [proof] }).replace(/Contact: .*\r\n/, ''))
        const short = await tried('Expires: 10')
        expect([statusOf(short), headerOf(short, 'Min-Expires')]).toEqual([423, '60'])
        expect(headerOf(await query(), 'Contact')).toBe('')
        expect(headerOf(await tried('Expires: 90'), 'Contact')).toBe(`<sip:${first.user}@198.51.100.7:5062>;expires=90`)
        expect(headerOf(await query(), 'Contact')).toBe(`<sip:${first.user}@198.51.100.7:5062>;expires=90`)
        await tried('Expires: 0')
        expect(headerOf(await query(), 'Contact')).toBe('')
        // The password of one extension is nothing to another.
        const [, other] = weak as [unknown, { user: string }]
        expect(statusOf(await phone.ask(request({ method: 'REGISTER', to: other.user, headers: [proof] })))).toBe(403)
      }, playing),
    ))

  it('tells which extensions there are, or does not, as it is set', async () => {
    await fresh(async (phone) => expect(statusOf(await phone.ask(request({ method: 'REGISTER', to: '99999' })))).toBe(404))
    await alone({ revealsExtensions: false }, (silent) =>
      fresh(async (phone) => expect(statusOf(await phone.ask(request({ method: 'REGISTER', to: '99999' })))).toBe(401), silent),
    )
  })

  it('has other extensions on another install', () => {
    expect(numbers.length).toBeGreaterThan(6)
    expect(numbers).toContain(first.user)
  })
})

describe('calls', () => {
  const called = `${OUT}442071838750`

  it('ring, are answered with SDP, and end with BYE', () =>
    alone({ ringMs: 60 }, (playing) =>
      fresh(async (phone) => {
        const headers = [`X-Padding: ${'x'.repeat(400)}`]
        const ringing = await phone.ask(request({ method: 'INVITE', to: called, callId: 'c1', body: OFFER, headers }))
        expect(statusOf(ringing)).toBe(180)
        const answered = await phone.next()
        expect(statusOf(answered)).toBe(200)
        expect(answered).toContain('m=audio ')
        const toTag = /;tag=(\w+)/.exec(headerOf(answered, 'To'))?.[1] as string
        expect(headerOf(ringing, 'To')).toContain(toTag)
        phone.send(request({ method: 'ACK', to: called, callId: 'c1', toTag }))
        expect(statusOf(await phone.ask(request({ method: 'BYE', to: called, callId: 'c1', cseq: 2, toTag })))).toBe(200)
        expect(playing.data('sip.call')).toEqual([
          expect.objectContaining({ caller: '1', called, kind: 'international', prefix: OUT, country: 'GB', prefixesTried: 1 }),
        ])
        expect(playing.data('sip.hangup')).toEqual([expect.objectContaining({ by: 'caller', answered: true })])
      }, playing),
    ))

  it('are given up with CANCEL', () =>
    alone({ ringMs: 20_000 }, (playing) =>
      fresh(async (phone) => {
        const parts = { to: called, callId: 'c2', branch: 'z9hG4bKc2' }
        expect(
          statusOf(await phone.ask(request({ method: 'INVITE', body: OFFER, headers: [`X-Padding: ${'x'.repeat(400)}`], ...parts }))),
        ).toBe(180)
        const terminated = await phone.ask(request({ method: 'CANCEL', ...parts }))
        expect([statusOf(terminated), headerOf(terminated, 'CSeq')]).toEqual([487, '1 INVITE'])
        const confirmed = await phone.next()
        expect([statusOf(confirmed), headerOf(confirmed, 'CSeq')]).toEqual([200, '1 CANCEL'])
        expect(playing.data('sip.hangup')).toEqual([expect.objectContaining({ by: 'cancel', answered: false })])
      }, playing),
    ))

  it('in the name of an extension need its password', () =>
    fresh(async (phone) => {
      const challenged = await phone.ask(request({ method: 'INVITE', to: called, from: first.user, body: OFFER }))
      expect(statusOf(challenged)).toBe(401)
      const proof = authorization(headerOf(challenged, 'WWW-Authenticate'), 'INVITE', first.user, first.password)
      expect(statusOf(await phone.ask(request({ method: 'INVITE', to: called, from: first.user, body: OFFER, headers: [proof] })))).toBe(
        100,
      )
      expect(statusOf(await phone.next())).toBe(180)
    }))

  it('show who looks for the way out: prefix after prefix before one number', () =>
    alone({ calls: 'nobody' }, (playing) =>
      fresh(async (phone) => {
        for (const prefix of ['00', '900', '9011', '+'])
          expect(statusOf(await phone.ask(request({ method: 'INVITE', to: `${prefix}442071838750` })))).toBe(403)
        expect(playing.data<{ prefixesTried: number }>('sip.call').map(({ prefixesTried }) => prefixesTried)).toEqual([1, 2, 3, 4])
      }, playing),
    ))
})

describe('reflection', () => {
  it('never sends an unproven source more than 1.5 times what it sent', () =>
    alone({ ringMs: 20 }, (playing) =>
      fresh(async (phone) => {
        for (const method of ['OPTIONS', 'REGISTER', 'INVITE', 'SUBSCRIBE', 'BYE']) {
          const text = request({ method, to: '00442071838750', body: method === 'INVITE' ? OFFER : '' })
          phone.send(text)
          phone.send(text.slice(0, 200))
          let got = 0
          for (let answer = await phone.maybe(150); answer !== undefined; answer = await phone.maybe(150)) got += answer.length
          expect(got).toBeLessThanOrEqual(text.length * 1.5)
        }
        phone.send('OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP h\r\nf:a\r\nt:b\r\ni:1\r\nCSeq:1 OPTIONS\r\n\r\n')
        expect(await phone.maybe(150)).toBeUndefined()
        expect(playing.data('sip.suppressed').length).toBeGreaterThan(0)
        expect(phone.bytesIn).toBeLessThanOrEqual(phone.bytesOut * 1.5)
      }, playing),
    ))

  it('many small retransmissions of a large request draw no more either', () =>
    alone({ ringMs: 20 }, (playing) =>
      fresh(async (phone) => {
        const parts = { method: 'INVITE', to: '00442071838750', callId: 'r', branch: 'z9hG4bKr' }
        await phone.ask(request({ ...parts, headers: [`X-Padding: ${'x'.repeat(900)}`], body: OFFER }))
        expect(statusOf(await phone.next())).toBe(200)
        for (let i = 0; i < 20; i++) phone.send(request(parts).slice(0, 330))
        while ((await phone.maybe(150)) !== undefined);
        expect(phone.bytesIn).toBeLessThanOrEqual(phone.bytesOut * 1.5)
      }, playing),
    ))

  it('a small INVITE rings when its retransmission has paid for the call', () =>
    alone({ ringMs: 20 }, (playing) =>
      fresh(async (phone) => {
        const text = request({ method: 'INVITE', to: '00442071838750', body: OFFER })
          .replace(/User-Agent.*\r\n/, '')
          .replace(/a=.*\r\n/g, '')
        phone.send(text)
        expect(await phone.maybe(100)).toBeUndefined()
        expect(statusOf(await phone.ask(text))).toBe(180)
        expect(statusOf(await phone.next())).toBe(200)
      }, playing),
    ))
})

describe('over TCP', () => {
  it('several messages in one packet, and one in several, are each answered', async () => {
    const socket = await connect(pbx.port(1))
    const two =
      request({ method: 'OPTIONS', callId: 't1' }) + request({ method: 'INVITE', to: '00442071838750', callId: 't2', body: OFFER })
    socket.write(`\r\n\r\n${two.slice(0, 500)}`)
    setTimeout(() => socket.write(two.slice(500)), 20)
    const answers = String(await collect(socket, 400))
    expect([...answers.matchAll(/^SIP\/2\.0 (\d+)/gm)].map(([, status]) => status)).toEqual(['200', '100', '180', '200'])
    expect(answers).toMatch(/Contact: <sip:00442071838750@127\.0\.0\.1:\d+;transport=TCP>/)
  })

  it('asks whether the connection lives are answered (RFC 5626)', async () => {
    const socket = await connect(pbx.port(1))
    socket.write('\r\n\r\n')
    expect(String(await collect(socket, 150))).toBe('\r\n')
  })

  it('what says where it came from and is no request is refused, and the connection lives on', async () => {
    const socket = await connect(pbx.port(1))
    const whole = request({ method: 'OPTIONS', callId: 'bad' })
    const [version, method] = [whole.replace('SIP/2.0\r\n', 'SIP/7.0\r\n'), whole.replace('1 OPTIONS', '1 INVITE')]
    socket.write(`${version}${method}${whole}GET / HTTP/1.1\r\n\r\n`)
    const answers = String(await collect(socket, 300))
    expect([...answers.matchAll(/^SIP\/2\.0 (\d+ .*)\r$/gm)].map(([, status]) => status)).toEqual([
      '400 Bad Request',
      '400 Bad Request',
      '200 OK',
    ])
  })

  it('a body that is too large ends the connection', async () => {
    const answers = await pbx.exchange(request({ method: 'OPTIONS' }).replace('Content-Length: 0', 'Content-Length: 99999999'), {
      port: pbx.port(1),
    })
    expect(answers).toHaveLength(0)
    await pbx.seen('sip.malformed')
  })
})
