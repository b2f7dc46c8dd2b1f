/** Final bytes of control sequences that move the cursor, erase or colour: all that a replay needs. ECMA-48 §8.3. */
const HARMLESS_FINALS = new Set('@ABCDEFGHIJKLMPSTXZ`adefmr')
/** Private modes that a replay may switch: cursor keys, wrap, cursor shown, alternate screen. */
const HARMLESS_MODES = new Set(['1', '7', '25', '47', '1047', '1048', '1049'])
/** A control sequence longer than this is no control sequence. */
const LONGEST_SEQUENCE = 64

/**
 * Lets the bytes of a recorded terminal pass to the operator's terminal, without those that would do more than draw:
 * titles, clipboard, key reprogramming, queries that make a terminal type, and whatever this does not know. An attacker or a
 * model wrote the recording, and pieces of a sequence may come in any number of chunks.
 */
export class ReplayFilter {
  #state: 'text' | 'escape' | 'control' | 'string' = 'text'
  #sequence = ''

  pass(text: string): string {
    let out = ''
    for (const c of text) out += this.#next(c)
    return out
  }

  #next(c: string): string {
    const code = c.codePointAt(0) as number
    switch (this.#state) {
      case 'text':
        return this.#text(c, code)
      case 'escape':
        return this.#escape(c)
      case 'control':
        return this.#control(c, code)
      case 'string':
        return this.#string(code)
    }
  }

  #text(c: string, code: number): string {
    if (code === 0x1b) {
      this.#state = 'escape'
      return ''
    }
    if (code === 0x0a || code === 0x0d || code === 0x08 || code === 0x09) return c
    // Other C0 and C1 controls, and the invisible characters that reorder text, are left out.
    return code < 0x20 || (code >= 0x7f && code <= 0x9f) || /\p{Cf}/u.test(c) ? '' : c
  }

  #escape(c: string): string {
    this.#state = 'text'
    if (c === '[') {
      this.#state = 'control'
      this.#sequence = ''
    } else if (']P_^X'.includes(c)) {
      this.#state = 'string'
    }
    // Save and restore the cursor, index, next line, reverse index.
    return '78DEM'.includes(c) ? `\u001b${c}` : ''
  }

  #control(c: string, code: number): string {
    if (code >= 0x20 && code <= 0x3f && this.#sequence.length < LONGEST_SEQUENCE) {
      this.#sequence += c
      return ''
    }
    this.#state = 'text'
    const isPlain = /^[0-9;]*$/.test(this.#sequence)
    if (isPlain && HARMLESS_FINALS.has(c)) return `\u001b[${this.#sequence}${c}`
    const modes = /^\?([0-9;]+)$/.exec(this.#sequence)?.[1]?.split(';')
    return modes?.every((mode) => HARMLESS_MODES.has(mode)) && (c === 'h' || c === 'l') ? `\u001b[${this.#sequence}${c}` : ''
  }

  /** Inside OSC, DCS, APC, PM or SOS: everything up to BEL, ST or CAN is left out. */
  #string(code: number): string {
    if (code === 0x1b) this.#state = 'escape'
    else if (code === 0x07 || code === 0x9c || code === 0x18) this.#state = 'text'
    return ''
  }
}
