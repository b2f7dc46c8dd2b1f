import type { Persona } from '../../config/persona.ts'
import { keyOf, PhpArray, type Value } from '../../host/php/value.ts'
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
    ['_COOKIE', new PhpArray(request.cookies)],
    ['_REQUEST', new PhpArray([...get.entries(), ...post.entries()])],
    ['_SERVER', new PhpArray(server)],
    ['_FILES', new PhpArray(files.map(({ name, filename = '', body }, n) => [name, uploadOf(n, baseName(filename), body.length)]))],
  ])
}

/** Where PHP has put the nth uploaded file until the script moves it. */
export function temporaryName(n: number): string {
  return `/tmp/php${n}upload`
}

function uploadOf(n: number, name: string, size: number): Value {
  return new PhpArray([
    ['name', bytesOf(name)],
    ['tmp_name', temporaryName(n)],
    ['size', BigInt(size)],
    ['error', 0n],
  ])
}

/** The last part of a name, as PHP takes it from what the client sent. */
export function baseName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? ''
  return last === '.' || last === '..' ? '' : last.replace(/[\0-\x1f]/g, '').slice(0, 200)
}

/** `name[]` and `name[key]` make arrays, as in PHP. */
function fieldsOf(fields: URLSearchParams): PhpArray {
  const all = new PhpArray()
  for (const [name, value] of fields) {
    const [, base = name, key] = /^([^[]{1,200})\[([^\]]{0,200})\]$/.exec(name) ?? []
    const list = key === undefined ? undefined : all.inner(keyOf(base))
    if (!(list instanceof PhpArray)) all.set(keyOf(base), bytesOf(value))
    else if (key === '' || key === undefined) list.push(bytesOf(value))
    else list.set(keyOf(key), bytesOf(value))
  }
  return all
}

function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}
