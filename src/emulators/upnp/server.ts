import { applicationServer, REASONS, type WebResponse, type WebServer } from '../../http/index.ts'

const TEXTS: Readonly<Record<number, string>> = {
  404: 'The requested URL was not found on this server.',
  405: 'The HTTP Method is not allowed on this resource.',
  501: 'The HTTP Method is not implemented by this server.',
}

/**
 * Its answer to a request line that is none: the version is what stood third in the line, or nothing; that is how nmap knows it.
 */
export function answerToNoRequest(line: string, header: string): Buffer {
  const [method = '', , version = ''] = line.split(' ')
  const page = errorPage(method === 'GET' ? 404 : 501)
  const body = String(page.body)
  const lines = ['Content-Type: text/html', 'Connection: close', `Content-Length: ${body.length}`, `Server: ${header}`, 'Ext:', '', body]
  return Buffer.from(`${version} ${page.status} ${REASONS[page.status]}\r\n${lines.join('\r\n')}`, 'latin1')
}

function errorPage(status: number): WebResponse {
  const reason = REASONS[status] ?? ''
  const body = `<HTML><HEAD><TITLE>${status} ${reason}</TITLE></HEAD><BODY><H1>${reason}</H1>${TEXTS[status] ?? ''}</BODY></HTML>\r\n`
  return { status, headers: [['Content-Type', 'text/html']], body }
}

/** The HTTP of MiniUPnPd 2.3.1: five header lines, always closing. Recorded. */
export function miniUpnpServer(header: string): WebServer {
  const base = applicationServer({
    name: 'miniupnpd',
    order: [],
    page: errorPage,
    limits: { body: 1024 * 1024, requestLine: 2048, requests: 1 },
  })
  return {
    ...base,
    keepsAfter: () => false,
    head(out) {
      const rest = out.headers.filter(([name]) => !['content-type', 'connection', 'server'].includes(name.toLowerCase()))
      const lines = [
        `HTTP/1.${out.request.minor} ${out.status} ${REASONS[out.status] ?? ''}`,
        `Content-Type: ${out.contentType ?? 'text/html'}`,
        'Connection: close',
        `Content-Length: ${out.length ?? 0}`,
        `Server: ${header}`,
        'Ext:',
        ...rest.map(([name, value]) => `${name}: ${value}`),
      ]
      return `${lines.join('\r\n')}\r\n\r\n`
    },
  }
}
