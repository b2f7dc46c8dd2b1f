/** What a script of a stranger would do, read from its text; nothing is ever run as code. */
export interface ScriptIntent {
  text: string
  lang: string | undefined
  /** Name of the script field that shows its result. */
  field: string | undefined
  /** Command line for the shell of the host. */
  command: string | undefined
  /** File whose text it reads. */
  file: string | undefined
}

const LONGEST = 16 * 1024
const DEEPEST = 24
const MOST = 50

/** Every script in a request body, wherever the API takes one. */
export function scriptsIn(body: unknown): ScriptIntent[] {
  const found: ScriptIntent[] = []
  collect(body, undefined, undefined, found, 0)
  return found
}

function collect(value: unknown, key: string | undefined, field: string | undefined, found: ScriptIntent[], depth: number): void {
  if (typeof value !== 'object' || value === null || depth > DEEPEST || found.length >= MOST) return
  const map = value as Record<string, unknown>
  for (const [name, member] of Object.entries(map)) {
    const isScript = /^(script|inline|source|init_script|map_script|combine_script|reduce_script|_script)$/.test(name)
    if (typeof member === 'string' && isScript && (name !== 'source' || key === 'script')) {
      found.push(intentOf(member, typeof map.lang === 'string' ? map.lang : undefined, field))
    } else collect(member, name, key === 'script_fields' ? name : field, found, depth + 1)
  }
}

function intentOf(given: string, lang: string | undefined, field: string | undefined): ScriptIntent {
  const text = given.slice(0, LONGEST)
  return { text, lang, field, command: commandIn(text), file: fileIn(text) }
}

const QUOTED = `"((?:[^"\\\\]|\\\\.){1,8000})"|'((?:[^'\\\\]|\\\\.){1,8000})'`
const EXEC_ONE = new RegExp(`\\.exec\\(\\s{0,8}(?:${QUOTED})`)
const EXEC_LIST =
  /(?:\.exec\(\s{0,8}(?:new\s{1,8}(?:java\.lang\.)?String\s{0,4}\[\s{0,4}\]\s{0,4}\{|\[)|ProcessBuilder\(\s{0,8}\[?)([^\]})]{1,8000})/
const GROOVY = new RegExp(`(?:${QUOTED})\\s{0,4}\\.execute\\(`)
const GROOVY_LIST = /\[([^\]]{1,8000})\]\s{0,4}(?:as\s{1,4}String\[\]\s{0,4}\)?)?\.execute\(/
const FILE = new RegExp(`(?:File|FileReader|FileInputStream|Paths\\.get|readFile)\\(\\s{0,8}(?:${QUOTED})`)

/** The command line of `Runtime.exec`, `ProcessBuilder` and Groovy's `"…".execute()`. */
function commandIn(text: string): string | undefined {
  const one = EXEC_ONE.exec(text) ?? GROOVY.exec(text)
  if (one) return unescapeJava(one[1] ?? one[2] ?? '')
  const [, list] = EXEC_LIST.exec(text) ?? GROOVY_LIST.exec(text) ?? []
  if (list === undefined) return undefined
  const words = [...list.matchAll(new RegExp(QUOTED, 'g'))].map((match) => unescapeJava(match[1] ?? match[2] ?? ''))
  // `sh -c` takes its third word as it is; all others are words that no shell has read.
  if (/^(\/bin\/)?(ba|da)?sh$/.test(words[0] ?? '') && words[1] === '-c') return words[2]
  return words.length > 0
    ? words.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ')
    : undefined
}

function fileIn(text: string): string | undefined {
  const match = FILE.exec(text)
  return match ? unescapeJava(match[1] ?? match[2] ?? '') : undefined
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f', '0': '\0' }

function unescapeJava(text: string): string {
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, unit: string | undefined, letter: string) =>
    unit === undefined ? (ESCAPES[letter] ?? letter) : String.fromCharCode(Number.parseInt(unit, 16)),
  )
}

/** What the script makes of the output of its process: all, the first line, or the process itself. */
export function shownOutput(text: string, output: string): string | undefined {
  if (/readLine\(\)/.test(text) && !/while|eachLine/.test(text)) return output.split('\n')[0] ?? ''
  return /getText\(\)|\.text\b|InputStream|Scanner|IOUtils|eachLine/.test(text) ? output : undefined
}

const PROPERTY = /getProperty\(\s{0,4}["']([\w.]{1,64})["']/
const ARITHMETIC = /^\s*\(?\s*(-?\d{1,9})\s*([-+*])\s*(-?\d{1,9})\s*\)?\s*;?\s*$/

/** Results that need no process: arithmetic that a scanner checks, system properties. */
export function plainResult(text: string, properties: Readonly<Record<string, string>>): unknown {
  const [, property] = PROPERTY.exec(text) ?? []
  if (property !== undefined) return properties[property] ?? null
  const [, left, operator, right] = ARITHMETIC.exec(text) ?? []
  if (left !== undefined) {
    const [a, b] = [Number(left), Number(right)]
    return operator === '+' ? a + b : operator === '-' ? a - b : a * b
  }
  const [, literal] = /^\s*["']([^"']{0,1024})["']\s*;?\s*$/.exec(text) ?? []
  return literal ?? null
}
