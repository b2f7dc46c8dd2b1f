import { posix } from 'node:path'
import { runPhp } from '../../host/php/script.ts'
import { numberOf, textOf, type Value } from '../../host/php/value.ts'
import type { HeaderLine } from '../headers.ts'
import type { WebRequest } from '../request.ts'
import type { WebResponse } from '../response.ts'
import type { LureContext } from './context.ts'
import { type DocumentRoot, WEB_USER } from './document-root.ts'
import { FormToken } from './form-token.ts'
import { baseName, phpFacts, superglobals, temporaryName } from './php-request.ts'
import { runAsWebUser } from './web-shell.ts'

export interface PhpPageQuestion {
  request: WebRequest
  context: LureContext
  root: DocumentRoot
  /** Folder of the script, absolute. */
  folder: string
  code: Buffer
}

type Functions = Record<string, (...args: Value[]) => Value>

/**
 * The page that a PHP file of the site prints: a form of the persona's own application, or what somebody has uploaded. Besides
 * PHP's functions a site may use `csrf_token()`, which belongs to the visitor's session, and `csrf_valid($token)`.
 */
export async function phpPage({ request, context, root, folder, code }: PhpPageQuestion): Promise<WebResponse> {
  const { persona, host } = context
  const response: { status: number; headers: HeaderLine[] } = { status: 200, headers: [] }
  const body = await runPhp(code.toString('latin1'), {
    ...phpFacts(persona),
    variables: superglobals(request),
    environment: settingsOf(root, folder),
    file: `${folder}/${posix.basename(request.path) || 'index.php'}`,
    cwd: folder,
    files: host.files(WEB_USER),
    run: async (command) => {
      request.visit.record('indicator', { kind: 'url', value: request.target.slice(0, 4096), how: 'web-shell' }, ['attack:T1505.003'])
      return (await runAsWebUser(command, request, host, folder)).toString('latin1')
    },
    functions: {
      ...responseFunctions(response),
      ...sessionFunctions(request, context, response.headers),
      ...fileFunctions(request, root, folder),
    },
  })
  const isTyped = response.headers.some(([name]) => name.toLowerCase() === 'content-type')
  const headers: HeaderLine[] = isTyped ? response.headers : [['Content-Type', 'text/html; charset=UTF-8'], ...response.headers]
  return { status: response.status, headers, body: Buffer.from(body, 'latin1'), dynamic: true }
}

function responseFunctions(response: { status: number; headers: HeaderLine[] }): Functions {
  return {
    http_response_code: (status = 0n) => {
      if (numberOf(status) >= 200 && numberOf(status) < 600) response.status = Math.trunc(numberOf(status))
      return BigInt(response.status)
    },
    header: (line = '') => {
      const [, name, value = ''] = /^([\w-]{1,100}):\s{0,8}([^\r\n]{0,4000})$/.exec(textOf(line)) ?? []
      if (name === undefined) return null
      if (name.toLowerCase() === 'location' && response.status === 200) response.status = 302
      response.headers.push([name, value])
      return null
    },
  }
}

function sessionFunctions(request: WebRequest, context: LureContext, headers: HeaderLine[]): Functions {
  const token = new FormToken(request, context)
  const start = (): Value => {
    const cookie = token.start()
    if (cookie) headers.push(cookie)
    return true
  }
  return {
    session_start: start,
    csrf_token: () => {
      start()
      return token.value
    },
    csrf_valid: (given = '') => token.isValid(textOf(given)),
  }
}

function fileFunctions(request: WebRequest, root: DocumentRoot, folder: string): Functions {
  const uploads = request.multipart().filter(({ filename }) => filename !== undefined)
  return {
    basename: (name = '') => baseName(textOf(name)),
    move_uploaded_file: (from = '', to = '') => {
      const upload = uploads.find((_, n) => temporaryName(n) === textOf(from))
      return upload !== undefined && root.writeAt(posix.resolve(folder, textOf(to).slice(0, 1000)), upload.body)
    },
    file_exists: (path = '') => root.readAt(posix.resolve(folder, textOf(path).slice(0, 1000))) !== undefined,
    file_get_contents: (path = '') => root.readAt(posix.resolve(folder, textOf(path).slice(0, 1000)))?.toString('latin1') ?? false,
    file_put_contents: (path = '', text = '') =>
      root.writeAt(posix.resolve(folder, textOf(path).slice(0, 1000)), Buffer.from(textOf(text), 'latin1'))
        ? BigInt(textOf(text).length)
        : false,
    getcwd: () => folder,
    dirname: (path = '') => posix.dirname(textOf(path)),
  }
}

/** What the application has read from `.env` into the process, as phpinfo() shows it. */
function settingsOf(root: DocumentRoot, folder: string): [string, string][] {
  const text = (root.readAt(posix.join(folder, '.env')) ?? root.readAt(posix.join(folder, '../.env')))?.toString('latin1') ?? ''
  return text.split('\n').flatMap((line): [string, string][] => {
    const equals = line.indexOf('=')
    return equals > 0 && !line.startsWith('#') ? [[line.slice(0, equals), line.slice(equals + 1)]] : []
  })
}
