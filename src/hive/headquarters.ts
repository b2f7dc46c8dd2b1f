import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { nkeys } from '@nats-io/transport-node'
import { z } from 'zod'
import { Identity } from '../config/identity.ts'
import { SensorName } from '../config/membership.ts'
import { certificateOf } from '../sensor/certificate.ts'
import type { Access } from './bus.ts'
import { inboxOf, permissionsOf } from './names.ts'
import { fingerprintOf, type JoinToken } from './token.ts'

const Roster = z.object({
  url: z.string(),
  /** Of the hive itself, which may do everything. */
  seed: z.string(),
  sensors: z.array(z.object({ name: SensorName, key: z.string(), at: z.number() })),
})
type Roster = z.infer<typeof Roster>

/** Something about the hive's own files that an operator must put right. */
export class HiveProblem extends Error {
  constructor(what: string, cure: string) {
    super(`${what}\n    cure: ${cure}`)
    this.name = 'HiveProblem'
  }
}

/**
 * The hive's folder `<data>/hive`: who belongs to it, and the configuration of nats-server that holds for them. Of sensors only
 * public keys are kept. A sensor is revoked by leaving its key out and having the server read its configuration again.
 */
export class Headquarters {
  readonly #folder: string
  #roster: Roster

  private constructor(folder: string, roster: Roster) {
    this.#folder = folder
    this.#roster = roster
  }

  /**
   * Makes the keys, the certificate and the configuration of nats-server. What is there already stays; the address may change.
   * @param url where sensors reach the server: `nats://hive.example:4222`
   */
  static async found(dataFolder: string, url: string): Promise<Headquarters> {
    const folder = join(dataFolder, 'hive')
    mkdirSync(join(folder, 'jetstream'), { recursive: true, mode: 0o700 })
    const former = existsSync(join(folder, 'hive.json')) ? Headquarters.open(dataFolder).#roster : undefined
    const seed = former?.seed ?? new TextDecoder().decode(nkeys.createUser().getSeed())
    const office = new Headquarters(folder, { url, seed, sensors: former?.sensors ?? [] })
    const { hostname, port } = new URL(url)
    const isAddress = /^[\d.]+$|:/.test(hostname)
    const { key, cert } = await certificateOf(Identity.open(dataFolder), {
      name: 'hive',
      subject: 'CN=nats',
      alternativeNames: [{ type: isAddress ? 'ip' : 'dns', value: hostname.replace(/^\[|\]$/g, '') }],
    })
    writeAtomically(join(folder, 'server.key'), key)
    writeAtomically(join(folder, 'server.pem'), cert)
    writeAtomically(office.configFile, serverConfig(folder, port || '4222'))
    office.#save()
    return office
  }

  /** @throws {HiveProblem} when there is none */
  static open(dataFolder: string): Headquarters {
    const folder = join(dataFolder, 'hive')
    const file = join(folder, 'hive.json')
    if (!existsSync(file)) throw new HiveProblem(`there is no hive in ${dataFolder}`, 'make it: sundew hive init nats://HOST:4222')
    return new Headquarters(folder, Roster.parse(JSON.parse(readFileSync(file, 'utf8'))))
  }

  get configFile(): string {
    return join(this.#folder, 'nats-server.conf')
  }

  get sensors(): Roster['sensors'] {
    return this.#roster.sensors
  }

  /** What the hive itself connects with. */
  get access(): Access {
    return { url: this.#roster.url, seed: this.#roster.seed, certificate: this.#certificate() }
  }

  /** A new key for a sensor; a former one of that name is worth nothing from the next reload on. */
  admit(name: string): JoinToken {
    const pair = nkeys.createUser()
    const others = this.#roster.sensors.filter((one) => one.name !== name)
    this.#roster = { ...this.#roster, sensors: [...others, { name, key: pair.getPublicKey(), at: Date.now() }] }
    this.#save()
    const seed = new TextDecoder().decode(pair.getSeed())
    return { url: this.#roster.url, sensor: name, seed, fingerprint: fingerprintOf(this.#certificate()) }
  }

  /** @returns false when there is no such sensor */
  revoke(name: string): boolean {
    const sensors = this.#roster.sensors.filter((one) => one.name !== name)
    if (sensors.length === this.#roster.sensors.length) return false
    this.#roster = { ...this.#roster, sensors }
    this.#save()
    return true
  }

  /** Has a nats-server on this machine read its users again. @returns false when none runs from here, or it is another user's */
  reload(): boolean {
    const file = join(this.#folder, 'nats-server.pid')
    const pid = existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
    if (!(pid > 0) || !isNatsServer(pid)) return false
    try {
      process.kill(pid, 'SIGHUP')
      return true
    } catch {
      // Gone, or not ours to signal; the caller says what to do.
      return false
    }
  }

  #certificate(): string {
    return readFileSync(join(this.#folder, 'server.pem'), 'utf8')
  }

  #save(): void {
    writeAtomically(join(this.#folder, 'hive.json'), JSON.stringify(this.#roster, null, 2))
    writeAtomically(join(this.#folder, 'users.conf'), usersConfig(this.#roster))
  }
}

/** Names of the sensors that the hive of a data folder has admitted; none when there is no hive. */
export function admittedSensors(dataFolder: string): string[] {
  return existsSync(join(dataFolder, 'hive', 'hive.json')) ? Headquarters.open(dataFolder).sensors.map(({ name }) => name) : []
}

/** A number in a file may be that of another process by now, or of another container. */
function isNatsServer(pid: number): boolean {
  const name = `/proc/${pid}/comm`
  return !existsSync('/proc/self/comm') || (existsSync(name) && readFileSync(name, 'utf8').trim() === 'nats-server')
}

function serverConfig(folder: string, port: string): string {
  const path = (name: string): string => JSON.stringify(resolve(folder, name))
  return `# Written by "sundew hive init". Run it: nats-server -c ${resolve(folder, 'nats-server.conf')}
server_name: sundew-hive
listen: "0.0.0.0:${port}"
pid_file: ${path('nats-server.pid')}
max_payload: 4MB
jetstream {
  store_dir: ${path('jetstream')}
}
tls {
  cert_file: ${path('server.pem')}
  key_file: ${path('server.key')}
  timeout: 5
}
include "users.conf"
`
}

function usersConfig({ seed, sensors }: Roster): string {
  const hive = nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey()
  const users = sensors.map(({ name, key }) => {
    const { publish, subscribe } = permissionsOf(name)
    return `    # ${name}: replies come to ${inboxOf(name)}
    { nkey: ${key}, permissions: { publish: { allow: ${JSON.stringify(publish)} }, subscribe: { allow: ${JSON.stringify(subscribe)} } } }`
  })
  return `# Written by "sundew hive token"; nats-server reads it again on SIGHUP.
authorization {
  users: [
    { nkey: ${hive} }
${users.join('\n')}
  ]
}
`
}

function writeAtomically(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 })
  renameSync(`${file}.new`, file)
}
