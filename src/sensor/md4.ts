const ROUNDS: readonly { constant: number; order: readonly number[]; shifts: readonly number[] }[] = [
  { constant: 0, order: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], shifts: [3, 7, 11, 19] },
  { constant: 0x5a827999, order: [0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15], shifts: [3, 5, 9, 13] },
  { constant: 0x6ed9eba1, order: [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15], shifts: [3, 9, 11, 15] },
]

/** MD4 (RFC 1320), which OpenSSL no longer has by default and NTLM cannot do without. */
export function md4(bytes: Uint8Array): Buffer {
  const padded = Buffer.alloc((((bytes.length + 8) >> 6) + 1) * 64)
  padded.set(bytes)
  padded[bytes.length] = 0x80
  padded.writeBigUInt64LE(BigInt(bytes.length) * 8n, padded.length - 8)
  let state: [number, number, number, number] = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476]
  for (let at = 0; at < padded.length; at += 64) {
    let [a, b, c, d] = state
    for (const [round, { constant, order, shifts }] of ROUNDS.entries()) {
      for (let step = 0; step < 16; step++) {
        const mixed = round === 0 ? (b & c) | (~b & d) : round === 1 ? (b & c) | (b & d) | (c & d) : b ^ c ^ d
        const sum = (a + mixed + padded.readUInt32LE(at + (order[step] as number) * 4) + constant) | 0
        const shift = shifts[step & 3] as number
        ;[a, b, c, d] = [d, (sum << shift) | (sum >>> (32 - shift)), b, c]
      }
    }
    state = [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0]
  }
  const digest = Buffer.alloc(16)
  for (const [i, word] of state.entries()) digest.writeInt32LE(word, i * 4)
  return digest
}
