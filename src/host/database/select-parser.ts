import type { Dialect } from './dialect.ts'
import { SqlError } from './sql-error.ts'
import type { CallExpression, Expression, FromItem, OrderItem, Select, SelectItem } from './syntax.ts'
import { TokenReader } from './token-reader.ts'

/** SELECT and its parts. The expressions in it are read by the class below in the hierarchy. */
export abstract class SelectParser {
  readonly dialect: Dialect
  readonly reader: TokenReader

  constructor(sql: string, dialect: Dialect) {
    this.dialect = dialect
    this.reader = new TokenReader(sql, dialect.lexical)
  }

  abstract expression(): Expression
  /** One value with its sign, without what follows it. */
  abstract operand(): Expression

  /** A name where reserved words need quotes. */
  identifier(): string {
    const isQuoted = this.reader.token.kind === 'name'
    const name = this.reader.name((upper) => this.dialect.isReserved(upper))
    return isQuoted ? name : this.dialect.fold(name)
  }

  /** A name after a dot or a keyword, where any word will do. */
  anyName(): string {
    const isQuoted = this.reader.token.kind === 'name'
    const name = this.reader.token.kind === 'string' && this.dialect.backtickNames ? this.reader.take().text : this.reader.name()
    return isQuoted ? name : this.dialect.fold(name)
  }

  /** `AS alias` or `alias`. */
  alias(): string | undefined {
    const { reader } = this
    if (reader.takes('AS')) return reader.token.kind === 'string' ? reader.take().text : this.anyName()
    const { kind, upper, text } = reader.token
    if (kind === 'name') return reader.take().text
    if (kind === 'string' && this.dialect.backtickNames) return reader.take().text
    if (kind !== 'word' || this.dialect.isReserved(upper)) return undefined
    reader.take()
    return this.dialect.fold(text)
  }

  select(): Select {
    return this.reader.nested(() => this.#select())
  }

  #select(): Select {
    const { reader } = this
    const parts = reader.takes('WITH') ? this.#with() : []
    const first = this.#operand()
    const isWhole = first.orderBy.length > 0 || first.limit !== undefined || first.combined.length > 0
    // `(select … limit 1) union …`: the parenthesized part keeps its own order and limit.
    const select: Select = isWhole && reader.seesOne('UNION', 'EXCEPT', 'INTERSECT') ? wrap(first) : first
    if (parts.length) select.with = [...parts, ...select.with]
    for (;;) {
      const { upper } = reader.token
      if (upper !== 'UNION' && upper !== 'EXCEPT' && upper !== 'INTERSECT' && upper !== 'MINUS') break
      reader.take()
      const isAll = reader.takes('ALL')
      reader.takes('DISTINCT')
      const operator = upper === 'MINUS' ? 'EXCEPT' : upper
      select.combined.push({ operator, isAll, select: this.#operand() })
    }
    if (reader.sees('ORDER') || reader.seesOne('LIMIT', 'OFFSET', 'FETCH')) this.#tail(select)
    this.#into(select)
    this.#trailers()
    return select
  }

  #with(): Select['with'] {
    const { reader } = this
    const isRecursive = reader.takes('RECURSIVE')
    return reader.list(() => {
      const name = this.anyName()
      const columns = reader.sees('(') ? reader.parenthesized(() => reader.list(() => this.anyName())) : []
      reader.expect('AS')
      if (reader.takes('NOT')) reader.expect('MATERIALIZED')
      else reader.takes('MATERIALIZED')
      return { name, columns, select: reader.parenthesized(() => this.select()), isRecursive }
    })
  }

  /** One side of UNION. */
  #operand(): Select {
    const { reader } = this
    if (reader.takes('(')) {
      const inner = this.select()
      reader.expect(')')
      return inner
    }
    const select: Select = { with: [], isDistinct: false, items: [], groupBy: [], orderBy: [], combined: [] }
    if (reader.takes('VALUES')) {
      select.values = reader.list(() => {
        reader.takes('ROW')
        return reader.parenthesized(() => reader.list(() => this.expression()))
      })
      return select
    }
    if (reader.takes('TABLE')) {
      const { at } = reader.token
      select.items = [{ expression: { kind: 'star' }, text: '*' }]
      select.from = { kind: 'table', parts: [this.identifier()], columnAliases: [], at }
      return select
    }
    reader.expect('SELECT')
    this.#quantifiers(select)
    if (!(this.dialect.name === 'postgresql' && reader.seesOne('FROM', ';', ')', 'WHERE'))) select.items = this.selectItems()
    this.#into(select)
    if (reader.takes('FROM')) select.from = this.from()
    else if (this.dialect.needsFrom) throw new SqlError({ kind: 'no-from' })
    if (reader.takes('WHERE')) select.where = this.expression()
    if (reader.takes('GROUP', 'BY')) {
      select.groupBy = reader.list(() => this.expression())
      if (reader.takes('WITH')) reader.expect('ROLLUP')
    }
    if (reader.takes('HAVING')) select.having = this.expression()
    // MySQL lets PROCEDURE ANALYSE(…) follow; injections try it.
    if (reader.takes('PROCEDURE')) this.expression()
    return select
  }

