import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { StateStore } from '../../store/contract.ts'
import dataset from './facts/dataset.json' with { type: 'json' }
import type { Release } from './release.ts'

/** The one node of the cluster, as it describes itself everywhere. */
export interface NodeFacts {
  release: Release
  clusterName: string
  clusterUuid: string
  name: string
  id: string
  ephemeralId: string
  hostname: string
  ip: string
  httpPort: number
  transportPort: number
  /** UTC milliseconds of the start of the process. */
  startedAt: number
  pid: number
  processors: number
  memoryBytes: number
  heapBytes: number
  diskBytes: number
  diskUsedBytes: number
  os: { prettyName: string; kernel: string; arch: string }
}

const DAY = 86_400_000

export function nodeFacts(
  identity: Identity,
  persona: Persona,
  release: Release,
  ports: { http: number; transport: number },
  state: StateStore,
): NodeFacts {
  const draw = (label: string): string => `elasticsearch/${persona.name}/${label}`
  const id = uuid(identity, draw('node-id'))
  const { hardware, network, os } = persona
  const memoryBytes = hardware.memoryMiB * 2 ** 20
  const disk = hardware.disks[0]
  return {
    release,
    clusterName: identity.pick(draw('cluster'), dataset.clusters),
    clusterUuid: uuid(identity, draw('cluster-uuid')),
    name: nameOf(identity, persona, release, id),
    id,
    ephemeralId: uuid(identity, draw('ephemeral-id')),
    hostname: persona.hostname,
    ip: network.interfaces[0]?.address.split('/')[0] ?? '127.0.0.1',
    httpPort: ports.http,
    transportPort: ports.transport,
    startedAt: startedAt(identity, draw('started'), state),
    pid: identity.integer(draw('pid'), 600, 2400),
    processors: hardware.cpu.sockets * hardware.cpu.cores * hardware.cpu.threadsPerCore,
    memoryBytes,
    // Since 7.11 a node takes half of the memory as heap, up to 31 GiB; before, 1 GiB.
    heapBytes: release.major >= 7 ? Math.min(memoryBytes / 2, 31 * 2 ** 30) : 2 ** 30 - 2 ** 25,
    diskBytes: (disk?.sizeGiB ?? 80) * 2 ** 30,
    diskUsedBytes: (disk?.usedGiB ?? 20) * 2 ** 30,
    os: {
      prettyName: `${os.name} ${os.version}${os.codename ? ` (${os.codename})` : ''}`,
      kernel: os.kernel.release,
      arch: os.kernel.machine === 'x86_64' ? 'amd64' : os.kernel.machine,
    },
  }
}

/** 1.x drew a hero's name, 6.x took the beginning of the id, 7.x takes the host's name. */
function nameOf(identity: Identity, { name, hostname }: Persona, { major }: Release, id: string): string {
  if (major === 1) return identity.pick(`elasticsearch/${name}/hero`, dataset.heroes)
  return major === 6 ? id.slice(0, 7) : hostname
}

/** 22 letters, as Elasticsearch writes a UUID. */
export function uuid(identity: Identity, label: string): string {
  return identity.bytes(label, 16).toString('base64url')
}

/** The start stays the same when this process starts over. */
function startedAt(identity: Identity, label: string, state: StateStore): number {
  const kept = state.get('elasticsearch', label)
  if (kept) return Number(kept.toString())
  const at = Date.now() - identity.integer(label, 6 * DAY, 71 * DAY)
  state.set('elasticsearch', label, String(at))
  return at
}
