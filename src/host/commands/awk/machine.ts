import type { HostText, Process, ProcessInput, ProcessOutput } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { byteString, hostText, LineReader, rawBytes, Writer } from '../gnu/bytes.ts'
import { complain } from '../gnu/command.ts'
import { holds } from '../gnu/comparison.ts'
import { localTime, strftime, zoneOf } from '../gnu/strftime.ts'
import { Regex } from '../regex/regex.ts'
import { awkFormat, TooFewValues } from './format.ts'
import type { AwkFunction, AwkProgram, Expression, Lvalue, Statement } from './syntax.ts'
import { fromInput, numberText, Strnum, toNumber, truth, type Value } from './value.ts'

type AwkArray = Map<string, Value>
type Cell = { value: Value } | { array: AwkArray }

/** What a generator of the evaluator hands out to be awaited. */
type Steps<T> = Generator<Promise<unknown>, T, unknown>

class Next extends Error {}
class NextFile extends Error {}
class Break extends Error {}
class Continue extends Error {}
class Exit extends Error {}
class Return extends Error {
  readonly value: Value

  constructor(value: Value) {
    super()
    this.value = value
  }
}

/** A fault while running, e.g. division by zero: awk ends with status 2. */
export class AwkFault extends Error {
  /** Whether the program or what is around it is at fault; gawk then names no line of the program. */
  override readonly cause: 'program' | 'outside'

  constructor(message: string, cause: 'program' | 'outside' = 'program') {
    super(message)
    this.cause = cause
  }
}

const MAX_CALLS = 400
const MAX_TEXT = 4 * 1024 * 1024
const MAX_ELEMENTS = 500_000
/** What an element of an array takes beside its key and text. */
const ELEMENT_BYTES = 64
/** Texts of variables that are shorter are not booked as memory. */
const SHORT = 64 * 1024

export interface AwkDialect {
  name: 'mawk' | 'gawk' | 'busybox'
  largestInteger: number
}

/** Runs a parsed program. Evaluation is by generators, so that `getline`, `system` and pipes can wait anywhere in an expression. */
export class AwkMachine {
  readonly #process: Process
  readonly #program: AwkProgram
  readonly #dialect: AwkDialect
  readonly #globals = new Map<string, Cell>()
  readonly #locals: Map<string, Cell>[] = []
  readonly #regexes = new Map<string, Regex>()
  readonly #outputs = new Map<string, { writer: Writer; close: () => Promise<number> }>()
  readonly #readers = new Map<string, LineReader | RecordReader>()
  readonly #out: Writer
  #operandIndex = 1
  #input: RecordReader | undefined
  #noInput = false
  #sawFile = false
  #fields: Value[] | undefined = []
  #record = ''
  #recordValue: Value = ''
  #exit = 0
  #seed = 0
  #random = 0x9e3779b9

