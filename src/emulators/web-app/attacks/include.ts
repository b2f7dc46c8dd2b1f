import { posix } from 'node:path'
import { evidence } from '../../../events/bytes.ts'
import { HostError } from '../../../host/contract.ts'
import { fillHoneytokenText } from '../../../host/honeytokens/marked-seed.ts'
import { HoneytokenMint } from '../../../host/honeytokens/mint.ts'
import { evalPhp, isWebShell, runPhp, runWebShell } from '../../../http/index.ts'
import { SHOP_ROOT, type ShopContext, WEB_USER } from '../shop-context.ts'
import { sourceOf } from '../sources.ts'
import { movingFile } from './moving-files.ts'
import { phpMachine } from './php.ts'

const LARGEST_FILE = 1024 * 1024

/** What `include($name)` prints, in a script of the shop: files of the host, PHP's wrappers, the source of the shop itself. */
export async function included(name: string, shop: ShopContext): Promise<{ output: string; worked: boolean }> {
  const path = name.replace(/\0.*$/s, '')
  const wrapper = /^([a-z.]{2,16}):(?:\/\/)?/i.exec(path)?.[1]?.toLowerCase()
  switch (wrapper) {
    case 'http':
    case 'https':
    case 'ftp':
      return remote(path, wrapper, shop)
    case 'php':
      return phpStream(path, shop)
    case 'data':
      return { output: await evaluated(dataOf(path), shop), worked: true }
    case 'expect':
      return {
        output: warning(path, 'Unable to find the wrapper "expect" - did you forget to enable it when you configured PHP?'),
        worked: false,
      }
    default:
      return local(path.replace(/^file:\/\//i, ''), shop)
  }
}

async function local(name: string, shop: ShopContext): Promise<{ output: string; worked: boolean }> {
  const path = posix.resolve(`${SHOP_ROOT}/pages`, name)
  const found = readFile(path, shop)
  if (found === undefined) return { output: warning(name, failureOf(path, shop)), worked: false }
  const text = found.toString('latin1')
  if (!text.includes('<?')) return { output: found.toString('utf8'), worked: true }
  if (sourceOf(path) !== undefined) return { output: '', worked: true }
  if (isWebShell(found)) {
    const { body } = await runWebShell(found, shop.request, shop.host, posix.dirname(path))
    return { output: String(body ?? ''), worked: true }
  }
  return { output: await runPhp(text, phpMachine(shop)), worked: true }
}

/** A file as the shop's PHP may read it: its own source, what this request has left, or the host's. */
export function readFile(path: string, shop: ShopContext): Buffer | undefined {
  const { lure, visit } = shop
  const source = sourceOf(path)
  if (source !== undefined) {
    return Buffer.from(
      fillHoneytokenText(source, HoneytokenMint.of(lure), { owner: lure.persona.name, place: path, source: visit.source.ip }),
    )
  }
  return movingFile(path, hostFile(path, shop), shop)
}

function hostFile(path: string, { host }: ShopContext): Buffer | undefined {
  try {
    const files = host.files(WEB_USER)
    const { type, size } = files.stat(path)
    return type === 'directory' || size > LARGEST_FILE ? undefined : files.read(path)
  } catch (error) {
    if (error instanceof HostError) return undefined
    throw error
  }
}

function failureOf(path: string, { host }: ShopContext): string {
  try {
    return host.files('root').stat(path).type === 'directory' ? 'Is a directory' : 'Permission denied'
  } catch (error) {
    if (error instanceof HostError) return 'No such file or directory'
    throw error
  }
}

function warning(name: string, why: string): string {
  const where = `in <b>${SHOP_ROOT}/index.php</b> on line <b>31</b><br />`
  const shown = name.slice(0, 512)
  return `<br />\n<b>Warning</b>:  include(${shown}): Failed to open stream: ${why} ${where}\n<br />\n<b>Warning</b>:  include(): Failed opening '${shown}' for inclusion (include_path='.:/usr/share/php') ${where}\n`
}

/** A URL is written down and never fetched: PHP refuses it by its defaults. */
function remote(url: string, wrapper: string, { visit }: ShopContext): { output: string; worked: boolean } {
  visit.record('indicator', { kind: 'url', value: evidence(url.slice(0, 2_048)), how: 'web-app.include' }, ['attack:T1105'])
  const disabled = `${wrapper}:// wrapper is disabled in the server configuration by allow_url_include=0`
  const line = `<br />\n<b>Warning</b>:  include(): ${disabled} in <b>${SHOP_ROOT}/index.php</b> on line <b>31</b><br />\n`
  return { output: line + warning(url, 'no suitable wrapper could be found'), worked: false }
}

async function phpStream(path: string, shop: ShopContext): Promise<{ output: string; worked: boolean }> {
  if (/^php:\/\/input/i.test(path)) return { output: await evaluated(shop.request.body.toString('latin1'), shop), worked: true }
  const [, filters = '', resource = ''] = /^php:\/\/filter\/(.{0,400}?)\/?resource=(.{1,1000})$/is.exec(path) ?? []
  if (resource === '') return { output: warning(path, 'operation failed'), worked: false }
  const found = readFile(posix.resolve(`${SHOP_ROOT}/pages`, resource.replace(/^file:\/\//i, '')), shop)
  if (found === undefined) return { output: warning(path, 'operation failed'), worked: false }
  return { output: filtered(found, filters.toLowerCase()), worked: true }
}

/** A file by URI, as libxml and file_get_contents read it. */
export function filteredFile(uri: string, shop: ShopContext): string | undefined {
  const [, filters = '', resource = ''] = /^php:\/\/filter\/(.{0,400}?)\/?resource=(.{1,1000})$/is.exec(uri) ?? []
  const name = (resource || uri).replace(/^file:\/\//i, '')
  const found = readFile(posix.resolve(SHOP_ROOT, name), shop)
  return found && (resource === '' ? found.toString('utf8') : filtered(found, filters.toLowerCase()))
}

function filtered(bytes: Buffer, filters: string): string {
  if (filters.includes('base64-encode')) return bytes.toString('base64')
  const text = bytes.toString('latin1')
  if (filters.includes('rot13'))
    return text.replace(/[a-z]/gi, (letter) => String.fromCharCode(letter.charCodeAt(0) + (letter.toLowerCase() < 'n' ? 13 : -13)))
  if (filters.includes('toupper')) return text.toUpperCase()
  return text.includes('<?php') ? '' : text
}

function dataOf(uri: string): string {
  const comma = uri.indexOf(',')
  const head = uri.slice(0, Math.max(0, comma))
  const data = comma < 0 ? '' : uri.slice(comma + 1)
  return /;base64$/i.test(head) ? Buffer.from(data, 'base64').toString('latin1') : data
}

function evaluated(code: string, shop: ShopContext): Promise<string> {
  return code.includes('<?') ? runPhp(code, phpMachine(shop)) : evalPhp(`?>${code}`, phpMachine(shop))
}
