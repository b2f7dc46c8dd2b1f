import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { ConfigProblem, type Problem } from '../../config/problem.ts'
import { parseYaml } from '../../config/yaml.ts'
import { Service } from './service.ts'

const SHIPPED = join(import.meta.dirname, 'services')
const REFERENCE = 'docs/tcp.md lists every key'

/** Which lure plays what Beelzebub has in files of its other protocols. */
const OTHER_PROTOCOLS: Readonly<Record<string, string>> = {
  ssh: 'ssh',
  http: 'http, traps or rest-api',
  telnet: 'telnet',
  mcp: 'mcp',
}
const OTHERS = Object.keys(OTHER_PROTOCOLS) as [string, ...string[]]
const AnyService = z.looseObject({
  protocol: z.enum(['tcp', ...OTHERS], { error: (issue) => (issue.input === undefined ? 'missing' : 'no protocol of Beelzebub') }),
})

export interface LoadedServices {
  services: Service[]
  /** Files of a folder that other lures stand for. */
  passedOver: { file: string; lures: string }[]
}

/**
 * The services that an entry of the lure names: shipped ones by name, files, and folders of files such as Beelzebub's
 * `configurations/services`.
 * @throws ConfigProblem with file, line, key and cure for every mistake in any of them
 */
export function loadServices(names: readonly string[]): LoadedServices {
  const problems: Problem[] = []
  const services: Service[] = []
  const passedOver: LoadedServices['passedOver'] = []
  for (const { file, isNamed } of names.flatMap((name) => collect(problems, () => filesOf(name)) ?? [])) {
    const found = collect(problems, () => readService(file))
    if (!found) continue
    if (typeof found !== 'string') services.push(found)
    else if (isNamed) problems.push(wrongProtocol(file, found))
    else passedOver.push({ file, lures: OTHER_PROTOCOLS[found] ?? '' })
  }
  problems.push(...clashes(services))
  if (problems.length > 0) throw new ConfigProblem(problems)
  return { services, passedOver }
}

function collect<T>(problems: Problem[], read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error
    problems.push(...error.problems)
    return undefined
  }
}

function filesOf(name: string): { file: string; isNamed: boolean }[] {
  const path = /^[a-z0-9-]{1,40}$/.test(name) ? join(SHIPPED, `${name}.yaml`) : name
  try {
    if (!statSync(path).isDirectory()) return [{ file: path, isNamed: true }]
    const files = readdirSync(path).filter((file) => /\.ya?ml$/.test(file))
    if (files.length > 0) return files.sort().map((file) => ({ file: join(path, file), isNamed: false }))
  } catch (error) {
    const what = `cannot be read: ${(error as Error).message}`
    throw new ConfigProblem([
      { file: path, key: '', what, cure: `name a shipped service (${shippedNames().join(', ')}), a file or a folder` },
    ])
  }
  throw new ConfigProblem([{ file: path, key: '', what: 'holds no .yaml file', cure: 'name the folder that the service files are in' }])
}

/** The service of a file, or the protocol that is not ours. */
function readService(file: string): Service | string {
  const text = readFileSync(file, 'utf8')
  const { protocol } = parseYaml(file, text, AnyService, REFERENCE)
  if (protocol !== 'tcp') return protocol
  return { ...parseYaml(file, text, Service, REFERENCE), name: basename(file).replace(/\.ya?ml$/, '') }
}

function wrongProtocol(file: string, protocol: string): Problem {
  return {
    file,
    key: 'protocol',
    what: `the lure tcp does not play ${protocol}`,
    cure: `take the file out of "services" and use the lure ${OTHER_PROTOCOLS[protocol]}`,
  }
}

function clashes(services: readonly Service[]): Problem[] {
  return services.flatMap((service, i) => {
    const first = services.findIndex(({ address, name }) => address === service.address || name === service.name)
    if (first === i) return []
    const { name, address } = services[first] as Service
    const what = address === service.address ? `port ${address} is that of service ${name} already` : `there is another service ${name}`
    return [{ file: `${service.name}.yaml`, key: 'address', what, cure: 'give it a port and a name of its own' }]
  })
}

function shippedNames(): string[] {
  return readdirSync(SHIPPED).map((file) => basename(file, '.yaml'))
}
