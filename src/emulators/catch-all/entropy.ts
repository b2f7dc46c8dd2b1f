/** Shannon entropy in bits a byte, and the share of printable ASCII; both to three places. */
export function entropyOf(bytes: Uint8Array): { entropy: number; printable: number } {
  if (bytes.length === 0) return { entropy: 0, printable: 0 }
  const counts = new Uint32Array(256)
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1
  let entropy = 0
  let printable = 0
  for (const [byte, count] of counts.entries()) {
    if (count === 0) continue
    const share = count / bytes.length
    entropy -= share * Math.log2(share)
    if ((byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d) printable += share
  }
  const rounded = (value: number): number => Math.round(value * 1000) / 1000
  return { entropy: rounded(entropy), printable: rounded(printable) }
}
