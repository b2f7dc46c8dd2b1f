import { isIP } from 'node:net'
import { VERSION } from '../../version.ts'
import type { FileFinding, Findings, PointerFinding, Sighted, SourceFinding } from './findings.ts'
import { uuid5 } from './uuid5.ts'

/** Namespace of deterministic ids of STIX cyber-observable objects (STIX 2.1 §2.9). */
const OBSERVABLES = '00abedb4-aa42-466c-9c01-fed23315a9b7'
/** Ours, for everything else: an export that is made again has the same ids, and receivers update instead of doubling. */
const OBJECTS = '6f1c0a52-3d1b-5c8e-9a57-2f4f3c0d9b11'
/** Marking TLP:CLEAR as STIX 2.1 defines it (§7.2.1.4, under its first name TLP:WHITE). */
const TLP_CLEAR = 'marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9'

export type StixObject = Record<string, unknown> & { type: string; id: string }

/** Names of techniques by id, from the analysis' own table. */
export type TechniqueNames = ReadonlyMap<string, { name: string; tactics: readonly string[] }>

/** A STIX 2.1 bundle: an identity, and of each finding the observable, what was observed, the indicator, its sighting, and what it points to in ATT&CK. */
export function stixBundle(findings: Findings, techniques: TechniqueNames): { type: 'bundle'; id: string; objects: StixObject[] } {
  const objects = stixObjects(findings, techniques)
  return { type: 'bundle', id: `bundle--${uuid5(OBJECTS, objects.map(({ id, modified }) => `${id}${modified ?? ''}`).join(','))}`, objects }
}

/** The objects in the order in which each refers to earlier ones. */
export function stixObjects({ sensor, since, sources, files, pointers }: Findings, techniques: TechniqueNames): StixObject[] {
  const builder = new Builder(sensor, since, techniques)
  for (const source of sources) builder.add(source, ofSource(source))
  for (const file of files) builder.add(file, ofFile(file))
  for (const pointer of pointers) {
    const shape = ofPointer(pointer)
    if (shape) builder.add(pointer, shape)
  }
  return builder.objects
}

/** What a kind of finding is in STIX. */
interface Shape {
  observable: Record<string, unknown> & { type: string }
  /** Properties that make the observable's id. */
  identity: Record<string, unknown>
  pattern: string
  name: string
  indicatorTypes: string[]
  description: string
}

function ofSource({ ip, lures, credentials }: SourceFinding): Shape {
  return address(ip, `Attacked ${lures.join(', ')}${credentials.length > 0 ? `; came in as ${credentials.slice(0, 5).join(', ')}` : ''}`)
}

function address(ip: string, description: string): Shape {
  const type = isIP(ip) === 6 ? 'ipv6-addr' : 'ipv4-addr'
  return {
    observable: { type, value: ip },
    identity: { value: ip },
    pattern: `[${type}:value = '${quoted(ip)}']`,
    name: ip,
    indicatorTypes: ['malicious-activity'],
    description,
  }
}

function ofFile({ sha256, sha1, md5, size, magic, name }: FileFinding): Shape {
  const hashes = { MD5: md5, 'SHA-1': sha1, 'SHA-256': sha256 }
  // STIX 2.1 §6.7: the first of MD5, SHA-1, SHA-256 … that is there makes the id; a name would change it with every attacker.
  return {
    observable: { type: 'file', hashes, size },
    identity: { hashes: { MD5: md5 } },
    pattern: `[file:hashes.'SHA-256' = '${sha256}']`,
    name: `${magic} ${sha256}`,
    indicatorTypes: ['malicious-activity'],
    description: `${size} bytes that attackers brought${name ? ` as ${name.slice(0, 500)}` : ''}`,
  }
}

function ofPointer({ kind, value }: PointerFinding): Shape | undefined {
  if (kind === 'address' && isIP(value)) return address(value, 'Attackers pointed at it')
  if (kind === 'url' && /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(value)) return named('url', uriOf(value))
  if (kind === 'host' && isIP(value)) return address(value, 'Attackers pointed at it')
  if (kind === 'host' && value.length <= 253 && DOMAIN.test(value)) return named('domain-name', value)
  return kind === 'email' && /^[^@\s]+@[^@\s]+$/.test(value) ? named('email-addr', value) : undefined
}

/** RFC 1034 §3.5: labels begin and end with a letter or digit. */
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

