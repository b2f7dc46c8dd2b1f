/** Characters of a text that are looked through. */
const EXAMINED = 64 * 1024
/** A secret is looked for by so many of its last characters; nothing shorter is one. */
const PROBE = 8
const FILTER_BITS = 20

/**
 * Finds known strings in texts of attackers: one pass over the text, whatever the number of strings. A window of eight
 * characters slides over it; a filter says at once that nothing we know ends there.
 */
export class Recogniser<T> {
  readonly #byProbe = new Map<string, { text: string; is: T }[]>()
  readonly #filter = new Uint32Array(2 ** FILTER_BITS / 32)

  get size(): number {
    return this.#byProbe.size
  }

  add(text: string, is: T): void {
    if (text.length < PROBE) return
    const probe = text.slice(-PROBE)
    const known = this.#byProbe.get(probe)
    if (known) known.push({ text, is })
    else this.#byProbe.set(probe, [{ text, is }])
    let window = 0
    for (let at = 0; at < PROBE; at++) window = shifted(window, probe.charCodeAt(at))
    const bit = bitOf(window)
    this.#filter[bit >>> 5]! |= 1 << (bit & 31)
  }

  /** The filter keeps its bit: it may only say too often that there could be something. */
  delete(text: string): void {
    const probe = text.slice(-PROBE)
    const rest = this.#byProbe.get(probe)?.filter((one) => one.text !== text) ?? []
    if (rest.length > 0) this.#byProbe.set(probe, rest)
    else this.#byProbe.delete(probe)
  }

  /** What is found in a text, in order; each once. */
  find(text: string): T[] {
    if (this.#byProbe.size === 0) return []
    const found = new Set<T>()
    const end = Math.min(text.length, EXAMINED)
    let window = 0
    for (let at = 0; at < end; at++) {
      window = shifted(window, text.charCodeAt(at))
      const bit = bitOf(window)
      if ((this.#filter[bit >>> 5]! & (1 << (bit & 31))) === 0) continue
      for (const known of this.#byProbe.get(text.slice(at + 1 - PROBE, at + 1)) ?? [])
        if (text.startsWith(known.text, at + 1 - known.text.length)) found.add(known.is)
    }
    return [...found]
  }
}

/** Eight steps of four bits push a character out of 32 bits: the window needs no subtraction. */
function shifted(window: number, code: number): number {
  return (window << 4) ^ (code & 0xff)
}

function bitOf(window: number): number {
  return Math.imul(window, 0x9e3779b1) >>> (32 - FILTER_BITS)
}
