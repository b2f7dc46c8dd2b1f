import { parse } from 'yaml'
import type { World } from '../../command.ts'

export interface Container {
  id: string
  name: string
  image: string
  command: string
  ports: string
  createdAt: number
  startedAt: number
  running: boolean
}

export interface Image {
  repository: string
  tag: string
  id: string
  size: string
  createdAt: number
}

const DAY = 86_400_000
const states = new WeakMap<World, Container[]>()

/** Containers of the machine: those of the compose files that the persona has. */
export function containersOf(world: World): Container[] {
  const known = states.get(world)
  if (known) return known
  const made: Container[] = []
  for (const [path, bytes] of world.persona.files) {
    if (!/\/(docker-)?compose\.ya?ml$/.test(path)) continue
    const project = path.split('/').at(-2) ?? 'app'
    for (const [service, facts] of Object.entries(servicesOf(bytes.toString('utf8')))) made.push(container(world, project, service, facts))
  }
  states.set(world, made)
  return made
}

interface ServiceFacts {
  image?: string
  command?: string | string[]
  container_name?: string
  ports?: unknown[]
}

function servicesOf(text: string): Record<string, ServiceFacts> {
  const document = parse(text) as { services?: Record<string, ServiceFacts> } | null
  return document?.services ?? {}
}

function container(world: World, project: string, service: string, facts: ServiceFacts): Container {
  const key = `${world.persona.name}/container/${project}/${service}`
  const ports = (facts.ports ?? []).map((port) => {
    const parts = String(port).replaceAll('"', '').split(':')
    const [inside, outside = inside, address = '0.0.0.0'] = parts.reverse() as [string, string?, string?]
    return `${address}:${outside}->${inside}/tcp${address === '0.0.0.0' ? `, :::${outside}->${inside}/tcp` : ''}`
  })
  return {
    id: world.identity.hex(key, 32),
    name: facts.container_name ?? `${project}-${service}-1`,
    image: facts.image ?? `${project}-${service}`,
    command: Array.isArray(facts.command) ? facts.command.join(' ') : (facts.command ?? './deploy/docker-entrypoint.sh'),
    ports: ports.join(', '),
    createdAt: world.bootedAt - world.identity.integer(`${key}/age`, 5 * DAY, 90 * DAY),
    startedAt: world.bootedAt + 21_000,
    running: true,
  }
}

/** Images: what the containers run from, and what CUDA machines usually keep. */
export function imagesOf(world: World): Image[] {
  const named = [
    ...new Set(containersOf(world).map((one) => one.image)),
    ...(world.persona.hardware.gpus.length ? ['nvidia/cuda:12.4.1-base-ubuntu22.04'] : []),
  ]
  return named.map((name) => {
    const [repository = name, tag = 'latest'] = name.split(':')
    const key = `${world.persona.name}/image/${name}`
    return {
      repository,
      tag,
      id: world.identity.hex(key, 32),
      size: `${world.identity.integer(`${key}/size`, 120, 980)}MB`,
      createdAt: world.bootedAt - world.identity.integer(`${key}/age`, 30 * DAY, 300 * DAY),
    }
  })
}
