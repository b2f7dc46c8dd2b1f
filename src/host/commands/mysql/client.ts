import type { Process } from '../../command.ts'
import { runSql } from '../../database/engine.ts'
import type { DatabaseSession } from '../../database/session.ts'
import { SqlError } from '../../database/sql-error.ts'
import { toText } from '../../text.ts'
import { installedVersion } from '../../world/packages.ts'
import { openSession, productOf } from './connection.ts'
import { askPassword, type ClientOptions, clientOptions } from './options.ts'
import { type ResultStyle, resultText } from './results.ts'

/** The client: statements of `-e`, of its input, or of who types them. */
export async function mysqlClient(process: Process): Promise<number> {
  const options = clientOptions(process)
  const { stdout, stderr } = process
  const product = productOf(process)
  if (options.version || options.help) {
    await stdout.write(versionLine(process, product))
    return 0
  }
  if (options.asksPassword) options.password = await askPassword(process)
  const session = await openSession(process, { ...options, database: options.database ?? options.operands[0] })
  if (typeof session === 'string') {
    await stderr.write(`${session}\n`)
    return 1
  }
  const client = new Client(process, session, options)
  if (options.execute !== undefined) return client.batch(options.execute)
  if (!process.stdin.isTerminal) return client.batch(toText(Buffer.from(await process.stdin.all())))
  return client.interactive(product)
}

function versionLine(process: Process, product: 'mariadb' | 'mysql'): string {
  const name = process.argv[0] as string
  return product === 'mariadb'
    ? `${name}  Ver 15.1 Distrib ${(installedVersion(process.world, 'mariadb-client') ?? installedVersion(process.world, 'mariadb-server') ?? '10.11.14').replace(/^\d+:|-.*$/g, '')}-MariaDB, for debian-linux-gnu (x86_64) using  EditLine wrapper\n`
    : `${name}  Ver 8.0.39 for Linux on x86_64 ((Ubuntu))\n`
}

class Client {
  readonly #process: Process
  readonly #session: DatabaseSession
  readonly #options: ClientOptions

  constructor(process: Process, session: DatabaseSession, options: ClientOptions) {
    this.#process = process
    this.#session = session
    this.#options = options
  }

