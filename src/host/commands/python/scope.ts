import { suspicion } from './suspicions.ts'
import { type Expression, type Parameters, type Program, PythonSyntaxError, type Scope, type Span, type Statement } from './syntax.ts'

/** Finds which names each function binds, and refuses what CPython's compiler refuses. Scopes are left in the nodes. @throws PythonSyntaxError */
export function analyse(body: Statement[]): Pick<Program, 'scope' | 'warnings'> {
  const scope = makeScope('module', undefined)
  const warnings: Program['warnings'] = []
  const walker = new Walker(scope, warnings)
  try {
    walker.statements(body)
  } catch (error) {
    if (error instanceof PythonSyntaxError) error.isCompilers = true
    throw error
  }
  walker.finish()
  return { scope, warnings }
}

function makeScope(kind: Scope['kind'], parent: Scope | undefined): Scope {
  return { kind, parent, locals: new Set(), globals: new Set(), nonlocals: new Set(), yields: false }
}

class Walker {
  readonly #scope: Scope
  readonly #names: (Expression & { type: 'name' })[] = []
  readonly #children: Walker[] = []
  readonly #comprehension: boolean
  readonly #warnings: Program['warnings']
  #loops = 0
  #isAsync = false

  constructor(scope: Scope, warnings: Program['warnings'], comprehension = false) {
    this.#scope = scope
    this.#warnings = warnings
    this.#comprehension = comprehension
  }

