import { evalPhp, type PhpMachine } from '../../../http/index.ts'
import { SHOP_ROOT, type ShopContext, WEB_USER } from '../shop-context.ts'

/** Of what a command prints so much is shown, bytes. */
const LONGEST_OUTPUT = 256 * 1024

/** Runs a command on the simulated host as the web server's user. */
export async function runCommand(command: string, { host, request, visit }: ShopContext): Promise<string> {
  const { stdout } = await host.run({
    user: WEB_USER,
    command: `cd ${SHOP_ROOT} 2>/dev/null; ${command}`,
    remote: request.source,
    local: request.local,
    via: 'www',
    recorder: visit,
  })
  return stdout.subarray(0, LONGEST_OUTPUT).toString('utf8')
}

/** PHP as the shop runs it. */
export function phpMachine(shop: ShopContext): PhpMachine {
  const { hostname, os } = shop.lure.persona
  return {
    version: '8.2.29',
    uname: `Linux ${hostname} ${os.kernel.release} ${os.kernel.version} ${os.kernel.machine}`,
    cwd: SHOP_ROOT,
    files: shop.host.files(WEB_USER),
    run: (command) => runCommand(command, shop),
  }
}

/** What injected code prints. A value that ends a statement of the shop's, or is one, is taken from there on. */
export function injectedCode(value: string, shop: ShopContext): Promise<string> {
  const code = value
    .replace(/^[^a-z$<]{0,8}(?=[a-z$<])/i, '')
    .replace(/<\?(php|=)?/gi, (_all, kind: string | undefined) => (kind === '=' ? 'echo ' : ' '))
    .replace(/\?>.*$/s, ';')
  return evalPhp(/;\s*$/.test(code) ? code : `${code};`, phpMachine(shop))
}
