import { SelectParser } from './select-parser.ts'
import { SqlError } from './sql-error.ts'
import type { CallExpression, Expression, OrderItem, Select } from './syntax.ts'
import { parseType } from './type-names.ts'
import { BINARY, BOOLEAN, Decimal, DOUBLE, decimal, NULL, TEXT, typeOf, varchar } from './value.ts'

/** How tightly operators bind; the higher the tighter. */
const BINARY_OPERATORS: Record<string, number> = {
  '||': 5,
  '|': 5,
  '&': 6,
  '#': 5,
  '<<': 7,
  '>>': 7,
  '+': 8,
  '-': 8,
  '*': 9,
  '/': 9,
  '%': 9,
  DIV: 9,
  MOD: 9,
  '^': 10,
  '->': 5,
  '->>': 5,
  '#>>': 5,
  '@>': 5,
  '<@': 5,
}
const COMPARISONS = new Set(['=', '<>', '!=', '<', '>', '<=', '>=', '<=>', '~', '~*', '!~', '!~*', '~~', '~~*', '!~~', '!~~*'])
const UNITS = new Set(['MICROSECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'])
/** Names that call a function without parentheses. */
const BARE_CALLS = new Set([
  'CURRENT_TIMESTAMP',
  'CURRENT_DATE',
  'CURRENT_TIME',
  'CURRENT_USER',
  'SESSION_USER',
  'SYSTEM_USER',
  'LOCALTIME',
  'LOCALTIMESTAMP',
  'UTC_TIMESTAMP',
  'UTC_DATE',
  'CURRENT_ROLE',
  'CURRENT_CATALOG',
  'CURRENT_SCHEMA',
  'USER',
])

/** Expressions, by precedence climbing. */
export class ExpressionParser extends SelectParser {
  /** Highest number of a parameter so far. */
  parameterCount = 0
  /** Names of PL/SQL's variables and records, folded: they are no columns. */
  readonly locals = new Set<string>()

