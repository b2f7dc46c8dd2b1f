import type { ParameterPart, ScriptNode } from './grammar.ts'

const unbraced = new WeakSet<object>()

/**
 * Notes which parameters of a program that expands braces are written without braces of their own: bash expands braces
 * first, so that `$x{p,q}` is `$xp $xq` and `${x}{p,q}` is not. just-bash's tree shows both alike, in the order of the text.
 */
export function noteUnbraced(script: ScriptNode, text: string): void {
  if (!/\$[A-Za-z_]\w{0,200}[{,}]/.test(text)) return
  const written = Map.groupBy(text.matchAll(/\$(\{?)([A-Za-z_]\w{0,200})(?:\}|\b)/g), ([, , name]) => name)
  const parsed = Map.groupBy(plainParameters(script), ({ parameter }) => parameter)
  for (const [name, parts] of parsed) {
    const forms = written.get(name) ?? []
    const isBraced = ([, brace]: RegExpExecArray): boolean => brace !== ''
    // What is quoted counts in the text alone: then a name that is written both ways is taken for braced.
    const inOrder = forms.length === parts.length
    for (const [at, part] of parts.entries()) if (!(inOrder ? isBraced(forms[at]!) : forms.some(isBraced))) unbraced.add(part)
  }
}

export function isUnbraced(part: ParameterPart): boolean {
  return unbraced.has(part)
}

/** The parameter whose name goes on with `more`; it may go on further. */
export function lengthened(part: ParameterPart, more: string): ParameterPart {
  const longer = { ...part, parameter: part.parameter + more }
  unbraced.add(longer)
  return longer
}

/** Parameters without an operation, in the order of the text. */
function plainParameters(script: ScriptNode): ParameterPart[] {
  const found: ParameterPart[] = []
  const waiting: unknown[] = [script]
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (typeof node !== 'object' || node === null) continue
    const { type, operation, parameter } = node as Partial<ParameterPart>
    if (type === 'ParameterExpansion' && !operation && /^[A-Za-z_]/.test(parameter ?? '')) found.push(node as ParameterPart)
    for (const value of Object.values(node).reverse()) if (typeof value === 'object') waiting.push(value)
  }
  return found
}
