/** Path of what the portal fetches for its user: the server in ROT13 and hex, then the path there. */
const REWRITTEN = /^\/\+CSCO\+[0-9A-Za-z]{2}((?:[0-9A-Fa-f]{2}){1,512})\+\+(\/.{0,1024})?$/

/**
 * The address that a path of the portal's proxy stands for.
 * @example rewrittenAddress('/+CSCO+0075676763663A2F2F766167656E617267++/a') // server intranet, address https://intranet/a
 * @returns undefined for every other path
 */
export function rewrittenAddress(path: string): { server: string; address: string } | undefined {
  const [, hex, rest = '/'] = REWRITTEN.exec(path) ?? []
  if (hex === undefined) return undefined
  const origin = rot13(Buffer.from(hex, 'hex').toString('latin1'))
  return { server: origin.replace(/^[a-z]{1,16}:\/\//i, '').replace(/[:/].*$/s, ''), address: origin + rest }
}

function rot13(text: string): string {
  return text.replace(/[a-z]/gi, (letter) => {
    const code = letter.charCodeAt(0)
    const first = code < 97 ? 65 : 97
    return String.fromCharCode(first + ((code - first + 13) % 26))
  })
}
