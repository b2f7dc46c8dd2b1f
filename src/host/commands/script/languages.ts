import type { Scalar } from './expression.ts'
import type { Language } from './one-liner.ts'

function shortNumber(value: Scalar): string {
  return typeof value === 'string' ? value : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(15)))
}

export const PERL: Language = {
  name: 'perl',
  concat: '.',
  show: shortNumber,
  split: /;|\n(?=\s*(?:print|say)\b)/,
  print: /^print\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|([^(].*))$/s,
  printGlue: '',
  printEnd: '',
}

export const PHP: Language = {
  name: 'php',
  concat: '.',
  show: shortNumber,
  split: /;/,
  print: /^(?:echo|print)\s*(?:\(([^()]*(?:\([^()]*\)[^()]*)*)\)|([^(].*))$/s,
  printGlue: '',
  printEnd: '',
}
