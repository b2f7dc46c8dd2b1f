/** Longest template that is looked at. */
const LONGEST = 64 * 1024
const CHR_LIST = /chr\(\s{0,4}\d{1,3}\s{0,4}\)(?:\s{0,4}\.\s{0,4}chr\(\s{0,4}\d{1,3}\s{0,4}\))*/g

/**
 * The command that a Template Toolkit directive of CVE-2019-19781 hands to the shell: in back-ticks, or as the argument of
 * readpipe, system, exec or qx; written out, or letter by letter with chr().
 */
export function commandIn(template: string): string | undefined {
  const text = template
    .slice(0, LONGEST)
    .replace(
      CHR_LIST,
      (list) =>
        `"${[...list.matchAll(/\d{1,3}/g)]
          .map(([code]) => String.fromCharCode(Number(code)))
          .join('')
          .replace(/["\\]/g, '\\$&')}"`,
    )
    .replaceAll('\\`', '`')
  const [, ticked] = /`([^`]{1,8000})`/.exec(text) ?? []
  if (ticked !== undefined) return ticked.trim()
  const [, , quoted, single] =
    /\b(readpipe|system|exec)\s{0,4}\(?\s{0,4}(?:"((?:[^"\\]|\\.){1,8000})"|\\?'([^']{1,8000}?)\\?')/.exec(text) ?? []
  const found = quoted?.replace(/\\(.)/g, '$1') ?? single
  if (found !== undefined) return found.trim()
  const [, braced] = /\bqx\s{0,4}[{(/]([^})/]{1,8000})[})/]/.exec(text) ?? []
  return braced?.trim()
}