  expression(): Expression {
    return this.reader.nested(() => this.#or())
  }

  #or(): Expression {
    let left = this.#xor()
    for (;;) {
      const { at } = this.reader.token
      if (!this.reader.takes('OR') && !(this.dialect.pipesMeanOr && this.reader.takes('||'))) return left
      left = { kind: 'binary', operator: 'OR', left, right: this.#xor(), at }
    }
  }

  #xor(): Expression {
    let left = this.#and()
    while (this.dialect.backtickNames && this.reader.sees('XOR')) {
      const { at } = this.reader.take()
      left = { kind: 'binary', operator: 'XOR', left, right: this.#and(), at }
    }
    return left
  }

  #and(): Expression {
    let left = this.#not()
    for (;;) {
      const { at } = this.reader.token
      if (!this.reader.takes('AND') && !this.reader.takes('&&')) return left
      left = { kind: 'binary', operator: 'AND', left, right: this.#not(), at }
    }
  }

  #not(): Expression {
    if (!this.reader.takes('NOT')) return this.#comparison()
    return { kind: 'unary', operator: 'NOT', operand: this.reader.nested(() => this.#not()) }
  }

  #comparison(): Expression {
    let left = this.#binary(0)
    for (;;) {
      const next = this.#predicate(left)
      if (!next) return left
      left = next
    }
  }

  #predicate(left: Expression): Expression | undefined {
    const { reader } = this
    const { upper, at } = reader.token
    if (COMPARISONS.has(upper)) {
      reader.take()
      return this.#compared(left, upper, at)
    }
    if (upper === 'OPERATOR' && reader.sees('OPERATOR', '(')) return this.#compared(left, this.#operatorName(), at)
    if (upper === 'IS') return this.#is(left)
    if (upper === 'ISNULL' || upper === 'NOTNULL') {
      reader.take()
      return { kind: 'is', operand: left, what: 'NULL', isNegated: upper === 'NOTNULL' }
    }
    const isNegated = upper === 'NOT' && ['BETWEEN', 'IN', 'LIKE', 'ILIKE', 'RLIKE', 'REGEXP', 'SIMILAR'].includes(reader.ahead().upper)
    if (isNegated) reader.take()
    switch (reader.token.upper) {
      case 'BETWEEN':
        return this.#between(left, isNegated)
      case 'IN':
        return this.#in(left, isNegated)
      case 'LIKE':
      case 'ILIKE':
        return this.#like(left, isNegated)
      case 'RLIKE':
      case 'REGEXP': {
        reader.take()
        const right = this.#binary(0)
        return { kind: 'binary', operator: isNegated ? '!~*' : '~*', left, right, at }
      }
      case 'SIMILAR': {
        reader.take()
        reader.expect('TO')
        return { kind: 'binary', operator: isNegated ? '!~' : '~', left, right: this.#binary(0), at }
      }
      case 'SOUNDS': {
        if (!reader.sees('SOUNDS', 'LIKE')) return undefined
        reader.expect('SOUNDS', 'LIKE')
        return { kind: 'binary', operator: '=', left, right: this.#binary(0), at }
      }
      default:
        return undefined
    }
  }

  /** `OPERATOR(pg_catalog.~)`. */
  #operatorName(): string {
    const { reader } = this
    reader.expect('OPERATOR', '(')
    while (reader.ahead().upper === '.') {
      reader.take()
      reader.take()
    }
    const { upper } = reader.take()
    reader.expect(')')
    return upper
  }

  #compared(left: Expression, operator: string, at: number): Expression {
    const { reader } = this
    const quantifier = reader.seesOne('ANY', 'SOME', 'ALL') && reader.ahead().upper === '(' ? reader.take().upper : undefined
    if (quantifier) {
      const right = reader.parenthesized((): Select | Expression => (this.#beginsSelect() ? this.select() : this.expression()))
      return { kind: 'quantified', operator, left, quantifier: quantifier === 'ALL' ? 'ALL' : 'ANY', right, at }
    }
    const right = this.#binary(0)
    return { kind: 'binary', operator: operator === '!=' ? '<>' : operator, left, right, at }
  }

  #is(operand: Expression): Expression {
    const { reader } = this
    reader.expect('IS')
    const isNegated = reader.takes('NOT')
    if (reader.takes('DISTINCT', 'FROM')) return { kind: 'distinct-from', left: operand, right: this.#binary(0), isNegated }
    const { upper } = reader.token
    if (upper !== 'NULL' && upper !== 'TRUE' && upper !== 'FALSE' && upper !== 'UNKNOWN') throw reader.error()
    reader.take()
    return { kind: 'is', operand, what: upper, isNegated }
  }

  #between(operand: Expression, isNegated: boolean): Expression {
    const { reader } = this
    reader.expect('BETWEEN')
    reader.takes('SYMMETRIC')
    const low = this.#binary(0)
    reader.expect('AND')
    return { kind: 'between', operand, low, high: this.#binary(0), isNegated }
  }

  #in(operand: Expression, isNegated: boolean): Expression {
    this.reader.expect('IN')
    const list = this.reader.parenthesized((): Expression[] | Select =>
      this.#beginsSelect() ? this.select() : this.reader.list(() => this.expression()),
    )
    return { kind: 'in', operand, list, isNegated }
  }

  #like(operand: Expression, isNegated: boolean): Expression {
    const { reader } = this
    const ignoreCase = reader.take().upper === 'ILIKE'
    if (reader.seesOne('ANY', 'ALL')) throw reader.error()
    const pattern = this.#binary(0)
    const escapedBy = reader.takes('ESCAPE') ? this.#binary(0) : undefined
    return { kind: 'like', operand, pattern, isNegated, ignoreCase, ...(escapedBy && { escapedBy }) }
  }

