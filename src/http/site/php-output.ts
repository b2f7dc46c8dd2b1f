import { createHash } from 'node:crypto'

const LONGEST = 64 * 1024
const STATEMENT = /\b(?:echo|print|die|exit)\b\s{0,8}\(?([^;]{1,4000})/g
const TERM =
  /\s{0,8}(?:md5\(\s{0,4}(["'])((?:(?!\1)[\s\S]){0,500})\1\s{0,4}\)|base64_decode\(\s{0,4}(["'])([A-Za-z0-9+/=]{0,2000})\3\s{0,4}\)|(["'])((?:(?!\5)[\s\S]){0,4000})\5|\(?(\d{1,9})\s{0,4}([-+*])\s{0,4}(\d{1,9})\)?|md5\(\s{0,4}(\d{1,12})\s{0,4}\)|(\d{1,12})|(phpversion\(\)|PHP_VERSION)|(php_uname\([^)]{0,8}\)))\s{0,8}/y

/** What the machine says of itself where code asks. */
export interface PhpFacts {
  version: string
  uname: string
}

/**
 * The output of PHP code that only prints: what an attacker uploads to see whether code runs. Literals joined by dots,
 * md5 and base64_decode of them, arithmetic, version and uname. Anything else prints nothing.
 */
export function phpOutput(code: Buffer, facts: PhpFacts): string {
  const text = code.subarray(0, LONGEST).toString('utf8')
  return text
    .split(/(<\?(?:php|=)?[\s\S]*?(?:\?>\n?|$))/i)
    .map((part) => (/^<\?/.test(part) ? printed(part.replace(/^<\?=/, 'echo '), facts) : part))
    .join('')
}

function printed(script: string, facts: PhpFacts): string {
  return [...script.matchAll(STATEMENT)].map(([, expression = '']) => resultOf(expression, facts)).join('')
}

function resultOf(expression: string, facts: PhpFacts): string {
  let output = ''
  TERM.lastIndex = 0
  for (;;) {
    const match = TERM.exec(expression)
    if (!match) return output
    output += termOf(match, facts)
    const next = expression[TERM.lastIndex]
    if (next !== '.' && next !== ',') return output
    TERM.lastIndex++
  }
}

function termOf(match: RegExpExecArray, facts: PhpFacts): string {
  const [, , hashed, , encoded, mark, literal, left, operator, right, hashedNumber, number, version] = match
  if (hashed !== undefined || hashedNumber !== undefined)
    return createHash('md5')
      .update(hashed ?? hashedNumber ?? '')
      .digest('hex')
  if (encoded !== undefined) return Buffer.from(encoded, 'base64').toString('latin1')
  if (literal !== undefined)
    return mark === '"'
      ? literal
          .replace(/\\n/g, '\n')
          .replace(/\\t/g, '\t')
          .replace(/\\(["\\$])/g, '$1')
      : literal.replace(/\\(['\\])/g, '$1')
  if (left !== undefined)
    return String(
      operator === '+' ? Number(left) + Number(right) : operator === '-' ? Number(left) - Number(right) : Number(left) * Number(right),
    )
  if (number !== undefined) return number
  return version === undefined ? facts.uname : facts.version
}
