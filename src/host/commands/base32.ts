import { baseEncoding } from './gnu/base-encoding.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

export default baseEncoding('base32', { encode, decode, group: 8, block: 5, alphabet: /^[A-Z2-7]*={0,6}$/ })

function encode(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at < bytes.length; at += 5) {
    const block = bytes.subarray(at, at + 5)
    let bits = 0n
    for (let i = 0; i < 5; i++) bits = (bits << 8n) | BigInt(block[i] ?? 0)
    const used = Math.ceil((block.length * 8) / 5)
    for (let i = 0; i < 8; i++) text += i < used ? LETTERS[Number((bits >> BigInt(35 - 5 * i)) & 31n)] : '='
  }
  return text
}

function decode(text: string): Buffer {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const c of text.replace(/=+$/, '')) {
    held = ((held << 5) | LETTERS.indexOf(c)) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes.push((held >> bits) & 0xff)
    }
  }
  return Buffer.from(bytes)
}
