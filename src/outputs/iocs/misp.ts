import type { Findings, PointerFinding, Sighted } from './findings.ts'
import type { TechniqueNames } from './stix.ts'
import { uuid5 } from './uuid5.ts'

const NAMESPACE = '6f1c0a52-3d1b-5c8e-9a57-2f4f3c0d9b11'
const seconds = (ms: number): string => String(Math.floor(ms / 1000))

interface Attribute {
  uuid: string
  type: string
  category: string
  value: string
  to_ids: boolean
  comment: string
  first_seen: string
  last_seen: string
  distribution: '5'
}

/** An event of MISP's JSON format (`/events/add` and the import page take it): for the organisation alone and not published. */
export function mispEvent(
  { sensor, since, until, sources, files, pointers }: Findings,
  techniques: TechniqueNames,
): { Event: Record<string, unknown> } {
  const uuid = uuid5(NAMESPACE, `misp ${sensor} ${since} ${until}`)
  const attribute = (type: string, category: string, value: string, found: Sighted, comment: string): Attribute => ({
    uuid: uuid5(NAMESPACE, `${uuid}${type}${value}`),
    type,
    category,
    value,
    to_ids: true,
    comment,
    first_seen: new Date(found.firstSeen).toISOString(),
    last_seen: new Date(found.lastSeen).toISOString(),
    distribution: '5',
  })
  const seen = ({ count, lures }: Sighted): string => `${count} times at ${lures.join(', ')}`
  const ids = new Set([...sources, ...files, ...pointers].flatMap((found) => found.techniques))
  return {
    Event: {
      uuid,
      info: `Sundew ${sensor}: attacks from ${new Date(since).toISOString().slice(0, 16)}Z to ${new Date(until).toISOString().slice(0, 16)}Z`,
      date: new Date(until).toISOString().slice(0, 10),
      timestamp: seconds(until),
      threat_level_id: '3',
      analysis: '2',
      distribution: '0',
      published: false,
      Tag: [
        { name: 'tlp:clear' },
        ...[...ids].sort().map((id) => ({ name: `misp-galaxy:mitre-attack-pattern="${techniques.get(id)?.name ?? id} - ${id}"` })),
      ],
      Attribute: [
        ...sources.map((found) => attribute('ip-src', 'Network activity', found.ip, found, seen(found))),
        ...files.map((found) =>
          attribute('sha256', 'Payload delivery', found.sha256, found, `${found.magic}, ${found.size} bytes, ${seen(found)}`),
        ),
        ...pointers.flatMap((found) => {
          const type = typeOf(found)
          return type ? [attribute(type, 'Network activity', found.value, found, seen(found))] : []
        }),
      ],
    },
  }
}

function typeOf({ kind, value }: PointerFinding): string | undefined {
  if (kind === 'url') return 'url'
  if (kind === 'address') return 'ip-dst'
  if (kind === 'email') return 'email'
  return kind === 'host' && /^[A-Za-z0-9.-]{3,253}$/.test(value) ? (/^[\d.]+$/.test(value) ? 'ip-dst' : 'domain') : undefined
}
