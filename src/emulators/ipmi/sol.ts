import type { Evidence } from '../../events/bytes.ts'
import { evidence } from '../../events/bytes.ts'
import type { Bmc } from './bmc.ts'

/** What was typed into a login that the server's serial console showed. */
export interface Typed {
  username: Evidence
  password: Evidence
}

export interface SolAnswer {
  payload: Buffer
  typed?: Typed
}

const HEADER_BYTES = 4
/** Characters that one packet carries, either way. */
export const SOL_BYTES = 128
const LONGEST_LINE = 64
/** Status of our packets: the server does not take characters. */
const UNAVAILABLE = 0x20
const CR = 0x0d
const LF = 0x0a
const ERASES = new Set([0x08, 0x7f])
const PRINTABLE = 0x20

/** The server's serial console behind serial over LAN (chapter 15.9 and 15.11): a getty, whose logins all fail. */
export class SolConsole {
  readonly #bmc: Bmc
  #sequence = 0
  /** Sequence number of the last packet that was taken, and its characters: what comes again is only acknowledged. */
  #taken = { sequence: 0, count: 0 }
  #line: number[] = []
  #username: Buffer | undefined
  #hasGreeted = false

  constructor(bmc: Bmc) {
    this.#bmc = bmc
  }

  /** Answers a packet of the remote console; undefined for one that only acknowledges ours. */
  take(packet: Buffer): SolAnswer | undefined {
    const sequence = (packet[0] ?? 0) & 0x0f
    if (packet.length < HEADER_BYTES || sequence === 0) return undefined
    const characters = packet.subarray(HEADER_BYTES, HEADER_BYTES + SOL_BYTES)
    if (sequence === this.#taken.sequence) return { payload: this.#packet(Buffer.alloc(0)) }
    this.#taken = { sequence, count: characters.length }
    if (!this.#bmc.isOn) return { payload: this.#packet(Buffer.alloc(0), UNAVAILABLE) }
    let typed: Typed | undefined
    const shown = [...characters].map((character) => {
      const { text, login } = this.#type(character)
      typed = login ?? typed
      return text
    })
    const payload = this.#packet(Buffer.from(shown.join(''), 'latin1').subarray(0, SOL_BYTES))
    return { payload, ...(typed ? { typed } : {}) }
  }

  #packet(data: Buffer, status = 0): Buffer {
    // A packet that only acknowledges has the number 0.
    if (data.length > 0) this.#sequence = (this.#sequence % 15) + 1
    const { sequence, count } = this.#taken
    return Buffer.concat([Buffer.of(data.length > 0 ? this.#sequence : 0, sequence, count, status), data])
  }

  #type(character: number): { text: string; login?: Typed } {
    if (character === CR || character === LF) return this.#enter()
    if (ERASES.has(character)) {
      const isErased = this.#line.pop() !== undefined
      return { text: isErased && !this.#username ? '\b \b' : '' }
    }
    if (character < PRINTABLE || this.#line.length >= LONGEST_LINE) return { text: '' }
    this.#line.push(character)
    return { text: this.#username ? '' : String.fromCharCode(character) }
  }

  #enter(): { text: string; login?: Typed } {
    const line = Buffer.from(this.#line)
    this.#line = []
    const { os, host } = this.#bmc.machine
    const prompt = `${host} login: `
    if (!this.#hasGreeted) {
      this.#hasGreeted = true
      return { text: `\r\n${os} ${host} ttyS1\r\n\r\n${prompt}` }
    }
    if (!this.#username) {
      if (line.length === 0) return { text: `\r\n${prompt}` }
      this.#username = line
      return { text: '\r\nPassword: ' }
    }
    const login = { username: evidence(this.#username), password: evidence(line) }
    this.#username = undefined
    return { text: `\r\n\r\nLogin incorrect\r\n${prompt}`, login }
  }
}
