import { evidence } from '../../events/bytes.ts'
import type { ReadOptions, Visit } from '../../sensor/visit.ts'
import { decode, encode, escapeIac, foldReturns, type Item, Option, type OptionVerb, windowOf } from './codec.ts'
import { decodeEnvironment, type Variable } from './environment.ts'
import type { TelnetEvents } from './events.ts'

/** Different options and variables of a client that are written down. */
const MOST_RECORDED = 64
const IS = 0

/** What a client has told of itself by its options. */
export interface ClientFacts {
  terminalType?: string
  window?: { columns: number; rows: number }
  variables: Variable[]
}

/** A visit with the options taken out: text goes both ways, what the client says of options is kept and written down. */
export class TelnetStream {
  readonly facts: ClientFacts = { variables: [] }
  /** Latest word of the client on each option: on our side (DO, DONT) and on its own (WILL, WONT). */
  readonly theirs = new Map<number, boolean>()
  readonly ours = new Map<number, boolean>()
  /** Told of each item that is no text, after it has been taken in; gives what is answered to it. */
  onItem: (item: Exclude<Item, { kind: 'data' }>) => Item[] = () => []
  onWindow: ((columns: number, rows: number) => void) | undefined
  readonly #visit: Visit<TelnetEvents>
  /** inetutils puts NUL behind a CR that ends no line (RFC 854); BusyBox does not. */
  readonly #nulAfterCr: boolean
  readonly #recorded = new Set<string>()
  #unparsed: Buffer = Buffer.alloc(0)
  #text: Buffer[] = []
  #afterCr = false

  constructor(visit: Visit<TelnetEvents>, nulAfterCr: boolean) {
    this.#visit = visit
    this.#nulAfterCr = nulAfterCr
  }

  /** Some text; undefined when the client has closed its side. @throws TelnetError */
  async read(options?: ReadOptions): Promise<Buffer | undefined> {
    while (this.#text.length === 0) if (!(await this.receive(options))) return undefined
    return Buffer.concat(this.#text.splice(0))
  }

  /** Takes in what comes next, text or not; false when the client has closed its side. @throws TelnetError */
  async receive(options?: ReadOptions): Promise<boolean> {
    const bytes = await this.#visit.read(options)
    if (!bytes) return false
    const { items, rest } = decode(Buffer.concat([this.#unparsed, bytes]))
    this.#unparsed = Buffer.from(rest)
    const answers = items.flatMap((item) => this.#take(item))
    if (answers.length) await this.send(...answers)
    return true
  }

  /** Puts text back in front of what is unread. */
  unread(text: Buffer): void {
    if (text.length) this.#text.unshift(text)
  }

  async write(text: Buffer | string): Promise<void> {
    const escaped = escapeIac(Buffer.from(text as string, 'latin1'))
    await this.#visit.write(this.#nulAfterCr ? Buffer.from(escaped.toString('latin1').replace(/\r(?!\n)/g, '\r\0'), 'latin1') : escaped)
  }

  async send(...items: Item[]): Promise<void> {
    await this.#visit.write(Buffer.concat(items.map(encode)))
  }

  #take(item: Item): Item[] {
    if (item.kind === 'data') {
      const binary = this.theirs.get(Option.BINARY) === true
      const folded = binary ? { bytes: item.bytes, afterCr: false } : foldReturns(item.bytes, this.#afterCr)
      this.#afterCr = folded.afterCr
      if (folded.bytes.length) this.#text.push(folded.bytes)
      return []
    }
    if (item.kind === 'option') this.#option(item.verb, item.option)
    if (item.kind === 'subnegotiation') this.#subnegotiation(item.option, item.content)
    return this.onItem(item)
  }

  #option(verb: OptionVerb, option: number): void {
    if (verb === 'WILL' || verb === 'WONT') this.theirs.set(option, verb === 'WILL')
    else this.ours.set(option, verb === 'DO')
    if (this.#isNew(`${verb} ${option}`)) this.#visit.record('telnet.option', { verb, option })
  }

  #subnegotiation(option: number, content: Buffer): void {
    if (option === Option.NAWS) this.#window(content)
    else if (option === Option.TTYPE && content[0] === IS) this.#terminalType(content.subarray(1))
    else if (option === Option.NEW_ENVIRON || option === Option.OLD_ENVIRON) this.#environment(content)
  }

  #window(content: Buffer): void {
    const window = windowOf(content)
    if (!window) return
    this.facts.window = window
    if (this.#isNew(`window ${window.columns}x${window.rows}`)) this.#visit.record('telnet.window', window)
    this.onWindow?.(window.columns, window.rows)
  }

  #terminalType(name: Buffer): void {
    this.facts.terminalType = name.toString('latin1').toLowerCase().slice(0, 40)
    if (this.#isNew('terminal type')) this.#visit.record('telnet.terminal-type', { name: evidence(name) })
  }

  #environment(content: Buffer): void {
    for (const variable of decodeEnvironment(content) ?? []) {
      if (!this.#isNew(`variable ${variable.type} ${variable.name.toString('latin1')} ${variable.value?.toString('latin1')}`)) continue
      this.facts.variables.push(variable)
      const { type, name, value } = variable
      this.#visit.record('telnet.environment', { type, name: evidence(name), ...(value ? { value: evidence(value) } : {}) })
    }
  }

  #isNew(what: string): boolean {
    if (this.#recorded.has(what) || this.#recorded.size >= MOST_RECORDED) return false
    this.#recorded.add(what)
    return true
  }
}
