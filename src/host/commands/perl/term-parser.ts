import { interpolate } from './interpolation.ts'
import { patternNode } from './pattern-node.ts'
import { delimited, singleQuoted } from './quoting.ts'
import { SourceReader } from './source-reader.ts'
import { type Node, Unsupported } from './syntax.ts'

const ENDS =
  /^(?:[)\]};:]|$|(?:or|and|if|unless|while|until|for|foreach|xor)(?![\w])|[=]~|!~|\?|\.\.|==|!=|<=>|>=|\|\||&&|\/\/=|=(?![~>=])|\.(?!\d)|\*|\+(?![\s\d$(])|,\s*$)/

/** Terms of Perl: literals, quotes, variables, calls, and what follows them. */
export abstract class TermParser extends SourceReader {
  abstract expression(): Node
  abstract assignment(): Node
  abstract arguments(): Node[]
  abstract unaryOperand(): Node
  abstract block(): Node
  /** What a word begins: a quote, a declaration, a call. */
  abstract named(word: string, line: number): Node

  /** Whether nothing more of a list can follow here. */
  endsList(): boolean {
    this.blank()
    return this.atEnd || ENDS.test(this.rest(12))
  }

  parenthesised(): Node {
    const line = this.line
    this.expect('(')
    this.blank()
    const node: Node = this.looksAt(')') ? { type: 'list', items: [], line } : this.expression()
    this.expect(')')
    return node
  }

  /** `while (<F>)` sets `$_` and goes on while something was read. */
  reading(test: Node): Node {
    const { line } = test
    const isRead = (node: Node): boolean =>
      node.type === 'readLine' || node.type === 'glob' || (node.type === 'call' && node.name === 'readdir')
    if (isRead(test))
      return {
        type: 'call',
        name: 'defined',
        parenthesised: true,
        line,
        args: [{ type: 'assign', operator: '=', target: { type: 'variable', sigil: '$', name: '_', line }, value: test, line }],
      }
    const single =
      test.type === 'assign' && test.operator === '=' && !(test.target.type === 'my' && test.target.isList) && test.target.type !== 'list'
    return single && isRead(test.value) ? { type: 'call', name: 'defined', parenthesised: true, args: [test], line } : test
  }

