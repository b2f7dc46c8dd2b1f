import type { ShopContext } from '../shop-context.ts'
import { injectedCode, runCommand } from './php.ts'
import { textsOf } from './serialized.ts'

/** A property that some class runs or evaluates when it is destroyed or printed. */
const COMMAND_NAMES = /^(.*\0)?(insert|cmd|command|exec|shell|run|process|callback_args|args?|hook|inject|code|data)$/i
/** Functions that chains of known classes call (as phpggc builds them for Monolog, Laravel, Symfony …), and what is no argument of theirs. */
const FUNCTIONS = /^(?:system|exec|passthru|shell_exec|popen|proc_open|assert|phpinfo|call_user_func(?:_array)?|file_get_contents)$/
const NO_ARGUMENT = /^(?:current|next|reset|end|key|each|info|debug|level|\d*|[A-Z]\w*(?:\\\w+)+)$/

/**
 * What unserialize() of a value leads to: the command that a class of the shop hands to a shell when it is destroyed, or the function
 * that a chain of objects calls. A value that is broken gives PHP's notice.
 */
export async function unserialized(value: string, shop: ShopContext): Promise<{ output: string; worked: boolean }> {
  const texts = textsOf(value)
  if (texts === undefined) {
    const notice = `unserialize(): Error at offset ${Math.min(value.length, 2)} of ${value.length} bytes`
    return { output: `<br />\n<b>Warning</b>:  ${notice} in <b>/var/www/shop/lib/session.php</b> on line <b>48</b><br />\n`, worked: false }
  }
  const callee = texts.values.find((text) => FUNCTIONS.test(text))
  if (callee !== undefined) return called(callee, texts.values.find((text) => !FUNCTIONS.test(text) && !NO_ARGUMENT.test(text)) ?? '', shop)
  const named = texts.all.findIndex((text) => COMMAND_NAMES.test(text))
  const command = named >= 0 ? texts.all[named + 1] : undefined
  if (command === undefined) return { output: '', worked: false }
  const output = /\b(phpinfo|system|eval|echo)\b.*[;(]/i.test(command) ? await injectedCode(command, shop) : await runCommand(command, shop)
  return { output, worked: true }
}

async function called(name: string, argument: string, shop: ShopContext): Promise<{ output: string; worked: boolean }> {
  if (/^(?:phpinfo|assert|file_get_contents)$/.test(name)) {
    const code = name === 'assert' ? argument : `echo ${name}(${name === 'phpinfo' ? '' : JSON.stringify(argument).replaceAll('$', '\\$')})`
    return { output: await injectedCode(`${code};`, shop), worked: true }
  }
  return argument === '' ? { output: '', worked: false } : { output: await runCommand(argument, shop), worked: true }
}
