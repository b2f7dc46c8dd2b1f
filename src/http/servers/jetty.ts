import { escapeHtml } from '../html.ts'
import type { WebServer } from '../server.ts'
import { applicationServer } from './application.ts'
import { REASONS } from './reasons.ts'

export interface JettyOptions {
  /** The Server header: `Jetty(9.4.57.v20241219)`. */
  header: string
}

/** Jetty 9.4 with its error pages (ErrorHandler.java). */
export function jetty({ header }: JettyOptions): WebServer {
  const [, version = ''] = /\(([^)]{1,60})\)/.exec(header) ?? []
  return applicationServer({
    name: 'jetty',
    server: header,
    order: ['Date', '*', 'Last-Modified', 'Content-Type', 'Accept-Ranges', 'Connection', 'Content-Length', 'Transfer-Encoding', 'Server'],
    page: (status, { target }) => ({
      status,
      headers: [
        ['Cache-Control', 'must-revalidate,no-cache,no-store'],
        ['Content-Type', 'text/html;charset=iso-8859-1'],
      ],
      body: errorPage(status, target.split('?')[0] as string, version),
    }),
  })
}

function errorPage(status: number, path: string, version: string): string {
  const reason = REASONS[status] ?? ''
  const row = (name: string, value: string): string => `<tr><th>${name}:</th><td>${value}</td></tr>\n`
  return (
    '<html>\n<head>\n<meta http-equiv="Content-Type" content="text/html;charset=ISO-8859-1"/>\n' +
    `<title>Error ${status} ${reason}</title>\n</head>\n<body><h2>HTTP ERROR ${status} ${reason}</h2>\n<table>\n` +
    `${row('URI', escapeHtml(path))}${row('STATUS', String(status))}${row('MESSAGE', reason)}${row('SERVLET', '-')}</table>\n` +
    `<hr/><a href="https://eclipse.org/jetty">Powered by Jetty:// ${version}</a><hr/>\n\n</body>\n</html>\n`
  )
}
