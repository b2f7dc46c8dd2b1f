import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const scale = readFileSync('docs/scale.md', 'utf8')
const measured = readFileSync('bench/README.md', 'utf8') + readFileSync('README.md', 'utf8')

const DAY_S = 86_400
const DAY_EVENTS = 1e9
/** As the plan assumes them. */
const TOKENS_PER_SECOND = 2_500
const DOLLARS_PER_TOKEN = 0.2e-6

function inBold(pattern: RegExp): number {
  return Number(pattern.exec(scale)?.[1]?.replaceAll(',', ''))
}

const whole = (n: number): string => Math.round(n).toLocaleString('en-US')
const rounded = (n: number, digits: number): string => String(Number(n.toPrecision(digits)))

describe('docs/scale.md', () => {
  it('calls measured only what the tables of the benchmarks have', () => {
    const bold = [...scale.matchAll(/\*\*([\d][^*]*)\*\*/g)].map(([, figure]) => figure as string)
    expect(bold.length).toBeGreaterThan(8)
    expect(bold.filter((figure) => !measured.includes(figure))).toEqual([])
  })

  it('reckons right with them', () => {
    const [stream, database] = [inBold(/\*\*([\d,]+)\*\* bytes in the stream/), inBold(/stream, \*\*([\d,]+)\*\* in PostgreSQL/)]
    const [stored, ofSensor] = [inBold(/\*\*([\d,]+)\*\* events a second, bus/), inBold(/sensor stores \*\*([\d,]+)\*\*/)]
    const question = Math.round(inBold(/took \*\*([\d,]+)\*\* prompt tokens/) / 200)
    const everyLine = inBold(/costs\s+\*\*([\d,]+)\*\*/)
    const sessions = DAY_EVENTS / 24
    const bill = (tokens: number): string => whole(tokens * DOLLARS_PER_TOKEN)
    const servers = (tokens: number): string => whole(tokens / TOKENS_PER_SECOND / DAY_S)
    const claims = [
      `${whole(Math.round(DAY_EVENTS / DAY_S / 100) * 100)} a second on average`,
      `${rounded(sessions / 1e6, 2)} million sessions a day`,
      `${rounded((DAY_EVENTS * stream) / 1e12, 2)} TB a day, ${rounded((DAY_EVENTS * stream) / DAY_S / 1e6, 2)} MB a second`,
      `its share (${rounded((1e6 * stream) / 1e9, 2)} GB a day)`,
      `${rounded((1e6 * database) / 1e9, 2)} GB for a million events | ${rounded((DAY_EVENTS * database) / 1e12, 2)} TB a day, ${whole((30 * DAY_EVENTS * database) / 1e12)} TB for 30 days`,
      `(${whole((1e8 * database) / 1e9)} GB a day, ${whole(Math.round(1e8 / DAY_S / 100) * 100)} a second`,
      `prompt tokens, ${whole(question)} each`,
      `| ${whole((1e4 * question) / 1e6)} million | ${rounded((1e4 * question) / TOKENS_PER_SECOND / 3600, 2)} hours of one server | ${bill(1e4 * question)} $ |`,
      `| ${rounded((1e6 * question) / 1e9, 2)} billion | ${servers(1e6 * question)} days of one server | ${bill(1e6 * question)} $ |`,
      `| ${whole((1e6 * everyLine) / 1e9)} billion | ${servers(1e6 * everyLine)} days of one server | ${bill(1e6 * everyLine)} $ |`,
      `| ${whole((42e4 * question) / 1e6)} million | ${servers(42e4 * question)} servers | ${bill(42e4 * question)} $ a day |`,
      `| ${whole((42e6 * question) / 1e9)} billion | ${servers(42e6 * question)} servers | ${bill(42e6 * question)} $ a day |`,
      `24 million events: ${whole((24e6 * stream) / 1e9)} GB through the bus, ${whole((24e6 * database) / 1e9)} GB in PostgreSQL`,
      `${whole(24e6 / stored / 60)} minutes of one \`hive serve\``,
      `a thousand sensors, ${whole(1000 / 15)} requests a second`,
      `12 events a second are ${rounded((100 * 12) / ofSensor, 1)} % of what it stores`,
    ]
    expect(claims.filter((claim) => !scale.includes(claim))).toEqual([])
  })
})
