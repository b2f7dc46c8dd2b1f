import type { Identity } from '../../../config/identity.ts'
import { DatabaseServers } from '../servers.ts'
import { MARIADB, MYSQL, type MysqlProduct } from './dialect.ts'

const SYSTEM_DATABASES = ['mysql', 'performance_schema', 'sys'].map((name, i) => ({ name, id: i + 1 }))
/** Ids of the persona's databases and tables begin here. */
const FIRST_ID = 100

const servers = new WeakMap<Identity, Record<MysqlProduct, DatabaseServers>>()

/** The servers of an install: a client in the shell and one from outside meet the same data, as the source they come from has left it. */
export function mysqlServers(identity: Identity, product: MysqlProduct): DatabaseServers {
  const made = servers.get(identity) ?? {
    mariadb: new DatabaseServers({ dialect: MARIADB, identity, systemDatabases: SYSTEM_DATABASES, firstId: FIRST_ID }),
    mysql: new DatabaseServers({ dialect: MYSQL, identity, systemDatabases: SYSTEM_DATABASES, firstId: FIRST_ID }),
  }
  servers.set(identity, made)
  return made[product]
}
