import { ExpressionParser } from './expression-parser.ts'
import type {
  Alteration,
  Assignment,
  ColumnDefinition,
  Expression,
  FromItem,
  InsertStatement,
  KeyDefinition,
  OrderItem,
  SelectItem,
  Statement,
  TableName,
} from './syntax.ts'
import { parseType } from './type-names.ts'

/** One parsed statement with its text. */
export interface ParsedStatement {
  statement: Statement
  text: string
  /** Where its text begins in the whole. */
  at: number
  /** Of `?`, `$n`. */
  parameters: number
}

/**
 * Parses the statements of a text one after the other: a syntax error in the second does not undo the first.
 * @throws SqlError
 */
export class SqlParser extends ExpressionParser {
  /** Whether nothing but semicolons is left. */
  get isAtEnd(): boolean {
    while (this.reader.takes(';'));
    return this.reader.token.kind === 'end'
  }

  /** The next statement; undefined at the end of the text. */
  next(): ParsedStatement | undefined {
    if (this.isAtEnd) return undefined
    const { token } = this.reader
    this.parameterCount = 0
    const statement = this.statement()
    if (this.reader.token.kind !== 'end' && !this.reader.takes(';') && !this.dialect.separatesByBlanks) throw this.reader.error()
    return {
      statement,
      text: this.reader.sql.slice(token.at, this.reader.lastEnd).replace(/;$/, ''),
      at: token.at,
      parameters: this.parameterCount,
    }
  }

  statement(): Statement {
    return this.reader.nested(() => this.#statement())
  }

  #statement(): Statement {
    const own = this.dialect.statement(this)
    if (own) return own
    const { reader } = this
    switch (reader.token.upper) {
      case 'SELECT':
      case 'WITH':
      case 'VALUES':
      case '(':
        return { kind: 'select', select: this.select() }
      case 'TABLE':
        return { kind: 'select', select: this.select() }
      case 'INSERT':
      case 'REPLACE':
        return this.#insert()
      case 'UPDATE':
        return this.#update()
      case 'DELETE':
        return this.#delete()
      case 'CREATE':
        return this.#create()
      case 'DROP':
        return this.#drop()
      case 'TRUNCATE':
        reader.take()
        reader.takes('TABLE')
        return { kind: 'truncate', tables: this.#tableNames() }
      case 'ALTER':
        return this.#alter()
      case 'BEGIN':
      case 'START':
        return {
          kind: 'transaction',
          what: 'begin',
          verb: reader.take().upper === 'START' ? this.#transactionWords('START TRANSACTION') : this.#transactionWords('BEGIN'),
        }
      case 'COMMIT':
      case 'END':
        reader.take()
        this.#transactionWords()
        return { kind: 'transaction', what: 'commit', verb: 'COMMIT' }
      case 'ROLLBACK':
      case 'ABORT':
        reader.take()
        if (reader.takes('TO')) {
          reader.takes('SAVEPOINT')
          reader.name()
          return { kind: 'transaction', what: 'savepoint', verb: 'SAVEPOINT' }
        }
        this.#transactionWords()
        return { kind: 'transaction', what: 'rollback', verb: 'ROLLBACK' }
      case 'SAVEPOINT':
      case 'RELEASE':
        reader.skipStatement()
        return { kind: 'transaction', what: 'savepoint', verb: 'SAVEPOINT' }
      default:
        throw reader.error()
    }
  }

  #transactionWords(verb = ''): string {
    while (this.reader.token.kind === 'word' || this.reader.sees(',')) this.reader.take()
    return verb
  }

  tableName(): TableName {
    const { at } = this.reader.token
    const parts = [this.identifier()]
    // SQL Server leaves the schema out between two dots: master..sysobjects.
    while (this.reader.takes('.')) parts.push(this.reader.sees('.') ? '' : this.anyName())
    return { parts, at }
  }

