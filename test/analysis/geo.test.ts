import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Geo } from '../../src/analysis/geo.ts'

const folder = mkdtempSync(join(tmpdir(), 'sundew-geo-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('places of addresses', () => {
  it('come from the database that is shipped, for IPv4 and IPv6', () => {
    const geo = Geo.open(join(folder, 'missing'))
    // Public resolvers that have been where they are for years.
    expect(geo.locate('114.114.114.114')).toEqual({ country: 'CN' })
    expect(geo.locate('8.8.8.8').country).toBe('US')
    expect(geo.locate('2001:4860:4860::8888').country).toBe('US')
  })

  it('are nowhere for private addresses and for what is no address', () => {
    const geo = Geo.open(folder)
    for (const ip of ['127.0.0.1', '192.168.1.4', '172.20.0.1', '203.0.113.7', '::1', 'fe80::1', '', 'x', '999.1.1.1'])
      expect(geo.locate(ip)).toEqual({})
  })

  it('tell how old they are', () => {
    const [source] = Geo.open(folder).sources
    expect(source?.name).toBe('geo-whois-asn-country')
    expect(source?.builtAt).toBeGreaterThan(Date.UTC(2024, 0))
  })

  it('leave out a file that is no database, and say so', () => {
    writeFileSync(join(folder, 'broken.mmdb'), 'no database')
    const problems: string[] = []
    const geo = Geo.open(folder, (file) => problems.push(file))
    expect(problems).toEqual([join(folder, 'broken.mmdb')])
    expect(geo.locate('8.8.8.8').country).toBe('US')
  })
})
