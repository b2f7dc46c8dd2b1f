import { classBytes } from '../regex/syntax.ts'

/**
 * fnmatch(3): `*`, `?`, `[…]` and backslash. Linear in pattern times text; never backtracks further than the last star.
 * @param pathname `*` and `?` do not match a slash (find -path does not want that, shells do)
 */
export function globMatch(pattern: string, text: string, options: { ignoreCase?: boolean; pathname?: boolean } = {}): boolean {
  const [p, t] = options.ignoreCase ? [pattern.toLowerCase(), text.toLowerCase()] : [pattern, text]
  let at = 0
  let i = 0
  let star = -1
  let mark = 0
  while (i < t.length) {
    const c = p[at]
    if (c === '*') {
      star = at++
      mark = i
      continue
    }
    const width = c === undefined ? 0 : matchOne(p, at, t[i] as string, options.pathname === true)
    if (width > 0) {
      at += width
      i++
    } else if (star >= 0 && !(options.pathname && t[mark] === '/')) {
      at = star + 1
      i = ++mark
    } else return false
  }
  while (p[at] === '*') at++
  return at === p.length
}

/** How many pattern characters match one text character; 0 when it does not match. */
function matchOne(p: string, at: number, c: string, pathname: boolean): number {
  const head = p[at]
  if (pathname && c === '/') return head === '/' ? 1 : 0
  if (head === '?') return 1
  if (head === '\\' && at + 1 < p.length) return p[at + 1] === c ? 2 : 0
  if (head === '[') {
    const end = bracketEnd(p, at)
    if (end > 0) return inBracket(p.slice(at + 1, end), c) ? end - at + 1 : 0
  }
  return head === c ? 1 : 0
}

function bracketEnd(p: string, at: number): number {
  let i = at + 1
  if (p[i] === '!' || p[i] === '^') i++
  if (p[i] === ']') i++
  for (; i < p.length; i++) {
    if (p[i] === '[' && p[i + 1] === ':') {
      const close = p.indexOf(':]', i + 2)
      if (close > 0) i = close + 1
    } else if (p[i] === ']') return i
  }
  return -1
}

function inBracket(body: string, c: string): boolean {
  const negative = body[0] === '!' || body[0] === '^'
  let found = false
  for (let i = negative ? 1 : 0; i < body.length; i++) {
    if (body[i] === '[' && body[i + 1] === ':') {
      const end = body.indexOf(':]', i + 2)
      if (end > 0) {
        found ||= (classBytes(body.slice(i + 2, end))?.[c.charCodeAt(0)] ?? 0) === 1
        i = end + 1
        continue
      }
    }
    if (body[i + 1] === '-' && i + 2 < body.length) {
      found ||= c >= (body[i] as string) && c <= (body[i + 2] as string)
      i += 2
    } else found ||= body[i] === c
  }
  return found !== negative
}
