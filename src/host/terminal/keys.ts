/** One key or key sequence as the editor acts on it. */
export type Key =
  | { kind: 'text'; text: string }
  | { kind: 'control'; name: KeyName }
  | { kind: 'paste'; text: string }
  /** A digit or minus of a count for the next key. */
  | { kind: 'count'; text: string }

export type KeyName =
  | 'enter'
  | 'begin'
  | 'end'
  | 'left'
  | 'right'
  | 'word-left'
  | 'word-right'
  | 'up'
  | 'down'
  | 'backspace'
  | 'delete'
  | 'delete-or-eof'
  | 'kill-end'
  | 'kill-begin'
  | 'kill-word'
  | 'kill-word-forward'
  | 'kill-word-back'
  | 'yank'
  | 'transpose'
  | 'clear-screen'
  | 'search'
  | 'search-forward'
  | 'abort'
  | 'interrupt'
  | 'complete'
  | 'first'
  | 'last'
  | 'last-argument'
  | 'first-argument'
  | 'undo'
  | 'quoted'
  | 'ignore'
  | 'escape'
  | 'comment'
  | 'upcase'
  | 'downcase'
  | 'capitalize'
  | 'yank-pop'
  | 'transpose-words'
  | 'delete-blanks'
  | 'revert'
  | 'list'
  | 'insert-all'
  | 'run-and-next'
  | 'find'
  | 'find-back'
  | 'set-mark'
  | 'swap-mark'
  | 'unbound'

const CONTROLS: Readonly<Record<number, KeyName>> = {
  0: 'set-mark',
  1: 'begin',
  2: 'left',
  3: 'interrupt',
  4: 'delete-or-eof',
  5: 'end',
  6: 'right',
  7: 'abort',
  8: 'backspace',
  9: 'complete',
  10: 'enter',
  11: 'kill-end',
  12: 'clear-screen',
  13: 'enter',
  14: 'down',
  15: 'run-and-next',
  16: 'up',
  17: 'ignore',
  18: 'search',
  19: 'search-forward',
  20: 'transpose',
  21: 'kill-begin',
  22: 'quoted',
  23: 'kill-word',
  25: 'yank',
  26: 'ignore',
  28: 'ignore',
  29: 'find',
  31: 'undo',
  127: 'backspace',
}

const SEQUENCES: Readonly<Record<string, KeyName>> = {
  '[A': 'up',
  '[B': 'down',
  '[C': 'right',
  '[D': 'left',
  '[H': 'begin',
  '[F': 'end',
  OA: 'up',
  OB: 'down',
  OC: 'right',
  OD: 'left',
  OH: 'begin',
  OF: 'end',
  '[1~': 'begin',
  '[4~': 'end',
  '[7~': 'begin',
  '[8~': 'end',
  '[3~': 'delete',
  '[5~': 'first',
  '[6~': 'last',
  '[1;5C': 'word-right',
  '[1;5D': 'word-left',
  '[1;3C': 'word-right',
  '[1;3D': 'word-left',
  '[5C': 'word-right',
  '[5D': 'word-left',
  '[3;5~': 'kill-word-forward',
  b: 'word-left',
  f: 'word-right',
  d: 'kill-word-forward',
  '\x7f': 'kill-word-back',
  '\b': 'kill-word-back',
  '.': 'last-argument',
  _: 'last-argument',
  '\x19': 'first-argument',
  '<': 'first',
  '>': 'last',
  '#': 'comment',
  u: 'upcase',
  l: 'downcase',
  B: 'word-left',
  F: 'word-right',
  D: 'kill-word-forward',
  c: 'capitalize',
  C: 'capitalize',
  U: 'upcase',
  L: 'downcase',
  y: 'yank-pop',
  t: 'transpose-words',
  T: 'transpose-words',
  '\\': 'delete-blanks',
  r: 'revert',
  '?': 'list',
  '=': 'list',
  '*': 'insert-all',
  '\x1d': 'find-back',
  ' ': 'set-mark',
  '\x07': 'abort',
}

/** What may follow Ctrl-X. */
const AFTER_CTRL_X: Readonly<Record<number, KeyName>> = {
  24: 'swap-mark',
  21: 'undo',
  127: 'kill-begin',
  7: 'abort',
}

/** Function keys that readline has no binding for: it stops at the second digit and takes the rest as typed. */
const UNBOUND_FUNCTION_KEY = /^\[(1[1-9]|2[1-9]|[3-8]\d)/

const PASTE_BEGIN = '[200~'
const PASTE_END = Buffer.from('\x1b[201~')

/** Cuts the next key off the front of some bytes; undefined when more bytes are needed. */
export function nextKey(bytes: Buffer): { key: Key; length: number } | undefined {
  const first = bytes[0]
  if (first === undefined) return undefined
  if (first === 0x1b) return escapeKey(bytes)
  if (first === 0x18) {
    const second = bytes[1]
    return second === undefined ? undefined : { key: { kind: 'control', name: AFTER_CTRL_X[second] ?? 'unbound' }, length: 2 }
  }
  const control = CONTROLS[first]
  if (control) return { key: { kind: 'control', name: control }, length: 1 }
  if (first < 32) return { key: { kind: 'control', name: 'ignore' }, length: 1 }
  return textKey(bytes, first)
}

function textKey(bytes: Buffer, first: number): { key: Key; length: number } | undefined {
  const length = first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 1
  if (bytes.length < length) return undefined
  const text = bytes.toString('utf8', 0, length)
  // A byte that is not UTF-8 is kept as it came.
  if (text.includes('\ufffd')) return { key: { kind: 'text', text: String.fromCharCode(0xdc00 + first) }, length: 1 }
  return { key: { kind: 'text', text }, length }
}

function escapeKey(bytes: Buffer): { key: Key; length: number } | undefined {
  if (bytes.length === 1) return undefined
  const text = bytes.toString('latin1', 1, 12)
  const sequence = /^(\[\[[A-E]|\[[0-9;?]{0,8}[A-Za-z~]|O[A-Za-z]|[\s\S])/.exec(text)?.[0]
  if (sequence === '[' || (sequence === 'O' && bytes.length === 2))
    return bytes.length > 10 ? { key: { kind: 'control', name: 'ignore' }, length: 2 } : undefined
  if (!sequence) return undefined
  if (sequence === PASTE_BEGIN) return pasteKey(bytes)
  if (/^[-\d]$/.test(sequence)) return { key: { kind: 'count', text: sequence }, length: 2 }
  const known = SEQUENCES[sequence]
  const cut = known ? undefined : UNBOUND_FUNCTION_KEY.exec(sequence)?.[0]
  return { key: { kind: 'control', name: known ?? 'unbound' }, length: 1 + (cut ?? sequence).length }
}

/** What stands between the paste marks is text, its newlines included. */
function pasteKey(bytes: Buffer): { key: Key; length: number } | undefined {
  const end = bytes.indexOf(PASTE_END)
  if (end < 0) return undefined
  const text = bytes.toString('utf8', 1 + PASTE_BEGIN.length, end).replace(/\r\n?/g, '\n')
  return { key: { kind: 'paste', text }, length: end + PASTE_END.length }
}
