/**
 * Estimates how many tokens texts have, without the model's tokeniser: by character class first, then corrected by what the
 * server reports for each model.
 */
export class TokenEstimator {
  readonly #correction = new Map<string, number>()

  estimate(model: string, text: string): number {
    return Math.ceil(roughTokens(text) * (this.#correction.get(model) ?? 1))
  }

  /** Takes a server's count into account. Counts that cannot be of the whole prompt are left out. */
  learn(model: string, text: string, reported: number): void {
    const rough = roughTokens(text)
    const ratio = reported / rough
    if (rough < 64 || ratio < 0.5 || ratio > 2) return
    const known = this.#correction.get(model) ?? 1
    this.#correction.set(model, known + (ratio - known) * 0.2)
  }
}

/** Letters come about four to a token, digits and punctuation one or two, other scripts about one a character. */
function roughTokens(text: string): number {
  let letters = 0
  let spaces = 0
  let marks = 0
  let others = 0
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c > 127) others++
    else if ((c | 32) >= 97 && (c | 32) <= 122) letters++
    else if (c === 32) spaces++
    else marks++
  }
  return letters / 4 + spaces / 6 + marks / 1.6 + others
}
