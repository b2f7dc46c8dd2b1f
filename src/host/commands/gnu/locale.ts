import type { HostText, Process } from '../../command.ts'
import { toBytes } from '../../text.ts'

/** The locale that a category has: LC_ALL, the category's own, LANG. */
function localeOf(process: Process, category: string): string {
  for (const name of ['LC_ALL', category, 'LANG']) {
    const value = process.env.get(name)
    if (value) return value
  }
  return 'C'
}

/** Whether messages quote with typographic marks, as GNU programs do under UTF-8. BusyBox never does. */
export function speaksUtf8(process: Process): boolean {
  return /utf-?8/i.test(localeOf(process, 'LC_MESSAGES'))
}

/** Turns the plain quotes of a message (gnulib `quote`) into the locale's. */
export function localQuotes(process: Process, message: string): string {
  return speaksUtf8(process) ? message.replace(/(?<!\w)'([^'\n]*)'/g, '‘$1’') : message
}

const collators = new Map<string, Intl.Collator>()

/** Order of names in the locale: by byte in C, otherwise as a dictionary that looks at punctuation last (glibc's iso14651_t1). */
export function collation(process: Process): (a: HostText, b: HostText) => number {
  const locale = localeOf(process, 'LC_COLLATE')
  if (/^(C|POSIX)(\.|$)/.test(locale) || !/^[a-z]{2,3}(_[A-Z]{2})?(\.|@|$)/.test(locale)) return compareBytes
  const tag = (locale.split(/[.@]/)[0] as string).replace('_', '-')
  let collator = collators.get(tag)
  if (!collator) {
    if (collators.size > 32) collators.clear()
    collator = new Intl.Collator(tag, { caseFirst: 'lower' })
    collators.set(tag, collator)
  }
  const order = collator
  return (a, b) => order.compare(lettersOf(a), lettersOf(b)) || compareBytes(a, b)
}

function lettersOf(text: string): string {
  return text.replace(/[ -/:-@[-`{-~]/g, '')
}

export function compareBytes(a: HostText, b: HostText): number {
  return a === b ? 0 : Buffer.compare(toBytes(a), toBytes(b))
}
