import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { Dialect } from '../../host/database/dialect.ts'
import { MARIADB as MARIADB_DIALECT, MYSQL as MYSQL_DIALECT } from '../../host/database/mysql/dialect.ts'

/** Which server, and all that follows from it. */
export interface Product {
  name: 'mariadb' | 'mysql'
  dialect: Dialect
  /** VERSION(). */
  version: string
  /** As the greeting says it. */
  greeting: string
  plugin: 'mysql_native_password' | 'caching_sha2_password'
  capabilities: number
  extended: number
  /** Number of the server's character set: utf8mb4_general_ci, utf8mb4_0900_ai_ci. */
  charset: number
  via: string
}

/** The persona's database package decides; without one Debian has MariaDB and Ubuntu MySQL. */
export function productOf(persona: Persona, wanted: 'auto' | 'mariadb' | 'mysql'): Product {
  const installed = (name: string): string | undefined => persona.packages.find((entry) => entry.startsWith(`${name} `))?.split(' ')[1]
  const mariadb = installed('mariadb-server')
  const mysql = installed('mysql-server-8.0') ?? installed('mysql-server')
  const isMysql = wanted === 'mysql' || (wanted === 'auto' && !mariadb && (mysql !== undefined || persona.os.id === 'ubuntu'))
  return isMysql ? mysqlServer(mysql, persona) : mariadbServer(mariadb)
}

function mariadbServer(packageVersion: string | undefined): Product {
  // `1:10.11.19-0+deb12u1` is 10.11.19-MariaDB-0+deb12u1.
  const [, release = '10.11.19', build = '0+deb12u1'] = /^(?:\d+:)?([\d.]+)-(\S+)$/.exec(packageVersion ?? '') ?? []
  const version = `${release}-MariaDB-${build}`
  return {
    name: 'mariadb',
    dialect: MARIADB_DIALECT,
    version,
    // Old replicas take 10 for 1.0: the prefix stands in the greeting alone.
    greeting: `5.5.5-${version}`,
    plugin: 'mysql_native_password',
    capabilities: 0x81ff_fffe,
    extended: 0x1d,
    charset: 45,
    via: 'mariadbd',
  }
}

function mysqlServer(packageVersion: string | undefined, persona: Persona): Product {
  const fallback = persona.os.id === 'ubuntu' ? `8.0.42-0ubuntu0.${persona.os.version}.1` : '8.0.42'
  const version = packageVersion?.replace(/^\d+:/, '') ?? fallback
  return {
    name: 'mysql',
    dialect: MYSQL_DIALECT,
    version,
    greeting: version,
    plugin: 'caching_sha2_password',
    // Without zstd, which we do not speak.
    capabilities: 0xdbff_ffff,
    extended: 0,
    charset: 255,
    via: 'mysqld',
  }
}

/** Passwords of root that brute-forcers find; two of them an install, drawn by the seed. */
const WEAK_PASSWORDS = [
  'root',
  '123456',
  'mysql',
  'password',
  'admin',
  'toor',
  'qwerty',
  '12345678',
  'root123',
  'P@ssw0rd',
  'abc123',
  '1234',
]

export function weakLogins(identity: Identity): { user: string; password: string }[] {
  const first = identity.integer('mysql/weak', 0, WEAK_PASSWORDS.length - 1)
  return [first, (first + 5) % WEAK_PASSWORDS.length].map((i) => ({ user: 'root', password: WEAK_PASSWORDS[i] as string }))
}
