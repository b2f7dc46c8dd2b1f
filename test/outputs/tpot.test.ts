import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { SundewEvent } from '../../src/events/schema.ts'
import { lures } from '../../src/lures.ts'
import { tpotSystems } from '../../src/outputs/tpot/systems/index.ts'
import { type Lure, TPOT_SYSTEMS } from '../../src/sensor/lure.ts'
import { replay } from './logstash.ts'
import { RULES } from './logstash-rules.ts'
import { sessionOf } from './sample-data.ts'
import { writeTpot } from './write-tpot.ts'

/** A lure that stands for a system: its own, or for what is not played yet a web lure. */
function playersOf(system: string): Lure[] {
  const own = lures.filter((lure) => (lure.standsFor as readonly string[]).includes(system))
  return own.length > 0 ? own : lures.filter(({ name }) => name === 'http')
}

/** Names of this checker for what T-Pot calls otherwise. */
const TYPES: Readonly<Record<string, string>> = { Conpot: 'ConPot', SentryPeer: 'Sentrypeer', 'Snare/Tanner': 'Tanner' }

describe('the output for T-Pot', () => {
  it('knows every system of T-Pot', () => {
    expect([...tpotSystems.keys()].sort()).toEqual([...TPOT_SYSTEMS].sort())
  })

  it.each([
    ...TPOT_SYSTEMS,
  ])('writes %s so that Logstash drops nothing, and finds address, time and the fields of its boards', async (system) => {
    const events = playersOf(system).flatMap((lure) => sessionOf(lure, [system]))
    const { documents, dropped } = replay(await writeTpot(events, { systems: [system] }))
    expect(dropped).toEqual([])
    expect(documents.length).toBeGreaterThan(0)
    const type = TYPES[system] ?? system
    const fields = new Set(documents.filter((one) => one.type === type).flatMap((one) => Object.keys(one)))
    const listed = RULES.filter((rule) => rule.type === type).flatMap(({ boards }) => boards)
    expect(listed.filter((name) => !fields.has(name))).toEqual([])
    for (const document of documents) {
      expect(document).toMatchObject({ type, src_ip: '198.51.100.7' })
      // Cowrie says it at the connection alone.
      if (system !== 'Cowrie' || document.eventid === 'cowrie.session.connect') expect(String(document.src_port)).toBe('40123')
      expect(document['@timestamp']).toBeGreaterThanOrEqual(1_790_000_000_000)
      expect(document['@timestamp']).toBeLessThan(1_790_000_010_000)
    }
    const ported = documents.filter((document) => document.dest_port !== undefined)
    expect(ported.length).toBeGreaterThan(0)
  })

  /** Told by another line of the same session, or by none of that system in the original either. */
  const TOLD_ELSEWHERE = /^lure\.fault$|\.request$|^turn$|^fingerprint$/
  /** These write credentials, whole connections or what their pattern knows, and nothing else. */
  const SUMMARIES = new Set(['Heralding', 'Dionaea', 'Endlessh'])

  it.each([...TPOT_SYSTEMS].filter((system) => !SUMMARIES.has(system)))('%s: no event of its lures is without a line', async (system) => {
    const mapping = tpotSystems.get(system)
    const events = playersOf(system).flatMap((lure) => sessionOf(lure, [system]))
    const silent: string[] = []
    for (const event of events) {
      const lines = (await mapping?.lines(event, { session: async () => [], externalIp: '' })) ?? []
      if (lines.length === 0 && !TOLD_ELSEWHERE.test(event.type)) silent.push(event.type)
    }
    expect(silent).toEqual([])
  })

  it('writes the attempts of a session as Heralding does', async () => {
    const ssh = lures.find(({ name }) => name === 'ssh') as Lure
    const folder = await writeTpot(sessionOf(ssh, ['Heralding']))
    const [header, , second] = readFileSync(join(folder, 'heralding/log/auth.csv'), 'utf8').split('\n')
    expect(header).toBe(
      'timestamp,auth_id,session_id,source_ip,source_port,destination_ip,destination_port,protocol,username,password,password_hash',
    )
    expect(second).toMatch(
      /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6},[0-9a-f-]{36},[0-9a-f-]{36},198\.51\.100\.7,40123,203\.0\.113\.5,22,ssh,root,123456,$/,
    )
    const session = JSON.parse(readFileSync(join(folder, 'heralding/log/log_session.json'), 'utf8')) as Record<string, unknown>
    expect(session).toMatchObject({ protocol: 'ssh', num_auth_attempts: 2, session_ended: true })
  })

  it('puts captured files and recordings where playlog and analysts look for them', async () => {
    const events = [
      ...sessionOf(lures.find(({ name }) => name === 'ssh') as Lure, ['Cowrie']),
      ...sessionOf(lures.find(({ name }) => name === 'ftp') as Lure, ['Dionaea']),
    ]
    const terminal = events.find(({ type }) => type === 'ssh.terminal') as SundewEvent
    terminal.data.ttylog = 'terminals/one.ttylog'
    terminal.data.inputSha256 = 'f'.repeat(64)
    const folder = await writeTpot(events)
    expect(readFileSync(join(folder, 'cowrie/downloads', 'a'.repeat(64)), 'utf8')).toBe('captured')
    expect(readFileSync(join(folder, 'cowrie/log/tty', 'f'.repeat(64)), 'utf8')).toBe('ttylog')
    expect(existsSync(join(folder, 'dionaea/binaries', 'a'.repeat(32)))).toBe(true)
  })

  it('says of a TCP service what Beelzebub says: an attempt with its command', async () => {
    const events = sessionOf(lures.find(({ name }) => name === 'tcp') as Lure, ['Beelzebub'])
    const lines = readFileSync(join(await writeTpot(events), 'beelzebub/log/beelzebub.json'), 'utf8')
      .trim()
      .split('\n')
    const said = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(said.every(({ protocol, message }) => protocol === 'TCP' && !/SSH/.test(String(message)))).toBe(true)
    expect(said.find(({ command }) => command !== undefined)).toMatchObject({ message: 'New TCP attempt', status: 'Stateless' })
  })

  it('writes a SIP request of IPv6 with its address in brackets, its message as it came, and nine digits of a second', async () => {
    const sip = lures.find(({ name }) => name === 'sip') as Lure
    const [request] = sessionOf(sip, ['SentryPeer']).filter(({ type }) => type === 'sip.request')
    const message = 'OPTIONS sip:100@h SIP/2.0\r\nUser-Agent: x\r\n\r\n'
    const folder = await writeTpot([{ ...request!, srcIp: '2001:db8::7', data: { ...request!.data, message } }])
    const line = JSON.parse(readFileSync(join(folder, 'sentrypeer/log/sentrypeer.json'), 'utf8')) as Record<string, unknown>
    expect(line).toMatchObject({ source_ip: '[2001:db8::7]:40123', sip_message: message })
    expect(line.event_timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{9}$/)
  })

  it('writes an attack on a network, which no one address stands for', async () => {
    const ntp = lures.find(({ name }) => name === 'ntp') as Lure
    const ends = sessionOf(ntp, ['Ddospot', 'SentryPeer']).filter(({ type }) => type === 'flood.end')
    const floods = ends.map(({ srcIp: _, srcPort: __, ...event }) => ({ ...event, data: { ...event.data, victim: '198.51.100.0/24' } }))
    const folder = await writeTpot(floods)
    const lineOf = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8')) as Record<string, unknown>
    const attack = lineOf('ddospot/log/ntpot.log')
    expect(attack).toMatchObject({ mode: 'attack', attack: 'end', victim: '198.51.100.0/24', packets: 1, pps_peak: 1, amplification: 1 })
    expect([attack.src_ip, lineOf('sentrypeer/log/sentrypeer.json').source_ip]).toEqual([undefined, undefined])
  })

  it('writes a visit to the systems that were asked for', async () => {
    const ssh = lures.find(({ name }) => name === 'ssh') as Lure
    const events = sessionOf(ssh, ['Cowrie', 'Beelzebub', 'Heralding'])
    expect(readdirSync(await writeTpot(events, { systems: 'primary' }))).toEqual(['cowrie'])
    expect(readdirSync(await writeTpot(events, { systems: ['Beelzebub'] }))).toEqual(['beelzebub'])
  })
})
