import type { ShopContext } from '../shop-context.ts'
import { SHOP_ROOT } from '../shop-context.ts'

const LOG = /^\/var\/log\/(?:nginx|apache2)\/access\.log$/

/** Files that hold what the attacker just sent: the environment of the script, and the log of the server. */
export function movingFile(path: string, found: Buffer | undefined, shop: ShopContext): Buffer | undefined {
  if (path === '/proc/self/environ') return Buffer.from(environment(shop))
  if (!found || !LOG.test(path)) return found
  const [, zone = '+0000'] = /\[[^\]]{1,40} ([+-]\d{4})\]/.exec(found.subarray(0, 512).toString('latin1')) ?? []
  return Buffer.concat([found, Buffer.from(shop.journal.linesOf(shop.request.source.ip, zone))])
}

/** What CGI hands to a script (RFC 3875), as /proc shows it. */
function environment({ request }: ShopContext): string {
  const headers = ['accept', 'accept-language', 'cookie', 'host', 'referer', 'user-agent'].flatMap((name) => {
    const value = request.header(name)
    return value === undefined ? [] : [`HTTP_${name.toUpperCase().replaceAll('-', '_')}=${value.slice(0, 2_048)}`]
  })
  const own = [
    'USER=www-data',
    'HOME=/var/www',
    `REQUEST_METHOD=${request.method}`,
    `QUERY_STRING=${request.search.slice(0, 2_048)}`,
    `REQUEST_URI=${request.target.slice(0, 2_048)}`,
    `SCRIPT_FILENAME=${SHOP_ROOT}/index.php`,
    `DOCUMENT_ROOT=${SHOP_ROOT}`,
    `REMOTE_ADDR=${request.source.ip}`,
    `SERVER_PORT=${request.local.port}`,
    'GATEWAY_INTERFACE=CGI/1.1',
  ]
  return [...own, ...headers, ''].join('\0')
}
