import { isHoneytokenKind } from '../../config/honeytoken-kinds.ts'
import { HostError } from '../../host/contract.ts'
import type { Captures } from './condition.ts'
import type { TrapSetting } from './engine.ts'
import type { RequestFields } from './fields.ts'
import type { SourceMemory } from './memory.ts'
import type { Product } from './schema.ts'
import { NothingThere, type TemplateContext } from './template.ts'

/** What every Windows has in win.ini. */
const WIN_INI = '; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n[Mail]\r\nMAPI=1\r\n'

/** Everything that an answer may speak of: the request, the machine behind it, and what this source did before. */
export function scene(
  { persona, identity, host, mint }: TrapSetting,
  product: Product,
  fields: RequestFields,
  captures: Captures,
  remembered: SourceMemory,
): TemplateContext {
  const { request } = fields
  return {
    fields,
    captures,
    remembered,
    product,
    persona,
    identity,
    honeytoken(kind, name) {
      if (!isHoneytokenKind(kind)) return ''
      return mint.mint({ kind, name, owner: persona.name, place: `${request.method} ${request.path.slice(0, 200)}` }, request.source.ip)
    },
    async run(command, user) {
      const { stdout, stderr } = await host.run({
        user: host.userExists(user) ? user : 'www-data',
        command,
        remote: request.source,
        local: request.local,
        via: 'www',
        recorder: request.visit,
      })
      return Buffer.concat([stdout, stderr])
    },
    file(wanted) {
      const path = reached(wanted)
      if (/^\/(?:[a-z]:\/)?windows\/win\.ini$/i.test(path)) return Buffer.from(WIN_INI)
      try {
        return host.files(host.userExists(product.user) ? product.user : 'www-data').read(path)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        throw new NothingThere(path)
      }
    },
  }
}

/** Where a traversal leads: `../../../etc/passwd`, `..;/..;/etc/passwd`, `file:///etc/passwd` and `....//etc/passwd` are /etc/passwd. */
function reached(wanted: string): string {
  const plain = wanted
    .slice(0, 4096)
    .replace(/\0.*$/s, '')
    .replace(/^(?:file|local_file|php):\/{0,3}/i, '/')
    .replaceAll('\\', '/')
  const segments = plain.split('/').filter((segment) => segment !== '' && !/^\.+;?$/.test(segment))
  return `/${segments.join('/')}`
}
