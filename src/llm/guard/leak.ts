import type { GuardContext, TextRule } from './rule.ts'

/** Words in a row that an answer may share with the orders by chance. */
const RUN = 6

/** The canary, plain or in the disguises a model can be talked into. */
export const canary: TextRule = {
  name: 'canary',
  examine(text, { canary }) {
    const bare = bareLetters(text)
    const lower = text.toLowerCase()
    const disguised = [canary, reversed(canary), rot13(canary)].some((form) => bare.includes(form) || spread(lower, form))
    const encoded = [hex(canary), ...base64Cores(canary)].some((form) => text.includes(form))
    return disguised || encoded ? undefined : text
  },
}

/** Any run of words of the prompt's orders. Its facts may be repeated, they are the host's. */
export const promptEcho: TextRule = {
  name: 'prompt-echo',
  examine(text, { orders }) {
    return sharesRun(text, orders, RUN) ? undefined : text
  },
}

/** The marks that the prompt is built with, and those of chat templates. */
export const scaffolding: TextRule = {
  name: 'scaffolding',
  examine(text, { kind }) {
    if (kind === 'web' ? WEB_MARKS.test(text) : SHELL_MARKS.test(text) || hasOrphan(text)) return undefined
    return CHAT_MARKS.test(text) ? undefined : text
  },
}

/** A field of a real form has attributes. */
const WEB_MARKS = /<\/?(input|turn|state)>/i
/** Usage texts of programs have `<input>` amid a line; the prompt has its marks in pairs and on lines of their own. */
const SHELL_MARKS = /<\/?(input|turn|state)>[\s\S]{0,200}<\/?(input|turn|state|output)>|^[ \t]*<\/?(input|turn|state)>[ \t]*\r?$/im
const CHAT_MARKS = /<\|[a-z_]{2,20}\|>|<(start|end)_of_turn>|\[\/?INST\]|<<\/?SYS>>/i

/** Whether a mark of the prompt is closed that no text before has opened. */
function hasOrphan(text: string): boolean {
  const lower = text.toLowerCase()
  return ['input', 'turn', 'state', 'output'].some((name) => {
    const closed = lower.indexOf(`</${name}>`)
    const before = lower.slice(0, Math.max(0, closed))
    return closed >= 0 && !before.includes(`<${name}>`) && !before.includes(`<${name} `)
  })
}

/** Letters of the canary and words of the orders that are too few to be a leak, and may be the beginning of one. */
const HINT_LETTERS = 5
const HINT_WORDS = 4

/** Whether a leak may begin in a text: not enough to reject it, enough to wait for the rest before anybody sees it. */
export function hintsAtLeak(text: string, { canary, orders }: Pick<GuardContext, 'canary' | 'orders'>): boolean {
  const bare = bareLetters(text)
  const lower = text.toLowerCase()
  const spelled = [canary, reversed(canary), rot13(canary)].flatMap((form) => piecesOf(form, HINT_LETTERS))
  if (spelled.some((piece) => bare.includes(piece) || spread(lower, piece))) return true
  const encoded = [hex(canary), ...base64Cores(canary)].flatMap((form) => piecesOf(form, 2 * HINT_LETTERS))
  if (encoded.some((piece) => text.includes(piece))) return true
  if (/<\/?(input|turn|state|output)>/i.test(text)) return true
  return sharesRun(text, orders, HINT_WORDS)
}

function piecesOf(text: string, length: number): string[] {
  return Array.from({ length: Math.max(0, text.length - length + 1) }, (_, at) => text.slice(at, at + length))
}

/** Whether so many words in a row of a text stand in the orders too. */
function sharesRun(text: string, orders: string, run: number): boolean {
  const runs = runsOf(orders, run)
  const words = wordsOf(text)
  for (let i = 0; i + run <= words.length; i++) if (runs.has(words.slice(i, i + run).join(' '))) return true
  return false
}

const known = new Map<string, ReadonlySet<string>>()

function runsOf(orders: string, run: number): ReadonlySet<string> {
  const key = `${run} ${orders}`
  const found = known.get(key)
  if (found) return found
  const runs = new Set<string>()
  for (const sentence of orders.split(/[.\n]/)) {
    const words = wordsOf(sentence)
    for (let i = 0; i + run <= words.length; i++) runs.add(words.slice(i, i + run).join(' '))
  }
  // One entry a persona and kind; a reload of prompts starts over.
  if (known.size > 64) known.clear()
  known.set(key, runs)
  return runs
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]{1,40}/gu) ?? []
}

/** Widest gap between two letters that is looked at. */
const WIDEST = 10

/** Whether the letters of a word stand in a text at equal distances, with whatever between them. */
function spread(text: string, word: string): boolean {
  for (let at = text.indexOf(word[0] as string); at >= 0; at = text.indexOf(word[0] as string, at + 1)) {
    for (let step = 2; step <= WIDEST; step++) {
      let matched = 1
      while (matched < word.length && text[at + matched * step] === word[matched]) matched++
      if (matched === word.length) return true
    }
  }
  return false
}

function bareLetters(text: string): string {
  return text.toLowerCase().replace(/[^a-z]/g, '')
}

function reversed(text: string): string {
  return [...text].reverse().join('')
}

function rot13(text: string): string {
  return text.replace(/[a-z]/g, (c) => String.fromCharCode(((c.charCodeAt(0) - 97 + 13) % 26) + 97))
}

function hex(text: string): string {
  return Buffer.from(text).toString('hex')
}

/** Base64 of the text at each of the three alignments, without the characters that depend on its surroundings. */
function base64Cores(text: string): string[] {
  return [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(`${'\0'.repeat(shift)}${text}`)
      .toString('base64')
      .replaceAll('=', '')
    return encoded.slice(shift === 0 ? 0 : shift + 1, -2)
  })
}