  async batch(text: string): Promise<number> {
    const { vertical, table, namesColumns, raw, force } = this.#options
    const form = vertical ? 'vertical' : (table ?? this.#process.stdout.isTerminal) ? 'table' : 'tabs'
    let status = 0
    for (const { sql, isVertical } of statements(text)) {
      const fine = await this.#run(sql, { form: isVertical ? 'vertical' : form, namesColumns, raw, seconds: undefined }, 1)
      if (!fine) status = 1
      if (!fine && !force) return 1
    }
    return status
  }

  async interactive(product: 'mariadb' | 'mysql'): Promise<number> {
    const { stdout } = this.#process
    const { version, connectionId } = this.#session.setup
    await stdout.write(
      product === 'mariadb'
        ? `Welcome to the MariaDB monitor.  Commands end with ; or \\g.\nYour MariaDB connection id is ${connectionId}\nServer version: ${version} Debian 12\n\nCopyright (c) 2000, 2018, Oracle, MariaDB Corporation Ab and others.\n\nType 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.\n\n`
        : `Welcome to the MySQL monitor.  Commands end with ; or \\g.\nYour MySQL connection id is ${connectionId}\nServer version: ${version} (Ubuntu)\n\nCopyright (c) 2000, 2024, Oracle and/or its affiliates.\n\nOracle is a registered trademark of Oracle Corporation and/or its\naffiliates. Other names may be trademarks of their respective\nowners.\n\nType 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.\n\n`,
    )
    let buffer = ''
    for (;;) {
      const database = this.#session.database || '(none)'
      const prompt = product === 'mariadb' ? `MariaDB [${database}]> ` : 'mysql> '
      await stdout.write(buffer === '' ? prompt : '    -> '.padStart(Math.max(7, prompt.length)))
      const line = await this.#process.stdin.line()
      if (line === undefined || /^\s*(exit|quit|\\q)\s*;?\s*$/i.test(line)) {
        await stdout.write(line === undefined ? '\nBye\n' : 'Bye\n')
        return 0
      }
      if (/\\c\s*$/.test(line)) {
        buffer = ''
        continue
      }
      if (buffer === '' && (await this.#own(line))) continue
      buffer += line
      if (!/(;|\\g|\\G)\s*$/.test(buffer)) continue
      const style = { namesColumns: this.#options.namesColumns, raw: this.#options.raw }
      for (const { sql, isVertical } of statements(buffer))
        await this.#run(sql, { ...style, form: isVertical ? 'vertical' : 'table', seconds: 0 }, undefined)
      buffer = ''
    }
  }

  /** Commands of the client itself. True when it was one. */
  async #own(line: string): Promise<boolean> {
    const { stdout } = this.#process
    const shell = /^\s*(?:\\!|system)\s+(.+?)\s*;?\s*$/.exec(line)
    if (shell) {
      await this.#process.run(['/bin/sh', '-c', shell[1] as string])
      return true
    }
    const file = /^\s*(?:\\\.|source)\s+(\S+?)\s*;?\s*$/.exec(line)
    if (file) {
      try {
        await this.batch(toText(this.#process.files.read(file[1] as string)))
      } catch {
        await stdout.write(`ERROR: Failed to open file '${file[1]}', error: 2\n`)
      }
      return true
    }
    if (/^\s*$/.test(line)) return true
    if (/^\s*(\\h|\?|help)\s*;?\s*$/i.test(line)) {
      await stdout.write(
        "\nGeneral information about MariaDB can be found at\nhttp://mariadb.org\n\nList of all client commands:\nNote that all text commands must be first on line and end with ';'\nexit      (\\q) Exit mysql. Same as quit.\nquit      (\\q) Quit mysql.\nsource    (\\.) Execute an SQL script file. Takes a file name as an argument.\nsystem    (\\!) Execute a system shell command.\nuse       (\\u) Use another database. Takes database name as argument.\n\n",
      )
      return true
    }
    const use = /^\s*use\s+`?([\w$-]+)`?\s*$/i.exec(line)
    if (!use) return false
    await this.#run(`USE \`${use[1]}\``, { form: 'table', namesColumns: true, raw: false, seconds: 0 }, undefined)
    return true
  }

  async #run(sql: string, style: ResultStyle, line: number | undefined): Promise<boolean> {
    const { stdout, stderr } = this.#process
    const started = performance.now()
    try {
      for await (const { result } of runSql(this.#session, sql)) {
        if (this.#session.delayMs > 0) await this.#process.sleep(this.#session.delayMs)
        const seconds = style.seconds === undefined ? undefined : (performance.now() - started + this.#session.delayMs) / 1000
        await stdout.write(resultText(result, { ...style, seconds }))
      }
      return true
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      const { code, state, message } = this.#session.dialect.word(error.problem)
      await (line === undefined ? stdout : stderr).write(
        `ERROR ${code} (${state})${line === undefined ? '' : ` at line ${line}`}: ${message}${line === undefined ? '\n' : ''}\n`,
      )
      return false
    }
  }
}

/** Statements of a text with what ends them; quotes and comments are respected. */
export function* statements(text: string): Generator<{ sql: string; isVertical: boolean }> {
  const token = /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|\/\*.*?\*\/|(?:--[ \t]|#)[^\n]*|;|\\[gG]/gs
  let start = 0
  for (const found of text.matchAll(token)) {
    const end = found[0]
    if (end !== ';' && end !== '\\g' && end !== '\\G') continue
    const sql = text.slice(start, found.index).trim()
    start = found.index + end.length
    if (sql !== '') yield { sql, isVertical: end === '\\G' }
  }
  const rest = text.slice(start).trim()
  if (rest !== '') yield { sql: rest, isVertical: false }
}
