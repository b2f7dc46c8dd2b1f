import type { HostText } from '../command.ts'
import { inHashOrder } from './hash-order.ts'
import { OWN_ATTRIBUTES } from './own-variables.ts'
import type { Shell } from './shell.ts'

/** A text so that the shell reads it back: `'a b'`, `$'a\nb'`; for `set`, `alias`, `export -p`, `${x@Q}`. */
export function quoteForReuse(text: HostText): string {
  if (/[\x00-\x1f\x7f\ud800-\udfff]/.test(text) && !isText(text)) return dollarQuoted(text)
  return `'${text.replaceAll("'", "'\\''")}'`
}

function isText(text: string): boolean {
  return text.isWellFormed() && !/[\x00-\x1f\x7f]/.test(text)
}

/** Quotes only what needs it, as `set` and `xtrace` print. */
export function quoteIfNeeded(text: HostText): string {
  if (text === '') return "''"
  if (/[\x00-\x1f\x7f]/.test(text) || !text.isWellFormed()) return dollarQuoted(text)
  return hasMeta(text) ? quoteForReuse(text) : text
}

/** As `set -x` prints a word: single quotes even around a newline, `$'…'` only for what is not a special character. */
export function quoteForTrace(text: HostText): string {
  return hasMeta(text) ? `'${text.replaceAll("'", "'\\''")}'` : quoteIfNeeded(text)
}

/** Characters that need a quote (sh_contains_shell_metas). */
function hasMeta(text: string): boolean {
  return /[ \t\n|&;<>()$`\\"'*?[\]{}!^]|(?:^|[=:])~|(?:^|\s)#/.test(text)
}

/** `printf %q` puts a backslash before each special character. */
export function backslashQuoted(text: HostText): string {
  if (text === '') return "''"
  if (/[\x00-\x1f\x7f]/.test(text) || !text.isWellFormed()) return dollarQuoted(text)
  const quoted = text.replace(/[\s|&;<>()$`\\"'*?[\]{}!^,]/g, '\\$&')
  return quoted.replace(/^[#~]/, '\\$&')
}

const NAMED: Readonly<Record<string, string>> = {
  '\x07': 'a',
  '\b': 'b',
  '\x1b': 'E',
  '\f': 'f',
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '\v': 'v',
}

function dollarQuoted(text: string): string {
  let body = ''
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    const code = text.charCodeAt(i)
    if (NAMED[char]) body += `\\${NAMED[char]}`
    else if (char === "'" || char === '\\') body += `\\${char}`
    else if (code < 0x20 || code === 0x7f) body += `\\${code.toString(8).padStart(3, '0')}`
    else if (code >= 0xdc80 && code <= 0xdcff) body += `\\${(code - 0xdc00).toString(8)}`
    else body += char
  }
  return `$'${body}'`
}

/** The value as `declare -p` prints it. */
export function doubleQuote(text: HostText): string {
  if (/[\x01-\x1f\x7f]/.test(text) || !text.isWellFormed()) return dollarQuoted(text)
  return `"${text.replace(/["$`\\]/g, '\\$&')}"`
}

/** `${x@A}`: an assignment that makes the variable again. */
export function assignmentOf(shell: Shell, name: string): string | undefined {
  const variable = shell.vars.find(name)
  if (!variable || variable.array || variable.table) return declarationOf(shell, name)
  if (variable.value === undefined) return undefined
  const head = (declarationOf(shell, name) ?? '').replace(/=[\s\S]*$/, '').replace(/^declare -- /, '')
  return `${head}=${quoteForReuse(variable.value)}`
}

/** The same for what bash makes up when it is asked for. */
function ownDeclaration(shell: Shell, name: string): string | undefined {
  if (shell.dialect.name !== 'bash' || !/^[A-Za-z_]/.test(name)) return undefined
  const letters = OWN_ATTRIBUTES[name] ?? ''
  if (letters.includes('a')) {
    const list = shell.parameters.list(name)
    if (!list) return `declare -${letters} ${name}`
    return `declare -${letters} ${name}=(${list.map((value, i) => `[${i}]=${doubleQuote(value)}`).join(' ')})`
  }
  const value = shell.parameters.get(name)
  return value === undefined ? undefined : `declare -${letters || '-'} ${name}=${doubleQuote(value)}`
}

/** `declare -r x="1"` for `declare -p`; undefined when there is no such variable. */
export function declarationOf(shell: Shell, name: string): string | undefined {
  const variable = shell.vars.find(name)
  if (!variable) return ownDeclaration(shell, name)
  const { array, table, unassigned, integer, lower, reference, readonly, upper, exported, value } = variable
  const letters = `${array ? 'a' : ''}${table ? 'A' : ''}${integer ? 'i' : ''}${lower ? 'l' : ''}${reference ? 'n' : ''}${readonly ? 'r' : ''}${upper ? 'u' : ''}${exported ? 'x' : ''}`
  const head = `declare -${letters || '-'} ${name}`
  if (unassigned) return head
  if (array)
    return `${head}=(${[...array]
      .sort((a, b) => a[0] - b[0])
      .map(([i, v]) => `[${i}]=${doubleQuote(v)}`)
      .join(' ')})`
  if (table)
    return `${head}=(${inHashOrder(table)
      .map(([k, v]) => `[${/^[A-Za-z0-9_]+$/.test(k) ? k : doubleQuote(k)}]=${doubleQuote(v)} `)
      .join('')})`
  return value === undefined ? head : `${head}=${doubleQuote(value)}`
}
