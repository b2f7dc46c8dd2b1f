import type { ShopContext } from '../shop-context.ts'
import { runCommand } from './php.ts'

/** What a command prints that stands behind a separator in a value: `x;id`, `x|id`, `$(id)`, `` `id` ``. */
export function injectedCommand(value: string, shop: ShopContext): Promise<string> {
  const inside = /\$\(([^)]{1,2000})\)|`([^`]{1,2000})`/.exec(value)
  if (inside) return runCommand(inside[1] ?? inside[2] ?? '', shop)
  const at = value.search(/[;|&\n]/)
  const command = value
    .slice(at)
    .replace(/^[;|&\s]+/, '')
    .replace(/[;|&#\s]+$/, '')
  return command === '' ? Promise.resolve('') : runCommand(command, shop)
}
