import words from './path-words.json' with { type: 'json' }

const WORDS: ReadonlySet<string> = new Set(words)
const MOST_SEGMENTS = 8

/**
 * Whether people give paths like this to pages: words of the trade, numbers, dates. A scanner's random name is none, and a
 * site that has a page for such a name is a trap; nor is a name of some other product a page of this site.
 *
 * @param own words of this site beside the common ones, in lower case
 */
export function isPlausiblePath(path: string, own: ReadonlySet<string> = new Set()): boolean {
  const segments = path.split('/').filter((segment) => segment !== '')
  if (segments.length > MOST_SEGMENTS) return false
  return segments.every((segment) => partsOf(segment).every((part) => isPart(part, own)))
}

/** The words of a site: all that its own paths and links are made of. */
export function wordsOf(paths: Iterable<string>): Set<string> {
  const found = new Set<string>()
  for (const path of paths) for (const segment of path.split('/')) for (const part of partsOf(segment)) found.add(part)
  return found
}

/** `orderList_v2.old.php` → order, list, v2, old, php */
function partsOf(segment: string): string[] {
  return segment
    .slice(0, 200)
    .replace(/([a-z])([A-Z])/g, '$1-$2')
    .split(/[-_.~ +]/)
    .filter((part) => part !== '')
    .map((part) => part.toLowerCase())
}

function isPart(part: string, own: ReadonlySet<string>): boolean {
  // A record's number, a version, a date.
  if (/^(\d{1,6}|v\d{1,2}|(19|20)\d{6}|(19|20)\d{2})$/.test(part)) return true
  if (WORDS.has(part) || own.has(part)) return true
  const withoutNumber = part.replace(/\d{1,2}$/, '')
  return withoutNumber !== part && WORDS.has(withoutNumber)
}
