export type HistoryExpansion = { kind: 'same'; text: string } | { kind: 'changed'; text: string } | { kind: 'missing'; event: string }

/** Expands `!!`, `!n`, `!text`, `!$` and `^a^b` as at an interactive prompt (bash(1), HISTORY EXPANSION). */
export function expandHistory(line: string, history: readonly string[]): HistoryExpansion {
  const last = history.at(-1)
  const quick = /^\^([^^]+)\^([^^]*)\^?(.*)$/s.exec(line)
  if (quick) {
    const [, from, to, rest] = quick as unknown as [string, string, string, string]
    if (last === undefined || !last.includes(from)) return { kind: 'missing', event: `:s${line}` }
    return { kind: 'changed', text: last.replace(from, () => to) + rest }
  }
  if (!line.includes('!')) return { kind: 'same', text: line }
  let result = ''
  let changed = false
  let single = false
  for (let at = 0; at < line.length; ) {
    const char = line[at] as string
    if (char === '\\' && at + 1 < line.length && !single) {
      result += line.slice(at, at + 2)
      at += 2
      continue
    }
    if (char === "'") single = !single
    const event = char === '!' && !single ? eventAt(line, at) : undefined
    if (!event) {
      result += char
      at++
      continue
    }
    const text = find(event, history, result)
    if (text === undefined) return { kind: 'missing', event: event.source }
    result += text
    changed = true
    at += event.source.length
  }
  return changed ? { kind: 'changed', text: result } : { kind: 'same', text: line }
}

interface Event {
  source: string
  /** What stands between `!` and the word designator. */
  which: string
  words: string | undefined
  modifiers: string
}

function eventAt(line: string, at: number): Event | undefined {
  // `!` before a blank, `=` or `(`, and in `$!`, is itself.
  const match =
    /^!(!|-?\d+|\?[^?\n]*\??|#|[^\s!:$^*=("'\\;&|<>)-][^\s:;&|<>"'()]*)?(?::?([$^*]|\d+(?:-(?:\d+|\$)?)?\*?|-(?:\d+|\$))|(?<=:)\d)?((?::[hterpqs&g](?:[^\s:]*)?)*)/.exec(
      line.slice(at),
    )
  if (!match) return undefined
  const [source, which, words, modifiers] = match as unknown as [string, string | undefined, string | undefined, string]
  if (which === undefined && words === undefined) return undefined
  if (at > 0 && line[at - 1] === '$') return undefined
  return { source, which: which ?? '!', words, modifiers }
}

function find(event: Event, history: readonly string[], soFar: string): string | undefined {
  const line = lineOf(event.which, history, soFar)
  if (line === undefined) return undefined
  return modified(event.words === undefined ? line : wordsOf(line, event.words), event.modifiers)
}

function lineOf(which: string, history: readonly string[], soFar: string): string | undefined {
  if (which === '!') return history.at(-1)
  if (which === '#') return soFar
  if (/^-\d+$/.test(which)) return history.at(Number(which))
  if (/^\d+$/.test(which)) return history[Number(which) - 1]
  if (which.startsWith('?')) return history.findLast((line) => line.includes(which.replace(/^\?|\?$/g, '')))
  return history.findLast((line) => line.startsWith(which))
}

function wordsOf(line: string, designator: string): string {
  const words = line.match(/(?:\\.|'[^']*'|"[^"]*"|[^\s])+/g) ?? []
  if (designator === '^') return words[1] ?? ''
  if (designator === '$') return words.at(-1) ?? ''
  if (designator === '*') return words.slice(1).join(' ')
  const [, from = '', dash = '', to = '', star = ''] = /^(\d*)(-?)(\d+|\$)?(\*?)$/.exec(designator) ?? []
  if (star) return words.slice(Number(from)).join(' ')
  if (!dash) return words[Number(from)] ?? ''
  return words.slice(Number(from || 0), to === '$' ? undefined : to === '' ? -1 : Number(to) + 1).join(' ')
}

function modified(text: string, modifiers: string): string {
  let result = text
  for (const modifier of modifiers.split(':').filter(Boolean)) {
    if (modifier === 'h') result = result.replace(/\/[^/]*$/, '')
    else if (modifier === 't') result = result.replace(/^.*\//, '')
    else if (modifier === 'r') result = result.replace(/\.[^./]*$/, '')
    else if (modifier === 'e') result = /\.[^./]*$/.exec(result)?.[0] ?? ''
    else {
      const [, all, from, to] = /^(g?)s(?:\/([^/]*)\/([^/]*)\/?)$/.exec(modifier) ?? []
      if (from !== undefined) result = all ? result.replaceAll(from, to ?? '') : result.replace(from, () => to ?? '')
    }
  }
  return result
}