  #tableNames(): TableName[] {
    return this.reader.list(() => {
      this.reader.takes('ONLY')
      return this.tableName()
    })
  }

  #insert(): InsertStatement {
    const { reader } = this
    const isReplace = reader.take().upper === 'REPLACE'
    let ignoresDuplicates = false
    while (reader.seesOne('IGNORE', 'LOW_PRIORITY', 'DELAYED', 'HIGH_PRIORITY'))
      if (reader.take().upper === 'IGNORE') ignoresDuplicates = true
    reader.takes('INTO')
    const table = this.tableName()
    if (reader.takes('AS')) this.identifier()
    const statement: InsertStatement = { kind: 'insert', isReplace, ignoresDuplicates, table, columns: [], returning: [] }
    if (reader.sees('(') && !reader.sees('(', 'SELECT') && !reader.sees('(', 'WITH')) {
      statement.columns = reader.parenthesized(() => (reader.sees(')') ? [] : reader.list(() => this.#columnOf())))
    }
    if (reader.takes('OVERRIDING')) reader.expect(reader.token.upper, 'VALUE')
    if (reader.takes('DEFAULT', 'VALUES')) statement.rows = [[]]
    else if (reader.takes('VALUES') || reader.takes('VALUE')) statement.rows = reader.list(() => this.#valueRow())
    else if (reader.takes('SET')) {
      const assignments = this.#assignments()
      statement.columns = assignments.map(({ column }) => column)
      statement.rows = [assignments.map(({ value }) => value)]
    } else statement.select = this.select()
    this.#conflict(statement)
    statement.returning = this.#returning()
    return statement
  }

  /** A column that may stand behind its table: `t.c`. */
  #columnOf(): string {
    let name = this.anyName()
    while (this.reader.takes('.')) name = this.anyName()
    return name
  }

  #valueRow(): (Expression | undefined)[] {
    const { reader } = this
    return reader.parenthesized(() =>
      reader.sees(')') ? [] : reader.list(() => (reader.takes('DEFAULT') ? undefined : this.expression())),
    )
  }

  #conflict(statement: InsertStatement): void {
    const { reader } = this
    if (reader.takes('ON', 'DUPLICATE')) {
      reader.expect('KEY', 'UPDATE')
      statement.onDuplicate = this.#assignments()
    } else if (reader.takes('ON', 'CONFLICT')) {
      if (reader.sees('(')) reader.parenthesized(() => reader.list(() => this.expression()))
      else if (reader.takes('ON')) {
        reader.expect('CONSTRAINT')
        this.anyName()
      }
      reader.expect('DO')
      if (reader.takes('NOTHING')) statement.ignoresDuplicates = true
      else {
        reader.expect('UPDATE', 'SET')
        statement.onDuplicate = this.#assignments()
        if (reader.takes('WHERE')) this.expression()
      }
    }
  }

  #assignments(): Assignment[] {
    return this.reader.list(() => {
      const column = this.#columnOf()
      if (!this.reader.takes(':=')) this.reader.expect('=')
      return this.reader.takes('DEFAULT') ? { column } : { column, value: this.expression() }
    })
  }

  #returning(): SelectItem[] {
    return this.reader.takes('RETURNING') ? this.selectItems() : []
  }

  #update(): Statement {
    const { reader } = this
    reader.take()
    while (reader.seesOne('IGNORE', 'LOW_PRIORITY', 'ONLY')) reader.take()
    this.skipTop()
    const table = this.tableName()
    const alias = this.alias()
    reader.expect('SET')
    const set = this.#assignments()
    const from: FromItem | undefined = reader.takes('FROM') ? this.from() : undefined
    return {
      kind: 'update',
      table,
      set,
      ...(alias && { alias }),
      ...(from && { from }),
      ...this.#condition(),
      returning: this.#returning(),
    }
  }

  #delete(): Statement {
    const { reader } = this
    reader.take()
    while (reader.seesOne('IGNORE', 'LOW_PRIORITY', 'QUICK')) reader.take()
    this.skipTop()
    reader.takes('FROM')
    reader.takes('ONLY')
    const table = this.tableName()
    const alias = this.alias()
    const from: FromItem | undefined = reader.takes('USING') || reader.takes('FROM') ? this.from() : undefined
    return { kind: 'delete', table, ...(alias && { alias }), ...(from && { from }), ...this.#condition(), returning: this.#returning() }
  }

  #condition(): { where?: Expression; orderBy: OrderItem[]; limit?: Expression } {
    const where = this.reader.takes('WHERE') ? this.expression() : undefined
    const orderBy = this.orderBy()
    const limit = this.reader.takes('LIMIT') ? this.expression() : undefined
    return { ...(where && { where }), orderBy, ...(limit && { limit }) }
  }

  #create(): Statement {
    const { reader } = this
    const start = reader.position
    reader.take()
    const isTemporary = this.#takesTemporary()
    if (reader.takes('TABLE')) return this.#createTable(isTemporary)
    if (reader.takes('DATABASE')) return this.#createDatabase('create-database')
    if (reader.takes('SCHEMA')) return this.#createDatabase(this.dialect.schemaIsDatabase ? 'create-database' : 'create-schema')
    if (reader.takes('UNIQUE')) return this.#createIndex('unique')
    if (reader.seesOne('INDEX', 'NONCLUSTERED', 'CLUSTERED', 'FULLTEXT')) return this.#createIndex('index')
    reader.position = start + 1
    throw reader.error()
  }

  #takesTemporary(): boolean {
    const { reader } = this
    reader.takes('OR', 'REPLACE')
    if (reader.takes('GLOBAL') || reader.takes('LOCAL')) return reader.takes('TEMPORARY') || reader.takes('TEMP')
    if (reader.takes('UNLOGGED')) return false
    return reader.takes('TEMPORARY') || reader.takes('TEMP')
  }

  #ifNotExists(): boolean {
    return this.reader.takes('IF', 'NOT', 'EXISTS')
  }

  #ifExists(): boolean {
    return this.reader.takes('IF', 'EXISTS')
  }

  #createDatabase(kind: 'create-database' | 'create-schema'): Statement {
    const ifNotExists = this.#ifNotExists()
    const name = this.anyName()
    this.reader.skipStatement()
    return { kind, name, ifNotExists }
  }

  #createIndex(kind: 'unique' | 'index'): Statement {
    const { reader } = this
    while (reader.seesOne('NONCLUSTERED', 'CLUSTERED', 'FULLTEXT')) reader.take()
    reader.expect('INDEX')
    reader.takes('CONCURRENTLY')
    this.#ifNotExists()
    const name = reader.sees('ON') ? undefined : this.anyName()
    reader.expect('ON')
    const table = this.tableName()
    if (reader.takes('USING')) this.anyName()
    const columns = this.#keyColumns()
    reader.skipStatement()
    return { kind: 'create-index', table, key: { kind, columns, ...(name && { name }) } }
  }

  #createTable(isTemporary: boolean): Statement {
    const { reader } = this
    const ifNotExists = this.#ifNotExists()
    const table = this.tableName()
    const columns: ColumnDefinition[] = []
    const keys: KeyDefinition[] = []
    let like: TableName | undefined
    if (reader.takes('LIKE')) like = this.tableName()
    else if (reader.sees('(', 'LIKE')) {
      reader.expect('(', 'LIKE')
      like = this.tableName()
      while (!reader.takes(')')) if (reader.take().kind === 'end') throw reader.error()
    } else if (reader.sees('(') && !reader.sees('(', 'SELECT')) {
      reader.parenthesized(() => reader.sees(')') || reader.list(() => this.#tableElement(columns, keys)))
    }
    this.#tableOptions()
    const hasSelect = reader.takes('AS') || reader.seesOne('SELECT', 'WITH', '(')
    const select = hasSelect ? this.select() : undefined
    if (reader.takes('WITH')) reader.skipStatement()
    return { kind: 'create-table', table, ifNotExists, isTemporary, columns, keys, ...(select && { select }), ...(like && { like }) }
  }

  /** ENGINE=InnoDB, WITH (fillfactor=70), ON [PRIMARY] … say nothing that we keep. */
  #tableOptions(): void {
    const { reader } = this
    while (reader.token.kind !== 'end' && !reader.seesOne(';', 'AS', 'SELECT', '(')) {
      if (this.dialect.separatesByBlanks && this.dialect.isReserved(reader.token.upper) && !reader.seesOne('ON', 'WITH')) return
      reader.take()
      if (reader.sees('(') && !reader.sees('(', 'SELECT')) this.skipParentheses()
    }
  }

  /** A balanced pair and all in it. */
  skipParentheses(): void {
    const { reader } = this
    reader.expect('(')
    for (let depth = 1; depth > 0; ) {
      const { kind, upper } = reader.take()
      if (kind === 'end') throw reader.error()
      if (upper === '(') depth++
      if (upper === ')') depth--
    }
  }

  #tableElement(columns: ColumnDefinition[], keys: KeyDefinition[]): void {
    const { reader } = this
    let name: string | undefined
    if (reader.takes('CONSTRAINT')) name = reader.seesOne('PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK') ? undefined : this.anyName()
    const key = this.#keyElement(name)
    if (key === 'ignored') return
    if (key) keys.push(key)
    else columns.push(this.columnDefinition())
  }

  #keyElement(name: string | undefined): KeyDefinition | 'ignored' | undefined {
    const { reader } = this
    const named = name === undefined ? {} : { name }
    if (reader.takes('PRIMARY')) {
      reader.expect('KEY')
      return { kind: 'primary', columns: this.#keyColumns(), ...named }
    }
    if (reader.sees('UNIQUE') || (reader.seesOne('KEY', 'INDEX', 'FULLTEXT', 'SPATIAL') && this.dialect.backtickNames)) {
      const kind = reader.take().upper === 'UNIQUE' ? 'unique' : 'index'
      if (reader.seesOne('KEY', 'INDEX')) reader.take()
      const own = reader.sees('(') || reader.seesOne('CLUSTERED', 'NONCLUSTERED') ? undefined : this.anyName()
      return { kind, columns: this.#keyColumns(), ...named, ...(own && { name: own }) }
    }
    if (reader.seesOne('FOREIGN', 'CHECK', 'EXCLUDE')) {
      while (reader.token.kind !== 'end' && !reader.seesOne(',', ')')) {
        if (reader.sees('(')) this.skipParentheses()
        else reader.take()
      }
      return 'ignored'
    }
    return undefined
  }

  #keyColumns(): string[] {
    const { reader } = this
    while (reader.seesOne('CLUSTERED', 'NONCLUSTERED')) reader.take()
    if (reader.takes('USING')) this.anyName()
    const columns = reader.parenthesized(() =>
      reader.list(() => {
        const expression = this.expression()
        if (reader.sees('(')) this.skipParentheses()
        while (reader.seesOne('ASC', 'DESC', 'NULLS', 'FIRST', 'LAST')) reader.take()
        return expression.kind === 'column' ? (expression.parts.at(-1) as string) : expression.kind === 'call' ? expression.name : ''
      }),
    )
    if (reader.takes('USING')) this.anyName()
    if (reader.takes('INCLUDE')) this.skipParentheses()
    if (reader.takes('WITH') && reader.sees('(')) this.skipParentheses()
    if (this.dialect.separatesByBlanks && reader.takes('ON')) this.anyName()
    return columns
  }

  columnDefinition(): ColumnDefinition {
    const { reader } = this
    const name = this.anyName()
    const { type, typeName, isSerial } = parseType(this, this.dialect)
    const column: ColumnDefinition = {
      name,
      type,
      typeName,
      isNullable: true,
      isPrimary: false,
      isUnique: false,
      isAutoIncrement: isSerial,
    }
    if (isSerial) column.isNullable = false
    while (this.#columnOption(column));
    if (column.isPrimary) column.isNullable = false
    if (reader.sees('(')) this.skipParentheses()
    return column
  }

  #columnOption(column: ColumnDefinition): boolean {
    const { reader } = this
    if (reader.takes('NOT', 'NULL')) column.isNullable = false
    else if (reader.takes('NULL')) column.isNullable = true
    else if (reader.takes('DEFAULT')) column.default = this.operand()
    else if (reader.takes('AUTO_INCREMENT')) column.isAutoIncrement = true
    else if (reader.takes('IDENTITY')) {
      column.isAutoIncrement = true
      if (reader.sees('(')) this.skipParentheses()
    } else if (reader.takes('PRIMARY', 'KEY')) column.isPrimary = true
    else if (reader.takes('PRIMARY')) column.isPrimary = true
    else if (reader.takes('UNIQUE')) {
      column.isUnique = true
      reader.takes('KEY')
    } else if (reader.seesOne('KEY') && this.dialect.backtickNames) {
      reader.take()
      column.isPrimary = true
    } else if (reader.takes('COMMENT')) column.comment = reader.string()
    else if (reader.takes('GENERATED')) {
      while (reader.token.kind === 'word') reader.take()
      column.isAutoIncrement = true
      if (reader.sees('(')) this.skipParentheses()
    } else if (reader.takes('CHARACTER', 'SET') || reader.takes('CHARSET') || reader.takes('COLLATE') || reader.takes('CONSTRAINT'))
      this.anyName()
    else if (reader.takes('REFERENCES')) {
      this.tableName()
      if (reader.sees('(')) this.skipParentheses()
    } else if (reader.takes('ON')) {
      reader.take()
      reader.take()
      if (reader.sees('(')) this.skipParentheses()
      else if (reader.seesOne('NULL', 'ACTION', 'DEFAULT')) reader.take()
    } else if (reader.takes('CHECK')) this.skipParentheses()
    else if (reader.seesOne('CLUSTERED', 'NONCLUSTERED', 'ASC', 'DESC', 'FIRST', 'ROWGUIDCOL', 'SPARSE')) reader.take()
    else if (reader.takes('AFTER')) this.anyName()
    else return false
    return true
  }

  #drop(): Statement {
    const { reader } = this
    const start = reader.position
    reader.take()
    reader.takes('TEMPORARY')
    if (reader.seesOne('TABLE', 'VIEW', 'INDEX', 'SEQUENCE')) return this.#dropTable(reader.take().upper)
    const isDatabase = reader.takes('DATABASE') || (this.dialect.schemaIsDatabase && reader.takes('SCHEMA'))
    if (isDatabase || reader.takes('SCHEMA')) {
      const ifExists = this.#ifExists()
      const names = reader.list(() => this.anyName())
      const isCascade = reader.takes('CASCADE')
      reader.takes('RESTRICT')
      if (isDatabase && reader.takes('WITH') && reader.sees('(')) this.skipParentheses()
      return isDatabase ? { kind: 'drop-database', names, ifExists } : { kind: 'drop-schema', names, ifExists, isCascade }
    }
    reader.position = start + 1
    throw reader.error()
  }

  #dropTable(word: string): Statement {
    const { reader } = this
    const what = word === 'VIEW' ? 'view' : word === 'INDEX' || word === 'SEQUENCE' ? 'index' : 'table'
    const ifExists = this.#ifExists()
    const tables = this.#tableNames()
    if (what === 'index' && reader.takes('ON')) this.tableName()
    if (reader.seesOne('CASCADE', 'RESTRICT')) reader.take()
    return { kind: 'drop-table', what, tables, ifExists }
  }

  #alter(): Statement {
    const { reader } = this
    const start = reader.position
    reader.take()
    reader.takes('IGNORE')
    if (!reader.takes('TABLE')) {
      reader.position = start + 1
      throw reader.error()
    }
    const ifExists = this.#ifExists()
    reader.takes('ONLY')
    const table = this.tableName()
    const alterations = reader.list(() => this.#alteration()).flat()
    return { kind: 'alter-table', table, alterations, ifExists }
  }

  #alteration(): Alteration[] {
    const { reader } = this
    if (reader.takes('ADD')) return this.#addition()
    if (reader.takes('DROP')) {
      if (reader.seesOne('CONSTRAINT', 'PRIMARY', 'KEY', 'INDEX', 'FOREIGN')) return this.#ignoredAlteration()
      reader.takes('COLUMN')
      const ifExists = this.#ifExists()
      const name = this.anyName()
      if (reader.seesOne('CASCADE', 'RESTRICT')) reader.take()
      return [{ kind: 'drop-column', name, ifExists }]
    }
    if (reader.takes('RENAME')) {
      if (reader.takes('COLUMN')) {
        const from = this.anyName()
        reader.expect('TO')
        return [{ kind: 'rename-column', from, to: this.anyName() }]
      }
      if (!reader.takes('TO')) reader.takes('AS')
      return [{ kind: 'rename', to: this.tableName() }]
    }
    if (reader.takes('CHANGE')) {
      reader.takes('COLUMN')
      return [{ kind: 'change-column', from: this.anyName(), column: this.columnDefinition() }]
    }
    if (reader.takes('MODIFY')) {
      reader.takes('COLUMN')
      const column = this.columnDefinition()
      return [{ kind: 'change-column', from: column.name, column }]
    }
    return this.#ignoredAlteration()
  }

  #addition(): Alteration[] {
    const { reader } = this
    const columns: ColumnDefinition[] = []
    const keys: KeyDefinition[] = []
    reader.takes('COLUMN')
    this.#ifNotExists()
    if (reader.sees('(')) reader.parenthesized(() => reader.list(() => this.#tableElement(columns, keys)))
    else this.#tableElement(columns, keys)
    return [
      ...columns.map((column) => ({ kind: 'add-column' as const, column })),
      ...keys.map((key) => ({ kind: 'add-key' as const, key })),
    ]
  }

  /** OWNER TO, ENGINE=, ALTER COLUMN, ENABLE KEYS …: done without an effect that shows. */
  #ignoredAlteration(): Alteration[] {
    const { reader } = this
    if (reader.token.kind !== 'word') throw reader.error()
    while (!reader.seesOne(',', ';')) {
      if (reader.sees('(')) this.skipParentheses()
      else if (reader.take().kind === 'end') break
    }
    return [{ kind: 'nothing' }]
  }
}
