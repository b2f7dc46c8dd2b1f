import { ELLIPSIS, type Expression } from './syntax.ts'

/** The type's name of a value that is written out; undefined when it is computed. */
function literalType(node: Expression): string | undefined {
  switch (node.type) {
    case 'constant': {
      const { value } = node
      if (value === null) return 'NoneType'
      if (value === ELLIPSIS) return 'ellipsis'
      if (value instanceof Uint8Array) return 'bytes'
      return { boolean: 'bool', bigint: 'int', number: 'float', string: 'str', object: 'complex' }[typeof value as string]
    }
    case 'format':
      return 'str'
    case 'list':
    case 'tuple':
    case 'dict':
    case 'set':
      return node.type
    case 'comprehension':
      return node.kind
    case 'lambda':
      return 'function'
    default:
      return undefined
  }
}

/** What CPython's compiler warns of in an expression (Python/compile.c: check_compare, check_caller, check_subscripter, check_index). */
export function suspicion(node: Expression): string | undefined {
  if (node.type === 'compare') {
    let left = node.first
    for (const { operator, value } of node.rest) {
      const isLiteral = [left, value].some((side) => /^(?:int|float|str|bytes|complex)$/.test(literalType(side) ?? ''))
      if (isLiteral && operator === 'is') return '"is" with a literal. Did you mean "=="?'
      if (isLiteral && operator === 'is not') return '"is not" with a literal. Did you mean "!="?'
      left = value
    }
    return undefined
  }
  if (node.type === 'call') {
    const type = literalType(node.function)
    return type === undefined || type === 'function' ? undefined : `'${type}' object is not callable; perhaps you missed a comma?`
  }
  if (node.type !== 'subscript') return undefined
  const [type, index] = [literalType(node.object), literalType(node.index)]
  if (type === undefined) return undefined
  if (/^(?:NoneType|bool|int|float|complex|ellipsis|set|generator|function)$/.test(type))
    return `'${type}' object is not subscriptable; perhaps you missed a comma?`
  if (!/^(?:str|tuple|list|bytes)$/.test(type) || index === undefined || index === 'int' || index === 'bool') return undefined
  return `${type} indices must be integers or slices, not ${index}; perhaps you missed a comma?`
}
