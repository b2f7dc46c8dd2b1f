import { evidence } from '../../../events/bytes.ts'
import type { Attack } from '../classify.ts'
import type { ShopContext } from '../shop-context.ts'
import { injectedCommand } from './command.ts'
import { included } from './include.ts'
import { injectedCode } from './php.ts'
import { rendered } from './template.ts'
import { unserialized } from './unserialize.ts'

/** What a page shows for an attack in a value that it has no use of its own for; undefined = nothing. */
export async function emulated({ rule, value }: Attack, shop: ShopContext): Promise<{ output: string; worked: boolean } | undefined> {
  switch (rule.emulated) {
    case 'reflect':
      return { output: value, worked: true }
    case 'command':
      return shown(await injectedCommand(value, shop))
    case 'code':
      return shown(await injectedCode(value, shop))
    case 'template':
      return { output: await rendered(value, shop), worked: true }
    case 'include':
    case 'remote':
      return included(value, shop)
    case 'unserialize':
      return unserialized(value, shop)
    default:
      return undefined
  }
}

function shown(output: string): { output: string; worked: boolean } {
  return { output, worked: output !== '' }
}

/** Header lines that a value brings with it behind a line break: the application puts it into a header as it is. */
export function injectedHeaders(value: string): [string, string][] {
  return value
    .split(/\r\n|\r|\n/)
    .slice(1, 9)
    .flatMap((line) => {
      const [, name, text] = /^([A-Za-z][A-Za-z0-9-]{0,63}):\s{0,8}([\x20-\x7e]{0,1000})$/.exec(line) ?? []
      return name === undefined || RESERVED.has(name.toLowerCase()) ? [] : [[name, text ?? ''] as [string, string]]
    })
}

/** What frames the answer is the server's. */
const RESERVED = new Set(['content-length', 'transfer-encoding', 'connection', 'date', 'content-encoding'])

/** Writes down every attack of a request, and whether it worked. */
export function recordAttacks({ attacks, worked, visit }: ShopContext): void {
  for (const attack of attacks) {
    const { input, rule, value } = attack
    visit.record(
      'web-app.attack',
      {
        class: rule.class,
        place: input.place,
        name: evidence(input.name.slice(0, 256)),
        value: evidence(value),
        worked: worked.has(attack),
      },
      rule.attack.map((technique) => `attack:${technique}`),
    )
  }
}