  /** Whether `{` here begins an anonymous hash and no block. */
  beginsHash(): boolean {
    return /^\{\s*(?:\}(?=\s*[,;)}]|\s*$)|(?:[A-Za-z_]\w*|'[^']*'|"[^"]*"|\$\w+|\d+)\s*(?:=>|,)|%\$?\w+\s*[,}])/.test(this.rest(200))
  }

  term(): Node {
    return this.nested(() => this.#followed(this.#primary()))
  }

  #primary(): Node {
    this.blank()
    const line = this.line
    const rest = this.rest(64)
    const char = rest[0]
    if (char === undefined) this.fail()
    const number =
      /^(?:0[xX]([\da-fA-F_]+)|0[bB]([01_]+)|0([0-7_]+)(?![.\d])|(\d[\d_]*(?:\.(?!\.)[\d_]*)?(?:[eE][-+]?\d+)?|\.\d[\d_]*(?:[eE][-+]?\d+)?))/.exec(
        rest,
      )
    if (number) {
      this.skip(number[0].length)
      const plain = (digits: string): string => digits.replaceAll('_', '')
      const [, hex, binary, octal, decimal] = number
      const value = hex
        ? Number.parseInt(plain(hex), 16)
        : binary
          ? Number.parseInt(plain(binary), 2)
          : octal
            ? Number.parseInt(plain(octal), 8)
            : Number(plain(decimal as string))
      // Beyond 53 bits a whole number keeps its digits as a text.
      if (decimal && /^[\d_]+$/.test(decimal) && value > Number.MAX_SAFE_INTEGER && value < 2 ** 64)
        return { type: 'string', value: plain(decimal), line }
      return { type: 'number', value, line }
    }
    switch (char) {
      case '"':
        return interpolate(this.quoted().text, line, this.file)
      case "'": {
        const { text, open } = this.quoted()
        return { type: 'string', value: singleQuoted(text, open), line }
      }
      case '`':
        return { type: 'backtick', command: interpolate(this.quoted().text, line, this.file), line }
      case '(':
        return this.#list(line)
      case '[': {
        this.skip(1)
        const items = this.arguments()
        this.expect(']')
        return { type: 'array', items, line }
      }
      case '{': {
        this.skip(1)
        const items = this.arguments()
        this.expect('}')
        return { type: 'hash', items, line }
      }
      case '<':
        return this.#angle(line)
      case '/':
        return this.#pattern(line)
      case '$':
      case '@':
      case '%':
      case '&':
      case '*':
        return this.#variable(char, line)
      case '-': {
        const test = /^-([a-zA-Z])(?!\w)/.exec(rest)
        if (!test) this.fail()
        this.skip(2)
        this.blank()
        const bare = this.endsList() || this.looksAt(',')
        return { type: 'fileTest', operator: (test as RegExpExecArray)[1] as string, of: bare ? undefined : this.unaryOperand(), line }
      }
    }
    const word = /^[A-Za-z_]\w*(?:(?:::|')(?=[A-Za-z_])\w+)*(?:::)?/.exec(rest)?.[0]
    if (!word) this.fail()
    return this.named(word as string, line)
  }

  protected quoted(): { text: string; open: string } {
    const { text, end, open } = delimited(this.source, this.at, this.line, this.file)
    this.at = end
    return { text, open }
  }

  #list(line: number): Node {
    this.skip(1)
    const items = this.items(')')
    const list: Node = { type: 'list', items, line }
    this.blank()
    if (!this.looksAt('[')) return list
    this.skip(1)
    const index: Node = { type: 'list', items: this.items(']'), line }
    return { type: 'listSlice', of: list, index, line }
  }

  /** Expressions up to a closing bracket, which is read too. */
  protected items(close: string): Node[] {
    this.blank()
    if (this.take(close)) return []
    const inner = this.expression()
    this.expect(close)
    return inner.type === 'list' ? inner.items : [inner]
  }

  #angle(line: number): Node {
    const heredoc = /^<<(~?)(?:"([^"\n]*)"|'([^'\n]*)'|([A-Za-z_]\w*))/.exec(this.rest(120))
    if (heredoc) {
      const [head, tilde, quoted, single, bare] = heredoc
      this.skip(head.length)
      const node: Node = { type: 'interpolated', parts: [], line }
      this.heredoc(quoted ?? single ?? bare ?? '', tilde === '~', (text, start) => {
        node.parts.push(single === undefined ? interpolate(text, start, this.file) : { type: 'string', value: text, line })
      })
      return node
    }
    const read = /^<(\$?[\w:]*)>/.exec(this.rest(80))
    if (read) {
      this.skip(read[0].length)
      const name = read[1] as string
      const handle: Node | undefined =
        name === ''
          ? undefined
          : name.startsWith('$')
            ? { type: 'variable', sigil: '$', name: name.slice(1), line }
            : { type: 'string', value: name, line }
      return { type: 'readLine', handle, line }
    }
    return { type: 'glob', pattern: interpolate(this.quoted().text, line, this.file), line }
  }

  #pattern(line: number): Node {
    const { text, open } = this.quoted()
    return {
      type: 'match',
      target: undefined,
      pattern: patternNode(text, open, line, this.file),
      flags: this.flags(),
      negated: false,
      line,
    }
  }

  protected flags(): string {
    const flags = /^[a-zA-Z]*/.exec(this.rest(20))?.[0] ?? ''
    this.skip(flags.length)
    return flags
  }

  #variable(sigil: '$' | '@' | '%' | '&' | '*', line: number): Node {
    this.skip(1)
    const rest = this.rest(120)
    if (sigil === '$' && rest.startsWith('#')) {
      if (/^#(?:\{|\$)/.test(rest)) {
        this.skip(1)
        return { type: 'lastIndex', of: this.#dereferenced('@', line), line }
      }
      const name = /^#([A-Za-z_][\w:]*)/.exec(rest)
      if (name) {
        this.skip(name[0].length)
        return { type: 'lastIndex', of: { type: 'variable', sigil: '@', name: name[1] as string, line }, line }
      }
    }
    const name =
      /^(?:::)?[A-Za-z_]\w*(?:(?:::)\w+)*|^\d+|^\^[A-Z]/.exec(rest)?.[0] ??
      (sigil === '$'
        ? /^[!@&/\\,;.0_"$<>()[\]|?+`'~=%:-]/.exec(rest)?.[0]
        : sigil === '@'
          ? /^[-+_]/.exec(rest)?.[0]
          : sigil === '%'
            ? /^[-+!](?=\s|\))/.exec(rest)?.[0]
            : undefined)
    const isDereference = rest[0] === '{' || (rest[0] === '$' && /^\$+[\w{:]/.test(rest))
    if (isDereference && !(sigil === '$' && /^\{\^?\w+\}/.test(rest)))
      return this.#subscripted(sigil, this.#dereferenced(sigil, line), line)
    const braced = /^\{(\^?[\w:]+)\}/.exec(rest)
    if (braced && sigil === '$') {
      this.skip(braced[0].length)
      return this.#subscripted(sigil, { type: 'variable', sigil, name: braced[1] as string, line }, line)
    }
    if (!name) this.fail()
    this.skip((name as string).length)
    return this.#subscripted(sigil, { type: 'variable', sigil, name: name as string, line }, line)
  }

  #dereferenced(sigil: '$' | '@' | '%' | '&' | '*', line: number): Node {
    if (this.looksAt('{')) {
      this.skip(1)
      const of = this.expression()
      this.expect('}')
      return { type: 'dereference', sigil, of, line }
    }
    this.skip(1)
    if (this.looksAt('$') && /^\$+\w/.test(this.rest(8))) return { type: 'dereference', sigil, of: this.#dereferenced('$', line), line }
    const name = /^[A-Za-z_][\w:]*/.exec(this.rest(100))?.[0]
    if (!name) this.fail()
    this.skip((name as string).length)
    return { type: 'dereference', sigil, of: { type: 'variable', sigil: '$', name: name as string, line }, line }
  }

  /** `$a[0]`, `$h{k}`, `@a[0,1]`, `@h{…}`, `%h{…}`, `&f(…)` directly behind a variable. */
  #subscripted(sigil: string, of: Node, line: number): Node {
    const as = (kind: '@' | '%'): Node => ({ ...of, sigil: kind }) as Node
    const next = this.source[this.at]
    if (sigil === '$' && next === '[') return { type: 'element', of: as('@'), index: this.#bracketed(), line }
    if (sigil === '$' && next === '{') return { type: 'entry', of: as('%'), key: this.#braced(), line }
    if (sigil === '@' && next === '[') return { type: 'slice', of: as('@'), keys: this.#bracketed(), kind: 'array', line }
    if (sigil === '@' && next === '{') return { type: 'slice', of: as('%'), keys: this.#braced(), kind: 'hash', line }
    if (sigil === '%' && next === '{' && of.type === 'variable')
      return { type: 'slice', of: as('%'), keys: this.#braced(), kind: 'pairs', line }
    if (sigil === '&') {
      if (of.type !== 'variable')
        return { type: 'invoke', code: of.type === 'dereference' ? of.of : of, args: next === '(' ? this.call() : [], line }
      return next === '(' ? { type: 'call', name: of.name, args: this.call(), parenthesised: true, line } : of
    }
    return of
  }

  #bracketed(): Node {
    this.skip(1)
    const index = this.expression()
    this.expect(']')
    return index
  }

  /** A key: a bare word stands for itself. */
  #braced(): Node {
    const line = this.line
    const bare = /^\{\s*(-?[A-Za-z_]\w*)\s*\}/.exec(this.rest(120))
    if (bare) {
      this.skip(bare[0].length)
      return { type: 'string', value: bare[1] as string, line }
    }
    this.skip(1)
    const key = this.expression()
    this.expect('}')
    return key
  }

  protected call(): Node[] {
    this.skip(1)
    return this.items(')')
  }

  /** `->`, and subscripts that follow subscripts. */
  #followed(start: Node): Node {
    let node = start
    for (let length = 0; ; length++) {
      if (length > 200) throw new Unsupported('a chain of subscripts')
      const line = this.line
      const subscripted = node.type === 'element' || node.type === 'entry' || (node.type === 'invoke' && node !== start)
      if (subscripted && this.looksAt('[')) node = { type: 'element', of: arrow('@', node), index: this.#bracketed(), line }
      else if (subscripted && this.looksAt('{')) node = { type: 'entry', of: arrow('%', node), key: this.#braced(), line }
      else if (subscripted && this.looksAt('(')) node = { type: 'invoke', code: node, args: this.call(), line }
      else if (/^\s*->/.test(this.rest(40)) && !/^\s*->\s*$/.test(this.rest(6))) {
        this.blank()
        this.skip(2)
        this.blank()
        node = this.#arrow(node, line)
      } else return node
    }
  }

  #arrow(node: Node, line: number): Node {
    if (this.looksAt('[')) return { type: 'element', of: arrow('@', node), index: this.#bracketed(), line }
    if (this.looksAt('{')) return { type: 'entry', of: arrow('%', node), key: this.#braced(), line }
    if (this.looksAt('(')) return { type: 'invoke', code: node, args: this.call(), line }
    const whole = /^([@%$])\*/.exec(this.rest(3))
    if (whole) {
      this.skip(2)
      return { type: 'dereference', sigil: whole[1] as '@', of: node, line }
    }
    const dynamic = /^\$(\w+)/.exec(this.rest(60))
    const name = dynamic?.[0] ?? /^[A-Za-z_][\w:]*/.exec(this.rest(80))?.[0]
    if (!name) this.fail()
    this.skip((name as string).length)
    const args = this.looksAt('(') ? this.call() : []
    const method: string | Node = dynamic ? { type: 'variable', sigil: '$', name: dynamic[1] as string, line } : (name as string)
    return { type: 'method', object: node, name: method, args, line }
  }
}

function arrow(sigil: '@' | '%', of: Node): Node {
  return { type: 'dereference', sigil, of, line: of.line }
}
