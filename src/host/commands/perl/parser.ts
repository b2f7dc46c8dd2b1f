import { ExpressionParser } from './expression-parser.ts'
import { setInnerParser } from './inner-parser.ts'
import { type Node, PerlSyntaxError, Unsupported } from './syntax.ts'

/** Reads a Perl program. @throws PerlSyntaxError, Unsupported */
export function parsePerl(source: string, file: string): Node {
  return new Parser(source, file).program()
}

class Parser extends ExpressionParser {
  program(): Node {
    const body = this.statements('')
    return { type: 'block', body: [...this.#early, ...body], line: 1 }
  }

  /** `BEGIN` and `END` blocks, which count once wherever they stand. */
  readonly #early: Node[] = []

  /** Statements up to `end`, which is left unread. */
  statements(end: '' | '}'): Node[] {
    const body: Node[] = []
    for (;;) {
      this.blank()
      if (this.atEnd) {
        if (end === '') return body
        throw new PerlSyntaxError(
          `Missing right curly or square bracket at ${this.file} line ${this.lastLine}, at end of line\nsyntax error at ${this.file} line ${this.lastLine}, at EOF\n`,
        )
      }
      if (end && this.looksAt(end)) return body
      if (this.take(';')) continue
      if (/^__(?:END|DATA)__\b/.test(this.rest(8))) return body
      body.push(this.#statement())
    }
  }

  override block(): Node {
    return this.nested(() => {
      const line = this.line
      this.expect('{')
      const body = this.statements('}')
      this.expect('}')
      return { type: 'block', body, line }
    })
  }

  #statement(): Node {
    const line = this.line
    const label = /^([A-Z_][A-Z0-9_]*)\s*:(?!:)/.exec(this.rest(80))
    if (label) this.skip(label[0].length)
    this.blank()
    if (this.looksAt('{') && !this.beginsHash())
      return { type: 'foreach', label: label?.[1], variable: undefined, list: bare(line), body: this.block(), line }
    const word = /^[A-Za-z_]\w*/.exec(this.rest(40))?.[0]
    const loop = label?.[1]
    switch (word) {
      case 'if':
      case 'unless':
        return this.#condition(word)
      case 'while':
      case 'until':
        return this.#while(word, loop)
      case 'for':
      case 'foreach':
        return this.#for(word, loop)
      case 'sub':
        if (/^sub\s+[A-Za-z_]/.test(this.rest(40))) return this.#sub()
        break
      case 'BEGIN':
      case 'END':
      case 'INIT':
        if (/^\w+\s*\{/.test(this.rest(40))) {
          this.skip(word.length)
          const body = this.block()
          this.#early.push(
            word === 'END'
              ? { type: 'sub', name: 'END', body, line }
              : { type: 'if', branches: [{ test: { type: 'number', value: 1, line }, body }], otherwise: undefined, line },
          )
          return { type: 'nothing', line }
        }
        break
      case 'package':
        return this.#package()
      case 'use':
      case 'no':
        return this.#use(word)
      case 'format':
        if (/^format\s+\w+\s*=/.test(this.rest(60))) throw new Unsupported('format')
    }
    const node = this.#modified(this.expression())
    this.#ends()
    return node
  }

  #ends(): void {
    this.blank()
    if (this.take(';') || this.atEnd || this.looksAt('}')) return
    this.fail()
  }

  /** `EXPR if TEST` and its kind. */
  #modified(node: Node): Node {
    const line = node.line
    const word = this.word('if', 'unless', 'while', 'until', 'for', 'foreach')
    if (!word) return node
    const test = this.expression()
    if (word === 'for' || word === 'foreach')
      return { type: 'foreach', label: undefined, variable: undefined, list: test, body: node, line }
    if (word === 'while' || word === 'until')
      return {
        type: 'while',
        label: undefined,
        test: this.reading(test),
        body: node,
        until: word === 'until',
        after: node.type === 'do',
        next: undefined,
        line,
      }
    return {
      type: 'if',
      branches: [{ test: word === 'if' ? test : { type: 'unary', operator: '!', of: test, line }, body: node }],
      otherwise: undefined,
      line,
    }
  }