  #binary(least: number): Expression {
    let left = this.#unary()
    for (;;) {
      const { upper, at } = this.reader.token
      const power =
        upper === '||' && this.dialect.pipesMeanOr
          ? undefined
          : Object.hasOwn(BINARY_OPERATORS, upper)
            ? BINARY_OPERATORS[upper]
            : undefined
      if (power === undefined || power <= least || ((upper === 'DIV' || upper === 'MOD') && !this.dialect.backtickNames)) return left
      this.reader.take()
      left = { kind: 'binary', operator: upper, left, right: this.#binary(power), at }
    }
  }

  #unary(): Expression {
    const { reader } = this
    const { upper } = reader.token
    if (upper === '-' || upper === '+' || upper === '~' || upper === '!' || (upper === 'BINARY' && this.dialect.backtickNames)) {
      reader.take()
      const operand = reader.nested(() => this.#unary())
      return { kind: 'unary', operator: upper, operand }
    }
    return this.#postfix(this.#primary())
  }

  #postfix(operand: Expression): Expression {
    const { reader } = this
    for (let value = operand; ; ) {
      if (reader.takes('::')) {
        const { type, typeName } = parseType(this, this.dialect)
        value = { kind: 'cast', operand: value, type, typeName, isTry: false }
      } else if (reader.takes('COLLATE')) {
        this.anyName()
        while (reader.takes('.')) this.anyName()
      } else if (reader.sees('[')) {
        reader.expect('[')
        const index = this.expression()
        if (reader.takes(':')) this.expression()
        reader.expect(']')
        value = { kind: 'subscript', operand: value, index }
      } else if (reader.sees('.') && value.kind !== 'column') {
        // `(x).field` of a composite.
        reader.take()
        if (!reader.takes('*')) this.anyName()
      } else if (reader.sees('AT', 'TIME', 'ZONE')) {
        reader.expect('AT', 'TIME', 'ZONE')
        this.#primary()
      } else return value
    }
  }

  /** One operand without operators that bind loosely: what DEFAULT takes. */
  operand(): Expression {
    return this.reader.nested(() => this.#unary())
  }

  #beginsSelect(): boolean {
    const { reader } = this
    let i = 0
    while (reader.ahead(i).upper === '(') i++
    return ['SELECT', 'WITH', 'VALUES', 'TABLE'].includes(reader.ahead(i).upper)
  }

  #primary(): Expression {
    const { reader } = this
    const { token } = reader
    switch (token.kind) {
      case 'number':
        reader.take()
        return numberLiteral(token.text)
      case 'string':
        return this.#stringLiteral()
      case 'bytes':
        reader.take()
        return { kind: 'literal', value: token.bytes as Buffer, type: { ...BINARY, length: token.bytes?.length ?? 0 } }
      case 'parameter': {
        reader.take()
        const index = token.text ? Number(token.text) - 1 : this.parameterCount
        if (index < 0) throw new SqlError({ kind: 'worded', code: 0, state: '42P02', message: `there is no parameter $${token.text}` })
        this.parameterCount = Math.max(this.parameterCount, index + 1)
        return { kind: 'parameter', index }
      }
      case 'variable': {
        reader.take()
        let name = token.text
        // `@@global.version`
        if (reader.sees('.') && name.startsWith('@@')) {
          reader.take()
          name += `.${this.anyName()}`
        }
        return reader.takes(':=') ? { kind: 'assign', name, value: this.expression() } : { kind: 'variable', name }
      }
      case 'symbol':
        return this.#symbolPrimary()
      case 'word':
        return this.#wordPrimary()
      case 'name':
        return this.#column()
      default:
        throw reader.error()
    }
  }

  /** Strings that follow each other are one. */
  #stringLiteral(): Expression {
    const { reader } = this
    let text = reader.take().text
    while (reader.token.kind === 'string' && this.dialect.backtickNames) text += reader.take().text
    return { kind: 'literal', value: text, type: this.dialect.name === 'postgresql' ? TEXT : varchar(text.length) }
  }

  #symbolPrimary(): Expression {
    const { reader } = this
    if (reader.takes('*')) return { kind: 'star' }
    if (reader.sees('{')) return this.#odbcEscape()
    if (!reader.sees('(')) throw reader.error()
    if (this.#beginsSelect()) {
      reader.expect('(')
      const select = this.select()
      reader.expect(')')
      return { kind: 'subquery', select }
    }
    const items = reader.parenthesized(() => reader.list(() => this.expression()))
    return items.length === 1 ? (items[0] as Expression) : { kind: 'row', items }
  }

  /** `{fn now()}`, `{d '2026-01-01'}`. */
  #odbcEscape(): Expression {
    const { reader } = this
    reader.expect('{')
    this.anyName()
    const inner = this.expression()
    reader.expect('}')
    return inner
  }

  #wordPrimary(): Expression {
    const { reader } = this
    const { upper, at } = reader.token
    const isCall = reader.ahead().upper === '('
    switch (upper) {
      case 'NULL':
        reader.take()
        return { kind: 'literal', value: null, type: NULL }
      case 'TRUE':
      case 'FALSE':
        if (this.dialect.separatesByBlanks) break
        reader.take()
        return { kind: 'literal', value: upper === 'TRUE', type: BOOLEAN }
      case 'CASE':
        return this.#case()
      case 'EXISTS':
        if (!isCall) break
        reader.take()
        return { kind: 'exists', select: reader.parenthesized(() => this.select()) }
      case 'ARRAY':
        if (isCall || reader.ahead().upper === '[') return this.#array()
        break
      case 'INTERVAL':
        if (!isCall || this.dialect.backtickNames) {
          const interval = this.#interval()
          if (interval) return interval
        }
        break
      case 'CAST':
      case 'TRY_CAST':
        if (isCall) return this.#cast()
        break
      case 'CONVERT':
      case 'TRY_CONVERT':
        if (isCall) return this.#convert()
        break
      case 'DATE':
      case 'TIME':
      case 'TIMESTAMP':
        if (reader.ahead().kind === 'string') {
          const { type, typeName } = parseType(this, this.dialect)
          return { kind: 'cast', operand: this.#stringLiteral(), type, typeName, isTry: false }
        }
        break
      case 'ROW':
        if (isCall) {
          reader.take()
          return { kind: 'row', items: reader.parenthesized(() => reader.list(() => this.expression())) }
        }
    }
    // `_utf8'text'`, `N` and such introduce a string's character set.
    if (upper.startsWith('_') && this.dialect.backtickNames && (reader.ahead().kind === 'string' || reader.ahead().kind === 'bytes')) {
      reader.take()
      return this.#primary()
    }
    if ((BARE_CALLS.has(upper) || this.dialect.bareCalls?.has(upper)) && !isCall && (upper !== 'USER' || this.dialect.doubleQuotedNames)) {
      reader.take()
      return { kind: 'call', name: reader.tokens[reader.position - 1]?.text ?? upper, args: [], at }
    }
    if (isCall && !(this.dialect.isReserved(upper) && !CALLABLE.has(upper))) return this.#call(undefined, this.reader.take().text, at)
    return this.#column()
  }

  #column(): Expression {
    const { reader } = this
    const { at } = reader.token
    const parts = [this.identifier()]
    while (reader.sees('.')) {
      reader.take()
      if (reader.takes('*')) return { kind: 'star', table: parts.at(-1) as string }
      if (reader.sees('.')) parts.push('')
      else parts.push(this.anyName())
    }
    if (reader.sees('(') && parts.length > 1) return this.#call(parts.at(-2), parts.at(-1) as string, at)
    if (this.locals.has(parts[0] as string)) return { kind: 'variable', name: `@${parts.join('.')}` }
    // `pg_catalog.regtype 'int'`: a type before a string.
    if (reader.token.kind === 'string' && this.dialect.name === 'postgresql') {
      return { kind: 'cast', operand: this.#stringLiteral(), type: TEXT, typeName: parts.at(-1) as string, isTry: false }
    }
    return { kind: 'column', parts, at }
  }

  #case(): Expression {
    const { reader } = this
    reader.expect('CASE')
    const subject = reader.sees('WHEN') ? undefined : this.expression()
    const branches: { when: Expression; result: Expression }[] = []
    while (reader.takes('WHEN')) {
      const when = this.expression()
      reader.expect('THEN')
      branches.push({ when, result: this.expression() })
    }
    if (branches.length === 0) throw reader.error()
    const otherwise = reader.takes('ELSE') ? this.expression() : undefined
    reader.expect('END')
    return { kind: 'case', branches, ...(subject && { subject }), ...(otherwise && { otherwise }) }
  }

  #array(): Expression {
    const { reader } = this
    reader.expect('ARRAY')
    if (reader.sees('(')) return { kind: 'array', items: reader.parenthesized(() => this.select()) }
    reader.expect('[')
    const items = reader.sees(']') ? [] : reader.list(() => this.expression())
    reader.expect(']')
    return { kind: 'array', items }
  }

  #interval(): Expression | undefined {
    const { reader } = this
    const start = reader.position
    reader.expect('INTERVAL')
    if (reader.token.kind === 'string' && !UNITS.has(reader.ahead().upper)) {
      return { kind: 'interval', amount: this.#stringLiteral(), unit: 'TEXT' }
    }
    const amount = this.expression()
    const unit = reader.token.upper
    if (!UNITS.has(unit)) {
      reader.position = start
      return undefined
    }
    reader.take()
    return { kind: 'interval', amount, unit }
  }

  #cast(): Expression {
    const { reader } = this
    const isTry = reader.take().upper === 'TRY_CAST'
    return reader.parenthesized(() => {
      const operand = this.expression()
      reader.expect('AS')
      const { type, typeName } = parseType(this, this.dialect)
      return { kind: 'cast', operand, type, typeName, isTry }
    })
  }

  /** CONVERT(x, type), CONVERT(x USING charset) of MySQL; CONVERT(type, x, style) of SQL Server. */
  #convert(): Expression {
    const { reader } = this
    const isTry = reader.take().upper === 'TRY_CONVERT'
    return reader.parenthesized((): Expression => {
      if (this.dialect.separatesByBlanks) {
        const { type, typeName } = parseType(this, this.dialect)
        reader.expect(',')
        const operand = this.expression()
        if (reader.takes(',')) this.expression()
        return { kind: 'cast', operand, type, typeName, isTry }
      }
      const operand = this.expression()
      if (reader.takes('USING')) {
        this.anyName()
        return { kind: 'cast', operand, type: TEXT, typeName: 'char', isTry }
      }
      reader.expect(',')
      const { type, typeName } = parseType(this, this.dialect)
      return { kind: 'cast', operand, type, typeName, isTry }
    })
  }

  #call(schema: string | undefined, name: string, at: number): CallExpression {
    const { reader } = this
    const call: CallExpression = { kind: 'call', name, args: [], at, ...(schema && { schema }) }
    reader.expect('(')
    if (!reader.sees(')')) this.#arguments(call)
    reader.expect(')')
    if (reader.takes('WITHIN')) {
      reader.expect('GROUP', '(')
      call.orderBy = this.orderBy()
      reader.expect(')')
    }
    if (reader.takes('FILTER')) {
      reader.expect('(', 'WHERE')
      const condition = this.expression()
      reader.expect(')')
      call.args = call.args.map((arg) => (arg.kind === 'star' ? arg : { kind: 'case', branches: [{ when: condition, result: arg }] }))
    }
    if (reader.takes('OVER')) call.over = this.#window()
    return call
  }

  #arguments(call: CallExpression): void {
    const { reader } = this
    const upper = call.name.toUpperCase()
    if (reader.takes('DISTINCT')) call.isDistinct = true
    else if (reader.sees('ALL')) reader.take()
    if (
      upper === 'EXTRACT' ||
      upper === 'TRIM' ||
      upper === 'DATEDIFF' ||
      upper === 'DATEADD' ||
      upper === 'DATEPART' ||
      upper === 'DATENAME'
    ) {
      this.#wordArgument(call, upper)
    }
    if (upper === 'POSITION') {
      call.args.push(this.#binary(0))
      reader.expect('IN')
      call.args.push(this.#binary(0))
      return
    }
    while (call.args.length === 0 || reader.takes(',') || reader.takes('FROM') || reader.takes('FOR')) {
      if (reader.takes('VARIADIC')) continue
      call.args.push(this.expression())
      if (reader.takes('AS')) this.#argumentType(call)
      if (reader.takes('USING')) this.anyName()
    }
    if (reader.sees('ORDER')) call.orderBy = this.orderBy()
    if (reader.takes('SEPARATOR')) call.separator = reader.string()
  }

  /** `CHAR(65 AS binary)`-like leftovers are read and dropped. */
  #argumentType(call: CallExpression): void {
    const { typeName } = parseType(this, this.dialect)
    call.args.push({ kind: 'literal', value: typeName, type: TEXT })
  }

  /** The word that stands first: EXTRACT(YEAR FROM x), TRIM(BOTH 'x' FROM y), DATEDIFF(day, a, b). */
  #wordArgument(call: CallExpression, upper: string): void {
    const { reader } = this
    const isWord = reader.token.kind === 'word' && ['FROM', ','].includes(reader.ahead().upper)
    const isTrim = upper === 'TRIM' && reader.seesOne('BOTH', 'LEADING', 'TRAILING')
    if (isTrim) {
      const side = reader.take().upper
      call.args.push({ kind: 'literal', value: side, type: TEXT })
      if (reader.takes('FROM')) call.args.push({ kind: 'literal', value: ' ', type: TEXT }, this.expression())
      else {
        const set = this.expression()
        reader.expect('FROM')
        call.args.push(set, this.expression())
      }
      return
    }
    if (!isWord || upper === 'TRIM' || (upper === 'DATEDIFF' && this.dialect.backtickNames)) return
    call.args.push({ kind: 'literal', value: reader.take().text.toLowerCase(), type: TEXT })
  }

  #window(): { partitionBy: Expression[]; orderBy: OrderItem[] } {
    const { reader } = this
    return reader.parenthesized(() => {
      const partitionBy = reader.takes('PARTITION', 'BY') ? reader.list(() => this.expression()) : []
      const orderBy = this.orderBy()
      while (!reader.sees(')') && reader.token.kind !== 'end') reader.take()
      return { partitionBy, orderBy }
    })
  }
}

