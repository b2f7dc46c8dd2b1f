import { type Review, verdictOf } from './review.ts'

/** How far two reviewers agree on the turns that both have judged. */
export interface Agreement {
  reviewers: [string, string]
  turns: number
  /** Share of turns with the same verdict. */
  same: number
  /**
   * Cohen's kappa: 0 is what chance would give, 1 is full agreement (J. Cohen, Educational and Psychological Measurement 20, 1960).
   * Absent where both always said the same one thing: chance explains all of it.
   */
  kappa: number | undefined
}

/** Every pair of reviewers with turns in common, most turns first. */
export function agreements(reviews: readonly Review[]): Agreement[] {
  const verdicts = new Map<string, Map<string, string>>()
  for (const review of reviews) {
    const verdict = verdictOf(review)
    if (!verdict) continue
    const own = verdicts.get(review.reviewer) ?? new Map<string, string>()
    verdicts.set(review.reviewer, own.set(review.event, verdict))
  }
  const names = [...verdicts.keys()].sort()
  return names
    .flatMap((one, n) => names.slice(n + 1).map((other): [string, string] => [one, other]))
    .flatMap((reviewers) => {
      const [first, second] = reviewers.map((name) => verdicts.get(name)) as [Map<string, string>, Map<string, string>]
      const pairs = [...first].flatMap(([event, verdict]): [string, string][] => {
        const other = second.get(event)
        return other === undefined ? [] : [[verdict, other]]
      })
      return pairs.length === 0 ? [] : [{ reviewers, turns: pairs.length, ...agreementOf(pairs) }]
    })
    .sort((a, b) => b.turns - a.turns)
}

/** Share of equal pairs, and kappa. */
export function agreementOf(pairs: readonly (readonly [string, string])[]): { same: number; kappa: number | undefined } {
  const same = pairs.filter(([a, b]) => a === b).length / pairs.length
  const share = (side: 0 | 1, category: string): number => pairs.filter((pair) => pair[side] === category).length / pairs.length
  const categories = [...new Set(pairs.flat())]
  const chance = categories.reduce((sum, category) => sum + share(0, category) * share(1, category), 0)
  return { same, kappa: chance === 1 ? undefined : (same - chance) / (1 - chance) }
}
