import { applicationServer, type HeaderLine, REASONS, type WebResponse, type WebServer } from '../../http/index.ts'

export interface CupsRelease {
  /** `2.4.2` */
  version: string
  /** The scheduler, or a printer that serves itself with the same library. */
  product: 'cups' | 'printer'
}

const KEEP_ALIVE_SECONDS = 10

/** The HTTP of CUPS's scheduler, or of ippeveprinter: header lines in the order of their names, then its own. Recorded from CUPS 2.4.2. */
export function cupsServer({ version, product }: CupsRelease): WebServer {
  const isDevice = product === 'printer'
  const header = isDevice ? `CUPS/${version}` : `CUPS/${version.split('.').slice(0, 2).join('.')} IPP/2.1`
  const page = (status: number): WebResponse => (isDevice ? errorLine(status) : errorPage(status, version))
  const base = applicationServer({
    name: 'cups',
    order: [],
    page,
    limits: { body: 2 ** 30, requestLine: 8192, headerLine: 8192, idleMs: KEEP_ALIVE_SECONDS * 1000, bodyMs: 60_000 },
  })
  return {
    ...base,
    // A request without Host is refused, whatever its version.
    judgeHead: (head, headers, framing) => (headers.has('host') ? base.judgeHead(head, headers, framing) : { status: 400 }),
    keepsAfter: (status) => status < 400,
    head(out) {
      const site = (name: string): string | undefined => out.headers.find(([own]) => own === name)?.[1]
      const isKept = out.keepAlive
      const lines: (readonly [string, string | undefined])[] = [
        ['Connection', isKept ? 'Keep-Alive' : out.request.minor === 0 ? undefined : 'close'],
        ['Content-Language', isDevice ? undefined : 'en'],
        ['Content-Length', out.length?.toString()],
        ['Content-Type', out.contentType],
        ['Date', out.date],
        ['Keep-Alive', isKept ? `timeout=${KEEP_ALIVE_SECONDS}` : undefined],
        ['Last-Modified', out.lastModified],
        ['Transfer-Encoding', out.chunked ? 'chunked' : undefined],
        ['WWW-Authenticate', site('WWW-Authenticate')],
        ['Accept-Encoding', 'gzip, deflate, identity'],
        ['Allow', site('Allow')],
        ['Server', header],
        ['Set-Cookie', site('Set-Cookie')],
        ['X-Frame-Options', 'DENY'],
        ['Content-Security-Policy', "frame-ancestors 'none'"],
      ]
      const shown = lines.filter((line): line is HeaderLine => line[1] !== undefined).map(([name, value]) => `${name}: ${value}\r\n`)
      return `HTTP/1.${out.request.minor} ${out.status} ${REASONS[out.status] ?? ''}\r\n${shown.join('')}\r\n`
    },
  }
}

const DETAIL: Readonly<Record<number, string>> = {
  401: 'Enter your username and password or the root username and password to access this page. If you are using Kerberos authentication, make sure you have a valid Kerberos ticket.',
}

function errorLine(status: number): WebResponse {
  return { status, headers: [['Content-Type', 'text/plain']], body: `${status} - ${REASONS[status] ?? ''}\n` }
}

function errorPage(status: number, version: string): WebResponse {
  const reason = REASONS[status] ?? ''
  const body = `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd">\n<HTML>\n<HEAD>\n\t<META HTTP-EQUIV="Content-Type" CONTENT="text/html; charset=utf-8">\n\t<TITLE>${reason} - CUPS v${version}</TITLE>\n\t<LINK REL="STYLESHEET" TYPE="text/css" HREF="/cups.css">\n</HEAD>\n<BODY>\n<H1>${reason}</H1>\n<P>${DETAIL[status] ?? ''}</P>\n</BODY>\n</HTML>\n`
  return { status, headers: [['Content-Type', 'text/html; charset=utf-8']], body }
}
