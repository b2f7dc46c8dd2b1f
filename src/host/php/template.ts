import { PhpSyntaxError, type Token, tokensOf } from './lexer.ts'
import type { Expression } from './syntax.ts'
import { keyOf } from './value.ts'

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', v: '\v', e: '\x1b', f: '\f', '\\': '\\', $: '$' }
const ESCAPE = /\\(?:x([0-9a-fA-F]{1,2})|u\{([0-9a-fA-F]{1,6})\}|([0-7]{1,3})|([\s\S]))/y
const SIMPLE = /\$([a-zA-Z_\x80-\xff][\w\x80-\xff]*)/y
const KEY = /\[(?:(-?\d+)|([a-zA-Z_\x80-\xff][\w\x80-\xff]*)|\$([a-zA-Z_\x80-\xff][\w\x80-\xff]*))\]/y
const PROPERTY = /(\?)?->([a-zA-Z_\x80-\xff][\w\x80-\xff]*)/y

/**
 * The parts of a text in double quotes, a heredoc or backticks: `$name`, `$name[key]`, `$name->property`, `{$any['thing']}`, `${name}`.
 * @param quote the sign that may be escaped in it. @param parse reads what stands in braces
 */
export function templateParts(text: string, quote: string, line: number, parse: (tokens: readonly Token[]) => Expression): Expression[] {
  const parts: Expression[] = []
  let plain = ''
  const push = (part: Expression): void => {
    if (plain !== '') parts.push({ is: 'literal', value: plain })
    plain = ''
    parts.push(part)
  }
  for (let at = 0; at < text.length; ) {
    const sign = text[at]
    if (sign === '\\') {
      const [whole, value] = escaped(text, at, quote)
      plain += value
      at += whole.length
    } else if (sign === '$' && text[at + 1] === '{') {
      const end = endOf(text, at + 2, line)
      const inside = text.slice(at + 2, end)
      push(
        /^\w+$/.test(inside)
          ? { is: 'variable', name: inside, line }
          : parse(tokens(/^\w+\[/.test(inside) ? `$${inside}` : `\${${inside}}`, line)),
      )
      at = end + 1
    } else if (sign === '{' && text[at + 1] === '$') {
      const end = endOf(text, at + 1, line)
      push(parse(tokens(text.slice(at + 1, end), line)))
      at = end + 1
    } else {
      const found = sign === '$' ? matched(SIMPLE, text, at) : undefined
      if (!found) {
        plain += sign
        at++
        continue
      }
      const [part, length] = simple(found, text, at, line)
      push(part)
      at += length
    }
  }
  if (plain !== '') parts.push({ is: 'literal', value: plain })
  return parts
}

function matched(form: RegExp, text: string, at: number): RegExpExecArray | undefined {
  form.lastIndex = at
  return form.exec(text) ?? undefined
}

function simple(found: RegExpExecArray, text: string, at: number, line: number): [Expression, number] {
  const variable: Expression = { is: 'variable', name: found[1] as string, line }
  const behind = at + found[0].length
  const key = matched(KEY, text, behind)
  if (key) {
    const [whole, number, word, name] = key
    const index: Expression =
      name !== undefined
        ? { is: 'variable', name, line }
        : { is: 'literal', value: number !== undefined ? numeric(number) : (word as string) }
    return [{ is: 'index', of: variable, at: index, line }, found[0].length + whole.length]
  }
  const property = matched(PROPERTY, text, behind)
  if (!property) return [variable, found[0].length]
  return [
    { is: 'property', of: variable, name: property[2] as string, nullSafe: property[1] === '?', line },
    found[0].length + property[0].length,
  ]
}

function numeric(text: string): string | bigint {
  const key = keyOf(text)
  return typeof key === 'number' ? BigInt(key) : key
}

function escaped(text: string, at: number, quote: string): [whole: string, value: string] {
  const found = matched(ESCAPE, text, at)
  if (!found) return ['\\', '\\']
  const [whole, hex, unicode, octal, sign = ''] = found
  if (hex !== undefined) return [whole, String.fromCharCode(Number.parseInt(hex, 16))]
  if (unicode !== undefined) return [whole, utf8(Number.parseInt(unicode, 16))]
  if (octal !== undefined) return [whole, String.fromCharCode(Number.parseInt(octal, 8) & 0xff)]
  return [whole, sign === quote && quote !== '' ? sign : (ESCAPES[sign] ?? whole)]
}

function utf8(code: number): string {
  return code <= 0x10ffff ? Buffer.from(String.fromCodePoint(code), 'utf8').toString('latin1') : ''
}

/** Where the brace closes that was opened before `from`. */
function endOf(text: string, from: number, line: number): number {
  let depth = 1
  for (let at = from; at < text.length; at++) {
    const sign = text[at]
    if (sign === "'" || sign === '"') {
      const close = text.indexOf(sign, at + 1)
      if (close < 0) break
      at = close
    } else if (sign === '{') depth++
    else if (sign === '}' && --depth === 0) return at
  }
  throw new PhpSyntaxError('syntax error, unexpected double-quote mark, expecting "->" or "?->" or "{" or "["', line)
}

function tokens(code: string, line: number): Token[] {
  // The semicolon that the lexer puts behind the code is none of the expression.
  return tokensOf(`<?php ${code}`)
    .filter(({ kind, text }, n, all) => !(kind === 'operator' && text === ';' && n === all.length - 2))
    .map((token) => ({ ...token, line }))
}
