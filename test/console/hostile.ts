/** What would run, redraw, reorder or end something if it were taken for more than text. */
export const HOSTILE = [
  '<script>hacked()</script>',
  '"><img src=x onerror=hacked()>',
  "'><svg/onload=hacked()>",
  '<iframe srcdoc="<script>parent.hacked()</script>">',
  '<style>body{display:none}</style>',
  'javascript:hacked()',
  '{{constructor.constructor("hacked()")()}}',
  '</title><script>hacked()</script>',
  '\u001b[2J\u001b]0;hacked\u0007\u001b]8;;https://evil.example\u0007x',
  'safe\u202etxt.exe\u2066\u200b\ufeff',
  'null\u0000byte\u0085\u2028line',
  '"}],"message":"x","__proto__":{"a":1}',
] as const

/** What terminals and browsers obey rather than show; new lines and tabs are harmless. */
export const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029]|\p{Cf}/u

/** Selects what our pages never have, and an attacker's markup would bring. */
export const FOREIGN =
  'script:not([src]), iframe:not(.picture), img[src="x"], main style, main svg[onload], a[href^="javascript:"], base, object, embed'

/** Words of a conversation: what stands between spaces, lines and bytes that are no text. */
const WORD = /[!-~]{2,}/g
/** Letters of a word that shows what it was overwritten with. */
const LONG = 6

/**
 * The nth way to slip a hostile text into a conversation of a protocol: another word of it each time, which the text follows
 * or, so that lengths still hold, overwrites.
 */
export function hostileInput(conversation: Buffer, n: number): Buffer {
  const hostile = Buffer.from(HOSTILE[n % HOSTILE.length] as string)
  const words = [...conversation.toString('latin1').matchAll(WORD)].map(({ index, 0: word }) => ({
    start: index,
    end: index + word.length,
  }))
  const long = words.filter(({ start, end }) => end - start >= LONG)
  const overwritten = n % 2 === 0 ? long[n % long.length] : undefined
  if (overwritten) {
    const input = Buffer.from(conversation)
    hostile.copy(input, overwritten.start, 0, overwritten.end - overwritten.start)
    return input
  }
  const at = words[n % words.length]?.end ?? conversation.length
  return Buffer.concat([conversation.subarray(0, at), hostile, conversation.subarray(at)])
}
