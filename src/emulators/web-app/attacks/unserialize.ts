import type { ShopContext } from '../shop-context.ts'
import { injectedCode, runCommand } from './php.ts'

/** A property that some class runs or evaluates when it is destroyed or printed. */
const COMMAND_NAMES = /^(.*\0)?(insert|cmd|command|exec|shell|run|process|callback_args|args?|hook|inject|code|data)$/i
const MOST_STRINGS = 64

/**
 * What unserialize() of a value leads to: the texts of its objects are read in their order, and the one that a class of the
 * shop hands to a shell when it is destroyed is run. A value that is broken gives PHP's notice.
 */
export async function unserialized(value: string, shop: ShopContext): Promise<{ output: string; worked: boolean }> {
  const texts = textsOf(value)
  if (texts === undefined) {
    const notice = `unserialize(): Error at offset ${Math.min(value.length, 2)} of ${value.length} bytes`
    return { output: `<br />\n<b>Warning</b>:  ${notice} in <b>/var/www/shop/lib/session.php</b> on line <b>48</b><br />\n`, worked: false }
  }
  const named = texts.findIndex((text) => COMMAND_NAMES.test(text))
  const command = named >= 0 ? texts[named + 1] : undefined
  if (command === undefined) return { output: '', worked: false }
  const output = /\b(phpinfo|system|eval|echo)\b.*[;(]/i.test(command) ? await injectedCode(command, shop) : await runCommand(command, shop)
  return { output, worked: true }
}

/** The strings `s:N:"…"` of a serialized value, names and values, in their order; undefined where a length is wrong. */
function textsOf(value: string): string[] | undefined {
  const texts: string[] = []
  const start = /s:(\d{1,6}):"/g
  for (let match = start.exec(value); match && texts.length < MOST_STRINGS; match = start.exec(value)) {
    const from = match.index + match[0].length
    const end = from + Number(match[1])
    if (value[end] !== '"') return undefined
    texts.push(value.slice(from, end))
    start.lastIndex = end
  }
  return texts
}
