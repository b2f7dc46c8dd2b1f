import type { ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Client } from 'pg'
import { Accounts } from '../../src/console/accounts/accounts.ts'
import { Headquarters } from '../../src/hive/headquarters.ts'
import { writeToken } from '../../src/hive/token.ts'
import { EVENTS_FILE } from '../../src/store/sqlite/reader.ts'
import { type Machine, Network } from './network.ts'
import { type PostgresServer, postgresServer, type RealServer, realServer } from './servers.ts'

const BUS_PORT = 4222
const CONSOLE_PORT = 64297

/** What a sensor is: a command and what it prints when it is ready. */
export interface SensorProgram {
  /** @param data its data folder @param config its sundew.yaml, which exists */
  command(data: string, config: string): string[]
  ready: string
  settings?: Record<string, unknown>
}

/**
 * A hive of Debian's nats-server and PostgreSQL whose every part is a machine in a network namespace of its own: the bus, the database, two
 * that consume and serve a console each, and sensors.
 */
export class HiveNetwork {
  readonly folder = mkdtempSync(join(tmpdir(), 'sundew-hive-'))
  readonly network = new Network()
  readonly hives = ['hive-1', 'hive-2'] as const
  readonly sensors: ReadonlyMap<string, Machine>
  readonly busMachine: Machine
  readonly #program: SensorProgram
  readonly #running = new Map<string, ChildProcess>()
  readonly #hiveMachines: ReadonlyMap<string, Machine>
  #bus: RealServer | undefined
  #database: PostgresServer | undefined
  readonly #tokens = new Map<string, string>()