  #condition(word: string): Node {
    const line = this.line
    const branches: { test: Node; body: Node }[] = []
    let otherwise: Node | undefined
    for (let next: string | undefined = word; next; next = this.word('elsif', 'else')) {
      if (next === word && branches.length === 0) this.skip(word.length)
      if (next === 'else') {
        otherwise = this.block()
        break
      }
      const test = this.parenthesised()
      branches.push({ test: next === 'unless' ? { type: 'unary', operator: '!', of: test, line } : test, body: this.block() })
      this.blank()
    }
    return { type: 'if', branches, otherwise, line }
  }

  #while(word: string, label: string | undefined): Node {
    const line = this.line
    this.skip(word.length)
    this.expect('(')
    this.blank()
    const test: Node = this.looksAt(')') ? { type: 'number', value: 1, line } : this.expression()
    this.expect(')')
    const body = this.block()
    const next = this.word('continue') ? this.block() : undefined
    return { type: 'while', label, test: this.reading(test), body, until: word === 'until', after: false, next, line }
  }

  #for(word: string, label: string | undefined): Node {
    const line = this.line
    this.skip(word.length)
    this.blank()
    let variable: Node | undefined
    const named = /^(?:(my|our)\s+)?\$([A-Za-z_]\w*)/.exec(this.rest(80))
    if (named) {
      this.skip(named[0].length)
      const plain: Node = { type: 'variable', sigil: '$', name: named[2] as string, line }
      variable = named[1] ? { type: 'my', how: 'my', targets: [plain], isList: false, line } : plain
    }
    this.expect('(')
    this.blank()
    let start: Node | undefined
    if (!this.looksAt(';')) start = this.looksAt(')') ? { type: 'list', items: [], line } : this.expression()
    if (!variable && this.take(';')) {
      this.blank()
      const test = this.looksAt(';') ? undefined : this.expression()
      this.expect(';')
      this.blank()
      const step = this.looksAt(')') ? undefined : this.expression()
      this.expect(')')
      return { type: 'for', label, start, test, step, body: this.block(), line }
    }
    this.expect(')')
    return { type: 'foreach', label, variable, list: start ?? { type: 'list', items: [], line }, body: this.block(), line }
  }

  #sub(): Node {
    const line = this.line
    const [head, name] = /^sub\s+([A-Za-z_][\w:]*)\s*/.exec(this.rest(200)) as unknown as [string, string]
    this.skip(head.length)
    const prototype = /^\([$@%&*;\\[\]]*\)\s*/.exec(this.rest(40))
    if (prototype) this.skip(prototype[0].length)
    this.subs.add(name)
    return { type: 'sub', name, body: this.block(), line }
  }

  /** Names of constants are functions from here on. */
  #constants(args: Node): void {
    const [first] = args.type === 'list' ? args.items : [args]
    const names = first?.type === 'hash' ? first.items.filter((_, i) => i % 2 === 0) : [first]
    for (const name of names) if (name?.type === 'string') this.constants.add(name.value)
  }

  #package(): Node {
    const line = this.line
    const [head, name] = /^package\s+([\w:]+)\s*/.exec(this.rest(200)) ?? this.fail()
    this.skip(head.length)
    const body = this.looksAt('{') ? this.block() : undefined
    if (!body) this.#ends()
    return { type: 'package', name: name as string, body, line }
  }

  #use(word: string): Node {
    const line = this.line
    const [head, module] = /^\w+\s+(v?[\d.]+|[\w:]+)(?:\s+[\d._]+(?=\s|;))?\s*/.exec(this.rest(300)) ?? this.fail()
    this.skip(head.length)
    this.blank()
    const args = this.looksAt(';') || this.looksAt('}') || this.atEnd ? undefined : this.expression()
    this.#ends()
    if (module === 'strict' && word === 'use') this.strict = true
    if (module === 'constant' && args) this.#constants(args)
    return { type: 'use', module: module as string, args, no: word === 'no', line }
  }
}

/** A block of its own is a loop that runs once. */
function bare(line: number): Node {
  return { type: 'list', items: [{ type: 'variable', sigil: '$', name: '_', line }], line }
}

setInnerParser((source, file, line) => {
  const body = new Parser(source, file, line).statements('')
  const [only] = body
  return body.length === 1 && only ? only : { type: 'do', body: { type: 'block', body, line }, line }
})