/** STIX wants a URI of RFC 3986; attackers write what a shell or browser takes. What has no place in one is percent-encoded, as a client would send it. */
function uriOf(url: string): string {
  return url
    .replaceAll(/[^\x21-\x7e]|["<>\\^`{|}]/gu, (one) =>
      [...Buffer.from(one)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
    )
    .replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25')
}

function named(type: string, value: string): Shape {
  return {
    observable: { type, value },
    identity: { value },
    pattern: `[${type}:value = '${quoted(value)}']`,
    name: value.slice(0, 500),
    indicatorTypes: ['malicious-activity'],
    description: 'Attackers pointed at it',
  }
}

/** STIX patterning §4.1: a backslash before a quote or backslash. */
function quoted(text: string): string {
  return text.replaceAll(/[\\']/g, '\\$&')
}

class Builder {
  readonly objects: StixObject[] = []
  readonly #identity: string
  readonly #techniques: TechniqueNames
  readonly #patterns = new Map<string, string>()
  readonly #observables = new Set<string>()
  readonly #created: string

  constructor(sensor: string, since: number, techniques: TechniqueNames) {
    this.#techniques = techniques
    // What does not depend on the day has a time that does not either.
    this.#created = new Date(Math.min(since, Date.UTC(2025, 0, 1))).toISOString()
    this.#identity = `identity--${uuid5(OBJECTS, sensor)}`
    this.objects.push({
      ...this.#common('identity', this.#identity, this.#created, this.#created),
      name: sensor,
      identity_class: 'system',
      description: `Sundew ${VERSION} sensor`,
    })
  }

  add(found: Sighted, { observable, identity, pattern, name, indicatorTypes, description }: Shape): void {
    const [first, last] = [new Date(found.firstSeen).toISOString(), new Date(found.lastSeen).toISOString()]
    const observableId = `${observable.type}--${uuid5(OBSERVABLES, JSON.stringify(identity))}`
    if (this.#observables.has(observableId)) return
    this.#observables.add(observableId)
    const indicatorId = `indicator--${uuid5(OBJECTS, pattern)}`
    const observedId = `observed-data--${uuid5(OBJECTS, `${this.#identity}${observableId}`)}`
    this.objects.push(
      { spec_version: '2.1', id: observableId, object_marking_refs: [TLP_CLEAR], ...observable } as StixObject,
      {
        ...this.#common('observed-data', observedId, first, last),
        first_observed: first,
        last_observed: last,
        number_observed: Math.min(found.count, 999_999_999),
        object_refs: [observableId],
      },
      {
        ...this.#common('indicator', indicatorId, first, last),
        name,
        description,
        indicator_types: indicatorTypes,
        pattern,
        pattern_type: 'stix',
        pattern_version: '2.1',
        valid_from: first,
        labels: found.lures.map((lure) => `lure:${lure}`),
      },
      {
        ...this.#common('sighting', `sighting--${uuid5(OBJECTS, `${this.#identity}${indicatorId}`)}`, first, last),
        first_seen: first,
        last_seen: last,
        count: Math.min(found.count, 999_999_999),
        sighting_of_ref: indicatorId,
        observed_data_refs: [observedId],
        where_sighted_refs: [this.#identity],
      },
    )
    this.#relate(indicatorId, 'based-on', observedId, first, last)
    for (const technique of found.techniques) this.#relate(indicatorId, 'indicates', this.#attackPattern(technique), first, last)
  }

  #attackPattern(technique: string): string {
    const known = this.#patterns.get(technique)
    if (known) return known
    const id = `attack-pattern--${uuid5(OBJECTS, technique)}`
    this.#patterns.set(technique, id)
    const { name, tactics } = this.#techniques.get(technique) ?? { name: technique, tactics: [] }
    this.objects.push({
      ...this.#common('attack-pattern', id, this.#created, this.#created),
      name,
      ...(tactics.length > 0 ? { kill_chain_phases: tactics.map((phase_name) => ({ kill_chain_name: 'mitre-attack', phase_name })) } : {}),
      external_references: [
        {
          source_name: 'mitre-attack',
          external_id: technique,
          url: `https://attack.mitre.org/techniques/${technique.replace('.', '/')}`,
        },
      ],
    })
    return id
  }

  #relate(source_ref: string, relationship_type: string, target_ref: string, created: string, modified: string): void {
    const id = `relationship--${uuid5(OBJECTS, `${source_ref}${relationship_type}${target_ref}`)}`
    this.objects.push({ ...this.#common('relationship', id, created, modified), relationship_type, source_ref, target_ref })
  }

  #common(type: string, id: string, created: string, modified: string): StixObject {
    return {
      type,
      spec_version: '2.1',
      id,
      ...(type === 'identity' ? {} : { created_by_ref: this.#identity }),
      created,
      modified,
      object_marking_refs: [TLP_CLEAR],
    }
  }
}
