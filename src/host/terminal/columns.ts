/** The prompt without the marks of what takes no column (`\[`, `\]`). */
export function visible(prompt: string): string {
  return prompt.replace(/[\x01\x02]/g, '')
}

/** Columns that a text takes: marked parts and escape sequences none, wide characters two. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text.replace(/\x01[^\x02]*\x02?/g, '')) {
    const code = char.codePointAt(0) as number
    if (code < 32 || (code >= 0x300 && code <= 0x36f)) continue
    width += code >= 0x1100 && isWide(code) ? 2 : 1
  }
  return width
}

/** East Asian wide characters and emoji (Unicode TR 11), by their blocks. */
function isWide(code: number): boolean {
  return (
    code <= 0x115f ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  )
}
