import type { WebResponse } from '../response.ts'
import type { PageFacts, WebServer } from '../server.ts'
import { applicationServer } from './application.ts'
import { REASONS } from './reasons.ts'

export interface IisOptions {
  /** The Server header: `Microsoft-IIS/10.0`. */
  header: string
}

/** What http.sys refuses before IIS sees it: title and sentence by status. */
const KERNEL: Readonly<Record<number, readonly [title: string, sentence: string]>> = {
  400: ['Bad Request - Invalid URL', 'The request URL is invalid.'],
  411: ['Length Required', 'The request must be chunked or have a content length.'],
  413: ['Request Entity Too Large', 'The request entity is too large.'],
  414: ['Request-URI Too Long', 'The request URL is too long.'],
  431: ['Bad Request - Request Too Long', 'The size of the request headers is too long.'],
  501: ['Not Implemented', 'The request verb is not supported.'],
  503: ['Service Unavailable', 'The service is unavailable.'],
  505: ['HTTP Version Not Supported', 'The HTTP version is not supported.'],
}

/** Sentences of the pages of IIS itself (custerr, English). */
const CUSTOM: Readonly<Record<number, readonly [title: string, sentence: string]>> = {
  401: [
    'Unauthorized: Access is denied due to invalid credentials.',
    'You do not have permission to view this directory or page using the credentials that you supplied.',
  ],
  403: [
    'Forbidden: Access is denied.',
    'You do not have permission to view this directory or page using the credentials that you supplied.',
  ],
  404: [
    'File or directory not found.',
    'The resource you are looking for might have been removed, had its name changed, or is temporarily unavailable.',
  ],
  405: [
    'HTTP verb used to access this page is not allowed.',
    'The page you are looking for cannot be displayed because an invalid method (HTTP verb) was used to attempt access.',
  ],
  500: ['Internal server error.', 'There is a problem with the resource you are looking for, and it cannot be displayed.'],
}

/** IIS 10 over http.sys. Written from its documented pages; not compared with a recording yet. */
export function iis({ header }: IisOptions): WebServer {
  return applicationServer({
    name: 'iis',
    server: header,
    order: [
      '*',
      'Transfer-Encoding',
      'Content-Type',
      'Content-Encoding',
      'Last-Modified',
      'Accept-Ranges',
      'ETag',
      'Vary',
      'Server',
      'Date',
      'Connection',
      'Content-Range',
      'Content-Length',
    ],
    limits: { requestLine: 16 * 1024, headerLine: 16 * 1024, head: 16 * 1024, headMs: 120_000, idleMs: 120_000 },
    page: errorPage,
  })
}

function errorPage(status: number, _facts: PageFacts): WebResponse {
  const custom = CUSTOM[status]
  if (custom) return { status, headers: [['Content-Type', 'text/html']], body: customPage(status, ...custom) }
  const [title, sentence] = KERNEL[status] ?? [REASONS[status] ?? 'Error', `The request failed.`]
  return {
    status: status === 431 ? 400 : status,
    headers: [
      ['Content-Type', 'text/html; charset=us-ascii'],
      ['Server', 'Microsoft-HTTPAPI/2.0'],
    ],
    body:
      `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN""http://www.w3.org/TR/html4/strict.dtd">\r\n` +
      `<HTML><HEAD><TITLE>${title.split(' - ')[0]}</TITLE>\r\n<META HTTP-EQUIV="Content-Type" Content="text/html; charset=us-ascii"></HEAD>\r\n` +
      `<BODY><h2>${title}</h2>\r\n<hr><p>HTTP Error ${status === 431 ? 400 : status}. ${sentence}</p>\r\n</BODY></HTML>\r\n`,
  }
}

function customPage(status: number, title: string, sentence: string): string {
  return (
    '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\r\n' +
    '<html xmlns="http://www.w3.org/1999/xhtml">\r\n<head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1"/>\r\n' +
    `<title>${status} - ${title}</title>\r\n</head>\r\n<body>\r\n<div id="header"><h1>Server Error</h1></div>\r\n<div id="content">\r\n` +
    ` <div class="content-container"><fieldset>\r\n  <h2>${status} - ${title}</h2>\r\n  <h3>${sentence}</h3>\r\n </fieldset></div>\r\n</div>\r\n` +
    '</body>\r\n</html>\r\n'
  )
}
