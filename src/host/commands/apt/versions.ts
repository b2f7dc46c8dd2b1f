const RELATIONS: Readonly<Record<string, (order: number) => boolean>> = {
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  ge: (order) => order >= 0,
  gt: (order) => order > 0,
}
const SIGNS: Readonly<Record<string, string>> = { '<<': 'lt', '<': 'le', '<=': 'le', '=': 'eq', '>=': 'ge', '>': 'ge', '>>': 'gt' }

/** Whether `left OPERATOR right` holds, with dpkg's words and signs; undefined for an operator that it does not know. */
export function versionRelation(left: string, operator: string, right: string): boolean | undefined {
  return RELATIONS[SIGNS[operator] ?? operator.replace(/-nl$/, '')]?.(compareVersions(left, right))
}

/**
 * Compares two Debian versions as deb-version(7) says: epoch, upstream version, revision; digits by value, `~` before
 * everything, letters before other signs. Less than 0, 0, or more than 0.
 */
function compareVersions(left: string, right: string): number {
  const [a, b] = [partsOf(left), partsOf(right)]
  return a.epoch - b.epoch || compareText(a.upstream, b.upstream) || compareText(a.revision, b.revision)
}

function partsOf(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':')
  const rest = version.slice(colon + 1)
  const dash = rest.lastIndexOf('-')
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)) || 0,
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  }
}

function compareText(left: string, right: string): number {
  let [a, b] = [left, right]
  while (a !== '' || b !== '') {
    const [wordsA, wordsB] = [/^\D*/.exec(a)?.[0] ?? '', /^\D*/.exec(b)?.[0] ?? '']
    for (let i = 0; i < Math.max(wordsA.length, wordsB.length); i++) {
      const difference = weight(wordsA[i]) - weight(wordsB[i])
      if (difference !== 0) return difference
    }
    a = a.slice(wordsA.length)
    b = b.slice(wordsB.length)
    const [digitsA, digitsB] = [/^\d*/.exec(a)?.[0] ?? '', /^\d*/.exec(b)?.[0] ?? '']
    const [numberA, numberB] = [digitsA.replace(/^0+/, ''), digitsB.replace(/^0+/, '')]
    if (numberA !== numberB) return numberA.length - numberB.length || (numberA < numberB ? -1 : 1)
    a = a.slice(digitsA.length)
    b = b.slice(digitsB.length)
  }
  return 0
}

function weight(sign: string | undefined): number {
  if (sign === undefined) return 0
  if (sign === '~') return -1
  return sign.charCodeAt(0) + (/[A-Za-z]/.test(sign) ? 0 : 256)
}
