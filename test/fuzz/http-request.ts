/** One request as a client sends it, for seeds of lures that speak HTTP. */
export function httpRequest(method: string, target: string, body: string | Buffer = '', headers: Record<string, string> = {}): Buffer {
  const lines = { Host: 'a', ...headers, ...(body.length > 0 ? { 'Content-Length': String(Buffer.byteLength(body)) } : {}) }
  const fields = Object.entries(lines).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1'), Buffer.from(body)])
}
