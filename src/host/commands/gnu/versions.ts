/** Order of `sort -V`, `ls -v` and Debian versions: runs of digits by value, `~` before everything. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [a.split(/(\d+)/), b.split(/(\d+)/)]
  for (let i = 0; i < Math.max(x.length, y.length); i++) {
    const [p, q] = [x[i] ?? '', y[i] ?? '']
    const order = i % 2 ? Number(p || 0) - Number(q || 0) : compareNonDigits(p, q)
    if (order) return order
  }
  return a < b ? -1 : a > b ? 1 : 0
}

function compareNonDigits(a: string, b: string): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const order = rank(a[i]) - rank(b[i])
    if (order) return order
  }
  return 0
}

function rank(c: string | undefined): number {
  if (c === undefined) return 0
  if (c === '~') return -1
  return /[A-Za-z]/.test(c) ? c.charCodeAt(0) : c.charCodeAt(0) + 256
}
