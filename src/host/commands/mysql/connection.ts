import { evidence } from '../../../events/bytes.ts'
import type { Process } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { MARIADB, MYSQL } from '../../database/mysql/dialect.ts'
import { mysqlServers } from '../../database/mysql/servers.ts'
import { DatabaseSession, type SqlEffect } from '../../database/session.ts'
import { KernelProcess } from '../../process/kernel-process.ts'
import { installedVersion } from '../../world/packages.ts'
import { Services } from '../../world/services.ts'
import { connect, isOwn, noteIndicator, resolve } from '../net/target.ts'

const UNITS = ['mariadb', 'mysql', 'mysqld']

export interface ConnectionRequest {
  user: string
  password: string | undefined
  host: string | undefined
  port: number
  database: string | undefined
}

export function productOf(process: Process): 'mariadb' | 'mysql' {
  return installedVersion(process.world, 'mysql-server') === undefined ? 'mariadb' : 'mysql'
}

/** Opens a session as the client library does; the text of the refusal otherwise. */
export async function openSession(process: Process, request: ConnectionRequest): Promise<DatabaseSession | string> {
  const { world } = process
  const remote = await refusedBeyond(process, request)
  if (remote !== undefined) return remote
  const unit = UNITS.map((name) => Services.of(world).unit(name)).find((found) => found !== undefined)
  if (unit?.state !== 'active') return "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)"
  if (!isAllowed(process, request))
    return request.user === 'root' && request.password === undefined
      ? `ERROR 1698 (28000): Access denied for user 'root'@'localhost'`
      : `ERROR 1045 (28000): Access denied for user '${request.user}'@'localhost' (using password: ${request.password ? 'YES' : 'NO'})`
  const product = productOf(process)
  const source = process instanceof KernelProcess ? process.session.remote.ip : ''
  const { catalog, settings, libraries } = mysqlServers(world.identity, product).of(world.persona, source)
  if (request.database !== undefined && !catalog.database(request.database) && request.database.toLowerCase() !== 'information_schema')
    return `ERROR 1049 (42000): Unknown database '${request.database}'`
  const version = installedVersion(world, product === 'mariadb' ? 'mariadb-server' : 'mysql-server') ?? '10.11.14-0+deb12u2'
  return new DatabaseSession({
    dialect: product === 'mariadb' ? MARIADB : MYSQL,
    catalog,
    identity: world.identity,
    persona: world.persona,
    host: databaseHost(process),
    version: serverVersion(version, product),
    database: request.database ?? '',
    user: request.user,
    clientIp: 'localhost',
    clientPort: 0,
    port: 3306,
    connectionId: 30 + (Math.floor(world.now() / 1000) % 4000),
    startedAt: unit.since,
    serverSettings: settings,
    libraries,
    note: (effect) => noteEffect(process, effect),
  })
}

/** `1:10.11.19-0+deb12u1` → `10.11.19-MariaDB-0+deb12u1`, as the server calls itself. */
function serverVersion(version: string, product: 'mariadb' | 'mysql'): string {
  const plain = version.replace(/^\d+:/, '')
  return product === 'mariadb' ? plain.replace('-', '-MariaDB-') : plain
}

async function refusedBeyond(process: Process, { host, port }: ConnectionRequest): Promise<string | undefined> {
  if (host === undefined || host === 'localhost') return undefined
  noteIndicator(process, 'host', `${host}:${port}`, 'mysql')
  const found = await resolve(process, host)
  if (!('address' in found)) return `ERROR 2005 (HY000): Unknown server host '${host}' (-2)`
  if (isOwn(process, found.address) && port === 3306) return undefined
  const reach = await connect(process, found.address, port)
  return `ERROR 2002 (HY000): Can't connect to server on '${host}' (${reach.state === 'refused' ? 111 : reach.state === 'unreachable' ? 113 : 115})`
}

/** root comes in by the socket as itself; others with a password that some configuration file of the machine gives them. */
function isAllowed(process: Process, { user, password, host }: ConnectionRequest): boolean {
  if (user === 'root' && process.uid === 0 && (host === undefined || host === 'localhost')) return true
  if (!password || password.length < 4 || user.length < 2) return false
  return [...process.world.persona.files.values()].some((bytes) => bytes.includes(password) && bytes.includes(user))
}

function databaseHost(process: Process): DatabaseSession['setup']['host'] {
  const { files } = process.world
  const quietly = <T>(work: () => T): T | undefined => {
    try {
      return work()
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      return undefined
    }
  }
  return {
    // mysqld reads what everybody may.
    readFile: (path) => quietly(() => ((files.stat(path).mode & 0o004) !== 0 ? files.read(path) : undefined)),
    list: (path) => quietly(() => files.list(path)),
    exists: (path) => quietly(() => files.stat(path)) !== undefined,
    writeFile: (path, bytes) =>
      quietly(() => {
        files.write(path, bytes)
        return true
      }) ?? false,
    run: async () => ({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), exitCode: 0 }),
  }
}

function noteEffect(process: Process, effect: SqlEffect): void {
  if (effect.kind === 'write-file') process.recorder.capture(effect.bytes, { how: `mysql ${effect.how}`, name: evidence(effect.path) })
}
