import { parseInner } from './inner-parser.ts'
import { interpolate } from './interpolation.ts'
import { patternNode } from './pattern-node.ts'
import { delimited, singleQuoted } from './quoting.ts'
import { type Node, Unsupported } from './syntax.ts'
import { TermParser } from './term-parser.ts'

/** Functions that take one argument and bind it closely. */
const UNARY = new Set(
  'defined ref scalar lc uc lcfirst ucfirst length chr ord int abs sqrt hex oct log exp sin cos rand srand chdir rmdir readlink stat lstat quotemeta chomp chop shift pop exit umask sleep localtime gmtime caller undef pos exists delete each keys values alarm require close fileno eof lock fc chroot closedir readdir study'.split(
    ' ',
  ),
)
/** Functions without arguments. */
const NONE = new Set(['time', 'times', 'wait', 'wantarray', 'fork', 'getppid', '__PACKAGE__', '__FILE__', '__LINE__', 'break'])
const LIST = new Set(
  'push unshift splice join split sprintf reverse die warn open binmode unlink mkdir chmod chown utime rename link symlink system exec kill waitpid index rindex substr pack unpack bless tie wantarray seek tell read sysread syswrite opendir select printf truncate socket connect bind listen accept setsockopt shutdown send recv inet_aton sockaddr_in getprotobyname gethostbyname getpwnam getpwuid getgrgid getgrnam setpgrp local print atan2 vec sprintf crypt lcfirst flock fcntl ioctl syscall umask exit'.split(
    ' ',
  ),
)
const APPLIED = new Set(['map', 'grep', 'sort', 'first', 'any', 'all', 'none', 'sum_by', 'reduce', 'max_by', 'min_by'])
/** What begins with a word: quotes by name, declarations, `print`, `map`, and calls. */
export abstract class WordParser extends TermParser {
  override named(word: string, line: number): Node {
    if (/^\s*=>/.test(this.source.slice(this.at + word.length, this.at + word.length + 40))) {
      this.skip(word.length)
      return { type: 'string', value: word, line }
    }
    const quote = this.#quoteOperator(word, line)
    if (quote) return quote
    this.skip(word.length)
    switch (word) {
      case 'my':
      case 'our':
      case 'local':
      case 'state':
        return this.#declaration(word, line)
      case 'sub': {
        this.blank()
        return { type: 'sub', name: undefined, body: this.block(), line }
      }
      case 'do':
        this.blank()
        return this.looksAt('{')
          ? { type: 'do', body: this.block(), line }
          : { type: 'call', name: 'do', args: [this.unaryOperand()], parenthesised: false, line }
      case 'eval':
        this.blank()
        if (this.looksAt('{')) return { type: 'eval', body: this.block(), line }
        return {
          type: 'call',
          name: 'eval',
          args: this.endsList() ? [{ type: 'variable', sigil: '$', name: '_', line }] : [this.unaryOperand()],
          parenthesised: false,
          line,
        }
      case 'print':
      case 'printf':
      case 'say':
        return this.#print(word, line)
      case 'return':
        return { type: 'return', value: this.endsList() ? undefined : this.#all(), line }
      case 'next':
      case 'last':
      case 'redo': {
        const label = /^\s+([A-Z_][A-Z0-9_]*)/.exec(this.rest(60))
        if (label) this.skip(label[0].length)
        return { type: 'jump', kind: word, label: label?.[1], line }
      }
      case 'goto':
      case 'tie':
      case 'format':
        throw new Unsupported(word)
      case '__PACKAGE__':
      case '__FILE__':
      case '__LINE__':
        return { type: 'call', name: word, args: [], parenthesised: false, line }
    }
    if (APPLIED.has(word) && !this.subs.has(word)) {
      const applied = this.#applied(word, line)
      if (applied) return applied
    }
    return this.#callOf(word, line)
  }

  #all(): Node {
    const line = this.line
    const items = this.arguments()
    return items.length === 1 ? (items[0] as Node) : { type: 'list', items, line }
  }

