/** What may follow a `$` that means something in an expression. */
const MEANS = /[0-9A-Za-z_*@#?\-!${(]/
/** `${NAME:` where an expression follows, not a word as after `:-`, `:=`, `:+` and `:?`. */
const SUBSTRING = /\$\{[A-Za-z0-9_@*]{1,64}(?:\[[^\]]{0,64}\])?:(?![-+=?])/y

interface Region {
  closer: string
  /** An expression, or within one. */
  isExpression: boolean
  /** `$((`. */
  isArithmetic: boolean
}

/**
 * Escapes each `$` that stands for itself within an expansion. just-bash's parser of expressions never comes to an end at
 * such a `$`, as in `$((7$))`: one line would stop the whole process. `\$` means the same, and in an expression both are an error.
 * Runs in time linear in the text.
 *
 * @returns undefined when a `$((` is not closed: no parser need look at that
 */
export function escapeStrayDollars(text: string): string | undefined {
  if (!/\(\(|\$[[{]/.test(text)) return text
  let escaped = ''
  let copied = 0
  const regions: Region[] = []
  let inDoubleQuotes = false
  const enter = (closer: string, isExpression: boolean, isArithmetic = false): unknown =>
    regions.push({ closer, isExpression, isArithmetic })
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    const innermost = regions.at(-1)
    if (char === '\\') i++
    else if (char === '#' && !innermost && !inDoubleQuotes && /[\s;]/.test(text[i - 1] ?? ' ')) i = endOfLine(text, i)
    else if (char === '"') inDoubleQuotes = !inDoubleQuotes
    else if (char === "'" && !inDoubleQuotes) i = endOfQuotes(text, i)
    else if (char === innermost?.closer) regions.pop()
    else if (char === '$') {
      const next = text[i + 1]
      if (next === '(' && text[i + 2] === '(') {
        enter(')', true, true)
        enter(')', true, true)
        i += 2
      } else if (next === '[') {
        enter(']', true)
        i++
      } else if (next === '{') {
        SUBSTRING.lastIndex = i
        enter('}', innermost?.isExpression === true || SUBSTRING.test(text))
        i++
      } else if (next === '$') {
        i++
      } else if (innermost && isStray(text, i, innermost)) {
        escaped += `${text.slice(copied, i)}\\`
        copied = i
      }
    } else if (char === '(' && (innermost || (text[i + 1] === '(' && !inDoubleQuotes))) enter(')', true)
  }
  return regions.some(({ isArithmetic }) => isArithmetic) ? undefined : escaped + text.slice(copied)
}

/** Quotes in an expression are as good as not there: what counts is the next character that is none. */
function isStray(text: string, at: number, { isExpression }: Region): boolean {
  let next = at + 1
  if (!isExpression && (text[next] === "'" || text[next] === '"')) return false
  while (text[next] === '"') next++
  return !MEANS.test(text[next] ?? '')
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

/** Index of the quote that closes; of the last character when none does. */
function endOfQuotes(text: string, from: number): number {
  const end = text.indexOf("'", from + 1)
  return end < 0 ? text.length - 1 : end
}
