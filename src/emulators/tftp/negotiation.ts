export interface Negotiated {
  /** Bytes of a full block, RFC 2348. */
  blockSize: number
  /** Milliseconds until something is sent again, RFC 2349. */
  timeoutMs: number
  /** What OACK confirms, in the order in which it was asked; empty: there is no OACK. */
  options: [name: string, value: string][]
}

/**
 * tftpd-hpa 5.2's options: blksize, blksize2, tsize, timeout and utimeout; others are read over. Undefined when one has a
 * value that cannot be: then the whole request is refused.
 */
export function negotiate(options: readonly (readonly [string, string])[], isRead: boolean, fileSize: number): Negotiated | undefined {
  const agreed: Negotiated = { blockSize: 512, timeoutMs: 1000, options: [] }
  for (const [name, text] of options) {
    const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN
    switch (name) {
      case 'blksize':
      case 'blksize2': {
        if (!(value >= 8)) return undefined
        const most = Math.min(value, 65_464)
        agreed.blockSize = name === 'blksize' ? most : 2 ** Math.floor(Math.log2(most))
        agreed.options.push([name, String(agreed.blockSize)])
        break
      }
      case 'tsize':
        if (Number.isNaN(value)) return undefined
        agreed.options.push([name, String(isRead ? fileSize : value)])
        break
      case 'timeout':
        if (!(value >= 1 && value <= 255)) return undefined
        agreed.timeoutMs = value * 1000
        agreed.options.push([name, text])
        break
      case 'utimeout':
        if (!(value >= 10_000 && value <= 255_000_000)) return undefined
        agreed.timeoutMs = value / 1000
        agreed.options.push([name, text])
        break
    }
  }
  return agreed
}