  /** Decides where each name is looked up, when all bindings are known. */
  finish(): void {
    for (const name of this.#names) name.where = this.#where(name.name)
    for (const child of this.#children) child.finish()
  }

  #where(name: string): 'global' | 'local' | 'free' | 'class' {
    const scope = this.#scope
    if (scope.globals.has(name)) return 'global'
    if (scope.kind === 'function' && scope.locals.has(name)) return 'local'
    if (scope.kind === 'class' && !scope.nonlocals.has(name)) return 'class'
    for (let outer = scope.parent; outer; outer = outer.parent) {
      if (outer.kind !== 'function') continue
      if (outer.globals.has(name)) return 'global'
      if (outer.locals.has(name)) return 'free'
    }
    return 'global'
  }

  #bind(name: string): void {
    if (!this.#scope.globals.has(name) && !this.#scope.nonlocals.has(name)) this.#scope.locals.add(name)
  }

  statements(body: Statement[]): void {
    for (const statement of body) this.#statement(statement)
  }

  #statement(node: Statement): void {
    switch (node.type) {
      case 'expression':
        this.#value(node.value)
        return
      case 'assign':
        this.#value(node.value)
        for (const target of node.targets) this.#target(target)
        return
      case 'annotate':
        if (node.value) this.#value(node.value)
        this.#value(node.annotation)
        this.#target(node.target)
        return
      case 'augment':
        this.#value(node.value)
        this.#target(node.target)
        return
      case 'if':
        this.#value(node.test)
        this.statements(node.body)
        this.statements(node.otherwise)
        return
      case 'while':
        this.#value(node.test)
        this.#loop(node.body)
        this.statements(node.otherwise)
        return
      case 'for':
        this.#value(node.iterable)
        this.#target(node.target)
        this.#loop(node.body)
        this.statements(node.otherwise)
        return
      case 'function':
        for (const decorator of node.decorators) this.#value(decorator)
        this.#bind(node.name)
        node.scope = this.#function(node.parameters, (inner) => inner.statements(node.body), node.isAsync)
        return
      case 'class': {
        for (const decorator of node.decorators) this.#value(decorator)
        for (const { value } of node.args) this.#value(value)
        this.#bind(node.name)
        node.scope = makeScope('class', this.#scope)
        const inner = new Walker(node.scope, this.#warnings)
        this.#children.push(inner)
        inner.statements(node.body)
        return
      }
      case 'return':
        if (this.#scope.kind !== 'function') throw new PythonSyntaxError("'return' outside function", node.at)
        if (node.value) this.#value(node.value)
        return
      case 'delete':
        for (const target of node.targets) this.#target(target)
        return
      case 'break':
        if (this.#loops === 0) throw new PythonSyntaxError("'break' outside loop", node.at)
        return
      case 'continue':
        if (this.#loops === 0) throw new PythonSyntaxError("'continue' not properly in loop", node.at)
        return
      case 'global':
      case 'nonlocal':
        this.#declare(node.type, node.names, node.at)
        return
      case 'raise':
        if (node.value) this.#value(node.value)
        if (node.cause) this.#value(node.cause)
        return
      case 'try':
        this.statements(node.body)
        for (const handler of node.handlers) {
          if (handler.type) this.#value(handler.type)
          if (handler.name) this.#target(handler.name)
          this.statements(handler.body)
        }
        this.statements(node.otherwise)
        this.statements(node.last)
        return
      case 'with':
        for (const { value, target } of node.items) {
          this.#value(value)
          if (target) this.#target(target)
        }
        this.statements(node.body)
        return
      case 'assert':
        if (node.test.type === 'tuple' && node.test.items.length > 0)
          this.#warnings.push({ line: node.at.line, message: 'assertion is always true, perhaps remove parentheses?' })
        this.#value(node.test)
        if (node.message) this.#value(node.message)
        return
      case 'import':
        for (const { name, as } of node.names) this.#bind(as ?? (name.split('.')[0] as string))
        return
      case 'from':
        if (node.names[0]?.name === '*' && this.#scope.kind !== 'module')
          throw new PythonSyntaxError('import * only allowed at module level', node.at)
        for (const { name, as } of node.names) if (name !== '*') this.#bind(as ?? name)
        return
      case 'pass':
    }
  }

  #declare(type: 'global' | 'nonlocal', names: readonly string[], at: Span): void {
    const scope = this.#scope
    if (type === 'nonlocal' && scope.kind === 'module') throw new PythonSyntaxError('nonlocal declaration not allowed at module level', at)
    for (const name of names) {
      if (scope.kind !== 'module' && scope.locals.has(name))
        throw new PythonSyntaxError(`name '${name}' is assigned to before ${type} declaration`, at)
      if (type === 'global') scope.globals.add(name)
      else {
        let outer = scope.parent
        while (outer && !(outer.kind === 'function' && outer.locals.has(name))) outer = outer.parent
        if (!outer) throw new PythonSyntaxError(`no binding for nonlocal '${name}' found`, at)
        scope.nonlocals.add(name)
      }
    }
  }

  #loop(body: Statement[]): void {
    this.#loops++
    this.statements(body)
    this.#loops--
  }

  #function(parameters: Parameters | undefined, fill: (inner: Walker) => void, isAsync = false): Scope {
    for (const { default: value } of [...(parameters?.positional ?? []), ...(parameters?.keywordOnly ?? [])]) if (value) this.#value(value)
    const scope = makeScope('function', this.#scope)
    const inner = new Walker(scope, this.#warnings)
    inner.#isAsync = isAsync
    this.#children.push(inner)
    if (parameters) {
      for (const { name } of [...parameters.positional, ...parameters.keywordOnly]) scope.locals.add(name)
      if (parameters.rest) scope.locals.add(parameters.rest)
      if (parameters.keywords) scope.locals.add(parameters.keywords)
    }
    fill(inner)
    return scope
  }

  #target(node: Expression): void {
    if (node.type === 'name') {
      this.#bind(node.name)
      this.#names.push(node)
    } else if (node.type === 'tuple' || node.type === 'list') for (const item of node.items) this.#target(item)
    else if (node.type === 'star') this.#target(node.value)
    else this.#value(node)
  }

  #value(node: Expression): void {
    const message = suspicion(node)
    if (message !== undefined) this.#warnings.push({ line: node.at.line, message })
    switch (node.type) {
      case 'name':
        this.#names.push(node)
        return
      case 'format':
        this.#format(node.parts)
        return
      case 'tuple':
      case 'list':
      case 'set':
      case 'and':
      case 'or':
        for (const item of node.items) this.#value(item)
        return
      case 'dict':
        for (const { key, value } of node.entries) {
          if (key) this.#value(key)
          this.#value(value)
        }
        return
      case 'binary':
        this.#value(node.left)
        this.#value(node.right)
        return
      case 'unary':
        this.#value(node.operand)
        return
      case 'compare':
        this.#value(node.first)
        for (const { value } of node.rest) this.#value(value)
        return
      case 'call':
        this.#value(node.function)
        for (const { value } of node.args) this.#value(value)
        return
      case 'attribute':
        this.#value(node.object)
        return
      case 'subscript':
        this.#value(node.object)
        this.#value(node.index)
        return
      case 'slice':
        for (const part of [node.from, node.to, node.step]) if (part) this.#value(part)
        return
      case 'conditional':
        this.#value(node.test)
        this.#value(node.yes)
        this.#value(node.no)
        return
      case 'lambda':
        node.scope = this.#function(node.parameters, (inner) => inner.#value(node.body))
        return
      case 'comprehension':
        this.#clauses(node)
        return
      case 'walrus':
        this.#value(node.value)
        this.#walrus(node.name)
        return
      case 'star':
        this.#value(node.value)
        return
      case 'yield':
      case 'yield-from':
        if (this.#scope.kind !== 'function' || this.#comprehension) throw new PythonSyntaxError("'yield' outside function", node.at)
        this.#scope.yields = true
        if (node.value) this.#value(node.value)
        return
      case 'await':
        if (this.#scope.kind !== 'function') throw new PythonSyntaxError("'await' outside function", node.at)
        if (!this.#isAsync) throw new PythonSyntaxError("'await' outside async function", node.at)
        this.#value(node.value)
        return
      case 'constant':
    }
  }

  /** A walrus in a comprehension binds in the function around it. */
  #walrus(name: Expression & { type: 'name' }): void {
    let scope = this.#scope
    if (this.#comprehension) {
      while (scope.parent && scope.kind === 'function' && COMPREHENSIONS.has(scope)) scope = scope.parent
      if (scope.kind === 'function') {
        if (!scope.globals.has(name.name) && !scope.nonlocals.has(name.name)) scope.locals.add(name.name)
      } else this.#scope.globals.add(name.name)
    } else this.#bind(name.name)
    this.#names.push(name)
  }

  #format(parts: readonly (string | { value: Expression; format: readonly unknown[] | undefined })[]): void {
    for (const part of parts) {
      if (typeof part === 'string') continue
      this.#value(part.value)
      if (part.format) this.#format(part.format as typeof parts)
    }
  }

  #clauses(node: Expression & { type: 'comprehension' }): void {
    const [first] = node.clauses
    if (first) this.#value(first.iterable)
    const scope = makeScope('function', this.#scope)
    COMPREHENSIONS.add(scope)
    const inner = new Walker(scope, this.#warnings, true)
    inner.#isAsync = this.#isAsync
    this.#children.push(inner)
    for (const [i, { target, iterable, conditions }] of node.clauses.entries()) {
      if (i > 0) inner.#value(iterable)
      inner.#target(target)
      for (const condition of conditions) inner.#value(condition)
    }
    inner.#value(node.item)
    if (node.value) inner.#value(node.value)
    node.scope = scope
  }
}

const COMPREHENSIONS = new WeakSet<Scope>()