  private constructor(sensors: readonly string[], program: SensorProgram) {
    process.once('exit', () => this.#killAll())
    this.#program = program
    this.busMachine = this.network.add()
    this.#hiveMachines = new Map(this.hives.map((name) => [name, this.network.add()]))
    this.sensors = new Map(sensors.map((name) => [name, this.network.add()]))
  }

  /** All of it, running. @throws Error that says what this machine lacks */
  static async start(sensors: readonly string[], program: SensorProgram): Promise<HiveNetwork> {
    const made = new HiveNetwork(sensors, program)
    try {
      await made.#start()
      return made
    } catch (error) {
      await made.close()
      throw error
    }
  }

  get bus(): RealServer {
    return this.#bus as RealServer
  }

  get database(): PostgresServer {
    return this.#database as PostgresServer
  }

  dataOf(name: string): string {
    return join(this.folder, name)
  }

  machineOf(name: string): Machine {
    return (this.sensors.get(name) ?? this.#hiveMachines.get(name)) as Machine
  }

  startSensor(name: string): Promise<void> {
    return this.#run(name, name, this.#program.command(this.dataOf(name), this.#configOf(name)), this.#program.ready)
  }

  startConsumer(name: string): Promise<void> {
    // One folder alone decides what sensors play.
    const follows = name === this.hives[0] ? [] : ['--follow']
    return this.#run(`${name} serve`, name, this.#sundew(name, 'hive', 'serve', ...follows), 'the hive serves')
  }

  startConsole(name: string): Promise<void> {
    return this.#run(`${name} console`, name, this.#sundew(name, 'console'), 'http')
  }

  /** @param what a sensor, `hive-1 serve` or `hive-1 console` */
  async end(what: string, signal: NodeJS.Signals): Promise<void> {
    const child = this.#running.get(what)
    if (!child) throw new Error(`${what} does not run`)
    this.#running.delete(what)
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${what} had ended by itself`)
    const gone = once(child, 'exit')
    child.kill(signal)
    await gone
  }

  /** What a console says, asked on its own machine with an API token. */
  console(name: string, path: string): unknown {
    const url = `http://127.0.0.1:${CONSOLE_PORT}/api/v1${path}`
    return JSON.parse(
      this.machineOf(name).run('curl', '-sS', '--fail', '-m', '10', '-H', `Authorization: Bearer ${this.#tokens.get(name)}`, url),
    )
  }

  /** Ids of the events that a sensor has accepted: they are in its own store. */
  accepted(sensor: string): string[] {
    const store = new DatabaseSync(join(this.dataOf(sensor), EVENTS_FILE), { readOnly: true, timeout: 5_000 })
    const rows = store.prepare('SELECT id FROM event ORDER BY id').all()
    store.close()
    return rows.map(({ id }) => String(id))
  }

  /** Ids of the events in the database, in order; one that is there twice comes twice. */
  async stored(): Promise<string[]> {
    const client = new Client({ connectionString: this.database.localUrl })
    await client.connect()
    try {
      return (await client.query<{ id: string }>('SELECT id FROM sundew.event ORDER BY id')).rows.map(({ id }) => id)
    } finally {
      await client.end()
    }
  }

  /** Names of the captured files in the data folders of some machines, each once. */
  files(...names: string[]): string[] {
    const all = names.flatMap((name) => readdirSync(join(this.dataOf(name), 'artifacts'), { recursive: true, encoding: 'utf8' }))
    return [...new Set(all.filter((file) => /^..\/[0-9a-f]{64}$/.test(file)))].sort()
  }

  async close(): Promise<void> {
    this.#killAll()
    await this.#bus?.stop('SIGKILL')
    await this.#database?.dispose()
    this.network.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #killAll(): void {
    for (const child of this.#running.values()) child.kill('SIGKILL')
  }

  async #start(): Promise<void> {
    const [first, second] = this.hives
    mkdirSync(this.dataOf(first))
    this.#database = await postgresServer(this.network.add())
    const office = await Headquarters.found(this.dataOf(first), `nats://${this.busMachine.address}:${BUS_PORT}`)
    const tokens = [...this.sensors.keys()].map((name) => [name, writeToken(office.admit(name))] as const)
    cpSync(join(this.dataOf(first), 'hive'), join(this.dataOf(second), 'hive'), { recursive: true })
    const command = ['nats-server', '-c', office.configFile]
    this.#bus = realServer(this.folder, BUS_PORT, () => this.busMachine.spawn(command, { stdio: 'ignore' }))
    await this.#bus.start()
    for (const name of this.hives) this.#configure(name, { store: this.#database.url })
    for (const name of this.sensors.keys()) this.#configure(name, { console: { enabled: false }, ...this.#program.settings })
    await Promise.all(this.hives.map((name) => this.startConsumer(name)))
    for (const name of this.hives) this.#tokens.set(name, await tokenFor(this.dataOf(name)))
    await Promise.all([
      ...this.hives.map((name) => this.startConsole(name)),
      ...tokens.map(([name, token]) =>
        this.#run(`${name} join`, name, this.#sundew(name, 'sensor', 'join', token), `this sensor is ${name}`),
      ),
    ])
    await Promise.all([...this.sensors.keys()].map((name) => this.startSensor(name)))
  }

  #configOf(name: string): string {
    return join(this.folder, `${name}.json`)
  }

  /** JSON is YAML. */
  #configure(name: string, settings: Record<string, unknown>): void {
    const common = { data: this.dataOf(name), prompts: resolve('prompts'), log: { level: 'warn' }, llm: { enabled: false } }
    writeFileSync(this.#configOf(name), JSON.stringify({ ...common, ...settings }))
  }

  #sundew(name: string, ...words: string[]): string[] {
    return [process.execPath, 'src/main.ts', ...words, '--config', this.#configOf(name)]
  }

  /** @returns when it says that it is ready @throws Error when it ends before */
  async #run(what: string, machine: string, command: readonly string[], ready: string): Promise<void> {
    const child = this.machineOf(machine).spawn(command, { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#running.set(what, child)
    let complaints = ''
    child.stderr?.on('data', (bytes: Buffer) => {
      complaints = (complaints + bytes).slice(-2_000)
    })
    await new Promise<void>((done, failed) => {
      child.stdout?.on('data', (bytes: Buffer) => bytes.includes(ready) && done())
      child.once('exit', (code, signal) => failed(new Error(`${what} ended with ${code ?? signal}: ${complaints}`)))
      child.once('error', failed)
    })
  }
}

/** An API token of a console that looks on. */
async function tokenFor(data: string): Promise<string> {
  const accounts = new Accounts(data, { loginHours: 1 })
  try {
    await accounts.add('watch', randomUUID(), 'viewer')
    return accounts.addToken('watch', 'watch', 'viewer').token
  } finally {
    accounts.close()
  }
}
