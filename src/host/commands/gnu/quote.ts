import type { HostText } from '../../command.ts'
import { toBytes } from '../../text.ts'

/** Characters that never need quotes in a shell word (gnulib quotearg, shell-escape style). */
const PLAIN = /^[A-Za-z0-9_./,:@%+=-][A-Za-z0-9_./,:@%+=~#-]*$/
const UNPRINTABLE = /[^\x20-\x7e]/

const ESCAPES: Record<number, string> = { 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' }

/** A file name as messages show it: `'name'` always in quotes (gnulib `quoteaf`, C locale). */
export function quoted(name: HostText): string {
  return quoteWord(name, true)
}

/** A file name as `cat: NAME: …` shows it: in quotes only where a shell would need them (gnulib `quotef`). */
export function quotedIfNeeded(name: HostText): string {
  return quoteWord(name, false)
}

function quoteWord(name: HostText, always: boolean): string {
  if (name !== '' && !always && PLAIN.test(name)) return name
  if (!UNPRINTABLE.test(name)) {
    if (!name.includes("'")) return `'${name}'`
    if (!/["$`\\]/.test(name)) return `"${name}"`
    return `'${name.replaceAll("'", "'\\''")}'`
  }
  return quoteWithEscapes(name)
}

/** `'a'$'\n''b'`: printable runs in quotes, the rest as ANSI-C escapes. */
function quoteWithEscapes(name: HostText): string {
  let text = "'"
  let escaping = false
  for (const byte of toBytes(name)) {
    const printable = byte >= 0x20 && byte < 0x7f
    if (printable === escaping) {
      text += escaping ? "''" : "'$'"
      escaping = !escaping
    }
    if (!printable) text += ESCAPES[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`
    else text += byte === 39 ? "'\\''" : String.fromCharCode(byte)
  }
  return `${text}'`
}
