import type { Scalar } from './expression.ts'
import type { Language } from './one-liner.ts'

function shortNumber(value: Scalar): string {
  return typeof value === 'string' ? value : Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(15)))
}

export const PYTHON: Language = {
  name: 'python',
  concat: '+',
  show: (value) => String(value),
  split: /[;\n]/,
  print: /^print\s*\((.*)\)$/s,
  printGlue: ' ',
  printEnd: '\n',
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
