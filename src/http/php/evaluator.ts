import { formatted, PURE } from './functions.ts'
import { type Expression, parseCode, parsePhp, type Statement } from './parser.ts'
import { phpInfo } from './phpinfo.ts'
import { isLoose, isTrue, numberOf, textOf, type Value } from './value.ts'

/** What PHP code can see and do besides computing. */
export interface PhpMachine {
  version: string
  uname: string
  /** `$_GET`, `$_POST` …, by name without the dollar. */
  variables?: ReadonlyMap<string, Value>
  /** Runs a command as the web server's user; without it system() and its kin print nothing. */
  run?: (command: string) => Promise<string>
  /** Further functions, by name in small letters. */
  functions?: Readonly<Record<string, (...args: Value[]) => Value>>
  /** Lines of phpinfo()'s environment. */
  environment?: readonly (readonly [string, string])[]
}

const MOST_STEPS = 5_000
const LONGEST_OUTPUT = 512 * 1024
const DEEPEST_EVAL = 4
/** Functions that run a command: whether they print what it prints. */
const RUNNERS: Readonly<Record<string, boolean>> = { system: true, passthru: true, shell_exec: false, exec: false }

/** Ends the script: exit, a bound, or something that this evaluator does not know. */
class Ended extends Error {}

/**
 * What a PHP file prints. Computes to the byte what is computed (hashes, arithmetic, strings, printf), takes fields from the
 * request, runs commands on the simulated host. Where it meets something it does not know, it stops as PHP does at a fatal error.
 *
 * @example await runPhp('<?php echo md5("x") . 6*7;', { version: '8.2.29', uname: 'Linux web 6.1.0' })
 * // 9dd4e461268c8034f5c8564e155c67a642
 */
export function runPhp(file: string, machine: PhpMachine): Promise<string> {
  return new Script(machine).run(parseOrNothing(() => parsePhp(file)))
}

/** The same for code as eval takes it. */
export function evalPhp(code: string, machine: PhpMachine): Promise<string> {
  return new Script(machine).run(parseOrNothing(() => parseCode(code)))
}

const SPECIAL = new Set(
  'print printf print_r var_dump isset empty phpversion php_uname php_sapi_name phpinfo get_current_user time'.split(' '),
)

/** Whether this evaluator knows all that a file does, eval aside: then what it prints is exact. */
export function isKnownPhp(file: string): boolean {
  const isKnown = (node: unknown): boolean => {
    if (typeof node !== 'object' || node === null) return true
    if ('is' in node && node.is === 'unknown') return false
    if ('is' in node && node.is === 'call' && 'name' in node) {
      const name = String(node.name)
      if (!SPECIAL.has(name) && !Object.hasOwn(PURE, name) && !Object.hasOwn(RUNNERS, name)) return false
    }
    return Object.values(node).every(isKnown)
  }
  return isKnown(parseOrNothing(() => parsePhp(file)))
}

