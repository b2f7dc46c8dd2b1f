import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { type Browser, ConsoleUnderTest } from './console-under-test.ts'
import { trafficOf } from './traffic.ts'

const HOUR = 3_600_000
const NOW = Date.now()

let console: ConsoleUnderTest
let browser: Browser
const sessions: SundewEvent[][] = []

beforeAll(async () => {
  console = await ConsoleUnderTest.open()
  browser = await console.browser('joan', 'analyst')
  sessions.push(...trafficOf({ seed: 7, sessions: 150, since: NOW - 40 * HOUR, until: NOW - 26 * HOUR }))
  sessions.push(...trafficOf({ seed: 8, sessions: 250, since: NOW - 20 * HOUR, until: NOW }))
  await console.keep(sessions.flat())
})
afterAll(() => console.close())

const idOf = (events: readonly SundewEvent[]): string => events[0]?.session ?? ''
const withTurns = (lure: string): SundewEvent[] =>
  sessions.findLast((events) => events[0]?.lure === lure && events.filter(({ type }) => type === 'turn').length > 2) as SundewEvent[]

interface Rows {
  sessions: { session: string; srcIp: string; lure: string; country?: string; answers: Record<string, number> }[]
}

describe('the overview', () => {
  it('counts the period and the one before it', async () => {
    const { body } = await browser.get(`/overview?since=${NOW - 24 * HOUR}&until=${NOW}`)
    const inside = sessions.filter((events) => (events[0]?.time ?? 0) >= NOW - 24 * HOUR)
    expect(body).toMatchObject({ figures: { sessions: { now: inside.length, before: sessions.length - inside.length } } })
    const { figures, lures, top } = body as {
      figures: Record<string, { now: number; before: number }>
      lures: { counts: Record<string, number> }[]
      top: Record<string, { value: string; count: number; isNew: boolean }[]>
    }
    const events = inside.flat().length
    expect(figures.events?.now).toBe(events)
    expect(lures.reduce((sum, { counts }) => sum + Object.values(counts).reduce((a, b) => a + b, 0), 0)).toBe(events)
    expect(top.input?.[0]).toMatchObject({ value: 'uname -s -v -n -r -m', isNew: false })
    expect(figures.modelAnswers?.now).toBe(inside.flat().filter(({ data }) => data.source === 'llm').length)
    expect(figures.latencyMs?.now).toBeGreaterThan(500)
    expect(figures.latencyMs?.now).toBeLessThan(4_500)
  })

  it('says what was never seen before', async () => {
    await console.keep([
      sampleEvent({
        session: uuid7(),
        time: NOW - 1000,
        type: 'turn',
        data: { kind: 'shell', input: 'a command of today', output: '', source: 'static', durationMs: 1 },
      }),
    ])
    const { body } = await browser.get(
      `/facts/input?since=${NOW - HOUR}&until=${NOW}&isNew=true&contains=${encodeURIComponent('of today')}`,
    )
    expect(body).toMatchObject({ facts: [{ value: 'a command of today', count: 1, isNew: true }] })
  })
})

describe('the list of sessions', () => {
  it('finds what a query means, newest first, page by page', async () => {
    const q = encodeURIComponent('lure:ssh and source:llm and turns > 2')
    const all = (await browser.get(`/sessions?q=${q}&since=0&limit=500`)).body as Rows
    const meant = sessions.filter((events) => {
      const turns = events.filter(({ type }) => type === 'turn')
      return events[0]?.lure === 'ssh' && turns.length > 2 && turns.some(({ data }) => data.source === 'llm')
    })
    expect(all.sessions.map(({ session }) => session).sort()).toEqual(meant.map(idOf).sort())
    const page = (await browser.get(`/sessions?q=${q}&since=0&limit=3&offset=2`)).body as Rows
    expect(page.sessions).toEqual(all.sessions.slice(2, 5))
    expect((await browser.get(`/sessions/facets?q=${q}&since=0`)).body).toMatchObject({
      total: meant.length,
      facets: { lure: [{ value: 'ssh', count: meant.length }] },
    })
  })

  it('says where a query is wrong', async () => {
    expect(await browser.get(`/sessions?q=${encodeURIComponent('lure:ssh and sorce:llm')}`)).toMatchObject({
      status: 400,
      body: { at: 13, message: 'there is no field "sorce"; did you mean source?' },
    })
  })

  it('shows the country and who answered', async () => {
    const { body } = await browser.get(`/sessions?q=${encodeURIComponent('country:ru and source:*')}&since=0`)
    for (const row of (body as Rows).sessions) expect(row).toMatchObject({ country: 'RU', answers: expect.any(Object) })
    expect((body as Rows).sessions.length).toBeGreaterThan(0)
  })
})

