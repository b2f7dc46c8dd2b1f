import type { ClassSyntax, Expression, FunctionSyntax, Visibility } from './syntax.ts'
import { PhpObject, type PhpType, type Ref, type Value } from './value.ts'

export interface Method {
  name: string
  of: FunctionSyntax
  isStatic: boolean
  isAbstract: boolean
  visibility: Visibility
  /** The class that it was written in. */
  owner: PhpClass
}

/** A class, interface, trait or enumeration that runs. */
export class PhpClass implements PhpType {
  readonly name: string
  readonly kind: ClassSyntax['kind']
  readonly parent: PhpClass | undefined
  readonly interfaces: string[]
  readonly isAbstract: boolean
  readonly constants = new Map<string, { value: Value } | { of: Expression }>()
  readonly statics = new Map<string, Ref>()
  readonly properties: { name: string; value: Expression | undefined; visibility: Visibility; isTyped: boolean }[] = []
  readonly methods = new Map<string, Method>()
  readonly line: number

  constructor(
    syntax: Pick<ClassSyntax, 'name' | 'kind' | 'isAbstract' | 'line'>,
    parent: PhpClass | undefined,
    interfaces: readonly string[],
  ) {
    this.name = syntax.name
    this.kind = syntax.kind
    this.isAbstract = syntax.isAbstract
    this.line = syntax.line
    this.parent = parent
    this.interfaces = [...interfaces]
  }

  method(name: string): Method | undefined {
    return this.methods.get(name.toLowerCase()) ?? this.parent?.method(name)
  }

  constant(name: string): { owner: PhpClass; found: { value: Value } | { of: Expression } } | undefined {
    const found = this.constants.get(name)
    return found ? { owner: this, found } : this.parent?.constant(name)
  }

  static(name: string): Ref | undefined {
    return this.statics.get(name) ?? this.parent?.static(name)
  }

  /** What is declared of a property; undefined for one that an object got later. */
  property(name: string): { visibility: Visibility } | undefined {
    return this.properties.find((one) => one.name === name) ?? this.parent?.property(name)
  }

  isA(name: string): boolean {
    const wanted = name.toLowerCase()
    if (this.name.toLowerCase() === wanted || this.interfaces.some((one) => one.toLowerCase() === wanted)) return true
    return this.parent?.isA(name) ?? false
  }
}

/** A function that is a value, with what it has seen where it was made. */
export class Closure extends PhpObject {
  readonly of: FunctionSyntax | string
  readonly bound: ReadonlyMap<string, Ref>
  readonly self: PhpObject | undefined
  readonly scope: PhpClass | undefined

  constructor(
    type: PhpType,
    of: FunctionSyntax | string,
    bound: ReadonlyMap<string, Ref>,
    self: PhpObject | undefined,
    scope: PhpClass | undefined,
  ) {
    super(type)
    this.of = of
    this.bound = bound
    this.self = self
    this.scope = scope
  }
}

const builtIn = (name: string, parent?: PhpClass, interfaces: string[] = []): PhpClass =>
  new PhpClass({ name, kind: 'class', isAbstract: false, line: 0 }, parent, interfaces)

/** PHP's own classes, as far as scripts of attackers use them. */
export function builtInClasses(): Map<string, PhpClass> {
  const classes = new Map<string, PhpClass>()
  const add = (name: string, parent?: string, ...interfaces: string[]): void =>
    void classes.set(name.toLowerCase(), builtIn(name, parent === undefined ? undefined : classes.get(parent.toLowerCase()), interfaces))
  for (const name of ['stdClass', 'Closure', 'ArrayIterator', 'ArrayObject']) add(name)
  add('Generator', undefined, 'Iterator', 'Traversable')
  for (const name of ['Exception', 'Error']) add(name, undefined, 'Throwable', 'Stringable')
  add('ErrorException', 'Exception')
  for (const name of ['TypeError', 'ValueError', 'ArithmeticError', 'AssertionError', 'UnhandledMatchError', 'ParseError'])
    add(name, name === 'ParseError' ? 'Error' : 'Error')
  add('ArgumentCountError', 'TypeError')
  add('DivisionByZeroError', 'ArithmeticError')
  for (const name of ['LogicException', 'RuntimeException', 'JsonException', 'PDOException'])
    add(name, name === 'PDOException' ? 'RuntimeException' : 'Exception')
  for (const name of ['InvalidArgumentException', 'DomainException', 'LengthException', 'OutOfRangeException', 'BadFunctionCallException'])
    add(name, 'LogicException')
  for (const name of ['OutOfBoundsException', 'RangeException', 'OverflowException', 'UnderflowException', 'UnexpectedValueException'])
    add(name, 'RuntimeException')
  add('BadMethodCallException', 'BadFunctionCallException')
  return classes
}

export const BUILT_IN_INTERFACES = new Set([
  'throwable',
  'stringable',
  'iterator',
  'iteratoraggregate',
  'traversable',
  'countable',
  'arrayaccess',
  'jsonserializable',
  'serializable',
  'unitenum',
  'backedenum',
])

export function classOf(object: PhpObject): PhpClass | undefined {
  return object.type instanceof PhpClass ? object.type : undefined
}
