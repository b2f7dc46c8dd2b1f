/** RFC 1939 as bytes: command lines, and answers of several lines. */

export interface Command {
  /** In capitals. */
  verb: string
  /** All behind the first blank, one character a byte. */
  argument: string
}

export function parseCommand(line: Buffer): Command {
  const text = line.toString('latin1').replace(/\r+$/, '')
  const blank = text.indexOf(' ')
  return blank < 0
    ? { verb: text.toUpperCase(), argument: '' }
    : { verb: text.slice(0, blank).toUpperCase(), argument: text.slice(blank + 1) }
}

/** RFC 1939 §3: lines that begin with a dot get another one, a line of one dot ends the answer. */
export function encodeLines(text: Buffer): Buffer {
  const stuffed = text.toString('latin1').replace(/^\./gm, '..')
  return Buffer.from(`${stuffed}${stuffed === '' || stuffed.endsWith('\r\n') ? '' : '\r\n'}.\r\n`, 'latin1')
}

/** The text of such an answer without its end, as a client reads it. */
export function decodeLines(answer: Buffer): Buffer {
  return Buffer.from(
    answer
      .toString('latin1')
      .replace(/\.\r\n$/, '')
      .replace(/^\.\./gm, '.'),
    'latin1',
  )
}

/** The header of a message and the first lines of its body, for TOP. */
export function topOf(message: Buffer, lines: number): Buffer {
  const bodyStart = message.indexOf('\r\n\r\n')
  if (bodyStart < 0) return Buffer.concat([message, Buffer.from('\r\n')])
  let at = bodyStart + 4
  for (let n = 0; n < lines && at < message.length; n++) {
    const lf = message.indexOf(0x0a, at)
    at = lf < 0 ? message.length : lf + 1
  }
  return message.subarray(0, at)
}