  constructor(process: Process, program: AwkProgram, dialect: AwkDialect, operands: readonly HostText[]) {
    this.#process = process
    this.#program = program
    this.#dialect = dialect
    this.#out = new Writer(process.stdout)
    this.#random = (process.pid * 2654435761 + process.world.now()) >>> 0
    const set = (name: string, value: Value): void => void this.#globals.set(name, { value })
    for (const [name, value] of Object.entries({
      FS: ' ',
      OFS: ' ',
      ORS: '\n',
      RS: '\n',
      NR: 0,
      NF: 0,
      FNR: 0,
      SUBSEP: '\x1c',
      CONVFMT: '%.6g',
      OFMT: '%.6g',
      RSTART: 0,
      RLENGTH: -1,
      FILENAME: '',
    }))
      set(name, value)
    this.#globals.set('ENVIRON', {
      array: new Map([...process.env].map(([name, value]) => [byteString(name), fromInput(byteString(value))])),
    })
    set('ARGC', operands.length + 1)
    this.#globals.set('ARGV', {
      array: new Map([
        ['0', process.argv[0] ?? 'awk'],
        ...operands.map((word, i) => [String(i + 1), fromInput(byteString(word))] as [string, Value]),
      ]),
    })
  }

  /** `-v name=value` and `name=value` operands. */
  assign(text: string): void {
    const at = text.indexOf('=')
    this.#setVariable(text.slice(0, at), fromInput(unescaped(text.slice(at + 1))))
  }

  async run(): Promise<number> {
    try {
      await this.#drive(this.#main())
    } catch (error) {
      if (!(error instanceof Exit)) throw error
    }
    await this.#finish()
    return this.#exit
  }

  async #drive<T>(steps: Steps<T>): Promise<T> {
    let turn = steps.next()
    while (!turn.done) {
      let result: unknown
      try {
        result = await turn.value
      } catch (error) {
        turn = steps.throw(error)
        continue
      }
      turn = steps.next(result)
    }
    return turn.value
  }

  *#main(): Steps<void> {
    const { rules } = this.#program
    try {
      for (const rule of rules) if (rule.pattern.type === 'BEGIN') yield* this.#action(rule.action)
      if (rules.some((rule) => rule.pattern.type !== 'BEGIN')) yield* this.#records()
    } catch (error) {
      if (!(error instanceof Exit)) throw error
      if (this.#noInput) return
    }
    this.#noInput = true
    for (const rule of rules) if (rule.pattern.type === 'END') yield* this.#action(rule.action)
  }

  *#records(): Steps<void> {
    while (yield* this.#nextRecord()) {
      try {
        for (const rule of this.#program.rules) {
          const { pattern } = rule
          if (pattern.type === 'BEGIN' || pattern.type === 'END') continue
          if (pattern.type === 'expression' && !truth(yield* this.#eval(pattern.value))) continue
          if (pattern.type === 'range') {
            if (!pattern.active && !truth(yield* this.#eval(pattern.from))) continue
            pattern.active = true
            if (truth(yield* this.#eval(pattern.to))) pattern.active = false
          }
          yield* this.#action(rule.action)
        }
      } catch (error) {
        if (error instanceof NextFile) this.#input = undefined
        else if (!(error instanceof Next)) throw error
      }
    }
  }

  *#action(action: Statement | undefined): Steps<void> {
    if (action) yield* this.#run(action)
    else yield* this.#emit(undefined, this.#record + this.#text(this.#variable('ORS')))
  }

  /* ---- statements ---- */

  *#run(statement: Statement): Steps<void> {
    const pause = this.#process.spend(1)
    if (pause) yield pause
    switch (statement.type) {
      case 'block':
        for (const inner of statement.body) yield* this.#run(inner)
        return
      case 'expression':
        yield* this.#eval(statement.value)
        return
      case 'print':
      case 'printf':
        yield* this.#print(statement)
        return
      case 'if':
        if (truth(yield* this.#eval(statement.test))) yield* this.#run(statement.yes)
        else if (statement.no) yield* this.#run(statement.no)
        return
      case 'while':
        while (truth(yield* this.#eval(statement.test))) if (yield* this.#loopBody(statement.body)) return
        return
      case 'do':
        do {
          if (yield* this.#loopBody(statement.body)) return
        } while (truth(yield* this.#eval(statement.test)))
        return
      case 'for':
        if (statement.start) yield* this.#run(statement.start)
        while (!statement.test || truth(yield* this.#eval(statement.test))) {
          if (yield* this.#loopBody(statement.body)) return
          if (statement.step) yield* this.#run(statement.step)
        }
        return
      case 'each':
        for (const key of this.#orderedKeys(this.#array(statement.array))) {
          if (!this.#array(statement.array).has(key)) continue
          this.#setVariable(statement.name, fromInput(key))
          if (yield* this.#loopBody(statement.body)) return
        }
        return
      case 'break':
        throw new Break()
      case 'continue':
        throw new Continue()
      case 'next':
        throw new Next()
      case 'nextfile':
        throw new NextFile()
      case 'exit':
        if (statement.value) this.#exit = Math.trunc(toNumber(yield* this.#eval(statement.value))) & 0xff
        throw new Exit()
      case 'return':
        throw new Return(statement.value ? yield* this.#eval(statement.value) : undefined)
      case 'delete':
        if (!statement.keys) this.#array(statement.array).clear()
        else this.#deleteElement(this.#array(statement.array), yield* this.#key(statement.keys))
    }
  }

  /** Whether the loop ends by `break`. */
  *#loopBody(body: Statement): Steps<boolean> {
    try {
      yield* this.#run(body)
    } catch (error) {
      if (error instanceof Break) return true
      if (!(error instanceof Continue)) throw error
    }
    return false
  }

  /** gawk and mawk walk arrays in hash order; small whole numbers come in descending order in gawk, ascending in mawk's split tables. */
  #orderedKeys(array: AwkArray): string[] {
    const keys = [...array.keys()]
    const whole = keys.length > 0 && keys.every((key) => /^\d{1,9}$/.test(key))
    if (!whole) return keys
    const ascending = keys.sort((a, b) => Number(a) - Number(b))
    return this.#dialect.name === 'gawk' ? ascending.reverse() : ascending
  }

  *#print(statement: Extract<Statement, { type: 'print' | 'printf' }>): Steps<void> {
    const values: Value[] = []
    for (const value of statement.values) values.push(yield* this.#eval(value))
    let text: string
    if (statement.type === 'printf') {
      const [format, ...rest] = values
      text = this.#format('printf', this.#text(format), rest)
    } else {
      const shown = values.length ? values.map((value) => this.#outputText(value)).join(this.#text(this.#variable('OFS'))) : this.#record
      text = shown + this.#text(this.#variable('ORS'))
    }
    yield* this.#emit(statement.redirect && { how: statement.redirect.how, to: this.#text(yield* this.#eval(statement.redirect.to)) }, text)
  }

  #format(name: string, format: string, values: readonly Value[]): string {
    try {
      return awkFormat(format, values, (value) => this.#text(value), this.#dialect.name !== 'busybox')
    } catch (error) {
      if (!(error instanceof TooFewValues)) throw error
      throw new AwkFault(
        this.#dialect.name === 'gawk'
          ? `not enough arguments to satisfy format string\n\t\`${format}'\n\t${' '.repeat(error.at + 1)}^ ran out for this one`
          : `run time error: not enough arguments passed to ${name}("${format}")\n\tFILENAME="${this.#text(this.#variable('FILENAME'))}" FNR=${this.#text(this.#variable('FNR'))} NR=${this.#text(this.#variable('NR'))}`,
      )
    }
  }

  /** Where the input stands, as gawk's complaints begin. */
  get place(): string {
    const line = this.#text(this.#variable('FNR'))
    return line === '0' || line === '' ? '' : `(FILENAME=${this.#text(this.#variable('FILENAME')) || '-'} FNR=${line}) `
  }

  *#emit(redirect: { how: '>' | '>>' | '|'; to: string } | undefined, text: string): Steps<void> {
    const writer = redirect ? this.#output(redirect.how, redirect.to) : this.#out
    const waiting = writer.write(text)
    if (waiting) yield waiting
  }

  #output(how: '>' | '>>' | '|', to: string): Writer {
    const open = this.#outputs.get(to)
    if (open) return open.writer
    const made = how === '|' ? this.#pipeTo(to) : this.#fileOutput(how, to)
    this.#outputs.set(to, made)
    return made.writer
  }

  #fileOutput(how: '>' | '>>', to: string): { writer: Writer; close: () => Promise<number> } {
    const target = to === '/dev/stdout' ? this.#process.stdout : to === '/dev/stderr' ? this.#process.stderr : undefined
    let output: ProcessOutput
    try {
      output = target ?? this.#process.openOutput(hostText(to), how === '>' ? 'truncate' : 'append')
    } catch (error) {
      if (!(error instanceof HostError)) throw error
      throw new AwkFault(`cannot open "${to}" for output (${error.message})`)
    }
    const writer = new Writer(output)
    return { writer, close: () => writer.flush().then(() => 0) }
  }

  /** A command's input is gathered and given to it when it is closed or the program ends. */
  #pipeTo(command: string): { writer: Writer; close: () => Promise<number> } {
    const parts: Buffer[] = []
    let size = 0
    const gather: ProcessOutput = {
      isTerminal: false,
      write: async (data) => {
        size += data.length
        if (size > MAX_TEXT) throw new HostError('ENOMEM', 'Cannot allocate memory')
        parts.push(Buffer.from(data as Uint8Array))
      },
    }
    const writer = new Writer(gather)
    const close = async (): Promise<number> => {
      await writer.flush()
      await this.#out.flush()
      return this.#process.run(['sh', '-c', hostText(command)], { stdin: Buffer.concat(parts) })
    }
    return { writer, close }
  }

  async #finish(): Promise<void> {
    await this.#out.flush()
    for (const output of this.#outputs.values()) await output.close()
    this.#outputs.clear()
  }

  /* ---- variables ---- */

  #cell(name: string): Cell {
    const local = this.#locals.at(-1)?.get(name)
    if (local) return local
    let cell = this.#globals.get(name)
    if (!cell) {
      cell = { value: undefined }
      this.#globals.set(name, cell)
    }
    return cell
  }

  #array(name: string): AwkArray {
    const cell = this.#cell(name) as { value?: Value; array?: AwkArray }
    if (cell.array) return cell.array
    if (cell.value !== undefined) throw new AwkFault(`attempt to use scalar \`${name}' as an array`)
    cell.array = new Map()
    return cell.array
  }

  #variable(name: string): Value {
    if (name === 'NF') return this.#splitRecord().length
    const cell = this.#cell(name)
    if ('array' in cell && cell.array) throw new AwkFault(`attempt to use array \`${name}' in a scalar context`)
    return (cell as { value: Value }).value
  }

  #setVariable(name: string, value: Value): void {
    if (name === 'NF') {
      const fields = this.#splitRecord()
      fields.length = Math.min(Math.max(0, Math.trunc(toNumber(value))), 100_000)
      for (let i = 0; i < fields.length; i++) fields[i] ??= ''
      this.#joinRecord()
      return
    }
    const cell = this.#cell(name) as { value: Value }
    this.#book(longLength(value) - longLength(cell.value))
    cell.value = value
  }

  /* ---- records and fields ---- */

  #splitRecord(): Value[] {
    this.#fields ??= this.#split(this.#record, this.#text(this.#variable('FS'))).map(fromInput)
    return this.#fields
  }

  #joinRecord(): void {
    this.#record = (this.#fields as Value[]).map((field) => this.#text(field)).join(this.#text(this.#variable('OFS')))
    this.#recordValue = fromInput(this.#record)
  }

  #setRecord(text: string): void {
    this.#record = text
    this.#recordValue = fromInput(text)
    this.#fields = undefined
  }

  #split(text: string, separator: string): string[] {
    if (text === '') return []
    if (separator === ' ') return text.trim() === '' ? [] : text.replace(/^[ \t\n]+|[ \t\n]+$/g, '').split(/[ \t\n]+/)
    if (separator === '') return [...text]
    if (separator.length === 1 && separator !== '\\') return text.split(separator)
    return this.#splitByRegex(text, this.#regex(separator))
  }

  #splitByRegex(text: string, regex: Regex): string[] {
    const parts: string[] = []
    let at = 0
    let from = 0
    while (from <= text.length && parts.length < MAX_ELEMENTS) {
      const match = regex.exec(text, from)
      if (!match) break
      const [start, end] = match as [number, number]
      if (end === start) {
        from = start + 1
        continue
      }
      parts.push(text.slice(at, start))
      at = from = end
    }
    parts.push(text.slice(at))
    return parts
  }

  #regex(source: string): Regex {
    let regex = this.#regexes.get(source)
    if (!regex) {
      if (this.#regexes.size > 500) this.#regexes.clear()
      regex = Regex.compile(
        source.replace(/\\([ntrfva"/]|x[0-9a-fA-F]{2}|[0-7]{3})/g, (whole, code: string) => ESCAPED[code] ?? whole),
        'extended',
      )
      this.#regexes.set(source, regex)
    }
    return regex
  }

  *#nextRecord(): Steps<boolean> {
    const text = yield* this.#readRecord()
    if (text === undefined) return false
    this.#setRecord(text)
    return true
  }

  /** The next record of the main input; counts NR and FNR. */
  *#readRecord(): Steps<string | undefined> {
    for (;;) {
      if (!this.#input) {
        const opened = yield* this.#openNext()
        if (!opened) return undefined
      }
      const text = (yield (this.#input as RecordReader).next(this.#text(this.#variable('RS')))) as string | undefined
      if (text !== undefined) {
        this.#setVariable('NR', toNumber(this.#variable('NR')) + 1)
        this.#setVariable('FNR', toNumber(this.#variable('FNR')) + 1)
        return text
      }
      this.#input = undefined
    }
  }

  *#openNext(): Steps<boolean> {
    const count = Math.trunc(toNumber(this.#variable('ARGC')))
    while (this.#operandIndex < count) {
      const word = this.#text(this.#array('ARGV').get(String(this.#operandIndex++)))
      if (word === '') continue
      if (/^[A-Za-z_]\w*=/.test(word)) {
        this.assign(word)
        continue
      }
      this.#sawFile = true
      try {
        if (word !== '-' && this.#process.files.stat(hostText(word)).type === 'directory') {
          if (this.#dialect.name === 'gawk')
            yield complain(this.#process, `warning: command line argument \`${word}' is a directory: skipped`)
          continue
        }
        this.#input = new RecordReader(this.#process, word === '-' ? this.#process.stdin : this.#process.openInput(hostText(word)))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        if (this.#dialect.name === 'gawk') throw new AwkFault(`cannot open file \`${word}' for reading: ${error.message}`, 'outside')
        throw new AwkFault(`cannot open ${word} (${error.message})`)
      }
      this.#setVariable('FILENAME', word)
      this.#setVariable('FNR', 0)
      return true
    }
    if (this.#sawFile) return false
    this.#sawFile = true
    this.#input = new RecordReader(this.#process, this.#process.stdin)
    return true
  }

  /* ---- expressions ---- */

  #text(value: Value): string {
    if (typeof value === 'string') return value
    if (value === undefined) return ''
    if (typeof value === 'number') return numberText(value, this.#formatOf('CONVFMT'), this.#dialect.largestInteger)
    return value.text
  }

  #outputText(value: Value): string {
    return typeof value === 'number' ? numberText(value, this.#formatOf('OFMT'), this.#dialect.largestInteger) : this.#text(value)
  }

  #formatOf(name: 'CONVFMT' | 'OFMT'): string {
    const value = (this.#globals.get(name) as { value: Value }).value
    return typeof value === 'string' ? value : '%.6g'
  }

  *#key(keys: readonly Expression[]): Steps<string> {
    if (keys.length === 1) return this.#keyText(yield* this.#eval(keys[0] as Expression))
    const parts: string[] = []
    for (const key of keys) parts.push(this.#keyText(yield* this.#eval(key)))
    return parts.join(this.#text(this.#variable('SUBSEP')))
  }

  #keyText(value: Value): string {
    return typeof value === 'number' && Number.isInteger(value) ? String(value === 0 ? 0 : value) : this.#text(value)
  }

  *#eval(node: Expression): Steps<Value> {
    switch (node.type) {
      case 'number':
      case 'string':
        return node.value
      case 'regex':
        return this.#regex(node.source).test(this.#record) ? 1 : 0
      case 'variable':
        return this.#variable(node.name)
      case 'field':
        return this.#field(toNumber(yield* this.#eval(node.index)))
      case 'element': {
        const array = this.#array(node.array)
        const key = yield* this.#key(node.keys)
        if (!array.has(key)) this.#setElement(array, key, undefined)
        return array.get(key)
      }
      case 'assign':
        return yield* this.#assignment(node)
      case 'conditional':
        return yield* this.#eval(truth(yield* this.#eval(node.test)) ? node.yes : node.no)
      case 'and':
        return truth(yield* this.#eval(node.left)) && truth(yield* this.#eval(node.right)) ? 1 : 0
      case 'or':
        return truth(yield* this.#eval(node.left)) || truth(yield* this.#eval(node.right)) ? 1 : 0
      case 'in': {
        const key = yield* this.#key(node.keys)
        return this.#array(node.array).has(key) ? 1 : 0
      }
      case 'match': {
        const text = this.#text(yield* this.#eval(node.left))
        const regex = yield* this.#regexOf(node.right)
        return regex.test(text) !== node.negated ? 1 : 0
      }
      case 'compare': {
        const left = yield* this.#eval(node.left)
        return this.#compare(node.operator, left, yield* this.#eval(node.right)) ? 1 : 0
      }
      case 'concat': {
        const left = this.#text(yield* this.#eval(node.left))
        const text = left + this.#text(yield* this.#eval(node.right))
        if (text.length > MAX_TEXT) throw new HostError('ENOMEM', 'Cannot allocate memory')
        return text
      }
      case 'arithmetic': {
        const left = toNumber(yield* this.#eval(node.left))
        return this.#arithmetic(node.operator, left, toNumber(yield* this.#eval(node.right)))
      }
      case 'not':
        return truth(yield* this.#eval(node.operand)) ? 0 : 1
      case 'minus':
        return -toNumber(yield* this.#eval(node.operand))
      case 'plus':
        return toNumber(yield* this.#eval(node.operand))
      case 'step': {
        const place = yield* this.#place(node.target)
        const before = toNumber(place.get())
        place.set(before + node.by)
        return node.prefix ? before + node.by : before
      }
      case 'group': {
        if (node.items.length === 1) return yield* this.#eval(node.items[0] as Expression)
        return yield* this.#key(node.items)
      }
      case 'call':
        return yield* this.#call(node.name, node.arguments)
      case 'builtin':
        return yield* this.#builtin(node.name, node.arguments)
      case 'getline':
        return yield* this.#getline(node)
    }
  }

  #field(index: number): Value {
    const at = Math.trunc(index)
    if (at < 0) throw new AwkFault(`attempt to access field ${at}`)
    return at === 0 ? this.#recordValue : this.#splitRecord()[at - 1]
  }

  #setField(index: number, value: Value): void {
    if (index === 0) {
      this.#setRecord(this.#text(value))
      return
    }
    if (index < 0 || index > 100_000) throw new AwkFault(`attempt to access field ${index}`)
    const fields = this.#splitRecord()
    while (fields.length < index) fields.push('')
    fields[index - 1] = value
    this.#joinRecord()
  }

  #setElement(array: AwkArray, key: string, value: Value): void {
    if (array.size >= MAX_ELEMENTS && !array.has(key)) throw new HostError('ENOMEM', 'Cannot allocate memory')
    this.#book(array.has(key) ? lengthOf(value) - lengthOf(array.get(key)) : ELEMENT_BYTES + key.length + lengthOf(value))
    array.set(key, value)
  }

  #deleteElement(array: AwkArray, key: string): void {
    if (array.has(key)) this.#book(-ELEMENT_BYTES - key.length - lengthOf(array.get(key)))
    array.delete(key)
  }

  #book(bytes: number): void {
    if (bytes > 0) this.#process.hold(bytes)
    else if (bytes < 0) this.#process.release(-bytes)
  }

  *#place(target: Lvalue): Steps<{ get: () => Value; set: (value: Value) => void }> {
    if (target.type === 'variable') return { get: () => this.#variable(target.name), set: (value) => this.#setVariable(target.name, value) }
    if (target.type === 'field') {
      const index = Math.trunc(toNumber(yield* this.#eval(target.index)))
      return { get: () => this.#field(index), set: (value) => this.#setField(index, value) }
    }
    const array = this.#array(target.array)
    const key = yield* this.#key(target.keys)
    return { get: () => array.get(key), set: (value) => this.#setElement(array, key, value) }
  }

  *#assignment(node: Extract<Expression, { type: 'assign' }>): Steps<Value> {
    if (node.operator === '=') {
      const value = yield* this.#eval(node.value)
      ;(yield* this.#place(node.target)).set(value)
      return value
    }
    const place = yield* this.#place(node.target)
    const right = toNumber(yield* this.#eval(node.value))
    const result = this.#arithmetic(node.operator.slice(0, -1), toNumber(place.get()), right)
    place.set(result)
    return result
  }

  #arithmetic(operator: string, a: number, b: number): number {
    switch (operator) {
      case '+':
        return a + b
      case '-':
        return a - b
      case '*':
        return a * b
      case '/':
        if (b === 0 && this.#dialect.name !== 'mawk') throw new AwkFault('division by zero attempted')
        return a / b
      case '%':
        if (b === 0) throw new AwkFault(this.#dialect.name === 'mawk' ? 'division by zero in %' : "division by zero attempted in `%'")
        return a % b
      default:
        return a ** b
    }
  }

  #compare(operator: string, a: Value, b: Value): boolean {
    const numeric = (value: Value): boolean => typeof value === 'number' || value === undefined || value instanceof Strnum
    let order: number
    if (numeric(a) && numeric(b)) {
      const [x, y] = [toNumber(a), toNumber(b)]
      order = x < y ? -1 : x > y ? 1 : x === y ? 0 : Number.NaN
    } else {
      const [x, y] = [this.#text(a), this.#text(b)]
      order = x < y ? -1 : x > y ? 1 : 0
    }
    return holds(operator, order)
  }

  *#regexOf(node: Expression): Steps<Regex> {
    return this.#regex(node.type === 'regex' ? node.source : this.#text(yield* this.#eval(node)))
  }

  *#call(name: string, given: readonly Expression[]): Steps<Value> {
    const called: AwkFunction | undefined = this.#program.functions.get(name)
    if (!called) throw new AwkFault(this.#dialect.name === 'gawk' ? `function \`${name}' not defined` : `function ${name} never defined`)
    if (this.#locals.length >= MAX_CALLS) throw new AwkFault('function call nesting too deep')
    const frame = new Map<string, Cell>()
    for (const [i, parameter] of called.parameters.entries()) {
      const argument = given[i]
      if (!argument) frame.set(parameter, { value: undefined })
      else if (argument.type === 'variable' && this.#isArrayLike(argument.name)) frame.set(parameter, this.#cell(argument.name))
      else frame.set(parameter, { value: yield* this.#eval(argument) })
    }
    this.#locals.push(frame)
    try {
      yield* this.#run(called.body)
      return undefined
    } catch (error) {
      if (error instanceof Return) return error.value
      throw error
    } finally {
      this.#locals.pop()
    }
  }

  /** Arrays go by reference; so do untyped variables, which the function may make one. */
  #isArrayLike(name: string): boolean {
    if (name === 'NF') return false
    const cell = this.#cell(name) as { value?: Value; array?: AwkArray }
    return cell.array !== undefined || cell.value === undefined
  }

  *#getline(node: Extract<Expression, { type: 'getline' }>): Steps<Value> {
    let text: string | undefined
    if (node.source === 'input') text = yield* this.#readRecord()
    else {
      const name = this.#text(yield* this.#eval(node.from as Expression))
      const reader = yield* this.#readerOf(node.source, name)
      if (!reader) return -1
      text = (yield reader.next(this.#text(this.#variable('RS')))) as string | undefined
      if (text !== undefined && node.source === 'command') this.#setVariable('NR', toNumber(this.#variable('NR')) + 1)
    }
    if (text === undefined) return 0
    if (node.target) (yield* this.#place(node.target)).set(fromInput(text))
    else this.#setRecord(text)
    return 1
  }

  *#readerOf(source: 'file' | 'command', name: string): Steps<RecordReader | undefined> {
    const known = this.#readers.get(name)
    if (known) return known as RecordReader
    let input: ProcessInput
    if (source === 'command') input = new TextInput((yield this.#outputOf(name)) as Buffer)
    else {
      try {
        input = name === '-' || name === '/dev/stdin' ? this.#process.stdin : this.#process.openInput(hostText(name))
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        return undefined
      }
    }
    const reader = new RecordReader(this.#process, input)
    this.#readers.set(name, reader)
    return reader
  }

  async #outputOf(command: string): Promise<Buffer> {
    await this.#out.flush()
    const parts: Buffer[] = []
    let size = 0
    const collect: ProcessOutput = {
      isTerminal: false,
      write: async (data) => {
        const bytes = typeof data === 'string' ? rawBytes(byteString(data)) : Buffer.from(data)
        size += bytes.length
        if (size > MAX_TEXT) throw new HostError('EPIPE', 'Broken pipe')
        parts.push(bytes)
      },
    }
    await this.#process.run(['sh', '-c', hostText(command)], { stdin: 'inherit', stdout: collect })
    return Buffer.concat(parts)
  }

  *#builtin(name: string, nodes: readonly Expression[]): Steps<Value> {
    const argument = function* (this: AwkMachine, i: number): Steps<Value> {
      return nodes[i] ? yield* this.#eval(nodes[i]) : undefined
    }.bind(this)
    const text = function* (this: AwkMachine, i: number): Steps<string> {
      return this.#text(yield* argument(i))
    }.bind(this)
    const number = function* (i: number): Steps<number> {
      return toNumber(yield* argument(i))
    }
    switch (name) {
      case 'length': {
        const [node] = nodes
        if (!node) return this.#record.length
        if (node.type === 'variable' && node.name !== 'NF') {
          const cell = this.#cell(node.name) as { array?: AwkArray }
          if (cell.array) return cell.array.size
        }
        return (yield* text(0)).length
      }
      case 'substr':
        return substring(yield* text(0), yield* number(1), nodes[2] ? yield* number(2) : undefined, this.#dialect.name)
      case 'index': {
        const whole = yield* text(0)
        return whole.indexOf(yield* text(1)) + 1
      }
      case 'split': {
        const whole = yield* text(0)
        const target = nodes[1]
        if (target?.type !== 'variable') throw new AwkFault('split: second argument is not an array')
        const separator = nodes[2]
        const parts =
          separator?.type === 'regex'
            ? whole === ''
              ? []
              : this.#splitByRegex(whole, this.#regex(separator.source))
            : this.#split(whole, separator ? yield* text(2) : this.#text(this.#variable('FS')))
        const array = this.#array(target.name)
        array.clear()
        for (const [i, part] of parts.entries()) this.#setElement(array, String(i + 1), fromInput(part))
        return parts.length
      }
      case 'sub':
      case 'gsub':
        return yield* this.#replace(nodes, name === 'gsub')
      case 'gensub':
        return this.#gensub(
          yield* this.#regexOf(nodes[0] as Expression),
          yield* text(1),
          yield* text(2),
          nodes[3] ? yield* text(3) : this.#record,
        )
      case 'match': {
        const whole = yield* text(0)
        const match = (yield* this.#regexOf(nodes[1] as Expression)).exec(whole)
        const groups = nodes[2]
        if (groups?.type === 'variable') {
          const array = this.#array(groups.name)
          array.clear()
          for (let i = 0; match && i < match.length; i += 2)
            if (match[i]! >= 0) array.set(String(i / 2), fromInput(whole.slice(match[i], match[i + 1])))
        }
        this.#setVariable('RSTART', match ? match[0]! + 1 : 0)
        this.#setVariable('RLENGTH', match ? match[1]! - match[0]! : -1)
        return match ? match[0]! + 1 : 0
      }
      case 'sprintf': {
        const values: Value[] = []
        for (const node of nodes) values.push(yield* this.#eval(node))
        return this.#format('sprintf', this.#text(values[0]), values.slice(1))
      }
      case 'tolower':
        return (yield* text(0)).replace(/[A-Z]+/g, (s) => s.toLowerCase())
      case 'toupper':
        return (yield* text(0)).replace(/[a-z]+/g, (s) => s.toUpperCase())
      case 'int':
        return Math.trunc(yield* number(0))
      case 'sin':
        return Math.sin(yield* number(0))
      case 'cos':
        return Math.cos(yield* number(0))
      case 'exp':
        return Math.exp(yield* number(0))
      case 'log':
        return Math.log(yield* number(0))
      case 'sqrt':
        return Math.sqrt(yield* number(0))
      case 'atan2': {
        const y = yield* number(0)
        return Math.atan2(y, yield* number(1))
      }
      case 'rand':
        return this.#nextRandom()
      case 'srand': {
        const before = this.#seed
        this.#seed = nodes[0] ? yield* number(0) : Math.floor(this.#process.world.now() / 1000)
        this.#random = (Math.trunc(this.#seed) ^ 0x5deece66) >>> 0
        return before
      }
      case 'systime':
        return Math.floor(this.#process.world.now() / 1000)
      case 'strftime': {
        const format = nodes[0] ? yield* text(0) : '%a %b %e %H:%M:%S %Z %Y'
        const at = nodes[1] ? (yield* number(1)) * 1000 : this.#process.world.now()
        return strftime(format, localTime(at, zoneOf(this.#process)))
      }
      case 'strtonum': {
        const whole = yield* text(0)
        return /^0[xX]/.test(whole) ? Number(whole) : /^0[0-7]+$/.test(whole) ? Number.parseInt(whole, 8) : toNumber(whole)
      }
      case 'and':
        return Number(BigInt(Math.trunc(yield* number(0))) & BigInt(Math.trunc(yield* number(1))))
      case 'or':
        return Number(BigInt(Math.trunc(yield* number(0))) | BigInt(Math.trunc(yield* number(1))))
      case 'xor':
        return Number(BigInt(Math.trunc(yield* number(0))) ^ BigInt(Math.trunc(yield* number(1))))
      case 'lshift':
        return Math.trunc(yield* number(0)) * 2 ** Math.trunc(yield* number(1))
      case 'rshift':
        return Math.floor(Math.trunc(yield* number(0)) / 2 ** Math.trunc(yield* number(1)))
      case 'system': {
        const command = yield* text(0)
        yield this.#out.flush()
        return (yield this.#process.run(['sh', '-c', hostText(command)], { stdin: 'inherit' })) as number
      }
      case 'close': {
        const key = yield* text(0)
        const output = this.#outputs.get(key)
        if (output) {
          this.#outputs.delete(key)
          return (yield output.close()) as number
        }
        return this.#readers.delete(key) ? 0 : -1
      }
      case 'fflush':
        yield this.#out.flush()
        return 0
      case 'asort':
      case 'asorti': {
        const source = nodes[0]
        if (source?.type !== 'variable') throw new AwkFault(`${name}: first argument is not an array`)
        const array = this.#array(source.name)
        const items: Value[] = name === 'asort' ? [...array.values()] : [...array.keys()]
        items.sort((a, b) => (this.#compare('<', a, b) ? -1 : this.#compare('>', a, b) ? 1 : 0))
        const target = nodes[1]?.type === 'variable' ? this.#array(nodes[1].name) : array
        target.clear()
        for (const [i, item] of items.entries()) target.set(String(i + 1), item)
        return items.length
      }
      default:
        throw new AwkFault(`function ${name} never defined`)
    }
  }

  #nextRandom(): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0
    return this.#random / 2 ** 32
  }

  *#replace(nodes: readonly Expression[], everywhere: boolean): Steps<Value> {
    const regex = yield* this.#regexOf(nodes[0] as Expression)
    const replacement = this.#text(yield* this.#eval(nodes[1] as Expression))
    const target = (nodes[2] ?? { type: 'field', index: { type: 'number', value: 0 } }) as Expression
    const place =
      target.type === 'variable' || target.type === 'field' || target.type === 'element' ? yield* this.#place(target) : undefined
    const whole = this.#text(place ? place.get() : yield* this.#eval(target))
    let result = ''
    let at = 0
    let count = 0
    while (at <= whole.length) {
      const match = regex.exec(whole, at)
      if (!match) break
      const [start, end] = match as [number, number]
      count++
      result += whole.slice(at, start) + insert(replacement, whole.slice(start, end))
      if (end === start) {
        result += whole[start] ?? ''
        at = start + 1
      } else {
        at = end
        // An empty match directly after a match is none.
        if (everywhere && at === whole.length) break
      }
      if (!everywhere) break
      if (result.length > MAX_TEXT) throw new HostError('ENOMEM', 'Cannot allocate memory')
      const pause = this.#process.spend(1)
      if (pause) yield pause
    }
    if (count > 0) place?.set(result + whole.slice(at))
    return count
  }

  #gensub(regex: Regex, replacement: string, how: string, whole: string): string {
    const everywhere = /^[gG]/.test(how)
    const wanted = everywhere ? 0 : Math.max(1, Math.trunc(toNumber(how)))
    let result = ''
    let at = 0
    for (let count = 1; at <= whole.length; count++) {
      const match = regex.exec(whole, at)
      if (!match) break
      const [start, end] = match as [number, number]
      const shown =
        everywhere || count === wanted
          ? replacement.replace(/\\(\d|&|\\)|&/g, (mark, digit: string | undefined) =>
              digit === '\\'
                ? '\\'
                : digit === '&'
                  ? '&'
                  : whole.slice(match[2 * Number(digit ?? 0)], match[2 * Number(digit ?? 0) + 1]) || (mark ? '' : ''),
            )
          : whole.slice(start, end)
      result += whole.slice(at, start) + shown
      if (end === start) {
        result += whole[start] ?? ''
        at = start + 1
      } else at = end
      if (!everywhere && count === wanted) break
    }
    return result + whole.slice(at)
  }
}

function lengthOf(value: Value): number {
  return typeof value === 'string' ? value.length : typeof value === 'object' ? value.text.length : 0
}

function longLength(value: Value): number {
  const length = lengthOf(value)
  return length > SHORT ? length : 0
}

const ESCAPED: Record<string, string> = { n: '\n', t: '\t', r: '\r', f: '\f', v: '\v', a: '\x07', '"': '"', '/': '/' }

function unescaped(text: string): string {
  return text.replace(/\\([ntr\\"])/g, (_, c: string) => (c === '\\' ? '\\' : (ESCAPED[c] as string)))
}

/** `&` is the match, `\&` an ampersand (POSIX awk, sub). */
function insert(replacement: string, matched: string): string {
  if (!replacement.includes('&')) return replacement.replaceAll('\\\\', '\\')
  return replacement.replace(/\\\\|\\&|&/g, (mark) => (mark === '&' ? matched : mark === '\\&' ? '&' : '\\'))
}

/** A start before the text counts as its beginning; mawk then lengthens the part by what was before. */
function substring(text: string, from: number, length: number | undefined, dialect: AwkDialect['name']): string {
  if (Number.isNaN(from)) return ''
  const start = Math.trunc(from)
  const first = Math.max(1, start)
  const longer = dialect === 'mawk' ? Math.max(0, -start) : 0
  return text.slice(first - 1, length === undefined ? undefined : Math.max(first - 1, first - 1 + Math.trunc(length) + longer))
}

/** Bytes as a stream, for the output of a command that has ended. */
class TextInput implements ProcessInput {
  readonly isTerminal = false
  #bytes: Buffer | undefined

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  async read(): Promise<Uint8Array | undefined> {
    const bytes = this.#bytes
    this.#bytes = undefined
    return bytes?.length ? bytes : undefined
  }

  async all(): Promise<Uint8Array> {
    return (await this.read()) ?? Buffer.alloc(0)
  }

  async line(): Promise<HostText | undefined> {
    return undefined
  }
}

/** Reads records by RS: a character, an empty string (paragraphs) or a regular expression. */
class RecordReader {
  readonly #process: Process
  readonly #input: ProcessInput
  #lines: LineReader | undefined
  #separator = ''
  #whole: string[] | undefined

  constructor(process: Process, input: ProcessInput) {
    this.#process = process
    this.#input = input
  }

  async next(separator: string): Promise<string | undefined> {
    if (separator.length === 1) {
      if (!this.#lines || this.#separator !== separator) {
        this.#lines ??= new LineReader(this.#process, this.#input, separator)
        this.#separator = separator
      }
      return this.#lines.next()
    }
    if (!this.#whole) {
      const text = Buffer.from(await this.#input.all()).toString('latin1')
      this.#whole = separator === '' ? text.replace(/^\n+|\n+$/g, '').split(/\n\n+/) : splitRecords(text, separator)
      if (text === '') this.#whole = []
    }
    return this.#whole.shift()
  }
}

function splitRecords(text: string, separator: string): string[] {
  const regex = Regex.compile(separator, 'extended')
  const records: string[] = []
  let at = 0
  for (let match = regex.exec(text, at); match && match[1]! > match[0]!; match = regex.exec(text, at)) {
    records.push(text.slice(at, match[0]))
    at = match[1] as number
  }
  if (at < text.length) records.push(text.slice(at).replace(/\n$/, ''))
  return records
}