  #quoteOperator(word: string, line: number): Node | undefined {
    if (!/^(?:q|qq|qw|qx|qr|m|s|tr|y)$/.test(word)) return undefined
    const after = this.source.slice(this.at + word.length)
    const gap = /^\s*/.exec(after.slice(0, 40))?.[0] ?? ''
    const open = after[gap.length]
    if (
      open === undefined ||
      /[\w\s,;)]/.test(open) ||
      (gap !== '' && (open === '#' || open === '=')) ||
      (open === '=' && after[gap.length + 1] === '>')
    )
      return undefined
    if (open === '=' && /^(y|s|q|m)$/.test(word) && gap !== '') return undefined
    this.skip(word.length + gap.length)
    const { text } = this.quoted()
    switch (word) {
      case 'q':
        return { type: 'string', value: singleQuoted(text, open), line }
      case 'qq':
        return interpolate(text, line, this.file)
      case 'qw':
        return this.#sliced({
          type: 'list',
          items: text
            .split(/\s+/)
            .filter(Boolean)
            .map((value): Node => ({ type: 'string', value, line })),
          line,
        })
      case 'qx':
        return {
          type: 'backtick',
          command: open === "'" ? { type: 'string', value: text, line } : interpolate(text, line, this.file),
          line,
        }
      case 'm':
        return {
          type: 'match',
          target: undefined,
          pattern: patternNode(text, open, line, this.file),
          flags: this.flags(),
          negated: false,
          line,
        }
      case 'qr':
        return {
          type: 'call',
          name: 'qr',
          args: [patternNode(text, open, line, this.file), { type: 'string', value: this.flags(), line }],
          parenthesised: true,
          line,
        }
    }
    const second = this.#secondPart(open)
    const flags = this.flags()
    if (word !== 's') return { type: 'transliterate', target: undefined, from: text, to: second, flags, line }
    const replacement: Node = flags.includes('e')
      ? this.#inner(second, line)
      : open === "'"
        ? { type: 'string', value: second, line }
        : interpolate(second, line, this.file)
    return { type: 'substitute', target: undefined, pattern: patternNode(text, open, line, this.file), replacement, flags, line }
  }

  #sliced(list: Node): Node {
    this.blank()
    if (!this.looksAt('[')) return list
    this.skip(1)
    return { type: 'listSlice', of: list, index: { type: 'list', items: this.items(']'), line: list.line }, line: list.line }
  }

  /** The other half of `s` and `tr`; brackets open it anew. */
  #secondPart(open: string): string {
    if (/[([{<]/.test(open)) {
      this.blank()
      return this.quoted().text
    }
    this.at--
    return this.quoted().text
  }

  /** Code in a text: the replacement of `s///e`. */
  #inner(source: string, line: number): Node {
    return parseInner(source, this.file, line)
  }

  #declaration(how: 'my' | 'our' | 'local' | 'state', line: number): Node {
    this.blank()
    if (how === 'local') {
      const target = this.term()
      return { type: 'my', how, targets: target.type === 'list' ? target.items : [target], isList: target.type === 'list', line }
    }
    const isList = this.take('(')
    const targets: Node[] = []
    do {
      this.blank()
      if (isList && this.looksAt(')')) break
      const found = /^(?:([$@%])([A-Za-z_]\w*)|(undef))/.exec(this.rest(100))
      if (!found) this.fail()
      const [head, sigil, name] = found as RegExpExecArray
      this.skip(head.length)
      targets.push(
        name ? { type: 'variable', sigil: sigil as '$', name, line } : { type: 'call', name: 'undef', args: [], parenthesised: true, line },
      )
    } while (isList && this.take(','))
    if (isList) this.expect(')')
    return { type: 'my', how, targets, isList, line }
  }

  #print(name: 'print' | 'printf' | 'say', line: number): Node {
    this.blank()
    const wrapped = this.take('(')
    this.blank()
    const handle = this.#handle()
    const args = wrapped ? this.items(')') : this.arguments()
    return { type: 'print', name, handle, args, line }
  }

  #handle(): Node | undefined {
    const line = this.line
    const bare = /^(STDOUT|STDERR|STDIN|[A-Z][A-Z0-9_]*)(?=\s+[^\s,;=.(+*/<>-]|\s*$|\s*[;)]|\s+\(|\s+<<)/.exec(this.rest(60))
    if (bare && !this.subs.has(bare[1] as string) && !this.constants.has(bare[1] as string) && !/^(?:__)/.test(bare[1] as string)) {
      this.skip(bare[0].length)
      return { type: 'string', value: bare[1] as string, line }
    }
    const scalar = /^\$([A-Za-z_]\w*)\s+(?=["'$@\w<\\])(?!(?:x|eq|ne|lt|gt|le|ge|cmp|and|or|if|unless|for|foreach|while)\b)/.exec(
      this.rest(80),
    )
    if (scalar) {
      this.skip(scalar[0].length)
      return { type: 'variable', sigil: '$', name: scalar[1] as string, line }
    }
    if (!this.looksAt('{')) return undefined
    this.skip(1)
    const handle = this.expression()
    this.expect('}')
    return handle
  }

  #applied(name: string, line: number): Node | undefined {
    this.blank()
    const wrapped = this.looksAt('(')
    const before = this.at
    if (wrapped) this.skip(1)
    this.blank()
    let code: Node | undefined
    if (this.looksAt('{') && !this.#isHashArgument()) {
      code = this.block()
      this.take(',')
    } else if (name === 'sort') {
      const called = /^(?:\$(\w+)(?=\s+[@$(])|([A-Za-z_]\w*)(?=\s+[@$(\d"'a-z]))\s+/.exec(this.rest(60))
      if (called && (called[1] || this.subs.has(called[2] as string))) {
        this.skip(called[0].length)
        code = called[1]
          ? { type: 'invoke', code: { type: 'variable', sigil: '$', name: called[1], line }, args: [], line }
          : { type: 'call', name: called[2] as string, args: [], parenthesised: true, line }
      }
    } else if (name === 'map' || name === 'grep') {
      code = this.assignment()
      this.expect(',')
    } else {
      this.at = before
      return undefined
    }
    const args = wrapped ? this.items(')') : this.arguments()
    return { type: 'apply', name, code, args, line }
  }

  /** `map {…}, list` makes hashes; anything else is a block. */
  #isHashArgument(): boolean {
    if (!this.beginsHash()) return false
    const { end } = delimited(this.source, this.at, this.line, this.file)
    return /^\s*,/.test(this.source.slice(end, end + 20))
  }

  #callOf(word: string, line: number): Node {
    this.blank()
    if (this.looksAt('(')) return { type: 'call', name: word, args: this.call(), parenthesised: true, line }
    if (NONE.has(word) || this.constants.has(word)) return { type: 'call', name: word, args: [], parenthesised: true, line }
    // `new Foo(…)` is a method of Foo.
    const indirect = word === 'new' ? /^([A-Z]\w*(?:::\w+)*)\s*(?=\(|;)/.exec(this.rest(100)) : null
    if (indirect) {
      this.skip(indirect[0].length)
      return {
        type: 'method',
        object: { type: 'string', value: indirect[1] as string, line },
        name: word,
        args: this.looksAt('(') ? this.call() : [],
        line,
      }
    }
    if (UNARY.has(word) && !this.subs.has(word)) {
      const bare = this.endsList() || /^(?:,|=>|->|<(?![\w$<])|>|\?|[-+*/.](?=\s)|(?:eq|ne|lt|gt|le|ge|cmp|x)\b)/.test(this.rest(4))
      return { type: 'call', name: word, args: bare ? [] : [this.unaryOperand()], parenthesised: false, line }
    }
    if (LIST.has(word) || this.subs.has(word)) return { type: 'call', name: word, args: this.arguments(), parenthesised: false, line }
    if (/^\s*->|^::/.test(this.rest(6)) || word.endsWith('::')) return { type: 'string', value: word.replace(/::$/, ''), line }
    // A word of a module's, or a bare word.
    const takesList = /^(?:["'$@%\d\\[{]|-\d|[a-z]\w*\s*\()/.test(this.rest(30)) && /^[a-z]/.test(word)
    return { type: 'call', name: word, args: takesList ? this.arguments() : [], parenthesised: false, line }
  }
}
