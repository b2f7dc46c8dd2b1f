/** Whether a path fits a glob in which `*` stands for any characters, slashes included: `/portal/*`, `/*.php`. */
export function matchesGlob(path: string, glob: string): boolean {
  const [first = '', ...rest] = glob.split('*')
  if (!path.startsWith(first)) return false
  if (rest.length === 0) return path === first
  let at = first.length
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return path.length - part.length >= at && path.endsWith(part)
    const found = path.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return true
}
