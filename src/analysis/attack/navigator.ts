import type { Period } from '../../store/contract.ts'

/** A matrix of ATT&CK; the Navigator draws one a layer. */
export const ATTACK_DOMAINS = ['enterprise-attack', 'ics-attack'] as const
export type AttackDomain = (typeof ATTACK_DOMAINS)[number]

const NAMES: Record<AttackDomain, string> = { 'enterprise-attack': 'Enterprise', 'ics-attack': 'ICS' }

/** Techniques for ICS have numbers below T1000. */
export function domainOf(technique: string): AttackDomain {
  return technique.startsWith('T0') ? 'ics-attack' : 'enterprise-attack'
}

/** A layer for the ATT&CK Navigator (layer format 4.5): the techniques of a matrix, scored by how often they were seen. */
export function navigatorLayer(
  domain: AttackDomain,
  counts: ReadonlyMap<string, number>,
  { since, until }: Period,
): Record<string, unknown> {
  const days = [since, until].map((time) => new Date(time).toISOString().slice(0, 10))
  const seen = [...counts].filter(([id]) => domainOf(id) === domain)
  return {
    name: `Sundew ${NAMES[domain]} ${days.join(' to ')}`,
    versions: { layer: '4.5', navigator: '5.1.0' },
    domain,
    description: 'Techniques that attackers showed, by the number of events',
    sorting: 3,
    techniques: seen.map(([techniqueID, score]) => ({ techniqueID, score, comment: `${score} events`, enabled: true })),
    gradient: { colors: ['#fff7e6', '#e0664b'], minValue: 0, maxValue: Math.max(1, ...seen.map(([, score]) => score)) },
    legendItems: [],
  }
}
