import type { Machine } from './machine.ts'
import { Code, Handle, PerlArray, PerlHash, text, truth, type Value } from './value.ts'

/** `$VAR1 = …;` as Data::Dumper writes it; its settings are variables of its package. */
export function dumped(machine: Machine, value: Value, index: number): string {
  const style = machine.scalarOf('Data::Dumper::Indent')
  const indent = style === undefined ? 2 : Number(text(style))
  const terse = truth(machine.scalarOf('Data::Dumper::Terse'))
  const lead = terse ? '' : `$VAR${index} = `
  const sorts = truth(machine.scalarOf('Data::Dumper::Sortkeys'))
  const body = shown(value, indent === 2 ? ' '.repeat(terse ? 0 : lead.length) : '', { indent, sorts }, 0)
  return `${lead}${body}${terse ? '\n' : ';\n'}`
}

interface Style {
  indent: number
  sorts: boolean
}

function shown(value: Value, margin: string, style: Style, depth: number): string {
  if (value === undefined) return 'undef'
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e10 ? String(value) : `'${text(value)}'`
  if (typeof value === 'string') return /^(?:0|-?[1-9]\d{0,8})$/.test(value) ? `'${value}'` : `'${value.replace(/[\\']/g, '\\$&')}'`
  if (value instanceof Handle) return `\\*{'::$fh'}`
  if (depth > 100) return `'${text(value)}'`
  const { to } = value
  const open = to.blessed === undefined ? '' : 'bless( '
  const close = to.blessed === undefined ? '' : `, '${to.blessed}' )`
  const inner = style.indent === 0 ? '' : `${margin}${' '.repeat(style.indent === 2 ? 2 + open.length : 2)}`
  const end = style.indent === 0 ? '' : `\n${margin}${style.indent === 2 ? ' '.repeat(open.length) : ''}`
  const line = style.indent === 0 ? '' : '\n'
  if (to instanceof Code) return `${open}sub { "DUMMY" }${close}`
  if (to instanceof PerlArray) {
    if (to.items.length === 0) return `${open}[]${close}`
    return `${open}[${line}${to.items.map((item) => inner + shown(item, inner, style, depth + 1)).join(`,${line}`)}${end}]${close}`
  }
  if (to instanceof PerlHash) {
    if (to.map.size === 0) return `${open}{}${close}`
    const entries = style.sorts ? [...to.map].sort(([a], [b]) => (a < b ? -1 : 1)) : [...to.map]
    return `${open}{${line}${entries
      .map(([key, item]) => {
        const name = `'${key.replace(/[\\']/g, '\\$&')}' =>`
        return `${inner}${name} ${shown(item, style.indent === 2 ? `${inner}${' '.repeat(name.length + 1)}` : inner, style, depth + 1)}`
      })
      .join(`,${line}`)}${end}}${close}`
  }
  return `${open}\\${shown(to.value, `${margin}  `, style, depth + 1)}${close}`
}