/** A file with a syntax error prints nothing. */
function parseOrNothing(parse: () => Statement[]): Statement[] {
  try {
    return parse()
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

class Script {
  readonly #machine: PhpMachine
  readonly #variables = new Map<string, Value>()
  #output = ''
  #steps = 0
  #evals = 0

  constructor(machine: PhpMachine) {
    this.#machine = machine
    for (const [name, value] of machine.variables ?? []) this.#variables.set(`$${name}`, value)
  }

  async run(statements: readonly Statement[]): Promise<string> {
    try {
      await this.#all(statements)
    } catch (error) {
      if (!(error instanceof Ended)) throw error
    }
    return this.#output
  }

  async #all(statements: readonly Statement[]): Promise<void> {
    for (const statement of statements) await this.#statement(statement)
  }

  async #statement(statement: Statement): Promise<void> {
    switch (statement.is) {
      case 'echo':
        for (const value of statement.values) this.#print(textOf(await this.#value(value)))
        return
      case 'expression':
        await this.#value(statement.value)
        return
      case 'if':
        return this.#all(isTrue(await this.#value(statement.test)) ? statement.yes : statement.no)
      case 'exit': {
        const value = statement.value ? await this.#value(statement.value) : null
        if (typeof value === 'string') this.#print(value)
        throw new Ended()
      }
      case 'unknown':
        throw new Ended()
    }
  }

  #print(text: string): void {
    if (this.#output.length + text.length > LONGEST_OUTPUT) throw new Ended()
    this.#output += text
  }

  async #value(expression: Expression): Promise<Value> {
    if (++this.#steps > MOST_STEPS) throw new Ended()
    switch (expression.is) {
      case 'literal':
        return expression.value
      case 'variable':
        return this.#variables.get(expression.name) ?? null
      case 'name':
        return this.#constant(expression.name)
      case 'index': {
        const of = await this.#value(expression.of)
        const at = await this.#value(expression.at)
        if (of instanceof Map) return of.get(textOf(at)) ?? null
        return typeof of === 'string' ? (of.at(numberOf(at)) ?? '') : null
      }
      case 'command':
        return this.#command(textOf(await this.#value(expression.text)))
      case 'unary':
        return unary(expression.operator, await this.#value(expression.of))
      case 'binary':
        return this.#binary(expression.operator, expression.left, expression.right)
      case 'choice': {
        const test = await this.#value(expression.test)
        if (!isTrue(test)) return this.#value(expression.no)
        return expression.yes ? this.#value(expression.yes) : test
      }
      case 'assign': {
        const value = await this.#value(expression.value)
        this.#variables.set(expression.name, value)
        return value
      }
      case 'array': {
        const array = new Map<string, Value>()
        for (const { key, value } of expression.items)
          array.set(key ? textOf(await this.#value(key)) : String(array.size), await this.#value(value))
        return array
      }
      case 'call':
        return this.#call(expression.name, expression.args)
    }
  }

  #constant(name: string): Value {
    const constants: Record<string, Value> = {
      true: true,
      false: false,
      null: null,
      php_eol: '\n',
      php_os: 'Linux',
      php_os_family: 'Linux',
      php_version: this.#machine.version,
      m_pi: Math.PI,
      directory_separator: '/',
      __line__: 1,
    }
    // PHP 8 ends a script at an unknown constant; an unquoted word in a test of the past printed itself.
    return Object.hasOwn(constants, name.toLowerCase()) ? (constants[name.toLowerCase()] as Value) : name
  }

  async #binary(operator: string, left: Expression, right: Expression): Promise<Value> {
    const a = await this.#value(left)
    if (operator === '??') return a ?? (await this.#value(right))
    if (operator === '&&' || operator === 'and') return isTrue(a) && isTrue(await this.#value(right))
    if (operator === '||' || operator === 'or') return isTrue(a) || isTrue(await this.#value(right))
    const value = binary(operator, a, await this.#value(right))
    if (value === undefined || (typeof value === 'string' && value.length > LONGEST_OUTPUT)) throw new Ended()
    return value
  }

  async #command(command: string): Promise<string> {
    return (await this.#machine.run?.(command)) ?? ''
  }

  async #call(name: string, args: readonly Expression[]): Promise<Value> {
    const values: Value[] = []
    for (const arg of args) values.push(await this.#value(arg))
    const [first = null] = values
    const own = this.#machine.functions
    if (own && Object.hasOwn(own, name)) return (own[name] as (...args: Value[]) => Value)(...values)
    if (Object.hasOwn(RUNNERS, name)) return this.#runner(name, textOf(first))
    if (Object.hasOwn(PURE, name)) return (PURE[name] as (...args: Value[]) => Value)(...values)
    return this.#special(name, values)
  }

  async #runner(name: string, command: string): Promise<Value> {
    const output = await this.#command(command)
    if (RUNNERS[name]) this.#print(output)
    if (name === 'passthru') return null
    return name === 'shell_exec' ? output : (output.trimEnd().split('\n').at(-1) ?? '')
  }

  async #special(name: string, values: readonly Value[]): Promise<Value> {
    const [first = null] = values
    switch (name) {
      case 'print':
        this.#print(textOf(first))
        return 1
      case 'printf':
        this.#print(formatted(textOf(first), values.slice(1)))
        return 0
      case 'print_r':
        this.#print(printed(first, 0))
        return true
      case 'var_dump':
        for (const value of values) this.#print(dumped(value, 0))
        return null
      case 'isset':
        return values.every((value) => value !== null)
      case 'empty':
        return !isTrue(first)
      case 'eval':
      case 'assert':
      case 'create_function': {
        if (++this.#evals > DEEPEST_EVAL) throw new Ended()
        const code = textOf(first)
        await this.#all(parseOrNothing(() => parseCode(code)))
        return null
      }
      case 'phpversion':
        return this.#machine.version
      case 'php_uname':
        return unamePart(this.#machine.uname, textOf(first))
      case 'php_sapi_name':
        return 'fpm-fcgi'
      case 'phpinfo':
        this.#print(phpInfo(this.#machine))
        return true
      case 'get_current_user':
        return 'www-data'
      case 'time':
        return Math.floor(Date.now() / 1000)
      default:
        // A call of an undefined function ends the script, and nothing of it is shown.
        throw new Ended()
    }
  }
}

function unary(operator: string, value: Value): Value {
  if (operator === '!') return !isTrue(value)
  if (operator === '-') return -numberOf(value)
  if (operator === 'int' || operator === 'integer') return Math.trunc(numberOf(value))
  if (operator === '+' || operator === 'float') return numberOf(value)
  if (operator === 'string') return textOf(value)
  return operator === 'bool' ? isTrue(value) : value
}

/** Undefined for a division by zero, which PHP throws at. */
function binary(operator: string, a: Value, b: Value): Value | undefined {
  switch (operator) {
    case '.':
      return textOf(a) + textOf(b)
    case '+':
      return numberOf(a) + numberOf(b)
    case '-':
      return numberOf(a) - numberOf(b)
    case '*':
      return numberOf(a) * numberOf(b)
    case '/':
      return numberOf(b) === 0 ? undefined : numberOf(a) / numberOf(b)
    case '%':
      return Math.trunc(numberOf(b)) === 0 ? undefined : Math.trunc(numberOf(a)) % Math.trunc(numberOf(b))
    case '==':
      return isLoose(a, b)
    case '!=':
      return !isLoose(a, b)
    case '===':
      return a === b
    case '!==':
      return a !== b
    case '<':
      return numberOf(a) < numberOf(b)
    case '>':
      return numberOf(a) > numberOf(b)
    case '<=':
      return numberOf(a) <= numberOf(b)
    default:
      return numberOf(a) >= numberOf(b)
  }
}

function unamePart(uname: string, mode: string): string {
  const [system = '', host = '', release = ''] = uname.split(' ')
  const parts: Record<string, string> = { s: system, n: host, r: release, m: uname.split(' ').at(-1) ?? '' }
  return parts[mode] ?? uname
}

function printed(value: Value, depth: number): string {
  if (!(value instanceof Map) || depth > 10) return textOf(value)
  const pad = ' '.repeat(depth * 8)
  const items = [...value].map(([key, item]) => `${pad}    [${key}] => ${printed(item, depth + 1)}\n`)
  return `Array\n${pad}(\n${items.join('')}${pad})\n`
}

function dumped(value: Value, depth: number): string {
  const pad = '  '.repeat(depth)
  if (value === null) return `${pad}NULL\n`
  if (typeof value === 'boolean') return `${pad}bool(${value})\n`
  if (typeof value === 'number') return `${pad}${Number.isSafeInteger(value) ? 'int' : 'float'}(${textOf(value)})\n`
  if (typeof value === 'string') return `${pad}string(${value.length}) "${value}"\n`
  if (depth > 10) return `${pad}*RECURSION*\n`
  const items = [...value].map(([key, item]) => `${pad}  [${/^\d+$/.test(key) ? key : `"${key}"`}]=>\n${dumped(item, depth + 1)}`)
  return `${pad}array(${value.size}) {\n${items.join('')}${pad}}\n`
}
