export type HistoryExpansion =
  | { kind: 'same'; text: string }
  | { kind: 'changed'; text: string }
  /** With `:p` the line is shown and kept, and not run. */
  | { kind: 'print'; text: string }
  /** What the shell says of it. */
  | { kind: 'wrong'; complaint: string }

/** Expands `!!`, `!n`, `!text`, `!$` and `^a^b` as at an interactive prompt (bash(1), HISTORY EXPANSION). */
export function expandHistory(line: string, history: readonly string[], extglob = false): HistoryExpansion {
  const last = history.at(-1)
  const quick = /^\^([^^]+)\^([^^]*)\^?(.*)$/s.exec(line)
  if (quick) {
    const [, from, to, rest] = quick as unknown as [string, string, string, string]
    if (last === undefined) return { kind: 'wrong', complaint: '!!: event not found' }
    if (!last.includes(from)) return { kind: 'wrong', complaint: `:s${line}: substitution failed` }
    return { kind: 'changed', text: last.replace(from, () => to) + rest }
  }
  if (!line.includes('!')) return { kind: 'same', text: line }
  let result = ''
  let changed = false
  let single = false
  let printOnly = false
  for (let at = 0; at < line.length; ) {
    const char = line[at] as string
    if (char === '\\' && at + 1 < line.length && !single) {
      result += line.slice(at, at + 2)
      at += 2
      continue
    }
    if (char === "'") single = !single
    const event = char === '!' && !single ? eventAt(line, at, extglob) : undefined
    if (!event) {
      result += char
      at++
      continue
    }
    const text = find(event, history, result)
    if (typeof text === 'object') return { kind: 'wrong', complaint: text.complaint }
    printOnly ||= /(^|:)p(:|$)/.test(event.modifiers)
    result += text
    changed = true
    at += event.source.length
  }
  if (!changed) return { kind: 'same', text: line }
  return { kind: printOnly ? 'print' : 'changed', text: result }
}

interface Event {
  source: string
  /** The event alone, as a complaint names it. */
  name: string
  /** What stands between `!` and the word designator. */
  which: string
  words: string | undefined
  modifiers: string
}

function eventAt(line: string, at: number, extglob: boolean): Event | undefined {
  // `!` before a blank, `=` or `(`, and in `$!`, is itself.
  const match =
    /^!(!|-?\d+|\?[^?\n]*\??|#|[^\s!:$^*=("'\\;&|<>)-][^\s:;&|<>"'()]*)?(?::?([$^*]|\d+(?:-(?:\d+|\$)?)?\*?|-(?:\d+|\$))|(?<=:)\d)?((?::[A-Za-z&](?:[^\s:]*)?)*)/.exec(
      line.slice(at),
    )
  if (!match) return undefined
  if (line[at + 1] === '(' && !extglob) return { source: '!(', name: '!', which: '(', words: undefined, modifiers: '' }
  const [source, which, words, modifiers] = match as unknown as [string, string | undefined, string | undefined, string]
  if (which === undefined && words === undefined) return undefined
  if (at > 0 && line[at - 1] === '$') return undefined
  return { source, name: `!${which ?? ''}`, which: which ?? '!', words, modifiers }
}

function find(event: Event, history: readonly string[], soFar: string): string | { complaint: string } {
  const line = lineOf(event.which, history, soFar)
  if (line === undefined) return { complaint: `${event.name}: event not found` }
  const words = event.words === undefined ? line : wordsOf(line, event.words)
  if (words === undefined) return { complaint: `:${event.words}: bad word specifier` }
  return modified(words, event.modifiers)
}

function lineOf(which: string, history: readonly string[], soFar: string): string | undefined {
  if (which === '!') return history.at(-1)
  if (which === '#') return soFar
  if (/^-\d+$/.test(which)) return history.at(Number(which))
  if (/^\d+$/.test(which)) return history[Number(which) - 1]
  if (which.startsWith('?')) return history.findLast((line) => line.includes(which.replace(/^\?|\?$/g, '')))
  return history.findLast((line) => line.startsWith(which))
}

/** undefined when there are not so many words. */
function wordsOf(line: string, designator: string): string | undefined {
  const words = line.match(/(?:\\.|'[^']*'|"[^"]*"|[^\s])+/g) ?? []
  if (designator === '^') return words[1]
  if (designator === '$') return words.at(-1) ?? ''
  if (designator === '*') return words.slice(1).join(' ')
  const [, from = '', dash = '', to = '', star = ''] = /^(\d*)(-?)(\d+|\$)?(\*?)$/.exec(designator) ?? []
  if (Number(from) >= words.length + (star ? 1 : 0) || (/\d/.test(to) && Number(to) >= words.length)) return undefined
  if (star) return words.slice(Number(from)).join(' ')
  if (!dash) return words[Number(from)]
  return words.slice(Number(from || 0), to === '$' ? undefined : to === '' ? -1 : Number(to) + 1).join(' ')
}

function modified(text: string, modifiers: string): string | { complaint: string } {
  let result = text
  for (const modifier of modifiers.split(':').filter(Boolean)) {
    if (modifier === 'h') result = result.replace(/\/[^/]*$/, '')
    else if (modifier === 't') result = result.replace(/^.*\//, '')
    else if (modifier === 'r') result = result.replace(/\.[^./]*$/, '')
    else if (modifier === 'e') result = /\.[^./]*$/.exec(result)?.[0] ?? ''
    else if (modifier === 'p' || modifier === 'q') continue
    else {
      const [, all, from, to] = /^(g?)s(?:\/([^/]*)\/([^/]*)\/?)$/.exec(modifier) ?? []
      if (from === undefined) return { complaint: `${modifier[0]}: unrecognized history modifier` }
      if (!result.includes(from)) return { complaint: `:${modifier}: substitution failed` }
      result = all ? result.replaceAll(from, to ?? '') : result.replace(from, () => to ?? '')
    }
  }
  return result
}
