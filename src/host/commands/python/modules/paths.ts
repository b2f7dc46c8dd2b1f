/** posixpath.join */
export function joinPaths(...parts: readonly string[]): string {
  let path = parts[0] ?? ''
  for (const part of parts.slice(1)) {
    if (part.startsWith('/')) path = part
    else path += path === '' || path.endsWith('/') ? part : `/${part}`
  }
  return path
}

export function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

export function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf('/') + 1)
  return /^\/+$/.test(head) ? head : head.replace(/\/+$/, '')
}

/** posixpath.normpath */
export function normal(path: string): string {
  if (path === '') return '.'
  const lead = path.startsWith('//') && !path.startsWith('///') ? '//' : path.startsWith('/') ? '/' : ''
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..' || (lead === '' && parts.length === 0) || parts.at(-1) === '..') parts.push(part)
    else if (parts.length > 0) parts.pop()
  }
  return lead + parts.join('/') || '.'
}

export function splitExtension(path: string): [string, string] {
  const name = basename(path)
  const dot = name.lastIndexOf('.')
  if (dot <= 0 || /^\.*$/.test(name.slice(0, dot))) return [path, '']
  return [path.slice(0, path.length - name.length + dot), name.slice(dot)]
}
