import { readFileSync } from 'node:fs'

/** Command lines of one kind of bot, in the order of its session. */
export interface Family {
  name: string
  persona: string
  lines: string[]
}

/** `## NAME PERSONA`, then one command line a line; `⏎` is a line break within one. */
export function families(): Family[] {
  const found: Family[] = []
  for (const line of readFileSync(new URL('./bot-corpus.txt', import.meta.url), 'utf8').split('\n')) {
    const [, name, persona] = /^## (\S+) (\S+)$/.exec(line) ?? []
    if (name && persona) found.push({ name, persona, lines: [] })
    else if (line && !line.startsWith('#')) found.at(-1)?.lines.push(line)
  }
  return found
}
