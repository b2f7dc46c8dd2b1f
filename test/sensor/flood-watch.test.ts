import { beforeEach, describe, expect, it } from 'vitest'
import { type FloodReport, FloodWatch } from '../../src/sensor/flood-watch.ts'

let reports: FloodReport[]
let watch: FloodWatch
beforeEach(() => {
  reports = []
  watch = new FloodWatch(10, (report) => reports.push(report))
})

const of = (kind: FloodReport['kind']): FloodReport[] => reports.filter((report) => report.kind === kind)

describe('a flood', () => {
  it('tells its victim, size, rate and what it asked for', () => {
    for (let i = 0; i < 100; i++) {
      watch.isFresh('198.51.100.7', 8, 1_000_000 + i * 50)
      watch.asked('198.51.100.7', i % 10 === 0 ? 'READVAR' : 'MON_GETLIST_1', 4400)
    }
    watch.answered('198.51.100.7', 440)
    watch.close()
    expect(of('start')).toMatchObject([{ victim: '198.51.100.7', packets: 11, request: 'MON_GETLIST_1' }])
    expect(of('end')).toEqual([
      {
        kind: 'end',
        victim: '198.51.100.7',
        request: 'MON_GETLIST_1',
        packets: 100,
        bytes: 800,
        answeredBytes: 440,
        potentialBytes: 440_000,
        perSecond: 20,
        durationMs: 4950,
      },
    ])
  })

  it('is told of once a minute while it lasts, and ends after five that are quiet', () => {
    for (let s = 0; s < 150; s++) watch.isFresh('2001:db8::7', 8, s * 1000)
    expect(of('update')).toHaveLength(2)
    watch.sweep(150_000 + 290_000)
    expect(of('end')).toHaveLength(0)
    watch.sweep(150_000 + 310_000)
    expect(of('end')).toMatchObject([{ victim: '2001:db8::7', packets: 150 }])
  })

  it('is none while one source asks now and then', () => {
    for (let m = 0; m < 60; m++) for (let i = 0; i < 9; i++) expect(watch.isFresh('198.51.100.7', 8, m * 61_000)).toBe(true)
    expect(reports).toEqual([])
  })
})

describe('a carpet', () => {
  it('over the hosts of a network is one attack on the network', () => {
    for (let host = 0; host < 256; host++) watch.isFresh(`198.51.100.${host}`, 8, 1000 + host)
    watch.close()
    expect(of('start')).toMatchObject([{ victim: '198.51.100.0/24' }])
    expect(of('end')).toMatchObject([{ victim: '198.51.100.0/24', packets: 241 }])
  })

  it('counts for the network what its hosts asked for, and leaves a host that is flooded alone to itself', () => {
    for (let i = 0; i < 50; i++) watch.isFresh('198.51.100.7', 8, i)
    for (let host = 20; host < 60; host++) {
      watch.isFresh(`198.51.100.${host}`, 8, 1000 + host)
      watch.asked(`198.51.100.${host}`, 'any', 3000)
    }
    for (let i = 0; i < 50; i++) watch.isFresh('198.51.100.7', 8, 2000 + i)
    watch.close()
    expect(of('end').map(({ victim, packets }) => [victim, packets])).toEqual(
      expect.arrayContaining([
        ['198.51.100.7', 100],
        ['198.51.100.0/24', 26],
      ]),
    )
    expect(of('end').find(({ victim }) => victim.endsWith('/24'))).toMatchObject({ request: 'any', potentialBytes: 78_000 })
  })

  it('of IPv6 is a /48', () => {
    for (let host = 1; host < 40; host++) watch.isFresh(`2001:db8:5::${host}`, 8, 1000)
    expect(of('start')).toMatchObject([{ victim: '2001:db8:5::/48' }])
  })

  it('is none when the hosts come one a minute', () => {
    for (let host = 0; host < 256; host++) expect(watch.isFresh(`198.51.100.${host}`, 8, host * 61_000)).toBe(true)
    expect(reports).toEqual([])
  })
})
