import { isOutput, type TextRule } from './rule.ts'

const LONGEST: Record<string, number> = { stdout: 64 * 1024, stderr: 16 * 1024, body: 128 * 1024 }
const LONGEST_OTHER = 64 * 1024

/** Over-long output ends at a line. */
export const overlong: TextRule = {
  name: 'over-long',
  examine(text, _context, field) {
    const most = LONGEST[field] ?? LONGEST_OTHER
    return text.length <= most ? text : toLastLine(text.slice(0, most))
  },
}

/** What the token cap has cut ends at its last whole line or tag. Structured text cannot be saved. */
export const cutOff: TextRule = {
  name: 'cut-off',
  looksAt: isOutput,
  examine(text, { cut, kind }, field) {
    if (cut !== field || text === '') return text
    if (kind !== 'web') return text.includes('\n') ? toLastLine(text) : undefined
    if (!/^\s*</.test(text)) return /^\s*[{[]/.test(text) ? undefined : toLastLine(text)
    const whole = text.slice(0, text.lastIndexOf('>') + 1)
    return /<html[\s>]/i.test(whole) && !/<\/html>/i.test(whole) ? `${whole}\n</body>\n</html>\n` : whole
  },
}

function toLastLine(text: string): string {
  const end = text.lastIndexOf('\n')
  return end < 0 ? text : text.slice(0, end + 1)
}

/** Characters at the end that are looked at for a loop, and how often a period must come to be one. */
const TAIL = 48
const LEAST_REPEATS = 4
const LEAST_CHARACTERS = 480

/**
 * Small models fall into loops: the same piece over and over until the token cap. One round is kept when there is more than
 * the loop, else the text is lost.
 */
export const loop: TextRule = {
  name: 'loop',
  looksAt: isOutput,
  examine(text, { cut }, field) {
    // An answer that ended by itself may repeat itself: so do tables and dumps.
    if (cut !== field || text.length < LEAST_CHARACTERS) return text
    const tail = text.slice(-TAIL)
    const before = text.lastIndexOf(tail, text.length - TAIL - 1)
    if (before < 0) return text
    const period = text.length - TAIL - before
    let from = text.length - period
    while (from > 0 && text[from - 1] === text[from - 1 + period]) from--
    const looping = text.length - from
    if (looping < LEAST_CHARACTERS || looping < period * LEAST_REPEATS) return text
    const kept = toLastLine(text.slice(0, from + period))
    return from > looping / 4 && kept.endsWith('\n') ? kept : undefined
  },
}
