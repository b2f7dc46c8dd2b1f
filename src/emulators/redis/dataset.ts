import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import type { Database } from './database.ts'

const DAY = 86_400_000

/**
 * What a web application keeps in its Redis: sessions, carts, a job queue, rate limits, a feature hash. Drawn from the
 * install seed, so no two sensors hold the same keys; every value is invented.
 */
export function seedDataset(db: Database, identity: Identity, persona: Persona): void {
  const label = `redis/dataset/${persona.name}`
  const random = identity.random(label)
  const draw = (min: number, max: number): number => min + Math.floor(random() * (max - min + 1))
  const hex = (bytes: number): string => Array.from({ length: bytes * 2 }, () => draw(0, 15).toString(16)).join('')
  const domain = persona.domain || 'example.test'
  const people = persona.users.filter((u) => u.uid >= 1000).map((u) => u.name)

  for (let i = draw(9, 24); i > 0; i--) {
    const user = draw(1, 4000)
    const session = { uid: user, csrf: hex(16), ip: `10.${draw(0, 40)}.${draw(0, 250)}.${draw(2, 250)}`, at: draw(1, 86_400) }
    const key = `sess:${hex(16)}`
    db.put(key, { type: 'string', text: JSON.stringify(session) })
    db.expire(key, Date.now() + draw(1, DAY))
  }
  for (let i = draw(4, 12); i > 0; i--) {
    const lines = Array.from({ length: draw(1, 4) }, () => [`sku:${draw(1000, 9999)}`, String(draw(1, 6))] as [string, string])
    db.put(`cart:${draw(1, 4000)}`, { type: 'hash', fields: new Map(lines) })
  }
  const jobs = Array.from({ length: draw(2, 7) }, () =>
    JSON.stringify({ id: hex(6), job: 'mail', to: `orders+${draw(100, 999)}@${domain}`, tries: 0 }),
  )
  db.put('queue:mail', { type: 'list', items: jobs })
  db.put('staff:online', { type: 'set', members: new Set(people.length ? people : ['admin']) })
  db.put('rank:search', {
    type: 'zset',
    scores: new Map(Array.from({ length: draw(5, 12) }, () => [`term:${hex(2)}`, draw(1, 900)] as [string, number])),
  })
  db.put('app:version', { type: 'string', text: `${draw(1, 4)}.${draw(0, 19)}.${draw(0, 9)}` })
  db.put('stats:orders', { type: 'string', text: String(draw(2_000, 90_000)) })
  db.put('lock:nightly', { type: 'string', text: hex(8) })
  db.expire('lock:nightly', Date.now() + draw(1, DAY))
}
