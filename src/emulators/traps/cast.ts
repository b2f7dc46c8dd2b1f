import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import { ConfigProblem } from '../../config/problem.ts'
import { loadSets, loadTraps, type Product, SHIPPED_TRAPS } from '../../http/traps/index.ts'

/** The name of a set, or names of products. */
export const Choice = z.union([z.string().min(1), z.array(z.string().min(1)).min(1)])

/** Read once: they do not change while a process runs, and seventy files of YAML take half a second. */
let shipped: Product[] | undefined

/**
 * The products that one address plays, the front one first.
 * @param folder trap files of the operator; all of their products play
 * @throws ConfigProblem when there is no such set or product
 */
export function castOf(choice: z.output<typeof Choice>, identity: Identity, folder?: string): Product[] {
  shipped ??= loadTraps(SHIPPED_TRAPS)
  const products = shipped
  const own = folder === undefined ? [] : loadTraps(folder)
  const sets = loadSets(SHIPPED_TRAPS)
  const names = Object.keys(sets)
  const wanted = choice === 'auto' ? identity.pick('traps/set', names) : choice
  if (wanted === 'all') return [...own, ...products]
  const list = typeof wanted === 'string' ? (sets[wanted]?.products ?? [wanted]) : wanted
  const chosen = list.map((name): Product => {
    const product = [...own, ...products].find((one) => one.product === name)
    if (product) return product
    throw new ConfigProblem([
      {
        file: 'sundew.yaml',
        key: 'lures: traps: options: products',
        what: `there is no set and no product "${name}"`,
        cure: `use a set (${names.join(', ')}) or products that "sundew traps ls" names`,
      },
    ])
  })
  return [...chosen, ...own.filter((product) => !chosen.includes(product))]
}