/** Reserved words that are functions too. */
const CALLABLE = new Set([
  'LEFT',
  'RIGHT',
  'IF',
  'REPLACE',
  'INSERT',
  'DATABASE',
  'SCHEMA',
  'CHAR',
  'USER',
  'VALUES',
  'TRUNCATE',
  'MOD',
  'COALESCE',
  'NULLIF',
  'FORMAT',
  'REPEAT',
  'CURRENT_USER',
  'SESSION_USER',
  'CURRENT_SCHEMA',
  'ISNULL',
  'ANY',
  'SOME',
  'SET',
  'CURRENT_TIMESTAMP',
  'CURRENT_DATE',
  'BINARY',
  'LIKE',
  'SYSTEM_USER',
  'EXTRACT',
])

function numberLiteral(text: string): Expression {
  if (/^\d+$/.test(text)) {
    const value = Number(text)
    const exact = Number.isSafeInteger(value) ? value : text.length > 100 ? undefined : BigInt(text)
    if (exact === undefined) throw new SqlError({ kind: 'out-of-range', type: 'numeric' })
    return { kind: 'literal', value: exact, type: typeOf(exact), text }
  }
  if (/^[\d.]+$/.test(text)) {
    const value = Decimal.parse(text)
    if (value) return { kind: 'literal', value, type: decimal(text.replace('.', '').length, value.scale), text }
  }
  return { kind: 'literal', value: Number(text), type: DOUBLE, text }
}
