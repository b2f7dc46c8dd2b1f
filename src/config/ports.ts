import type { z } from 'zod'
import { ConfigProblem, type Problem } from './problem.ts'
import type { LureEntry, Settings } from './schema.ts'
import { problemsOf, renderPath } from './yaml.ts'

/** One port as a lure declares it. */
export interface PortDeclaration {
  transport: 'tcp' | 'udp'
  port: number
  /** TLS from the first byte. */
  tls?: boolean
  /** Port to take in profile `everything` when another lure has `port` already. */
  alternate?: number
  /** What this port is for where a lure has several, e.g. `submission`. */
  role?: string
  /** Opened only where no other lure and no program of the machine has it; no door leads to it. */
  spare?: boolean
  /** Multicast group whose datagrams a UDP port takes too, where it listens on all addresses. */
  group?: string
}

/** The part of a lure that planning needs. */
export interface PlannedLure {
  name: string
  standsFor: readonly string[]
  about: string
  ports: readonly PortDeclaration[]
  /** Ports that follow from its options, besides `ports`. An entry of such a lure may list any ports instead. @throws ConfigProblem */
  morePorts?(options: unknown): readonly PortDeclaration[]
  options: z.ZodType
  /** Profiles that the lure belongs to besides `everything`. */
  profiles: readonly string[]
  /** Whom it plays unless its entry says so; the others play `settings.persona`. */
  persona?: string
}

export interface PlannedPort {
  declared: PortDeclaration
  transport: 'tcp' | 'udp'
  host: string
  port: number
  tls: boolean
}

/** One use of a lure, checked: what will listen where, as whom. */
export interface PlannedUse<L extends PlannedLure = PlannedLure> {
  lure: L
  persona: string
  options: unknown
  ports: PlannedPort[]
}

/**
 * Decides which lures listen where. Uses in `settings.lures` replace the profile's use of the same lure (all of them when
 * several are given); `enabled: false` leaves it out.
 * @throws ConfigProblem for unknown lures, options that do not fit, and ports that clash
 */
export function planPorts<L extends PlannedLure>(settings: Settings, lures: readonly L[], source: PlanSource = {}): PlannedUse<L>[] {
  const { file = 'sundew.yaml', lineOf = () => undefined, overrides } = source
  const problems: Problem[] = []
  /** Where a setting is from: the environment has the last word. */
  const place = (key: string): Pick<Problem, 'file' | 'line'> => {
    const variable = overrides?.get(key)
    return variable === undefined ? { file, ...located(lineOf(key.split('.'))) } : { file: variable }
  }
  const at = (index: number | undefined, ...path: PropertyKey[]): Pick<Problem, 'file' | 'line' | 'key'> => {
    if (index === undefined) return { ...place('profile'), key: `profile ${settings.profile}` }
    return { file, ...located(lineOf(['lures', index, ...path])), key: renderPath(['lures', index, ...path]) }
  }
  const byName = new Map(lures.map((l) => [l.name, l]))
  const uses: PlannedUse<L>[] = []
  const entries = entriesOf(settings, lures)
  const taken = new TakenPorts()
  /** Spare ports are given out when all others are. */
  const spare: { use: PlannedUse<L>; host: string; declared: PortDeclaration }[] = []

  /** What `listen.offset` lifts over the highest port that there is. */
  const lifted: { lure: string; port: number }[] = []

  for (const { entry, index } of entries) {
    const lure = byName.get(entry.lure)
    if (!lure) {
      problems.push({
        ...at(index, 'lure'),
        what: `there is no lure "${entry.lure}"`,
        cure: `use one of: ${[...byName.keys()].join(', ')}`,
      })
      continue
    }
    const options = lure.options.safeParse(entry.options)
    if (!options.success) {
      for (const issue of options.error.issues) {
        const [problem] = problemsOf(file, [issue])
        const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
        if (problem) problems.push({ ...problem, ...at(index, 'options', ...path) })
      }
      continue
    }
    const declarations = portsOf(lure, entry, options.data, problems)
    if (!declarations) continue
    if (entry.ports && entry.ports.length > declarations.length) {
      const many = `${entry.ports.length} ports for a lure that has ${lure.ports.length}`
      problems.push({ ...at(index, 'ports'), what: many, cure: `list the lure once more for further ports` })
      continue
    }
    const host = entry.host ?? settings.listen.host
    const ports: PlannedPort[] = []
    for (const [i, declared] of declarations.filter((one) => !one.spare).entries()) {
      const chosen = entry.ports ? entry.ports[i] : undefined
      if (entry.ports && chosen === undefined) continue
      let port = chosen ?? declared.port + settings.listen.offset
      if (chosen === undefined && settings.profile === 'everything' && taken.owner(declared.transport, host, port) && declared.alternate) {
        port = declared.alternate + settings.listen.offset
      }
      if (port > HIGHEST_PORT) {
        lifted.push({ lure: lure.name, port: declared.port })
        continue
      }
      const owner = taken.owner(declared.transport, host, port)
      if (owner) {
        const suggestion = declared.alternate ? declared.alternate + settings.listen.offset : port + 1
        problems.push({
          ...at(index, 'ports', i),
          what: `lure ${lure.name}: ${declared.transport} ${host}:${port} is taken by ${owner}`,
          cure: `give one of the two another port: - { lure: ${lure.name}, ports: [${suggestion}] }`,
        })
        continue
      }
      taken.take(declared.transport, host, port, `lure ${lure.name}`)
      ports.push({ declared, transport: declared.transport, host, port, tls: declared.tls ?? false })
    }
    const use = { lure, persona: entry.persona ?? lure.persona ?? settings.persona, options: options.data, ports }
    uses.push(use)
    for (const declared of declarations) if (declared.spare) spare.push({ use, host, declared })
  }
  if (lifted.length) {
    const highest = HIGHEST_PORT - Math.max(...lifted.map(({ port }) => port))
    problems.push({
      ...place('listen.offset'),
      key: 'listen.offset',
      what: `${settings.listen.offset} lifts ${[...new Set(lifted.map(({ lure, port }) => `${lure} ${port}`))].join(', ')} over ${HIGHEST_PORT}`,
      cure: `use at most ${highest}, or list the ports: - { lure: ${lifted[0]?.lure}, ports: [N] }`,
    })
  }
  for (const { use, host, declared } of spare) {
    const port = declared.port + settings.listen.offset
    if (port > HIGHEST_PORT || port === settings.console.port || taken.owner(declared.transport, host, port)) continue
    taken.take(declared.transport, host, port, `lure ${use.lure.name}`)
    use.ports.push({ declared, transport: declared.transport, host, port, tls: declared.tls ?? false })
  }
  if (problems.length) throw new ConfigProblem(problems)
  return uses
}

