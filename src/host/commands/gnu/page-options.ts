import type { OptionTable } from './options.ts'

export interface CompletedTable extends OptionTable {
  long: Record<string, string>
  /** Keys of options that only the page has: they are taken, and nothing of ours obeys them. */
  unobeyed: ReadonlySet<string>
}

/** Where a line of a help page names options: up to two spaces or a tab, behind which it describes them. */
const HEAD = /^\s{0,14}(-.*?)(?:\s{2,}|\t|$)/

/** A command's options together with those that its help page names. */
export function completedTable(table: OptionTable, page: string): CompletedTable {
  let { short } = table
  const long = { ...table.long }
  const unobeyed = new Set<string>()
  for (const line of page.split('\n')) {
    const head = HEAD.exec(line)?.[1]
    if (head === undefined) continue
    const value = valueIn(head)
    const letters = [...head.matchAll(/(?:^|[\s,])-(\w)(?![\w-])/g)].map(([, letter]) => letter as string)
    for (const letter of letters) {
      if (short.includes(letter)) continue
      short += letter + { no: '', needed: ':', optional: '::' }[value]
      unobeyed.add(letter)
    }
    for (const [, name = ''] of head.matchAll(/--([a-z][\w-]*)/gi)) {
      if (Object.hasOwn(long, name) || name === 'help' || name === 'version') continue
      const [letter] = letters
      long[name] = letter ?? name + { no: '', needed: '=', optional: '?' }[value]
      if (letter === undefined) unobeyed.add(name)
    }
  }
  return { short, long, unobeyed }
}

/** Whether an option has a value, by what follows its names: `=SIZE`, ` <size>`, ` SIZE`; `[=WHEN]` may be left out. */
function valueIn(head: string): 'no' | 'needed' | 'optional' {
  if (/\[(?:=|<)/.test(head)) return 'optional'
  return /=|\s<|[^,]\s\[?[A-Za-z][\w-]*\]?$/.test(head) ? 'needed' : 'no'
}
