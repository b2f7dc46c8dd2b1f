import { describe, expect, it } from 'vitest'
import { fillSeedBytes, fillSeedText } from '../../src/config/seed-text.ts'

const values = new Map([
  ['hostname', 'web07'],
  ['facts.company', 'Tarnholt & Weir'],
])
const noon = Date.UTC(2026, 2, 3, 12)

describe('marks in seeds', () => {
  it('become the names of this installation', () => {
    expect(fillSeedText('127.0.1.1 {{hostname}} # {{facts.company}}', values, noon)).toBe('127.0.1.1 web07 # Tarnholt & Weir')
  })

  it('count days back over the end of a month, in the form of each log', () => {
    expect(fillSeedText('{{day-3:iso}} {{day-3:clf}} {{day-3:compact}} {{day-3:glog}}', values, noon)).toBe(
      '2026-02-28 28/Feb/2026 20260228 0228',
    )
    expect(fillSeedText('{{day-0:syslog}} 08:00:01', values, noon)).toBe('Mar  3 08:00:01')
  })

  it('leave the braces of other languages alone', () => {
    const text = "{{ .Names }} {{.ID}} {{day-3:roman}} {{unknown}} $'{{'"
    expect(fillSeedText(text, values, noon)).toBe(text)
  })

  it('do not touch binary files', () => {
    const bytes = Buffer.from('\x89PNG\0{{hostname}}', 'latin1')
    expect(fillSeedBytes(bytes, values, noon)).toBe(bytes)
  })
})
