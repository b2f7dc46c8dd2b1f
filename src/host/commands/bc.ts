import type { Process } from '../command.ts'
import { BcError, calculate, compare, type Decimal, parseDecimal, rescale, show, squareRoot } from './bc/calculator.ts'
import { hostText, LineReader } from './gnu/bytes.ts'
import { gnuCommand } from './gnu/command.ts'

const BANNER =
  "bc 1.07.1\nCopyright 1991-1994, 1997, 1998, 2000, 2004, 2006, 2008, 2012-2017 Free Software Foundation, Inc.\nThis is free software with ABSOLUTELY NO WARRANTY.\nFor details type `warranty'. \n"

export default gnuCommand({
  name: 'bc',
  package: 'bc',
  version: BANNER.split('\n').slice(0, 2).join('\n'),
  usage: '[options] [file ...]',
  short: 'ilqswvh',
  long: { interactive: 'i', mathlib: 'l', quiet: 'q', standard: 's', warn: 'w' },
  async run(process, options) {
    const terminal = process.stdin.isTerminal
    if (terminal && !options.has('q')) await process.stdout.write(BANNER)
    const machine = new Machine(options.has('l') ? 20 : 0)
    for (const file of options.operands) if (await feed(process, machine, new LineReader(process, process.openInput(file)))) return 0
    await feed(process, machine, new LineReader(process, process.stdin))
    return 0
  },
})

async function feed(process: Process, machine: Machine, lines: LineReader): Promise<boolean> {
  for (let line = await lines.next(); line !== undefined; line = await lines.next()) {
    for (const statement of hostText(line).replace(/#.*/, '').split(';')) {
      const text = statement.trim()
      if (text === '') continue
      if (text === 'quit' || text === 'halt') return true
      await process.spend(50)
      try {
        const output = machine.statement(text)
        if (output !== undefined) await process.stdout.write(output)
      } catch (error) {
        if (error instanceof SyntaxFault) await process.stderr.write('(standard_in) 1: syntax error\n')
        else if (error instanceof BcError) await process.stderr.write(`Runtime error (func=(main), adr=3): ${error.message}\n`)
        else throw error
      }
    }
  }
  return false
}

class SyntaxFault extends Error {}

/** The calculator part of bc: expressions, variables, `scale`, `ibase`, `obase`, `sqrt` and the mathematics library's functions. */
class Machine {
  readonly #variables = new Map<string, Decimal>()
  #scale: number
  #tokens: string[] = []
  #at = 0

  constructor(scale: number) {
    this.#scale = scale
  }

  statement(text: string): string | undefined {
    const quoted = /^"([^"]*)"$/.exec(text)
    if (quoted) return quoted[1]
    const print = /^print\s+(.*)$/.exec(text)
    const source = print ? (print[1] as string) : text
    this.#tokens = source.match(/\d*\.?\d+|\d+\.|[a-z_]\w*|[-+*/%^]=|[<>=!]=|&&|\|\||[-+*/%^()=<>,!]|\S/gi) ?? []
    this.#at = 0
    const silent = /^[a-z]\w*\s*[-+*/%^]?=[^=]/.test(source)
    const value = this.#assignment()
    if (this.#at < this.#tokens.length) throw new SyntaxFault()
    if (silent) return undefined
    return `${show(value, Number(rescale(this.#variables.get('obase') ?? parseDecimal('10'), 0).digits))}${print ? '' : '\n'}`
  }

  #take(...tokens: string[]): string | undefined {
    const token = this.#tokens[this.#at]
    if (token === undefined || !tokens.includes(token)) return undefined
    this.#at++
    return token
  }

  #assignment(): Decimal {
    const [name, operator] = [this.#tokens[this.#at], this.#tokens[this.#at + 1]]
    if (name && /^[a-z]\w*$/.test(name) && operator && /^[-+*/%^]?=$/.test(operator)) {
      this.#at += 2
      const value = this.#assignment()
      const result = operator === '=' ? value : calculate(operator[0] as string, this.#get(name), value, this.#scale)
      if (name === 'scale') this.#scale = Math.min(1000, Number(rescale(result, 0).digits))
      this.#variables.set(name, result)
      return result
    }
    return this.#comparison()
  }

  #get(name: string): Decimal {
    if (name === 'scale') return parseDecimal(String(this.#scale))
    return this.#variables.get(name) ?? { digits: name === 'ibase' || name === 'obase' ? 10n : 0n, scale: 0 }
  }

  #comparison(): Decimal {
    let left = this.#sum()
    for (let operator = this.#take('<', '<=', '==', '!=', '>=', '>'); operator; operator = this.#take('<', '<=', '==', '!=', '>=', '>')) {
      const order = compare(left, this.#sum())
      const holds = { '<': order < 0, '<=': order <= 0, '==': order === 0, '!=': order !== 0, '>=': order >= 0, '>': order > 0 }[operator]
      left = { digits: holds ? 1n : 0n, scale: 0 }
    }
    return left
  }

  #sum(): Decimal {
    let left = this.#product()
    for (let operator = this.#take('+', '-'); operator; operator = this.#take('+', '-'))
      left = calculate(operator, left, this.#product(), this.#scale)
    return left
  }

  #product(): Decimal {
    let left = this.#unary()
    for (let operator = this.#take('*', '/', '%'); operator; operator = this.#take('*', '/', '%'))
      left = calculate(operator, left, this.#unary(), this.#scale)
    return left
  }

  #unary(): Decimal {
    if (this.#take('-')) {
      const value = this.#unary()
      return { digits: -value.digits, scale: value.scale }
    }
    return this.#power()
  }

  #power(): Decimal {
    const base = this.#primary()
    return this.#take('^') ? calculate('^', base, this.#unary(), this.#scale) : base
  }

  #primary(): Decimal {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw new SyntaxFault()
    if (token === '(') {
      const value = this.#assignment()
      if (!this.#take(')')) throw new SyntaxFault()
      return value
    }
    if (/^[\d.]+$/.test(token) && token !== '.') return this.#number(token)
    if (!/^[a-z]\w*$/i.test(token)) throw new SyntaxFault()
    if (!this.#take('(')) return this.#get(token)
    const argument = this.#assignment()
    if (!this.#take(')')) throw new SyntaxFault()
    return this.#call(token, argument)
  }

  #number(token: string): Decimal {
    const base = Number(rescale(this.#get('ibase'), 0).digits)
    return base === 10 ? parseDecimal(token) : { digits: BigInt(Number.parseInt(token, base) || 0), scale: 0 }
  }

  #call(name: string, value: Decimal): Decimal {
    if (name === 'sqrt') return squareRoot(value, this.#scale)
    if (name === 'length') return { digits: BigInt(value.digits.toString().replace('-', '').length), scale: 0 }
    if (name === 'scale') return { digits: BigInt(value.scale), scale: 0 }
    const functions: Record<string, (x: number) => number> = { s: Math.sin, c: Math.cos, a: Math.atan, l: Math.log, e: Math.exp }
    const known = functions[name]
    if (!known || !Object.hasOwn(functions, name)) throw new BcError(`Function ${name} not defined.`)
    const text = known(Number(value.digits) / 10 ** value.scale).toFixed(Math.min(20, this.#scale))
    return text.startsWith('-') ? { ...parseDecimal(text.slice(1)), digits: -parseDecimal(text.slice(1)).digits } : parseDecimal(text)
  }
}
