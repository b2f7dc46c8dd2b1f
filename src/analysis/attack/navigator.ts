import type { Period } from '../../store/contract.ts'

/** A layer for the ATT&CK Navigator (layer format 4.5), techniques scored by how often they were seen. */
export function navigatorLayer(counts: ReadonlyMap<string, number>, { since, until }: Period): Record<string, unknown> {
  const days = [since, until].map((time) => new Date(time).toISOString().slice(0, 10))
  return {
    name: `Sundew ${days.join(' to ')}`,
    versions: { layer: '4.5', navigator: '5.1.0' },
    domain: 'enterprise-attack',
    description: 'Techniques that attackers showed, by the number of events',
    sorting: 3,
    techniques: Array.from(counts, ([techniqueID, score]) => ({ techniqueID, score, comment: `${score} events`, enabled: true })),
    gradient: { colors: ['#fff7e6', '#e0664b'], minValue: 0, maxValue: Math.max(1, ...counts.values()) },
    legendItems: [],
  }
}
