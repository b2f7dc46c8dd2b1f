/**
 * Enough of a PostScript interpreter to talk with those who probe a printer: arithmetic, control, dictionaries, files. It draws
 * nothing; a program that begins to is a print job and gets no word more.
 */
import { PsArray, type PsDict, PsError, PsFile, PsName, type PsObject, PsString } from './objects.ts'
import { NotText, scan } from './scanner.ts'

export type Operator = (machine: Machine) => void

/** Why a program is not run on. */
type End = 'exit' | 'stop' | 'quit' | 'busy' | 'drawing'
export class Leave extends Error {
  readonly end: End

  constructor(end: End) {
    super(end)
    this.name = 'Leave'
    this.end = end
  }
}

const STEPS = 50_000
const CHARACTERS_A_STEP = 64
const MOST_OBJECTS = 1000
const DEEPEST = 60
/** Characters of a program that are looked at, those of an incomplete object each time; and what may wait for the rest of one. */
const MOST_SCANNED = 1024 * 1024
const MOST_WAITING = 64 * 1024
const MOST_OUTPUT = 256 * 1024
const MOST_TEXT = 256 * 1024

export class Machine {
  readonly stack: PsObject[] = []
  readonly userDict: PsDict = new Map()
  readonly dicts: PsDict[] = [this.userDict]
  /** Names of the operators that ran, for the record. */
  readonly used = new Set<string>()
  /** `executive` asks for a line at a time. */
  isInteractive = false
  readonly #operators: ReadonlyMap<string, Operator>
  readonly #drawing: ReadonlySet<string>
  #output = ''
  #waiting = ''
  #scanned = 0
  #steps = 0
  #depth = 0
  #end: End | 'error' | undefined

  /** @param drawing names of the operators that put something on paper */
  constructor(operators: ReadonlyMap<string, Operator>, drawing: ReadonlySet<string>) {
    this.#operators = operators
    this.#drawing = drawing
  }

  /** Runs what has come; what the program wrote meanwhile. */
  feed(text: string, isAll: boolean): string {
    if (this.#end === undefined) {
      this.#waiting += text
      this.#run(isAll)
      if (this.isInteractive && this.#end === undefined && text !== '') this.write('PS>')
    }
    const output = this.#output
    this.#output = ''
    return output
  }

  /** Whether the program never ends, or would not before the printer is switched off. */
  get isBusy(): boolean {
    return this.#end === 'busy'
  }

  write(text: string): void {
    if (this.#output.length + text.length > MOST_OUTPUT) throw new Leave('busy')
    this.#output += text
  }

  #run(isAll: boolean): void {
    let at = 0
    try {
      for (;;) {
        const scanned = scan(this.#waiting, at, isAll)
        this.#scanned += (scanned?.end ?? this.#waiting.length) - at
        if (this.#scanned > MOST_SCANNED) throw new Leave('drawing')
        if (!scanned) break
        at = scanned.end
        if (scanned.object instanceof PsName && scanned.object.isExecutable) this.execute(scanned.object)
        else this.push(scanned.object)
      }
      this.#waiting = this.#waiting.slice(at)
      if (this.#waiting.length > MOST_WAITING) throw new Leave('drawing')
    } catch (error) {
      this.#waiting = ''
      if (error instanceof PsError) this.#complain(error.message)
      else if (!(error instanceof Leave || error instanceof NotText)) throw error
      this.#end = error instanceof Leave ? error.end : 'error'
    }
  }

  #complain(error: string): void {
    const command = [...this.used].at(-1) ?? ''
    this.#output += `%%[ Error: ${error}; OffendingCommand: ${command} ]%%\n%%[ Flushing: rest of job (to end-of-file) will be ignored ]%%\n`
  }

  push(...objects: PsObject[]): void {
    if (this.stack.length + objects.length > MOST_OBJECTS) throw new PsError('stackoverflow')
    for (const object of objects) {
      if (object instanceof PsString && object.text.length > MOST_TEXT) throw new PsError('limitcheck')
      this.stack.push(object)
    }
  }

  pop(): PsObject {
    const object = this.stack.pop()
    if (object === undefined) throw new PsError('stackunderflow')
    return object
  }

  /** Work on many characters counts as many steps as it takes. */
  spend(characters: number): void {
    this.#steps += Math.ceil(characters / CHARACTERS_A_STEP)
    if (this.#steps > STEPS) throw new Leave('busy')
  }

  /** Runs a procedure or a name; anything else goes onto the stack. */
  execute(object: PsObject): void {
    if (++this.#steps > STEPS) throw new Leave('busy')
    if (object instanceof PsArray && object.isExecutable) return void this.#procedure(object)
    if (!(object instanceof PsName) || !object.isExecutable) return void this.push(object)
    const { text } = object
    for (let i = this.dicts.length - 1; i >= 0; i--) {
      const value = this.dicts[i]?.get(text)
      if (value !== undefined) return void this.execute(value)
    }
    if (this.used.size < 200) {
      this.used.delete(text)
      this.used.add(text)
    }
    const operator = this.#operators.get(text)
    if (operator) return void operator(this)
    if (this.#drawing.has(text)) throw new Leave('drawing')
    throw new PsError('undefined')
  }

  #procedure({ items }: PsArray): void {
    if (++this.#depth > DEEPEST) throw new PsError('execstackoverflow')
    try {
      for (const item of items) {
        // A procedure within a procedure is meant for the operator behind it.
        if (item instanceof PsName && item.isExecutable) this.execute(item)
        else this.push(item)
      }
    } finally {
      this.#depth--
    }
  }

  isOperator(name: string): boolean {
    return this.#operators.has(name) || this.#drawing.has(name)
  }

  number(): number {
    const object = this.pop()
    if (typeof object !== 'number') throw new PsError('typecheck')
    return object
  }

  boolean(): boolean {
    const object = this.pop()
    if (typeof object !== 'boolean') throw new PsError('typecheck')
    return object
  }

  string(): PsString {
    const object = this.pop()
    if (!(object instanceof PsString)) throw new PsError('typecheck')
    return object
  }

  dict(): PsDict {
    const object = this.pop()
    if (!(object instanceof Map)) throw new PsError('typecheck')
    return object
  }

  file(): PsFile {
    const object = this.pop()
    if (!(object instanceof PsFile)) throw new PsError('typecheck')
    return object
  }

  /** Runs `body` until a program leaves it with `exit`. */
  loop(body: () => void): void {
    try {
      body()
    } catch (error) {
      if (!(error instanceof Leave) || error.end !== 'exit') throw error
    }
  }
}