  #quantifiers(select: Select): void {
    const { reader } = this
    for (;;) {
      if (reader.takes('DISTINCT')) {
        select.isDistinct = true
        if (reader.takes('ON')) reader.parenthesized(() => reader.list(() => this.expression()))
      } else if (
        reader.seesOne(
          'ALL',
          'SQL_NO_CACHE',
          'SQL_CACHE',
          'SQL_CALC_FOUND_ROWS',
          'STRAIGHT_JOIN',
          'HIGH_PRIORITY',
          'DISTINCTROW',
          'SQL_BUFFER_RESULT',
          'SQL_SMALL_RESULT',
          'SQL_BIG_RESULT',
        )
      ) {
        const { upper } = reader.take()
        if (upper === 'DISTINCTROW') select.isDistinct = true
        if (upper === 'SQL_CALC_FOUND_ROWS') select.countsAll = true
      } else if (this.dialect.separatesByBlanks && reader.sees('TOP')) {
        reader.take()
        select.limit = reader.sees('(') ? reader.parenthesized(() => this.expression()) : this.#number()
        if (reader.takes('PERCENT')) delete select.limit
        if (reader.takes('WITH')) reader.expect('TIES')
      } else return
    }
  }

  #number(): Expression {
    if (this.reader.token.kind !== 'number' && this.reader.token.kind !== 'variable') throw this.reader.error()
    // `TOP 2 *` is no product.
    return this.operand()
  }

  skipTop(): void {
    if (!this.dialect.separatesByBlanks || !this.reader.takes('TOP')) return
    if (this.reader.sees('(')) this.reader.parenthesized(() => this.expression())
    else this.reader.take()
  }

  selectItems(): SelectItem[] {
    return this.reader.list(() => this.#item())
  }

  #item(): SelectItem {
    const { reader } = this
    const { at } = reader.token
    // T-SQL: `SELECT name = expression`.
    if (this.dialect.separatesByBlanks && (reader.token.kind === 'word' || reader.token.kind === 'name') && reader.ahead().upper === '=') {
      const alias = this.anyName()
      reader.expect('=')
      return { expression: this.expression(), alias, text: alias }
    }
    if (this.dialect.separatesByBlanks && reader.token.kind === 'variable' && reader.ahead().upper === '=') {
      const name = reader.take().text
      reader.expect('=')
      return { expression: { kind: 'assign', name, value: this.expression() }, text: '' }
    }
    const expression = this.expression()
    const text = reader.textFrom(at)
    const alias = expression.kind === 'star' ? undefined : this.alias()
    return { expression, text, ...(alias !== undefined && { alias }) }
  }

  /** MySQL's INTO OUTFILE, INTO DUMPFILE, INTO @variable; SELECT … INTO table of the others. */
  #into(select: Select): void {
    const { reader } = this
    if (!reader.takes('INTO')) return
    if (reader.takes('OUTFILE')) {
      select.target = { how: 'outfile', name: reader.string() }
      while (reader.token.kind === 'word' && !reader.seesOne('FROM', 'FOR', 'UNION')) {
        const { upper } = reader.take()
        if (upper === 'TERMINATED' || upper === 'STARTING') {
          const of = reader.tokens[reader.position - 2]?.upper
          reader.takes('BY')
          const by = reader.string()
          if (upper === 'STARTING') select.target.linesStartingBy = by
          else if (of === 'LINES' || select.target.fieldsTerminatedBy !== undefined) select.target.linesTerminatedBy = by
          else select.target.fieldsTerminatedBy = by
        } else if (upper === 'ENCLOSED' || upper === 'ESCAPED') {
          reader.takes('BY')
          reader.string()
        }
      }
    } else if (reader.takes('DUMPFILE')) select.target = { how: 'dumpfile', name: reader.string() }
    else if (reader.token.kind === 'variable') {
      const variables = reader.list(() => reader.take().text)
      select.target = { how: 'variables', name: '', variables }
    } else if (this.dialect.name === 'oracle') {
      const variables = reader.list(() => `@${this.anyName()}`)
      select.target = { how: 'variables', name: '', variables }
    } else {
      while (reader.seesOne('TEMPORARY', 'TEMP', 'UNLOGGED', 'TABLE')) reader.take()
      const { text, kind } = reader.token
      if (kind === 'symbol' && text === '#') reader.take()
      const parts = [this.identifier()]
      while (reader.takes('.')) parts.push(this.anyName())
      select.target = { how: 'table', name: parts.at(-1) as string }
    }
  }

  #tail(select: Select): void {
    const { reader } = this
    const orderBy = this.orderBy()
    if (orderBy.length) select.orderBy = orderBy
    for (;;) {
      if (reader.takes('LIMIT')) {
        if (reader.takes('ALL')) continue
        select.limit = this.expression()
        if (reader.takes(',')) {
          select.offset = select.limit
          select.limit = this.expression()
        }
      } else if (reader.takes('OFFSET')) {
        select.offset = this.expression()
        if (reader.seesOne('ROW', 'ROWS')) reader.take()
      } else if (reader.takes('FETCH')) {
        reader.take()
        select.limit = reader.seesOne('ROW', 'ROWS') ? { kind: 'literal', value: 1, type: { kind: 'integer' } } : this.expression()
        reader.take()
        reader.takes('ONLY')
      } else return
    }
  }

  /** FOR UPDATE, LOCK IN SHARE MODE, OPTION (…), FOR XML …: nothing that changes the rows. */
  #trailers(): void {
    const { reader } = this
    for (;;) {
      if (reader.sees('FOR') && ['UPDATE', 'SHARE', 'NO', 'KEY'].includes(reader.ahead().upper)) {
        while (reader.token.kind === 'word') reader.take()
      } else if (reader.sees('FOR', 'XML') || reader.sees('FOR', 'JSON') || reader.sees('FOR', 'BROWSE')) {
        while (reader.token.kind !== 'end' && !reader.seesOne(')', ';')) reader.take()
      } else if (reader.takes('LOCK', 'IN', 'SHARE', 'MODE')) continue
      else if (reader.sees('OPTION', '(')) {
        while (!reader.takes(')')) if (reader.take().kind === 'end') throw reader.error()
      } else return
    }
  }

  orderBy(): OrderItem[] {
    const { reader } = this
    if (!reader.takes('ORDER')) return []
    reader.takes('SIBLINGS')
    reader.expect('BY')
    return reader.list(() => {
      const by = this.expression()
      if (reader.takes('USING')) reader.take()
      const isDescending = reader.takes('DESC')
      if (!isDescending) reader.takes('ASC')
      const nulls = reader.takes('NULLS') ? (reader.take().upper === 'FIRST' ? 'first' : 'last') : undefined
      return { by, isDescending, ...(nulls && { nulls }) }
    })
  }

  from(): FromItem {
    let left = this.#joined()
    while (this.reader.takes(',')) left = { kind: 'join', how: 'cross', left, right: this.#joined() }
    return left
  }

  #joined(): FromItem {
    const { reader } = this
    let left = this.#fromItem()
    for (;;) {
      const isNatural = reader.takes('NATURAL')
      const how = this.#joinKind()
      if (!how) return left
      reader.takes('LATERAL')
      const right = this.#fromItem()
      const on = reader.takes('ON') ? this.expression() : undefined
      const using = !on && reader.takes('USING') ? reader.parenthesized(() => reader.list(() => this.anyName())) : undefined
      left = { kind: 'join', how, left, right, ...(on && { on }), ...(using && { using }), ...(isNatural && { isNatural }) }
    }
  }

  #joinKind(): 'inner' | 'left' | 'right' | 'full' | 'cross' | undefined {
    const { reader } = this
    if (reader.takes('JOIN') || reader.takes('INNER', 'JOIN') || reader.takes('STRAIGHT_JOIN')) return 'inner'
    if (reader.takes('CROSS', 'JOIN') || reader.takes('CROSS', 'APPLY')) return 'cross'
    if (reader.takes('OUTER', 'APPLY')) return 'left'
    for (const how of ['LEFT', 'RIGHT', 'FULL'] as const) {
      if (reader.takes(how, 'JOIN') || reader.takes(how, 'OUTER', 'JOIN')) return how.toLowerCase() as 'left' | 'right' | 'full'
    }
    return undefined
  }

  #fromItem(): FromItem {
    return this.reader.nested(() => this.#fromItemOf())
  }

  #fromItemOf(): FromItem {
    const { reader } = this
    reader.takes('LATERAL')
    reader.takes('ONLY')
    if (reader.sees('(')) {
      const start = reader.position
      let i = 0
      while (reader.ahead(i).upper === '(') i++
      if (['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(reader.ahead(i).upper)) {
        reader.expect('(')
        const select = this.select()
        reader.expect(')')
        // `((select …) join …)`: the inner parenthesis was a table of a join.
        if (!reader.seesOne('JOIN', 'INNER', 'LEFT', 'RIGHT', 'CROSS') || i === 1) return { kind: 'derived', select, ...this.#aliases() }
      }
      reader.position = start
      return reader.parenthesized(() => this.from())
    }
    const { at } = reader.token
    const parts = [this.identifier()]
    while (reader.takes('.')) parts.push(reader.sees('.') ? '' : this.anyName())
    if (reader.sees('(') && !this.dialect.separatesByBlanks) {
      reader.position = reader.position - (parts.length * 2 - 1)
      const call = this.expression()
      if (call.kind !== 'call') throw reader.error()
      if (reader.takes('WITH')) reader.expect('ORDINALITY')
      return { kind: 'function', call: call as CallExpression, ...this.#aliases() }
    }
    if (reader.sees('(') && this.dialect.separatesByBlanks && parts.length <= 2 && !reader.sees('(', 'NOLOCK')) {
      reader.position = reader.position - (parts.length * 2 - 1)
      const call = this.expression()
      if (call.kind !== 'call') throw reader.error()
      return { kind: 'function', call: call as CallExpression, ...this.#aliases() }
    }
    const item: FromItem = { kind: 'table', parts, at, ...this.#aliases() }
    // Hints: WITH (NOLOCK), (NOLOCK), USE INDEX (…), TABLESAMPLE.
    if (this.dialect.separatesByBlanks && (reader.sees('WITH', '(') || reader.sees('(', 'NOLOCK'))) {
      reader.takes('WITH')
      while (!reader.takes(')')) if (reader.take().kind === 'end') throw reader.error()
      if (!item.alias) Object.assign(item, this.#aliases())
    }
    while (reader.seesOne('USE', 'FORCE', 'IGNORE') && ['INDEX', 'KEY'].includes(reader.ahead().upper)) {
      while (!reader.takes(')')) if (reader.take().kind === 'end') throw reader.error()
    }
    return item
  }

  #aliases(): { alias?: string; columnAliases: string[] } {
    const { reader } = this
    const alias = this.alias()
    const hasList = alias !== undefined && reader.sees('(') && !reader.sees('(', 'NOLOCK')
    const columnAliases = hasList ? reader.parenthesized(() => reader.list(() => this.#columnAlias())) : []
    return { columnAliases, ...(alias !== undefined && { alias }) }
  }

  /** `AS t(a, b)`, also `AS t(a int, b text)`. */
  #columnAlias(): string {
    const name = this.anyName()
    while (this.reader.token.kind === 'word') this.reader.take()
    return name
  }
}

function wrap(inner: Select): Select {
  return {
    with: [],
    isDistinct: false,
    items: [{ expression: { kind: 'star' }, text: '*' }],
    from: { kind: 'derived', select: inner, columnAliases: [] },
    groupBy: [],
    orderBy: [],
    combined: [],
  }
}
