import { arithmetic } from '../../../http/traps/arithmetic.ts'
import type { ShopContext } from '../shop-context.ts'
import { runCommand } from './php.ts'

const EXPRESSION =
  /\$\{\{(.{1,500}?)\}\}|\{\{(.{1,500}?)\}\}|\[\[\$\{(.{1,500}?)\}\]\]|[$%*]\{(.{1,500}?)\}|@\((\d{1,9}\*\d{1,9})\)|#\{(.{1,500}?)\}|<%=?(.{1,500}?)%>|\{(\d{1,9}\*\d{1,9})\}/gs
const MOST_EXPRESSIONS = 20
/** A call that leads to a shell, with its command: of Jinja, Twig, Freemarker, ERB, Mako, SpEL. */
const CALLS =
  /\b(?:popen|system|exec|passthru|shell_exec|getFilter|getRuntime\(\)\.exec|Execute"\?new\(\))\s{0,4}\(\s{0,4}["']([^"']{1,1000})["']/i
const FILTERED =
  /\[\s{0,4}["']([^"']{1,1000})["'][^\]]{0,200}\]\s{0,4}\|\s{0,4}(?:filter|map|sort|reduce)\s{0,4}\(\s{0,4}["'](?:system|exec|passthru|shell_exec)["']/i
const BACKTICKS = /`([^`]{1,1000})`/
const TEXT_TIMES = /^\s*(\d{1,6})\s*\*\s*'(\d{1,6})'\s*$/
const SETTING = /#set\s{0,4}\(\s{0,4}\$(\w{1,40})\s{0,4}=\s{0,4}([^()]{0,300}(?:\([^()]{0,300}\)[^()]{0,300}){0,6})\)/g
const LONGEST = 64 * 1024

/** A text with the expressions of template engines in it, rendered: sums are computed, commands run on the host. */
export async function rendered(given: string, shop: ShopContext): Promise<string> {
  const text = await withVariables(given, shop)
  let output = ''
  let at = 0
  for (const match of [...text.matchAll(EXPRESSION)].slice(0, MOST_EXPRESSIONS)) {
    output += text.slice(at, match.index)
    output += await worthOf(match.slice(1).find((part) => part !== undefined) ?? '', match[0], shop)
    at = match.index + match[0].length
  }
  return (output + text.slice(at)).slice(0, LONGEST)
}

/** Velocity's `#set($x = 7*7)`: from there on `$x` is what was computed. */
async function withVariables(text: string, shop: ShopContext): Promise<string> {
  const [first] = text.matchAll(SETTING)
  if (!first) return text
  let rest = text
  for (const [whole, name = '', expression = ''] of [...text.matchAll(SETTING)].slice(0, MOST_EXPRESSIONS)) {
    const value = await worthOf(expression, '', shop)
    rest = rest.replace(whole, '').replace(new RegExp(`\\$(?:${name}\\b|\\{${name}\\})`, 'g'), () => value)
  }
  return rest
}

async function worthOf(expression: string, whole: string, shop: ShopContext): Promise<string> {
  const command = CALLS.exec(expression)?.[1] ?? FILTERED.exec(expression)?.[1] ?? BACKTICKS.exec(expression)?.[1]
  if (command !== undefined) return runCommand(command, shop)
  // Twig is PHP: a text of digits is a number to it.
  const [, times, text] = TEXT_TIMES.exec(expression) ?? []
  if (times !== undefined) return String(Number(times) * Number(text))
  const sum = arithmetic(expression)
  if (sum !== undefined) return sum
  const plain = /^\s*["']([^"']{0,200})["']\s*$/.exec(expression)?.[1]
  if (plain !== undefined) return plain
  if (/^\s*(_self|self)\b/.test(expression)) return '__string_template__5d3f0f'
  // What is not known is empty to Twig; other engines' marks are text to it.
  return whole.startsWith('{{') ? '' : whole
}
