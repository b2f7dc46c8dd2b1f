import type { Process } from '../../command.ts'
import { runSql } from '../../database/engine.ts'
import type { DatabaseSession } from '../../database/session.ts'
import { SqlError } from '../../database/sql-error.ts'
import { type SqlValue, textOf } from '../../database/value.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { openSession } from './connection.ts'
import { askPassword, clientOptions } from './options.ts'

const HIDDEN = new Set(['information_schema', 'performance_schema', 'sys'])

/** `mysqldump`: what an extortionist takes along before he drops it. */
export async function mysqlDump(process: Process): Promise<number> {
  const options = clientOptions(process)
  const { stdout, stderr } = process
  const several = options.table === false
  if (!options.allDatabases && options.operands.length === 0) {
    const name = process.argv[0]
    await stdout.write(
      `Usage: ${name} [OPTIONS] database [tables]\nOR     ${name} [OPTIONS] --databases DB1 [DB2 DB3...]\nOR     ${name} [OPTIONS] --all-databases\nFor more options, use ${name} --help\n`,
    )
    return 1
  }
  if (options.asksPassword) options.password = await askPassword(process)
  const session = await openSession(process, { ...options, database: undefined })
  if (typeof session === 'string') {
    await stderr.write(
      `${process.argv[0]}: Got error: ${session.replace(/^ERROR (\d+) \(\w+\): /, '$1: "').replace(/$/, '"')} when trying to connect\n`,
    )
    return 2
  }
  const databases = options.allDatabases
    ? (await rows(session, 'SHOW DATABASES')).map((row) => String(row[0])).filter((name) => !HIDDEN.has(name))
    : several
      ? options.operands
      : options.operands.slice(0, 1)
  await stdout.write(head(session, databases.length === 1 ? (databases[0] as string) : ''))
  for (const database of databases) {
    try {
      await rows(session, `USE \`${database}\``)
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      const { code, message } = session.dialect.word(error.problem)
      await stderr.write(`${process.argv[0]}: Got error: ${code}: "${message}" when selecting the database\n`)
      return 2
    }
    if (options.allDatabases || several)
      await stdout.write(
        `--\n-- Current Database: \`${database}\`\n--\n\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ \`${database}\`;\n\nUSE \`${database}\`;\n\n`,
      )
    const only = options.allDatabases || several ? [] : options.operands.slice(1)
    for (const [table] of await rows(session, 'SHOW TABLES')) {
      const name = String(table)
      if (only.length === 0 || only.includes(name)) await stdout.write(await tableText(session, name, options.withData))
    }
  }
  await stdout.write(`-- Dump completed on ${strftime('%Y-%m-%d %H:%M:%S', localTime(process.world.now(), zoneOf(process)))}\n`)
  return 0
}

function head(session: DatabaseSession, database: string): string {
  const { version } = session.setup
  return `-- MariaDB dump 10.19  Distrib ${version.replace(/-0\+.*$/, '')}, for debian-linux-gnu (x86_64)
--
-- Host: localhost    Database: ${database}
-- ------------------------------------------------------
-- Server version\t${version}

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!40101 SET NAMES utf8mb4 */;
/*!40014 SET @OLD_FOREIGN_KEY_CHECKS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;

`
}

async function tableText(session: DatabaseSession, table: string, withData: boolean): Promise<string> {
  const [created] = await rows(session, `SHOW CREATE TABLE \`${table}\``)
  const structure = `--
-- Table structure for table \`${table}\`
--

DROP TABLE IF EXISTS \`${table}\`;
${String(created?.[1] ?? '')};

`
  if (!withData) return structure
  const data = await rows(session, `SELECT * FROM \`${table}\``)
  const values = data.map((row) => `(${row.map(literal).join(',')})`).join(',\n')
  return `${structure}--
-- Dumping data for table \`${table}\`
--

LOCK TABLES \`${table}\` WRITE;
${values === '' ? '' : `INSERT INTO \`${table}\` VALUES\n${values};\n`}UNLOCK TABLES;

`
}

function literal(value: SqlValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'boolean') return value ? '1' : '0'
  return `'${textOf(value).replace(/['\\]/g, '\\$&').replaceAll('\n', '\\n')}'`
}

async function rows(session: DatabaseSession, sql: string): Promise<SqlValue[][]> {
  for await (const { result } of runSql(session, sql)) if (result.kind === 'rows') return result.rows
  return []
}
