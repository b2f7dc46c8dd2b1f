import { evidence } from '../../events/bytes.ts'
import { html, type WebResponse } from '../../http/index.ts'
import type { SiteContext } from './site-context.ts'
import { commandIn } from './template-command.ts'

const CVE = ['cve:CVE-2019-19781', 'attack:T1190']
const TRAVERSAL = /(?:^|\/)(?:\.|%2e){2}(?:\/|%2f)/i
const LONGEST_OUTPUT = 64 * 1024
/** What the Template Toolkit says when a BLOCK was code. */
const AFTER =
  '&#117;&#110;&#100;&#101;&#102; error - Attempt to bless into a reference at /usr/local/lib/perl5/site_perl/5.14.2/mach/Template/Document.pm line 92.\n\n'
const RELOAD = `<HTML>
<BODY>
<SCRIPT language=javascript type=text/javascript>
//parent.window.ns_reload_home();
parent.window.ns_reload();window.close();
</SCRIPT>
</BODY>
</HTML>
`

/**
 * CVE-2019-19781: below /vpns/, reached around the login by `..`. newbm.pl writes a template whose name NSC_USER gives;
 * fetching it runs what it says.
 */
export async function portalScript(context: SiteContext): Promise<WebResponse | undefined> {
  const { request, appliance } = context
  const { path } = request
  if (!path.startsWith('/vpns/') && path !== '/vpns') return undefined
  const isTraversal = TRAVERSAL.test(request.target.split('?')[0] ?? '') || TRAVERSAL.test(request.header('nsc_user') ?? '')
  if (!isTraversal) return forbidden(path)
  if (/^\/vpns\/portal\/scripts\/(newbm|rmbm|rmpm|picktheme|tips)\.pl$/.test(path)) return plant(context)
  const [, name] = /^\/vpns\/portal\/([\w.-]{1,200})\.xml$/.exec(path) ?? []
  if (name !== undefined) return planted(context, name)
  note(context, 'scan', request.target)
  const file = appliance.file(path, request.source.ip)
  if (file !== undefined) return { status: 200, headers: [['Content-Type', 'text/plain']], body: file }
  return path === '/vpns/' || path.endsWith('/') ? forbidden(path) : undefined
}

function note({ visit }: SiteContext, step: string, detail: string): void {
  visit.record('citrix.exploit', { step, detail: evidence(detail.slice(0, 4096)) }, CVE)
}

/** Apache's own words, which name the path that was reached. */
function forbidden(path: string): WebResponse {
  const shown = path.replace(/[&<>"]/g, '')
  const body = `<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>403 Forbidden</title>\n</head><body>\n<h1>Forbidden</h1>\n<p>You don't have permission to access ${shown}\non this server.<br />\n</p>\n</body></html>\n`
  return { status: 403, headers: [['Content-Type', 'text/html; charset=iso-8859-1']], body }
}

function plant(context: SiteContext): WebResponse {
  const { request, visit, planted } = context
  const form = request.method === 'POST' ? request.form() : request.query
  const template =
    [form.get('title'), form.get('desc'), form.get('url')].filter((part) => part?.includes('[%')).join('\n') || (form.get('title') ?? '')
  const name =
    (request.header('nsc_user') ?? '')
      .split(/[/\\]/)
      .at(-1)
      ?.replace(/[^\w.-]/g, '')
      .slice(0, 200) ?? ''
  const command = commandIn(template)
  visit.record(
    'citrix.template',
    {
      name: evidence(name),
      template: evidence(template.slice(0, 16_384)),
      ...(command === undefined ? {} : { command: evidence(command) }),
    },
    [...CVE, 'attack:T1059.006'],
  )
  if (template !== '') visit.capture(Buffer.from(template), { how: 'citrix.template', name: evidence(name) })
  if (name !== '') planted.put(request.source.ip, name.replace(/\.xml$/, ''), template)
  return html(RELOAD)
}

async function planted(context: SiteContext, name: string): Promise<WebResponse> {
  const { request, planted, visit } = context
  const template = planted.get(request.source.ip, name)
  note(context, 'fetch', request.target)
  if (template === undefined)
    return {
      status: 404,
      headers: [['Content-Type', 'text/html; charset=iso-8859-1']],
      body: '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\n<html><head>\n<title>404 Not Found</title>\n</head><body>\n<h1>Not Found</h1>\n</body></html>\n',
    }
  const command = commandIn(template)
  if (command === undefined)
    return html(template.includes('[%') ? AFTER : `<?xml version="1.0" encoding="UTF-8"?>\n<user username="${name}">\n</user>\n`)
  const output = await run(context, command)
  visit.record('citrix.command', { name, command: evidence(command), output: evidence(output.subarray(0, 4096)) }, [
    ...CVE,
    'attack:T1059.004',
  ])
  return html(Buffer.concat([output, Buffer.from(AFTER)]))
}

/** Runs a command as the web server's user: what tells the appliance from a Linux is answered first. */
async function run({ appliance, host, request, visit }: SiteContext, command: string): Promise<Buffer> {
  const parts = appliance.partsOf(command, request.source.ip)
  const outputs: Buffer[] = []
  for (const part of parts) {
    if ('output' in part) outputs.push(Buffer.from(part.output))
    else {
      const asked = { user: 'nobody', command: part.command, remote: request.source, local: request.local, recorder: visit }
      outputs.push((await host.run({ ...asked, via: 'www' })).stdout)
    }
  }
  return Buffer.concat(outputs).subarray(0, LONGEST_OUTPUT)
}
