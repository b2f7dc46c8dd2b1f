import { describe, expect, it, onTestFinished } from 'vitest'
import { techniques } from '../../src/analysis/attack/rules.ts'
import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'
import { type Findings, findingsOf } from '../../src/outputs/iocs/findings.ts'
import { written } from '../../src/outputs/iocs/formats.ts'
import { SafeNetworks } from '../../src/outputs/iocs/safe-networks.ts'
import { stixBundle } from '../../src/outputs/iocs/stix.ts'
import { uuid5 } from '../../src/outputs/iocs/uuid5.ts'
import { openSqliteStore } from '../../src/store/sqlite/store.ts'
import { sundew } from '../cli/run-sundew.ts'
import { sampleEvent } from '../store/sample-events.ts'
import { tempFolder } from '../store/temp-folder.ts'

const NOW = Date.now()
const file = { sha256: 'a'.repeat(64), sha1: 'b'.repeat(40), md5: 'c'.repeat(32), size: 3, truncated: false, magic: 'elf' }

/** A visit of an address that brought a file and pointed at a URL. */
function visit(srcIp: string): SundewEvent[] {
  const about = { session: uuid7(), srcIp, lure: 'ssh', time: NOW - 60_000 }
  return [
    sampleEvent({ ...about, type: 'session.open', data: {} }),
    sampleEvent({
      ...about,
      type: 'login',
      data: { method: 'password', username: 'root', password: '=1+1', accepted: true },
      tags: ['attack:T1110'],
    }),
    sampleEvent({ ...about, type: 'artifact', data: { ...file, how: 'sftp', name: 'x' } }),
    sampleEvent({ ...about, type: 'indicator', data: { kind: 'url', value: "http://198.18.0.1/it's", how: 'wget' } }),
    sampleEvent({ ...about, type: 'indicator', data: { kind: 'host', value: '=cmd|x', how: 'wget' } }),
  ]
}

const SOURCES = ['45.83.64.1', '45.83.64.1', '2a06:4880::1', '192.168.1.7', '8.8.8.8', '203.0.113.9', '45.83.65.5']

async function recorded(): Promise<string> {
  const data = tempFolder()
  const store = openSqliteStore(data, { flushMs: 1 })
  for (const ip of SOURCES) for (const event of visit(ip)) store.append(event)
  await store.flush()
  await store.close()
  return data
}

async function findings(): Promise<Findings> {
  const store = openSqliteStore(await recorded(), { flushMs: 1 })
  onTestFinished(() => store.close())
  return findingsOf(store, { sensor: 'test', since: NOW - 3_600_000, until: NOW + 1000, safe: new SafeNetworks(['45.83.65.0/24']) })
}

describe('safe networks', () => {
  it('keeps private, reserved, relied-on and own addresses off a block list, and what is no address', () => {
    const safe = new SafeNetworks(['45.83.65.0/24', '2a06:4880::/32'])
    for (const ip of [
      '10.1.2.3',
      '127.0.0.1',
      '224.0.0.1',
      '::1',
      'fe80::1',
      '2001:db8::1',
      '1.1.1.1',
      '45.83.65.9',
      '2a06:4880::5',
      'x; drop',
      '',
    ])
      expect({ ip, may: safe.mayBlock(ip) }).toEqual({ ip, may: false })
    expect(safe.mayBlock('45.83.64.9')).toBe(true)
    expect(() => new SafeNetworks(['10.0.0.0/40'])).toThrow('no address or network')
  })
})

describe('findings', () => {
  it('tell sources with their sessions, files and pointers once each, without what must not be blocked', async () => {
    const { sources, files, pointers } = await findings()
    expect(sources.map(({ ip, count }) => `${ip} ${count}`).sort()).toEqual(['2a06:4880::1 1', '45.83.64.1 2'])
    expect(sources[0]).toMatchObject({ techniques: ['T1110'], lures: ['ssh'], credentials: ['root:=1+1'] })
    expect(files).toEqual([expect.objectContaining({ sha256: file.sha256, count: SOURCES.length, name: 'x' })])
    expect(pointers.map(({ kind, value }) => `${kind} ${value}`).sort()).toEqual(['host =cmd|x', "url http://198.18.0.1/it's"])
  })
})

describe('STIX 2.1', () => {
  it('makes the ids of observables as the specification does', () => {
    // What stix2, the library of OASIS, makes of this ipv4-addr and of the file.
    expect(uuid5('00abedb4-aa42-466c-9c01-fed23315a9b7', '{"value":"198.51.100.3"}')).toBe('28bb3599-77cd-5a82-a950-b5bc3caf07c4')
  })

  it('has an indicator, an observation, a sighting and techniques of each source, no dangling reference, and the same ids again', async () => {
    const found = await findings()
    const { objects } = stixBundle(found, techniques)
    const ids = new Set(objects.map(({ id }) => id))
    expect(ids).toContain('file--0675e3fd-d329-58e2-a41a-8cdabc76c40a')
    expect(ids.size).toBe(objects.length)
    for (const object of objects) {
      expect(object.id).toMatch(new RegExp(`^${object.type}--[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`))
      for (const [key, value] of Object.entries(object)) {
        if (!/_refs?$/.test(key) || key === 'object_marking_refs') continue
        for (const ref of [value].flat()) expect(ids).toContain(ref)
      }
    }
    const indicator = objects.find(({ type, pattern }) => type === 'indicator' && pattern === "[ipv4-addr:value = '45.83.64.1']")
    expect(indicator).toMatchObject({ indicator_types: ['malicious-activity'], pattern_type: 'stix', labels: ['lure:ssh'] })
    expect(objects.find(({ sighting_of_ref }) => sighting_of_ref === indicator?.id)).toMatchObject({ type: 'sighting', count: 2 })
    expect(objects.find(({ type }) => type === 'attack-pattern')).toMatchObject({
      name: 'Brute Force',
      external_references: [{ source_name: 'mitre-attack', external_id: 'T1110' }],
    })
    expect(objects.map(({ pattern }) => pattern)).toContain("[url:value = 'http://198.18.0.1/it\\'s']")
    expect(stixBundle(found, techniques)).toEqual(stixBundle(found, techniques))
  })
})

