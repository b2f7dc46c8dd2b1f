import type { Process } from '../../command.ts'
import { runSql } from '../../database/engine.ts'
import type { DatabaseSession, ResultColumn } from '../../database/session.ts'
import { SqlError } from '../../database/sql-error.ts'
import { toText } from '../../text.ts'
import { installedVersion } from '../../world/packages.ts'
import { openSession, productOf } from './connection.ts'
import { helpText } from './help.ts'
import { askPassword, type ClientOptions, clientOptions } from './options.ts'
import { type ResultStyle, resultText } from './results.ts'
import { ClientScreen } from './screen.ts'

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
    await stderr.write(`${session}\n${new ClientScreen(process).alarm}`)
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

/** Encloses a statement that went wrong. */
const RULE = '--------------\n'

/** A backslash command that there is not. */
const UNKNOWN = /^\\[^#!?.\-CGPRTWcdeghnpqrstuw]/

class Client {
  readonly #process: Process
  readonly #session: DatabaseSession
  readonly #options: ClientOptions
  #screen: ClientScreen | undefined
  /** Called at Ctrl-C while a statement runs. */
  #interrupt: (() => void) | undefined

  constructor(process: Process, session: DatabaseSession, options: ClientOptions) {
    this.#process = process
    this.#session = session
    this.#options = options
  }

  get #info(): (text: string) => string {
    return this.#screen?.info ?? ((text) => text)
  }

  async batch(text: string): Promise<number> {
    const { vertical, table, namesColumns, raw, force } = this.#options
    const form = vertical
      ? 'vertical'
      : (table ?? (this.#options.execute !== undefined && this.#process.stdout.isTerminal))
        ? 'table'
        : 'tabs'
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
    const screen = new ClientScreen(this.#process)
    this.#screen = screen
    this.#process.onSignal('INT', () => this.#interrupt?.())
    await stdout.write(this.#welcome(product, screen))
    const style = { namesColumns: this.#options.namesColumns, raw: this.#options.raw, info: screen.info }
    let buffer = ''
    for (;;) {
      const database = this.#session.database || '(none)'
      const prompt = product === 'mariadb' ? `MariaDB [${database}]> ` : 'mysql> '
      const line = await screen.line(buffer === '' ? prompt : `    ${openQuote(buffer)}> `)
      if (line.kind === 'interrupt') {
        buffer = ''
        continue
      }
      if (line.kind !== 'line' || /^\s*(exit|quit|\\q)\s*;?\s*$/i.test(line.text)) {
        await stdout.write(`${line.kind === 'line' ? '' : screen.endOfInput}${screen.info('Bye\n')}`)
        return 0
      }
      if (/\\c\s*$|^\s*clear\s*;?\s*$/.test(line.text)) {
        buffer = ''
        continue
      }
      if (buffer === '' && (await this.#own(line.text))) continue
      const unknown = UNKNOWN.exec(line.text)?.[0]
      if (unknown !== undefined && buffer === '') {
        await stdout.write(`ERROR: Unknown command '${unknown}'.\n${screen.alarm}`)
        buffer = ' '
        continue
      }
      buffer += buffer === '' ? line.text : `\n${line.text}`
      if (openQuote(buffer) !== '-' || !/(;|\\g|\\G)\s*$/.test(buffer)) continue
      if (/^\s*(;|\\g|\\G)\s*$/.test(buffer)) await stdout.write(`ERROR: No query specified\n\n${screen.alarm}`)
      for (const { sql, isVertical } of statements(buffer))
        await this.#run(sql, { ...style, form: isVertical ? 'vertical' : 'table', seconds: 0 }, undefined)
      buffer = ''
    }
  }

  #welcome(product: 'mariadb' | 'mysql', { info }: ClientScreen): string {
    const { version, connectionId } = this.#session.setup
    const help = info("Type 'help;' or '\\h' for help. Type '\\c' to clear the current input statement.\n\n")
    const rights =
      product === 'mariadb'
        ? info('Copyright (c) 2000, 2018, Oracle, MariaDB Corporation Ab and others.\n\n')
        : info(
            'Copyright (c) 2000, 2024, Oracle and/or its affiliates.\n\nOracle is a registered trademark of Oracle Corporation and/or its\naffiliates. Other names may be trademarks of their respective\nowners.\n\n',
          )
    const [name, system] = product === 'mariadb' ? ['MariaDB', 'Debian 12'] : ['MySQL', '(Ubuntu)']
    return (
      info(`Welcome to the ${name} monitor.  Commands end with ; or \\g.\n`) +
      info(`Your ${name} connection id is ${connectionId}\nServer version: ${version} ${system}\n\n`) +
      rights +
      help
    )
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
      await stdout.write(helpText(this.#info))
      return true
    }
    const use = /^\s*use\s+`?([\w$-]+)`?\s*$/i.exec(line)
    if (!use) return false
    await this.#run(`USE \`${use[1]}\``, { form: 'table', namesColumns: true, raw: false, seconds: 0, info: this.#info }, undefined)
    return true
  }

  /** Of a column of the database in use. */
  #mayBeNull({ name: called, source }: ResultColumn): boolean {
    if (!source) return false
    const found = [...(this.#session.catalog.database(this.#session.database)?.tables ?? [])].find(({ name }) => name === source)
    return found?.columns.find(({ name }) => name === called)?.isNullable ?? false
  }

  /** Waits for a slow statement; false when Ctrl-C ended it. */
  async #waits(ms: number): Promise<boolean> {
    const interrupted = new Promise<'interrupted'>((resolve) => {
      this.#interrupt = () => resolve('interrupted')
    })
    const outcome = await Promise.race([this.#process.sleep(ms), interrupted])
    this.#interrupt = undefined
    if (outcome !== 'interrupted') return true
    const said = '\nCtrl-C -- query killed.\nERROR 1317 (70100): Query execution was interrupted\n'
    await this.#process.stdout.write(said + (this.#screen?.alarm ?? ''))
    return false
  }

  async #run(sql: string, style: ResultStyle, line: number | undefined): Promise<boolean> {
    const { stdout, stderr } = this.#process
    const started = performance.now()
    try {
      for await (const { result } of runSql(this.#session, sql)) {
        if (this.#session.delayMs > 0 && !(await this.#waits(this.#session.delayMs))) return false
        const seconds = style.seconds === undefined ? undefined : (performance.now() - started + this.#session.delayMs) / 1000
        await stdout.write(resultText(result, { ...style, seconds, mayBeNull: (column) => this.#mayBeNull(column) }))
      }
      return true
    } catch (error) {
      if (!(error instanceof SqlError)) throw error
      const { code, state, message } = this.#session.dialect.word(error.problem)
      if (line !== undefined && this.#options.execute !== undefined && stdout.isTerminal) await stdout.write(`${RULE}${sql}\n${RULE}\n`)
      await (line === undefined ? stdout : stderr).write(
        `ERROR ${code} (${state})${line === undefined ? '' : ` at line ${line}`}: ${message}\n${this.#screen?.alarm ?? ''}`,
      )
      return false
    }
  }
}

/** The quote that a text leaves open; `-` where it is none. */
function openQuote(text: string): string {
  const rest = text.replace(/'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|(?:--[ \t]|#)[^\n]*/gs, '')
  return /['"`]/.exec(rest)?.[0] ?? '-'
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