describe('one session', () => {
  it('is told step by step, with who answered, how and how fast', async () => {
    const events = withTurns('ssh')
    const { body } = await browser.get(`/sessions/${idOf(events)}/steps`)
    const { steps, more } = body as { steps: { event: string; kind: string; source?: string }[]; more: boolean }
    expect(more).toBe(false)
    expect(steps.map(({ event }) => event)).toEqual(events.map(({ id }) => id))
    const first = ((await browser.get(`/sessions/${idOf(events)}/steps?limit=2`)).body as typeof body & { steps: typeof steps }).steps
    const rest = await browser.get(`/sessions/${idOf(events)}/steps?after=${first[1]?.event}`)
    expect((rest.body as { steps: typeof steps }).steps).toEqual(steps.slice(2))
  })

  it('names others that did the same, its techniques and its campaign', async () => {
    const { body } = await browser.get(`/sessions/${idOf(withTurns('telnet'))}`)
    expect(body).toMatchObject({ session: { lure: 'telnet' }, campaign: expect.stringMatching(/^[0-9a-f]{12}$/) })
    const { similar, techniques } = body as { similar: { shares: string[] }[]; techniques: { id: string }[] }
    expect(similar.length).toBeGreaterThan(0)
    expect(similar[0]?.shares).toContain('inputs')
    expect(techniques.map(({ id }) => id)).toContain('T1059.004')
  })

  it('is downloaded as JSON, as text and as a recording made from its turns', async () => {
    const events = withTurns('redis')
    const id = idOf(events)
    const json = await browser.get(`/sessions/${id}/json`)
    expect((json.body as { events: SundewEvent[] }).events).toEqual(events)
    expect(json.headers['content-disposition']).toBe(`attachment; filename="sundew-redis-${id}.json"`)
    expect((await browser.get(`/sessions/${id}/txt`)).text).toContain('> CONFIG SET dir /var/spool/cron/')
    const [header, ...lines] = (await browser.get(`/sessions/${id}/cast`)).text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(header).toMatchObject({ version: 2, width: 120 })
    const times = lines.map(([time]) => time as number)
    expect(times).toEqual([...times].sort((a, b) => a - b))
    const typed = lines.flatMap(([, kind, data]) => (kind === 'o' ? [data as string] : [])).join('')
    expect(typed).toContain('CONFIG SET dir /var/spool/cron/')
    expect((await browser.get(`/sessions/${id}/ttylog`)).status).toBe(404)
  })

  it('gives the recording of its terminal, and no other file', async () => {
    const session = uuid7()
    mkdirSync(join(console.folder, 'tty'))
    writeFileSync(join(console.folder, 'tty', 'one.cast'), '{"version":2}\n')
    writeFileSync(join(console.folder, 'tty', 'one.ttylog'), Buffer.from([1, 2, 3]))
    const terminal = (cast: string): SundewEvent =>
      sampleEvent({
        session,
        lure: 'ssh',
        type: 'ssh.terminal',
        data: { cast, ttylog: cast.replace('.cast', '.ttylog'), inputBytes: 1, outputBytes: 1, inputSha256: '', durationMs: 1 },
      })
    await console.keep([terminal('/elsewhere/tty/one.cast'), terminal(join(console.folder, 'console.db'))])
    expect((await browser.get(`/sessions/${session}/cast`)).text).toBe('{"version":2}\n')
    expect((await browser.get(`/sessions/${session}/ttylog`)).bytes).toEqual(Buffer.from([1, 2, 3]))
    expect((await browser.get(`/sessions/${session}/cast?recording=1`)).text).not.toContain('SQLite')
  })

  it('that does not exist is 404', async () => {
    expect((await browser.get(`/sessions/${uuid7()}`)).status).toBe(404)
  })
})

