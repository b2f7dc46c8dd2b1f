import type { TextRule } from './rule.ts'

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
    const runs = runsOf(orders)
    const words = wordsOf(text)
    for (let i = 0; i + RUN <= words.length; i++) {
      if (runs.has(words.slice(i, i + RUN).join(' '))) return undefined
    }
    return text
  },
}

/** The marks that the prompt is built with, and those of chat templates. */
export const scaffolding: TextRule = {
  name: 'scaffolding',
  examine(text) {
    const marks =
      /<\/?(input|turn|state)>[\s\S]{0,200}<\/?(input|turn|state|output)>|<\|[a-z_]{2,20}\|>|<(start|end)_of_turn>|\[\/?INST\]|<<\/?SYS>>/i
    return marks.test(text) ? undefined : text
  },
}

const known = new Map<string, ReadonlySet<string>>()

function runsOf(orders: string): ReadonlySet<string> {
  const found = known.get(orders)
  if (found) return found
  const runs = new Set<string>()
  for (const sentence of orders.split(/[.\n]/)) {
    const words = wordsOf(sentence)
    for (let i = 0; i + RUN <= words.length; i++) runs.add(words.slice(i, i + RUN).join(' '))
  }
  // One entry a persona and kind; a reload of prompts starts over.
  if (known.size > 64) known.clear()
  known.set(orders, runs)
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
