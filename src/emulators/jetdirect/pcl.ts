/** What a printer answers within PCL 5 ("PCL 5 Printer Language Technical Reference", chapter 16): echoes, free memory, entities; macros. */
const MOST_MACROS = 200
const MOST_MACRO_BYTES = 256 * 1024
const MOST_OUTPUT = 256 * 1024
const MOST_WAITING = 64 * 1024
/** Commands of one job that are looked at; a macro that runs others costs as many as they are. */
const MOST_COMMANDS = 50_000

/** Macros of the printer: number to what it runs. */
export type Macros = Map<number, string>

const ENTITIES = ['FONTS', 'MACROS', 'PATTERNS', 'SYMBOLSETS', 'FONTS EXTENDED']
const SYMBOL_SETS = '0D,0E,0F,0G,0I,0N,0S,0U,1E,1F,1G,1U,2N,5M,5N,6J,6N,7J,8M,8U,9E,9J,9N,9T,9U,10J,10U,11U,12J,12U,13J,15U,17U,19U,26U'
const FONTS = ['<Esc>(8U<Esc>(s0p10.00h12.0v0s0b3T', '<Esc>(8U<Esc>(s1p__v0s0b4101T', '<Esc>(8U<Esc>(s1p__v0s0b4148T']
/** Location types: internal, and ROM or SIMM; 4 is downloaded. */
const INTERNAL = 3
const DOWNLOADED = 4

export class PclDialogue {
  readonly #macros: Macros
  readonly #memory: number
  #waiting = ''
  #output = ''
  #macro = 0
  /** The macro under definition. */
  #definition: string | undefined
  #location = 0
  #commands = 0

  /** @param memory bytes that INFO MEMORY tells */
  constructor(macros: Macros, memory: number) {
    this.#macros = macros
    this.#memory = memory
  }

  /** Runs the commands that have come whole; what the printer answers. */
  feed(text: string): string {
    this.#waiting += text
    this.#waiting = this.#run(this.#waiting, 0)
    if (this.#waiting.length > MOST_WAITING) this.#waiting = ''
    const output = this.#output
    this.#output = ''
    return output
  }

  /** What of a text could not be run yet. */
  #run(text: string, depth: number): string {
    for (let at = 0; ; ) {
      if (++this.#commands > MOST_COMMANDS || this.#output.length > MOST_OUTPUT) return ''
      const start = text.indexOf('\x1b', at)
      if (start < 0) return ''
      // Parameterized commands, PCL TRM chapter 2: ESC & f 7 y 2 X is two of them.
      const rest = text.slice(start + 1, start + 64)
      const command = /^([!-/])([`-~])((?:[+-]?\d{0,7}(?:\.\d{0,4})?[`-~])*[+-]?\d{0,7}(?:\.\d{0,4})?[@-^])/.exec(rest)
      if (!command && rest.length < 40 && /^(?:[!-/](?:[`-~][^@-^\x1b]*)?)?$/.test(rest)) return text.slice(start)
      at = start + 1 + (command?.[0].length ?? 1)
      if (command) this.#command(command, text.slice(start, at), depth)
      else this.#define(text.slice(start, at))
    }
  }

  #command([, kind = '', group = '', fields = '']: RegExpExecArray, whole: string, depth: number): void {
    for (const [, digits = '', letter = ''] of fields.matchAll(/([+-]?[\d.]*)([@-~])/g)) {
      const value = Math.trunc(Number(digits)) || 0
      const name = `${kind}${group}${letter.toUpperCase()}`
      // Within a definition nothing is done but to end it.
      if (this.#definition !== undefined && !(name === '&fX' && value === 1)) return void this.#define(whole)
      this.#perform(name, value, depth)
    }
  }

  #define(text: string): void {
    if (this.#definition !== undefined && this.#definition.length < MOST_MACRO_BYTES) this.#definition += text
  }

  #perform(name: string, value: number, depth: number): void {
    switch (name) {
      case '*sX':
        this.#output += `ECHO ${value}\r\n\f`
        return
      case '*sM':
        this.#output += `PCL\r\nINFO MEMORY\r\nTOTAL=${this.#memory}\r\nLARGEST=${Math.floor(this.#memory * 0.6)}\r\n\f`
        return
      case '*sT':
        this.#location = value
        return
      case '*sI':
        this.#output += `PCL\r\nINFO ${ENTITIES[value] ?? 'FONTS'}\r\n${this.#entities(value)}\r\n\f`
        return
      case '&fY':
        this.#macro = value
        return
      case '&fX':
        this.#control(value, depth)
    }
  }

  #entities(entity: number): string {
    if (this.#location === 0 || this.#location > 7) return 'ERROR=INVALID LOCATION'
    const isInternal = this.#location === INTERNAL || this.#location === 2
    if (entity === 0 && isInternal) return FONTS.map((one) => `SELECT="${one}"`).join('\r\n')
    if (entity === 3 && isInternal) return `IDLIST="${SYMBOL_SETS}"`
    if (entity === 1 && this.#location === DOWNLOADED && this.#macros.size) return `IDLIST="${[...this.#macros.keys()].join(',')}"`
    return entity < 0 || entity >= ENTITIES.length ? 'ERROR=INVALID ENTITY' : 'ERROR=NONE'
  }

  /** Macro control, `ESC & f # X`: 0 begins, 1 ends, 2 and 3 run, 6 to 8 delete all, the temporary ones, this one. */
  #control(value: number, depth: number): void {
    if (value === 0) this.#definition = ''
    else if (value === 1) {
      if (this.#definition !== undefined && (this.#macros.size < MOST_MACROS || this.#macros.has(this.#macro)))
        this.#macros.set(this.#macro, this.#definition)
      this.#definition = undefined
    } else if (value === 2 || value === 3) {
      if (depth < 2) this.#run(this.#macros.get(this.#macro) ?? '', depth + 1)
    } else if (value === 6) this.#macros.clear()
    else if (value === 8) this.#macros.delete(this.#macro)
  }
}
