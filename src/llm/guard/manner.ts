import { isOutput, type TextRule } from './rule.ts'

const FENCE = /^[ \t]*(```|~~~)[\w+-]{0,20}[ \t]*$/

/** A Markdown fence around the whole text is taken off; one after an assistant's opening too. Inside a document it stays. */
export const markdownFence: TextRule = {
  name: 'markdown-fence',
  looksAt: isOutput,
  examine(text) {
    const lines = text.split('\n')
    const first = lines.findIndex((line) => line.trim() !== '')
    const open = lines.findIndex((line) => FENCE.test(line))
    if (open < 0) return text
    const afterOpening = open > first && open - first <= 2 && OPENING.test(lines[first] ?? '')
    if (open !== first && !afterOpening) return text
    const close = lines.findIndex((line, i) => i > open && FENCE.test(line))
    const inside = lines.slice(open + 1, close < 0 ? undefined : close)
    return inside.length && inside.at(-1) !== '' ? `${inside.join('\n')}\n` : inside.join('\n')
  },
}

/** How assistants begin and end. */
const OPENING =
  /^\s*(sure|certainly|of course|absolutely|okay|ok|great|understood|here('s| is| are)|below is|the (following|output)( of| is)|output:|response:|answer:)\b[^\n]{0,160}(here|output|response|result|command|file|page|below|following|would)[^\n]{0,80}[:.!]\s*$/im
const CLOSING =
  /^\s*((please )?note( that)?:? ((that )?this (is|output|command|response|example)|(that )?the (above|actual|exact) (output|command|response|results?|values?)|(your )?actual (output|results?|values?)|some (values|output))\b|explanation:|in (this|the above) (example|output|case),|this (command|output|response) (is|shows|would|will|lists|displays)\b|(hope|i hope) this helps|\*\*(note|explanation|output))/im

/** Talk around the output. */
export const chatter: TextRule = {
  name: 'chatter',
  looksAt: isOutput,
  examine(text) {
    const start = text.slice(0, 400)
    const end = text.slice(-400)
    return OPENING.test(firstLine(start)) || CLOSING.test(lastLines(end)) || /^\s*the command\b/i.test(start) ? undefined : text
  },
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0] ?? ''
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-2).join('\n')
}

/** Fillers that a model writes instead of a value. */
const PLACEHOLDER =
  /\[(insert|your|enter|add|replace|output of|contents? of|rest of|more|other|the actual|file content|etc)\b[^\]\n]{0,60}\]|<(your|insert|enter|output of|contents? of|actual|placeholder|rest of|command output|file content)\b[^>\n]{0,60}>|\(?\.\.\.? ?\(?(output|content|rest|remaining|more|truncated|continued|omitted|and so on|etc)\b[^\n]{0,40}\)?|\{\{ ?(hostname|user|cwd|domain|kernel|time|title|summary|facts\.\w+) ?\}\}|\b(placeholder|dummy) (text|output|content|value)\b|\bYYYY-MM-DD\b[^\n]{0,10}\bHH:MM/i

export const placeholder: TextRule = {
  name: 'placeholder',
  looksAt: isOutput,
  examine(text, { input }) {
    const found = PLACEHOLDER.exec(text)?.[0]
    return found === undefined || input.includes(found) ? text : undefined
  },
}

/** Names of the schema's parts, and what small models put where they know no value. */
const FILLER = /^\s*(stdout|stderr|string|text|output|null|none|undefined|true|false|example|1234567890?|lorem ipsum.*)\s*$/i

export const filler: TextRule = {
  name: 'filler',
  looksAt: isOutput,
  examine(text) {
    return text.length < 200 && FILLER.test(text) ? undefined : text
  },
}

/** Programs end their last line. What prints without one (printf, echo -n) never comes here. */
export const lastNewline: TextRule = {
  name: 'last-newline',
  kinds: ['shell'],
  looksAt: (field) => field === 'stdout' || field === 'stderr',
  examine(text) {
    return text === '' || text.endsWith('\n') ? text : `${text}\n`
  },
}

/** A prompt as shells of ours print it: `root@web01:~# `. */
const PROMPT = /^(\[?[a-z_][\w.-]{0,31}@[\w.-]{1,64}(:| )[^\n#$]{0,120}\]?[#$]|[~/][^\s#$]{0,80} #)( |$)/im

/** The model goes on as the terminal: prints the command again, then the next prompt and what the attacker might type. */
export const inventedPrompt: TextRule = {
  name: 'invented-prompt',
  kinds: ['shell'],
  looksAt: (field) => field === 'stdout' || field === 'stderr',
  examine(text, { input }) {
    const lines = text.split('\n')
    const echoed = echoOf(lines[0] ?? '', input)
    const rest = echoed ? lines.slice(1) : lines
    const next = rest.findIndex((line) => PROMPT.test(line))
    if (!echoed && next < 0) return text
    const kept = (next < 0 ? rest : rest.slice(0, next)).join('\n')
    // Nothing but the typed command again is a parrot's answer.
    if (echoed && kept.trim() === '') return undefined
    return kept === '' ? '' : `${kept}${next < 0 ? '' : '\n'}`
  },
}

/** The first line is the typed command, with or without a prompt before it. */
function echoOf(line: string, input: string): boolean {
  const command = input.trim().split('\n', 1)[0] ?? ''
  if (command === '') return false
  const typed = line.trim()
  if (typed === `$ ${command}` || typed === `# ${command}`) return true
  const prompt = PROMPT.exec(line)?.[0]
  if (prompt !== undefined) return line.slice(prompt.length).trim() === command
  return typed === command
}
