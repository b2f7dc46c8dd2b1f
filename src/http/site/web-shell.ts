import type { Host } from '../../host/contract.ts'
import { evalPhp } from '../../host/php/script.ts'
import type { WebRequest } from '../request.ts'
import { html, type WebResponse } from '../response.ts'
import { WEB_USER } from './document-root.ts'
import { phpFacts, superglobals } from './php-request.ts'

/** Functions of PHP that run a command and print, or give, what it prints. */
const RUNNERS = 'system|passthru|shell_exec|exec|popen|proc_open|pcntl_exec'
const SOURCES = '\\$_(GET|POST|REQUEST|COOKIE|SERVER)\\s{0,8}\\[\\s{0,8}[\'"]?([A-Za-z0-9_-]{1,64})[\'"]?\\s{0,8}\\]'
const ARGUMENT = new RegExp(SOURCES, 'g')
const RUNS = new RegExp(`\\b(?:${RUNNERS}|eval|assert)\\s{0,8}\\(|\``, 'i')
const LONGEST_SOURCE = 256 * 1024

/** Whether PHP code hands something of the request to a shell or to eval. */
export function isWebShell(code: Buffer): boolean {
  const text = code.subarray(0, LONGEST_SOURCE).toString('latin1')
  return RUNS.test(text) && new RegExp(SOURCES).test(text)
}

/**
 * Runs an uploaded web shell on the simulated host: takes the command out of the request where the code would, runs it as
 * the web server's user in the folder of the script, and prints what PHP would print around it.
 */
export async function runWebShell(code: Buffer, request: WebRequest, host: Host, folder: string): Promise<WebResponse> {
  const text = code.subarray(0, LONGEST_SOURCE).toString('latin1')
  const wanted = [...text.matchAll(ARGUMENT)].flatMap(([, source = '', name = '']) => givenValue(request, source, name) ?? [])
  const command = wanted.map(commandOf).find((found) => found !== undefined)
  const [before, after] = around(text)
  const evaluated = /\b(?:eval|assert)\s{0,8}\(/i.test(text) ? wanted.map(codeOf).find((found) => found !== undefined) : undefined
  if (evaluated !== undefined) return html(Buffer.from(before + (await evaluate(evaluated, request, host, folder)) + after, 'latin1'))
  if (command === undefined) return html(`${before}${after}`)
  request.visit.record('indicator', { kind: 'url', value: request.target.slice(0, 4096), how: 'web-shell' }, ['attack:T1505.003'])
  const stdout = await runAsWebUser(command, request, host, folder)
  return html(Buffer.concat([Buffer.from(before, 'latin1'), stdout, Buffer.from(after, 'latin1')]))
}

/** Runs a command as PHP's system() does: as the web server's user, in the folder of the script. */
export async function runAsWebUser(command: string, request: WebRequest, host: Host, folder: string): Promise<Buffer> {
  const { stdout } = await host.run({
    user: WEB_USER,
    command: `cd ${quoted(folder)} && ${command}`,
    remote: request.source,
    local: request.local,
    via: 'www',
    recorder: request.visit,
  })
  return stdout
}

function evaluate(code: string, request: WebRequest, host: Host, folder: string): Promise<string> {
  request.visit.record('indicator', { kind: 'url', value: request.target.slice(0, 4096), how: 'web-shell' }, ['attack:T1505.003'])
  return evalPhp(code, {
    ...phpFacts(host.persona),
    variables: superglobals(request),
    cwd: folder,
    files: host.files(WEB_USER),
    run: async (command) => (await runAsWebUser(command, request, host, folder)).toString('latin1'),
  })
}

/** A value that is PHP code, plain or in base64; undefined for a command. */
function codeOf(value: string): string | undefined {
  const isCode = (text: string): boolean =>
    /^[\s;@]{0,40}(?:echo|print|die|exit|phpinfo|var_dump|printf|eval|\$\w+\s{0,8}=|if\s{0,4}\()/i.test(text) && /[;)]/.test(text)
  if (isCode(value)) return value
  const decoded = /^[A-Za-z0-9+/]{8,8000}={0,2}$/.test(value) ? Buffer.from(value, 'base64').toString('latin1') : ''
  return isCode(decoded) ? decoded : undefined
}

function givenValue(request: WebRequest, source: string, name: string): string | undefined {
  const lists: Record<string, () => string | null | undefined> = {
    GET: () => request.query.get(name),
    POST: () => request.form().get(name),
    REQUEST: () => request.query.get(name) ?? request.form().get(name),
    COOKIE: () => request.cookies.get(name),
    SERVER: () => request.header(name.replace(/^HTTP_/, '').replaceAll('_', '-')),
  }
  return lists[source]?.() ?? undefined
}

/** The command in a value: itself, decoded base64, or the argument of a call in code for eval. */
function commandOf(value: string): string | undefined {
  if (value.trim() === '') return undefined
  const [, , called] = new RegExp(`\\b(${RUNNERS})\\s{0,8}\\(\\s{0,8}['"]([^'"]{1,4000})['"]`, 'i').exec(value) ?? []
  if (called !== undefined) return called
  if (/^[A-Za-z0-9+/]{8,4000}={0,2}$/.test(value) && value.length % 4 === 0) {
    const decoded = Buffer.from(value, 'base64').toString('utf8')
    if (/^[\x20-\x7e\n\t]{2,}$/.test(decoded)) return decoded
  }
  return value
}

/** What stands outside `<?php … ?>` is printed as it is. */
function around(text: string): [before: string, after: string] {
  const open = text.search(/<\?(php|=)?/i)
  if (open < 0) return [text, '']
  const close = text.lastIndexOf('?>')
  return [text.slice(0, open), close > open ? text.slice(close + 2).replace(/^\n/, '') : '']
}

function quoted(path: string): string {
  return `'${path.replaceAll("'", "'\\''")}'`
}