/** Where the settings came from, so that problems can name file and line. */
export interface PlanSource {
  file?: string | undefined
  lineOf?: (path: readonly PropertyKey[]) => number | undefined
  /** Keys that are not from there but from variables of the environment, with their names. */
  overrides?: ReadonlyMap<string, string> | undefined
}

function located(line: number | undefined): { line?: number } {
  return line === undefined ? {} : { line }
}

function entriesOf(settings: Settings, lures: readonly PlannedLure[]): { entry: LureEntry; index: number | undefined }[] {
  const named = new Set(settings.lures.map((e) => e.lure))
  const fromProfile = lures
    .filter((l) => settings.profile === 'everything' || l.profiles.includes(settings.profile))
    .filter((l) => !named.has(l.name))
    .map((l) => ({ entry: { lure: l.name, enabled: true, options: {} } as LureEntry, index: undefined }))
  const own = settings.lures.map((entry, index) => ({ entry, index })).filter(({ entry }) => entry.enabled)
  return [...own, ...fromProfile]
}

/** What this use of a lure may listen on, before offset and alternates; undefined when its options do not say. */
function portsOf(lure: PlannedLure, entry: LureEntry, options: unknown, problems: Problem[]): readonly PortDeclaration[] | undefined {
  if (!lure.morePorts) return lure.ports
  try {
    const declared = [...lure.ports, ...lure.morePorts(options)]
    return entry.ports ? entry.ports.map((port, i) => lure.ports[i] ?? listedPort(port, declared[i])) : declared
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    problems.push(...error.problems)
    return undefined
  }
}

/** A port that an entry lists in place of one that follows from its options: what that one is for, this one is for. */
function listedPort(port: number, { tls, role }: Partial<PortDeclaration> = {}): PortDeclaration {
  return { transport: 'tcp', port, ...(tls === undefined ? {} : { tls }), ...(role === undefined ? {} : { role }) }
}

const HIGHEST_PORT = 65535

/** Who has which port. A wildcard address covers every address. */
class TakenPorts {
  readonly #holders = new Map<string, { host: string; owner: string }[]>()

  take(transport: string, host: string, port: number, owner: string): void {
    if (port === 0) return
    const key = `${transport} ${port}`
    this.#holders.set(key, [...(this.#holders.get(key) ?? []), { host, owner }])
  }

  /** The lure that has this port already. */
  owner(transport: string, host: string, port: number): string | undefined {
    const holders = this.#holders.get(`${transport} ${port}`) ?? []
    return holders.find((holder) => holder.host === host || isWildcard(holder.host) || isWildcard(host))?.owner
  }
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}
