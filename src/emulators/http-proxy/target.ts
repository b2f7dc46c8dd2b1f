/** What a request asks a proxy for (RFC 9112 §3.2). */
export type ProxyTarget =
  | { form: 'tunnel'; host: string; port: number }
  | { form: 'absolute'; scheme: string; host: string; port: number; path: string }
  /** A path, as to a web server. */
  | { form: 'origin' }
  | { form: 'asterisk' }
  | { form: 'invalid' }

const PORTS: Record<string, number> = { http: 80, https: 443, ftp: 21, cache_object: 3128 }
const ABSOLUTE =
  /^([a-z][a-z0-9+.-]{0,31}|cache_object):\/\/(?:[^@/?#]{0,256}@)?(\[[0-9a-f:.]{2,45}\]|[^:/?#]{1,255})(?::(\d{1,5}))?([/?#].*)?$/i
/** Squid's MAX_URL. */
const LONGEST_URL = 8192
const AUTHORITY = /^(\[[0-9a-f:.]{2,45}\]|[^:/?#\s]{1,255})(?::(\d{1,5}))?$/i

/** @param target of the request line @param method of it: CONNECT has a target of its own kind */
export function readProxyTarget(method: string, target: string): ProxyTarget {
  if (method === 'CONNECT') {
    const [, host, port] = AUTHORITY.exec(target) ?? []
    const number = Number(port ?? 443)
    return host === undefined || number > 65535 ? { form: 'invalid' } : { form: 'tunnel', host: bare(host), port: number }
  }
  if (target.length >= LONGEST_URL) return { form: 'invalid' }
  if (target === '*') return { form: 'asterisk' }
  if (target.startsWith('/')) return { form: 'origin' }
  const [, scheme = '', host, port, path = ''] = ABSOLUTE.exec(target) ?? []
  const standard = PORTS[scheme.toLowerCase()]
  const number = Number(port ?? standard)
  if (host === undefined || standard === undefined || number > 65535) return { form: 'invalid' }
  const rest = path.startsWith('/') ? path : `/${path}`
  return { form: 'absolute', scheme: scheme.toLowerCase(), host: bare(host), port: number, path: rest }
}

function bare(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host
}
