/** Rounds of decoding: what passes a proxy, a framework and a form is encoded three times at most. */
const ROUNDS = 3
const MOST_RUNS = 8
const LONGEST_RUN = 8 * 1024

/** `${` in base64 at each of the three offsets that it may have there. */
const BASE64_OPENING = /JH[s-v]|[CSiy]R7|[AEIMQUYcgkosw048]ke[w-z0-9+/]/
const ENTITIES: Readonly<Record<string, string>> = { dollar: '$', lcub: '{', lbrace: '{', rcub: '}', rbrace: '}', colon: ':', sol: '/' }

/** Whether a text may hold a lookup in any of the forms that {@link readings} knows: a cheap look that most texts end at. */
export function mayHoldLookup(text: string): boolean {
  return /\$[{%\\&]|%(?:25){0,4}24|\\u0024|\\x24|\\0?44|&#0{0,6}36|&#x0{0,6}24|&dollar;/i.test(text) || BASE64_OPENING.test(text)
}

/** The text as it is, and as it reads once percent, Unicode, HTML and base64 encodings are taken off. */
export function readings(text: string): string[] {
  const found = new Set([text])
  let last = text
  for (let round = 0; round < ROUNDS; round++) {
    const decoded = entities(escapes(percent(last)))
    if (decoded === last) break
    found.add(decoded)
    last = decoded
  }
  for (const [run] of [...last.matchAll(/[A-Za-z0-9+/_-]{16,}={0,2}/g)].slice(0, MOST_RUNS)) {
    if (BASE64_OPENING.test(run)) found.add(Buffer.from(run.slice(0, LONGEST_RUN), 'base64').toString('utf8'))
  }
  return [...found]
}

function percent(text: string): string {
  return text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'))
}

/** `\u0024` of JSON and Java, `\x24` of scripts, `\44` octal. */
function escapes(text: string): string {
  return text.replace(/\\u+([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})|\\(0?44|173|175)/g, (_, unicode?: string, hex?: string, octal?: string) =>
    String.fromCharCode(octal === undefined ? Number.parseInt((unicode ?? hex) as string, 16) : Number.parseInt(octal, 8)),
  )
}

function entities(text: string): string {
  return text.replace(/&(?:#x([0-9A-Fa-f]{1,8})|#([0-9]{1,8})|([a-z]{3,6}));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? whole
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole
  })
}
