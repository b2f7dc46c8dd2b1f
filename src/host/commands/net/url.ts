/** A URL as download programs read it. */
export interface Target {
  scheme: string
  host: string
  port: number
  path: string
  user: string | undefined
  text: string
}

const PORTS: Record<string, number> = { http: 80, https: 443, ftp: 21, ftps: 990, tftp: 69 }

/** Takes a URL apart; a bare `host/path` is http. Undefined when there is no host in it. */
export function parseTarget(text: string): Target | undefined {
  const found =
    /^(?:([A-Za-z][A-Za-z0-9+.-]{0,20}):\/\/)?(?:([^/@?#\s]{0,200})@)?(\[[0-9A-Fa-f:.]{2,60}\]|[^/:?#@\s]{0,255})(?::(\d{0,5}))?([/?#].*)?$/s.exec(
      text,
    )
  if (!found?.[3]) return undefined
  const scheme = (found[1] ?? 'http').toLowerCase()
  const port = found[4] ? Number(found[4]) : (PORTS[scheme] ?? 80)
  if (port > 65535) return undefined
  const rest = (found[5] ?? '/').replace(/#.*$/s, '')
  const path = rest.startsWith('/') ? rest : `/${rest}`
  return { scheme, host: found[3].replace(/^\[|\]$/g, ''), port, path, user: found[2], text: found[1] ? text : `http://${text}` }
}

/** The name that a download is saved under. */
export function fileNameOf(target: Target): string {
  const path = target.path.split('?')[0] as string
  const query = target.path.includes('?') ? `?${target.path.split('?').slice(1).join('?')}` : ''
  const name = path.slice(path.lastIndexOf('/') + 1)
  return (name === '' ? 'index.html' : name) + query
}