describe('sources, campaigns, techniques, credentials', () => {
  it('give the history of an address', async () => {
    const [top] = ((await browser.get('/facts/src_ip?since=0')).body as { facts: { value: string; count: number }[] }).facts
    const { body } = await browser.get(`/sources/${top?.value}`)
    expect(body).toMatchObject({ ip: top?.value, sessions: top?.count })
    expect((body as { hours: number[] }).hours.reduce((a, b) => a + b)).toBe(top?.count)
    expect((await browser.get('/sources/192.0.2.250')).status).toBe(404)
  })

  it('group what one script did', async () => {
    const { campaigns } = (await browser.get('/campaigns?since=0')).body as { campaigns: { id: string; sessions: number }[] }
    expect(campaigns[0]?.sessions).toBeGreaterThan(20)
    const { body } = await browser.get(`/campaigns/${campaigns[0]?.id}`)
    expect((body as Rows).sessions.length).toBeGreaterThan(20)
  })

  it('fill the ATT&CK matrix and a Navigator layer for each domain', async () => {
    const { tactics } = (await browser.get('/attack?since=0')).body as {
      tactics: { id: string; techniques: { id: string; count: number }[] }[]
    }
    const brute = tactics.flatMap(({ techniques }) => techniques).find(({ id }) => id === 'T1110')
    const refused = sessions.flat().filter(({ type, data }) => type === 'login' && !data.accepted).length
    expect(brute?.count).toBe(refused)
    await console.keep([sampleEvent({ session: uuid7(), type: 'turn', tags: ['attack:T0801'] })])
    const layerOf = async (query = '') =>
      JSON.parse((await browser.get(`/attack/navigator?since=0${query}`)).text) as {
        domain: string
        techniques: { techniqueID: string; score: number }[]
      }
    const enterprise = await layerOf()
    expect(enterprise.domain).toBe('enterprise-attack')
    expect(enterprise.techniques).toContainEqual(expect.objectContaining({ techniqueID: 'T1110', score: refused }))
    expect(enterprise.techniques.filter(({ techniqueID }) => techniqueID.startsWith('T0'))).toEqual([])
    const ics = await layerOf('&domain=ics-attack')
    expect(ics).toMatchObject({ domain: 'ics-attack', techniques: [{ techniqueID: 'T0801', score: 1 }] })
  })

  it('export credentials as a word list, and hashes for hashcat', async () => {
    const hash = { mode: 5600, line: 'bob::CORP:1122334455667788:00:01' }
    await console.keep([sampleEvent({ session: uuid7(), type: 'login', data: { method: 'ntlm', username: 'bob', hash, accepted: false } })])
    expect((await browser.get('/credentials/wordlist?since=0')).text.split('\n')).toContain('root:xc3511')
    expect((await browser.get('/credentials/hashcat?mode=5600')).text).toBe(`${hash.line}\n`)
    expect((await browser.get('/credentials/hashcat')).text).toBe(`# hashcat -m 5600\n${hash.line}\n`)
    expect((await browser.get('/credentials/hashcat?mode=1000')).text).toBe('\n')
  })

  it('say how it is', async () => {
    expect((await browser.get('/health')).body).toMatchObject({
      counts: { deadLetters: 0 },
      geo: [{ name: 'geo-whois-asn-country' }],
      retain: { days: 90 },
    })
    expect((await browser.send('POST', '/doctor')).body).toEqual([{ part: 'store', ok: true, what: 'well', cure: '' }])
  })
})
