import { type Node, Unsupported } from './syntax.ts'
import { WordParser } from './word-parser.ts'

/** Binary operators by how closely they bind, the loosest first. */
const LEVELS: readonly (readonly string[])[] = [
  ['||', '//'],
  ['&&'],
  ['|', '^'],
  ['&'],
  ['==', '!=', '<=>', 'eq', 'ne', 'cmp'],
  ['<', '>', '<=', '>=', 'lt', 'gt', 'le', 'ge'],
  [],
  ['<<', '>>'],
  ['+', '-', '.'],
  ['*', '/', '%', 'x'],
  ['=~', '!~'],
]
/** Where named unary operators and file tests stand: their operand binds closer than this. */
const UNARY_LEVEL = 7
const OPERATOR =
  /^(?:\*\*=|\|\|=|&&=|\/\/=|<=>|<<=|>>=|\.\.\.|\*\*|\+=|-=|\*=|\/=|\.=|%=|x=(?![=~])|&=|\|=|\^=|==|!=|=~|!~|<=|>=|<<|>>|\|\||&&|\/\/|\.\.|[-+*/%.<>&|^?=]|(?:eq|ne|lt|gt|le|ge|cmp|x)(?![\w])|x(?=\d))/
/** A longer chain of one operator would be walked too deep. */
const LONGEST = 500
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '.=', '%=', 'x=', '&=', '|=', '^=', '**=', '||=', '&&=', '//=', '<<=', '>>='])

/** Operators of Perl, by precedence; terms are {@link WordParser}'s. */
export abstract class ExpressionParser extends WordParser {
  override expression(): Node {
    let left = this.#andWord()
    let length = 0
    for (let word = this.word('or', 'xor'); word; word = this.word('or', 'xor')) {
      if (++length > LONGEST) throw new Unsupported('a chain of operators')
      const right = this.#andWord()
      left = { type: 'logical', operator: word === 'or' ? '||' : 'xor', left, right, line: left.line }
    }
    return left
  }

  #andWord(): Node {
    let left = this.#notWord()
    for (let length = 0; this.word('and'); length++) {
      if (length > LONGEST) throw new Unsupported('a chain of operators')
      left = { type: 'logical', operator: '&&', left, right: this.#notWord(), line: left.line }
    }
    return left
  }

  #notWord(): Node {
    const line = this.line
    return this.word('not') ? { type: 'unary', operator: '!', of: this.#notWord(), line } : this.#comma()
  }

  #comma(): Node {
    const line = this.line
    const first = this.assignment()
    if (!this.#takeComma()) return first
    const items = [first]
    while (!this.endsList()) {
      items.push(this.assignment())
      if (!this.#takeComma()) break
    }
    return { type: 'list', items, line }
  }

  #takeComma(): boolean {
    let found = false
    while (this.take('=>') || this.take(',')) found = true
    return found
  }

  /** Arguments without parentheses, up to what ends a list. */
  override arguments(): Node[] {
    const items: Node[] = []
    while (!this.endsList()) {
      items.push(this.assignment())
      if (!this.#takeComma()) break
    }
    return items
  }

  override assignment(): Node {
    return this.nested(() => this.#assignment())
  }

  #assignment(): Node {
    const left = this.#conditional()
    const operator = this.#peek()
    if (!operator || !ASSIGNMENTS.has(operator)) return left
    this.skip(operator.length)
    const value = this.assignment()
    return { type: 'assign', operator, target: left, value, line: left.line }
  }

  #conditional(): Node {
    const test = this.#range()
    if (this.#peek() !== '?') return test
    this.skip(1)
    const yes = this.assignment()
    this.expect(':')
    const no = this.assignment()
    return { type: 'conditional', test, yes, no, line: test.line }
  }

  #range(): Node {
    const from = this.level(0)
    const operator = this.#peek()
    if (operator !== '..' && operator !== '...') return from
    this.skip(operator.length)
    return { type: 'range', from, to: this.level(0), line: from.line }
  }

  protected level(at: number): Node {
    const operators = LEVELS[at]
    if (!operators) return this.#unary()
    let left = this.level(at + 1)
    let length = 0
    for (let operator = this.#peek(); operator && operators.includes(operator); operator = this.#peek()) {
      // A word before `=>` is a key.
      if (/^[a-z]/.test(operator) && /^\w+\s*=>/.test(this.rest(20))) break
      this.skip(operator.length)
      if (++length > LONGEST) throw new Unsupported('a chain of operators')
      left = this.#joined(operator, left, this.level(at + 1))
    }
    return left
  }

  override unaryOperand(): Node {
    return this.level(UNARY_LEVEL)
  }

  #joined(operator: string, left: Node, right: Node): Node {
    const line = left.line
    if (operator === '&&' || operator === '||' || operator === '//') return { type: 'logical', operator, left, right, line }
    if (operator !== '=~' && operator !== '!~') return { type: 'binary', operator, left, right, line }
    const negated = operator === '!~'
    if (right.type === 'match') return { ...right, target: left, negated }
    if (right.type === 'substitute' || right.type === 'transliterate') {
      const bound: Node = { ...right, target: left }
      return negated ? { type: 'unary', operator: '!', of: bound, line } : bound
    }
    return { type: 'match', target: left, pattern: right, flags: '', negated, line }
  }

  #unary(): Node {
    return this.nested(() => this.#signed())
  }

  #signed(): Node {
    this.blank()
    const line = this.line
    const rest = this.rest(3)
    if (rest.startsWith('++') || rest.startsWith('--')) {
      this.skip(2)
      return { type: 'step', operator: rest.slice(0, 2) as '++', prefix: true, of: this.#unary(), line }
    }
    if (rest[0] === '!' && rest[1] !== '~') {
      this.skip(1)
      return { type: 'unary', operator: '!', of: this.#unary(), line }
    }
    if (rest[0] === '~' || (rest[0] === '+' && rest[1] !== '=')) {
      this.skip(1)
      const of = this.#unary()
      return rest[0] === '+' ? of : { type: 'unary', operator: '~', of, line }
    }
    if (rest[0] === '\\') {
      this.skip(1)
      return { type: 'reference', of: this.#unary(), line }
    }
    if (rest[0] === '-' && !/^-[a-zA-Z](?!\w)/.test(rest)) {
      this.skip(1)
      return { type: 'unary', operator: '-', of: this.#unary(), line }
    }
    return this.#power()
  }

  #power(): Node {
    const base = this.#stepped()
    if (this.#peek() !== '**') return base
    this.skip(2)
    return { type: 'binary', operator: '**', left: base, right: this.#unary(), line: base.line }
  }

  #stepped(): Node {
    const of = this.term()
    const mark = this.rest(2)
    if (mark !== '++' && mark !== '--') return of
    this.skip(2)
    return { type: 'step', operator: mark, prefix: false, of, line: of.line }
  }

  #peek(): string | undefined {
    this.blank()
    const found = OPERATOR.exec(this.rest(6))?.[0]
    return found === '=' && this.rest(2) === '=>' ? undefined : found
  }
}
