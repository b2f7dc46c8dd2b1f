import { describe, expect, it } from 'vitest'
import { Settings } from '../../src/config/schema.ts'
import { ReplyGovernor } from '../../src/sensor/reply-governor.ts'

const settings = (given: Record<string, unknown> = {}): Settings['udp'] => Settings.parse({ udp: given }).udp
const request = (ip: string, answerBytes = 48, requestBytes = 48) => ({ ip, port: 40_000, requestBytes, answerBytes, servicePort: 123 })

describe('the reply governor', () => {
  it('lets a source have three answers a minute and ten an hour', () => {
    const governor = new ReplyGovernor(settings({ networkAnswersPerMinute: 1000, networkAnswersPerHour: 1000 }))
    const verdicts: (string | undefined)[] = []
    for (let minute = 0; minute < 5; minute++) {
      for (let i = 0; i < 4; i++) verdicts.push(governor.refuse(request('203.0.113.9'), 1e12 + minute * 61_000))
    }
    expect(verdicts.filter((v) => v === undefined)).toHaveLength(10)
    expect(verdicts[3]).toBe('source-per-minute')
    expect(verdicts.at(-1)).toBe('source-per-hour')
  })

  it('counts the network around a source: /24 and /48', () => {
    const governor = new ReplyGovernor(settings())
    const ask = (ip: string): string | undefined => governor.refuse(request(ip), 1e12)
    for (let host = 1; host <= 6; host++) expect(ask(`198.51.100.${host}`)).toBeUndefined()
    expect(ask('198.51.100.77')).toBe('network-per-minute')
    for (let host = 1; host <= 6; host++) expect(ask(`2001:db8:1:${host}::1`)).toBeUndefined()
    expect(ask('2001:db8:1:ffff::1')).toBe('network-per-minute')
    expect(ask('2001:db8:2::1')).toBeUndefined()
  })

  it('counts an hour of a network as well', () => {
    const governor = new ReplyGovernor(settings())
    const verdicts = Array.from({ length: 60 }, (_, i) =>
      governor.refuse(request(`198.51.100.${i + 1}`), 1e12 + Math.floor(i / 6) * 61_000),
    )
    expect(verdicts.filter((verdict) => verdict === undefined)).toHaveLength(30)
    expect(verdicts.at(-1)).toBe('network-per-hour')
  })

  it('lets two large answers an hour go to a source, and then none of more than three times its request', () => {
    const governor = new ReplyGovernor(settings())
    const ask = (bytes: number, requestBytes: number) => governor.refuse(request('203.0.113.9', bytes, requestBytes), 1e12)
    expect([ask(440, 8), ask(440, 8), ask(440, 8), ask(120, 40)]).toEqual([undefined, undefined, 'source-amplification', undefined])
  })

  it('answers nobody when it is told to, and no more bytes a second than it is told', () => {
    expect(new ReplyGovernor(settings({ answersPerMinute: 0 })).refuse(request('203.0.113.9'))).toBe('source-per-minute')
    const governor = new ReplyGovernor(settings())
    const verdicts = Array.from({ length: 9 }, (_, i) => governor.refuse(request(`${10 + i}.0.113.9`, 1000, 1000), 1e12))
    expect(verdicts).toEqual([...new Array(8).fill(undefined), 'total-bytes'])
    expect(governor.refuse(request('99.0.113.9', 1201, 1201), 1e12 + 5000)).toBe('answer-size')
  })

  it('never answers a port that would answer back', () => {
    const governor = new ReplyGovernor(settings())
    expect(governor.refuse({ ...request('203.0.113.1'), port: 123 })).toBe('service-loop')
    for (const port of [0, 7, 13, 17, 19, 53, 111, 161, 389, 520, 1900, 3702, 5353, 11211])
      expect(governor.refuse({ ...request('203.0.113.1'), port })).toBe('reflection-port')
  })

  it('sends less than it got over a spoofed flood, and at most twenty answers a second', () => {
    const governor = new ReplyGovernor(settings())
    let received = 0
    let sent = 0
    const answeredAt: number[] = []
    for (let i = 0; i < 200_000; i++) {
      const now = 1e12 + i * 0.05
      governor.received(8)
      received += 8
      const ip = `${1 + (i % 100)}.${(i >> 8) & 255}.${(i >> 16) & 255}.${i & 255}`
      if (governor.refuse(request(ip, 440, 8), now) === undefined) {
        sent += 440
        answeredAt.push(now)
      }
    }
    expect(sent).toBeGreaterThan(0)
    expect(sent).toBeLessThanOrEqual(received)
    // In any second, not only in those of the clock.
    for (const [i, at] of answeredAt.entries()) expect((answeredAt[i + 20] ?? Number.POSITIVE_INFINITY) - at).toBeGreaterThanOrEqual(1000)
  })

  it('gives a source that has proven itself as many answers as its protocol needs, for a while', () => {
    const governor = new ReplyGovernor(settings())
    governor.prove('203.0.113.5', 1e12)
    for (let i = 0; i < 300; i++) expect(governor.refuse(request('203.0.113.5'), 1e12 + 1)).toBeUndefined()
    expect(governor.refuse(request('203.0.113.5'), 1e12 + 700_000)).toBe('source-per-hour')
  })

  it('leaves loopback alone unless told otherwise', () => {
    const free = new ReplyGovernor(settings())
    for (let i = 0; i < 50; i++) expect(free.refuse(request('127.0.0.1'))).toBeUndefined()
    const strict = new ReplyGovernor(settings({ governLoopback: true }))
    for (let i = 0; i < 3; i++) strict.refuse(request('127.0.0.1'))
    expect(strict.refuse(request('127.0.0.1'))).toBe('source-per-minute')
  })
})
