import type { ExpressionParser } from './expression-parser.ts'
import type { Argument, Parameter, Parameters } from './syntax.ts'

/** Parameters of a `def` or `lambda`, up to `end`, which is left. Annotations are read and left out. */
export function parseParameters(parser: ExpressionParser, end: ')' | ':'): Parameters {
  const parameters: Parameters = { positional: [], positionalOnly: 0, keywordOnly: [] }
  let isKeywordOnly = false
  const names = new Set<string>()
  const named = (): Parameter => {
    const token = parser.token
    const name = parser.name()
    if (names.has(name)) {
      const error = parser.error(`duplicate argument '${name}' in function definition`, token)
      error.isCompilers = true
      throw error
    }
    names.add(name)
    if (end === ')' && parser.take(':')) parser.starOrExpression()
    return { name, default: undefined }
  }
  while (!parser.is(end)) {
    if (parser.take('**')) {
      parameters.keywords = named().name
      parser.take(',')
      break
    }
    if (parser.take('*')) {
      if (isKeywordOnly) throw parser.error('* argument may appear only once', parser.previous)
      isKeywordOnly = true
      if (!parser.is(',')) parameters.rest = named().name
      else if (parser.token.type === 'end') throw parser.error()
    } else if (parser.is('/')) {
      parser.take('/')
      parameters.positionalOnly = parameters.positional.length
    } else {
      const token = parser.token
      const parameter = named()
      if (parser.take('=')) parameter.default = parser.expression()
      else if (!isKeywordOnly && parameters.positional.some((earlier) => earlier.default))
        throw parser.error('non-default argument follows default argument', token)
      ;(isKeywordOnly ? parameters.keywordOnly : parameters.positional).push(parameter)
    }
    if (!parser.take(',')) break
  }
  if (!parser.is(end)) throw end === ':' ? parser.error() : parser.error()
  return parameters
}

/** Arguments of a call behind its `(`, which are taken with their `)`. */
export function parseArguments(parser: ExpressionParser): Argument[] {
  const args: Argument[] = []
  while (!parser.is(')')) {
    args.push(argument(parser, args))
    if (!parser.take(',')) break
  }
  const last = args.at(-1)
  parser.closing(')', last?.kind === 'plain' ? last.value : undefined)
  return args
}

function argument(parser: ExpressionParser, earlier: readonly Argument[]): Argument {
  const start = parser.token
  if (parser.take('**')) return { kind: 'double-star', value: parser.expression() }
  if (parser.take('*')) {
    const value = parser.expression()
    const spread = earlier.find((other) => other.kind === 'double-star')
    if (spread) {
      const { at } = spread.value
      throw parser.error('iterable argument unpacking follows keyword argument unpacking', { ...at, column: at.column - 2 })
    }
    return { kind: 'star', value }
  }
  const value = parser.namedExpression()
  if (parser.is('=')) {
    if (value.type !== 'name') {
      const message =
        value.type === 'constant' && typeof value.value === 'boolean'
          ? `cannot assign to ${value.value ? 'True' : 'False'}`
          : 'expression cannot contain assignment, perhaps you meant "=="?'
      parser.take('=')
      throw parser.error(message, parser.spanFrom(start))
    }
    parser.take('=')
    if (earlier.some((other) => other.kind === 'keyword' && other.name === value.name)) {
      parser.expression()
      throw parser.error(`keyword argument repeated: ${value.name}`, parser.spanFrom(start))
    }
    return { kind: 'keyword', name: value.name, value: parser.expression() }
  }
  if (parser.startsClauses()) {
    const clauses = parser.clauses()
    if (parser.is(',') || earlier.length > 0) throw parser.error('Generator expression must be parenthesized', parser.spanFrom(start))
    return { kind: 'plain', value: { type: 'comprehension', kind: 'generator', item: value, clauses, at: parser.spanFrom(start) } }
  }
  if (earlier.some((other) => other.kind === 'keyword')) throw parser.error('positional argument follows keyword argument', parser.token)
  return { kind: 'plain', value }
}