describe('what attackers pointed at, in STIX', () => {
  const pointing = async (kind: string, value: string): Promise<unknown[]> => {
    const pointer = { kind, value, sources: [], firstSeen: NOW, lastSeen: NOW, count: 1, techniques: [], lures: ['ssh'] }
    const { objects } = stixBundle({ ...(await findings()), sources: [], files: [], pointers: [pointer] }, techniques)
    return objects
      .filter(({ type }) => !['identity', 'observed-data', 'sighting', 'relationship'].includes(type))
      .map((one) => one.value ?? one.pattern)
  }

  // What stix2-validator takes for a URI and a host name, and what it does not.
  it.each([
    ['http://192.0.2.9/a b"<x>\\ü', 'http://192.0.2.9/a%20b%22%3Cx%3E%5C%C3%BC'],
    ['ldap://192.0.2.9:1389/${env:X}', 'ldap://192.0.2.9:1389/$%7Benv:X%7D'],
    ['http://192.0.2.9/%41%zz', 'http://192.0.2.9/%41%25zz'],
  ])('is a URI: %s', async (value, uri) => {
    expect(await pointing('url', value)).toEqual([uri, `[url:value = '${uri}']`])
  })

  it('is a domain name or nothing', async () => {
    expect(await pointing('host', 'evil-1.example.net')).toContain('evil-1.example.net')
    for (const value of ['-bad-.com', 'a..b', 'localhost', 'x.example.', 'a_b.example']) expect(await pointing('host', value)).toEqual([])
    expect(await pointing('url', 'http:///etc/passwd')).toEqual([])
  })
})

describe('the other formats', () => {
  it('write CSV that no spreadsheet takes for a formula', async () => {
    const rows = written(await findings(), 'csv', techniques).split('\r\n')
    expect(rows[0]).toBe('type,value,first_seen,last_seen,count,lures,techniques,detail')
    expect(rows.find((row) => row.startsWith('host,'))).toMatch(/^host,'=cmd\|x,/)
  })

  it('write a MISP event whose attributes may go to a detection', async () => {
    const { Event } = JSON.parse(written(await findings(), 'misp', techniques)) as {
      Event: { Attribute: { type: string; value: string }[]; Tag: { name: string }[] }
    }
    expect(Event.Attribute.map(({ type, value }) => `${type} ${value}`)).toEqual(
      expect.arrayContaining(['ip-src 45.83.64.1', `sha256 ${file.sha256}`, "url http://198.18.0.1/it's"]),
    )
    expect(Event.Tag.map(({ name }) => name)).toContain('misp-galaxy:mitre-attack-pattern="Brute Force - T1110"')
    expect(Event).toMatchObject({ published: false, distribution: '0' })
  })

  it('write block lists for nft and ipset, one set a family', async () => {
    const found = await findings()
    const nft = written(found, 'nft', techniques)
    expect(nft).toMatch(/type ipv4_addr\n {4}elements = \{ 45\.83\.64\.1 \}/)
    expect(nft).toMatch(/type ipv6_addr\n {4}elements = \{ 2a06:4880::1 \}/)
    expect(written({ ...found, sources: [] }, 'nft', techniques)).not.toContain('elements')
    expect(written(found, 'ipset', techniques).split('\n')).toEqual(
      expect.arrayContaining([
        'create sundew4 hash:ip family inet maxelem 65536 -exist',
        'add sundew4 45.83.64.1 -exist',
        'add sundew6 2a06:4880::1 -exist',
      ]),
    )
  })
})

describe('sundew export', () => {
  it('prints one source a line, and leaves out what it is told to', async () => {
    const data = await recorded()
    expect(await sundew('export', 'iocs', '--data', data, '--except', '45.83.65.0/24, 2a06:4880::/32')).toMatchObject({
      code: 0,
      out: '45.83.64.1\n',
    })
    expect(JSON.parse((await sundew('export', 'iocs', '--format', 'stix', '--data', data)).out)).toMatchObject({ type: 'bundle' })
  })

  it('explains what it cannot do', async () => {
    expect(await sundew('export', 'iocs', '--format', 'xml')).toMatchObject({ code: 2, err: expect.stringContaining('none of plain, csv') })
    expect(await sundew('export', 'iocs', '--except', 'x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('no address or network'),
    })
    expect(await sundew('export')).toMatchObject({ code: 2 })
  })
})
