/** A regular expression that no sample is made of: look-around, back-references, unbounded classes. */
export class NoSample extends Error {}

/**
 * A text that a regular expression of a scanner matches, made without trying: the first branch, the least repetition, the
 * first character of a class.
 * @throws NoSample
 */
export function sampleOf(pattern: string): string {
  const state = { at: 0 }
  const source = pattern.replace(/^\(\?[a-z]+\)/, '')
  const text = branches(source, state)
  if (state.at < source.length) throw new NoSample(pattern)
  return text
}

interface Position {
  at: number
}

function branches(source: string, state: Position): string {
  const first = sequence(source, state)
  while (source[state.at] === '|') {
    state.at++
    sequence(source, state)
  }
  return first
}

function sequence(source: string, state: Position): string {
  let text = ''
  while (state.at < source.length && source[state.at] !== '|' && source[state.at] !== ')') {
    const one = atom(source, state)
    text += one.repeat(repetition(source, state))
  }
  return text
}

function repetition(source: string, state: Position): number {
  const [found = '', least] = /^(?:[*+?]|\{(\d{1,3})(?:,\d{0,3})?\})\??/.exec(source.slice(state.at)) ?? []
  state.at += found.length
  if (found === '') return 1
  return least === undefined ? (found[0] === '+' ? 1 : 0) : Number(least)
}

const CLASSES: Readonly<Record<string, string>> = {
  d: '1',
  w: 'a',
  s: ' ',
  S: 'a',
  D: 'a',
  W: '-',
  b: '',
  B: '',
  A: '',
  z: '',
  n: '\n',
  r: '\r',
  t: '\t',
}

function atom(source: string, state: Position): string {
  const character = source[state.at++] as string
  if (character === '^' || character === '$') return ''
  if (character === '.') return 'a'
  if (character === '\\') return escaped(source, state)
  if (character === '[') return fromClass(source, state)
  if (character !== '(') return character
  const [kind = ''] = /^\?(?:P?<\w+>|:|[a-z]+:)/.exec(source.slice(state.at)) ?? []
  if (source[state.at] === '?' && kind === '') throw new NoSample('look-around')
  state.at += kind.length
  const text = branches(source, state)
  if (source[state.at++] !== ')') throw new NoSample('a group is not closed')
  return text
}

function escaped(source: string, state: Position): string {
  const character = source[state.at++] ?? ''
  if (/[1-9]/.test(character)) throw new NoSample('a back-reference')
  if (character === 'x') {
    state.at += 2
    return String.fromCharCode(Number.parseInt(source.slice(state.at - 2, state.at), 16))
  }
  return CLASSES[character] ?? character
}

/** The first character of a class; of a negated one a letter or digit that is not excluded. */
function fromClass(source: string, state: Position): string {
  const end = source.indexOf(']', state.at + (source[state.at] === ']' ? 1 : source.startsWith('^]', state.at) ? 2 : 0))
  if (end < 0) throw new NoSample('a class is not closed')
  const inside = source.slice(state.at, end)
  state.at = end + 1
  if (!inside.startsWith('^')) return inside[0] === '\\' ? (CLASSES[inside[1] ?? ''] ?? inside[1] ?? '') : (inside[0] ?? '')
  const excluded = new RegExp(`[${inside.slice(1).replace(/[[]/g, '\\[')}]`)
  const free = [...'a1-_ <'].find((one) => !excluded.test(one))
  if (free === undefined) throw new NoSample(inside)
  return free
}
