import type { Persona } from '../../config/persona.ts'
import type { Value } from '../php/value.ts'
import type { WebRequest } from '../request.ts'
import type { PhpFacts } from './php-output.ts'

/** PHP of the persona's package list, and its kernel. */
export function phpFacts({ packages, hostname, os }: Persona): PhpFacts {
  const [, version = '8.2.29'] =
    /^php8\.\d-(?:fpm|cli) ([\d.]+)/.exec(packages.find((entry) => /^php8\.\d-(fpm|cli) /.test(entry)) ?? '') ?? []
  return { version, uname: `Linux ${hostname} ${os.kernel.release} ${os.kernel.version} ${os.kernel.machine}` }
}

/** `$_GET` and its kin as PHP makes them of a request. Texts are bytes, one a character. */
export function superglobals(request: WebRequest): Map<string, Value> {
  const get = fieldsOf(request.query)
  const post = fieldsOf(request.form())
  const files = request.multipart().filter(({ filename }) => filename !== undefined)
  const server = [
    ['REQUEST_METHOD', request.method],
    ['REQUEST_URI', request.target],
    ['QUERY_STRING', request.search],
    ['REMOTE_ADDR', request.source.ip],
    ['HTTP_HOST', request.host],
    ['HTTP_USER_AGENT', request.header('user-agent') ?? ''],
    ['SCRIPT_NAME', request.path],
  ] as const
  return new Map<string, Value>([
    ['_GET', get],
    ['_POST', post],
    ['_COOKIE', new Map(request.cookies)],
    ['_REQUEST', new Map([...get, ...post])],
    ['_SERVER', new Map(server)],
    ['_FILES', new Map(files.map(({ name, filename = '', body }, n) => [name, uploadOf(n, baseName(filename), body.length)]))],
  ])
}

/** Where PHP has put the nth uploaded file until the script moves it. */
export function temporaryName(n: number): string {
  return `/tmp/php${n}upload`
}

function uploadOf(n: number, name: string, size: number): Value {
  return new Map<string, Value>([
    ['name', bytesOf(name)],
    ['tmp_name', temporaryName(n)],
    ['size', size],
    ['error', 0],
  ])
}

/** The last part of a name, as PHP takes it from what the client sent. */
export function baseName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  return last === '.' || last === '..' ? '' : last.replace(/[\0-\x1f]/g, '').slice(0, 200)
}

function fieldsOf(fields: URLSearchParams): Map<string, Value> {
  return new Map([...fields].map(([name, value]): [string, Value] => [name, bytesOf(value)]))
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
