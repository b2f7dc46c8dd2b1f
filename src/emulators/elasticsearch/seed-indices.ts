import { createHash } from 'node:crypto'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { fillHoneytokenText } from '../../host/honeytokens/marked-seed.ts'
import type { HoneytokenMint } from '../../host/honeytokens/mint.ts'
import { DataIndex } from './data-index.ts'
import dataset from './facts/dataset.json' with { type: 'json' }
import { uuid } from './node-facts.ts'
import type { Release } from './release.ts'

const DAY = 86_400_000
type Draw = ReturnType<typeof drawOf>

/** The indices that everybody finds: customers, orders, accounts, logs, and a configuration that should not lie here. */
export function seedIndices(identity: Identity, persona: Persona, release: Release, now = Date.now()): Map<string, DataIndex> {
  const draw = drawOf(identity.random(`elasticsearch/${persona.name}/documents`))
  const prefix = identity.pick(`elasticsearch/${persona.name}/prefix`, dataset.prefixes)
  // Days are counted from midnight, so that a document keeps its times over a restart of the same day.
  const today = Math.floor(now / DAY) * DAY
  const build = (name: string, age: number, fill: (index: DataIndex) => void): [string, DataIndex] => {
    const label = `elasticsearch/${persona.name}/index/${name.replace(/\d{4}\.\d\d\.\d\d$/, '')}`
    const created = today - age * DAY + identity.integer(label, 0, DAY - 1)
    const index = new DataIndex({ name, uuid: uuid(identity, `${label}/${age}`), created, shards: release.shards })
    fill(index)
    return [name, index]
  }
  const type = (name: string): string => (release.major >= 7 ? '_doc' : name)
  const customers = 380 + draw.whole(220)
  const people = Array.from({ length: customers }, (_, n) => customerOf(draw, n, today))
  return new Map([
    build(`${prefix}-customers`, 402, (index) => {
      for (const person of people) index.put(String(person.id), person, type('customer'))
    }),
    build(`${prefix}-orders`, 402, (index) => {
      for (let n = 0; n < 900 + draw.whole(400); n++)
        index.put(String(100_200 + n), orderOf(draw, 100_200 + n, draw.of(people).id, today), type('order'))
    }),
    build(`${prefix}-users`, 402, (index) => {
      for (let n = 1; n <= 14 + draw.whole(12); n++) index.put(String(n), accountOf(draw, n, persona), type('user'))
    }),
    build(CONFIG, 288, (index) => {
      index.put('production', configOf(persona), type('config'))
    }),
    ...[2, 1, 0].map((age) =>
      build(`logstash-${new Date(today - age * DAY).toISOString().slice(0, 10).replaceAll('-', '.')}`, age, (index) => {
        for (let n = 0; n < 260; n++) {
          const entry = logEntryOf(draw, persona, today - age * DAY + Math.floor((n / 260) * DAY) + draw.whole(300_000))
          if (Date.parse(entry['@timestamp']) <= now) index.put(draw.id(), entry, type('logs'))
        }
      }),
    ),
  ])
}

const CONFIG = 'app-config'

/** The seed as one source finds it. Its secrets are minted when somebody looks at the document that has them. */
export function indicesFor(
  seed: ReadonlyMap<string, DataIndex>,
  mint: HoneytokenMint,
  { owner, source }: { owner: string; source: string },
): Map<string, DataIndex> {
  const config = seed.get(CONFIG)?.copy()
  if (!config) return new Map(seed)
  for (const [id, doc] of config.docs) {
    let filled: Record<string, unknown> | undefined
    config.docs.set(id, {
      ...doc,
      get source() {
        const place = `/${CONFIG}/${doc.type}/${id}`
        filled ??= JSON.parse(fillHoneytokenText(JSON.stringify(doc.source), mint, { owner, place, source })) as Record<string, unknown>
        return filled
      },
    })
  }
  return new Map([...seed, [CONFIG, config]])
}

function drawOf(random: () => number) {
  const whole = (below: number): number => Math.floor(random() * below)
  const of = <T>(list: readonly T[]): T => list[whole(list.length)] as T
  const id = (): string => Buffer.from(Array.from({ length: 15 }, () => whole(256))).toString('base64url')
  return { whole, of, id, random }
}

function customerOf(draw: Draw, n: number, today: number) {
  const given = draw.of(dataset.given)
  const family = draw.of(dataset.family)
  const [city, country] = draw.of(dataset.cities) as [string, string]
  return {
    id: 10_001 + n,
    first_name: given,
    last_name: family,
    email: `${given}.${family}${draw.whole(90) + 10}@${draw.of(dataset.mailHosts)}`.toLowerCase(),
    phone: `+${draw.whole(60) + 30} ${draw.whole(900) + 100} ${draw.whole(900_000) + 100_000}`,
    address: { street: `${draw.of(dataset.streets)} ${draw.whole(120) + 1}`, zip: String(draw.whole(89_999) + 10_000), city, country },
    newsletter: draw.random() < 0.4,
    created_at: new Date(today - draw.whole(1100) * DAY - draw.whole(DAY)).toISOString(),
  }
}

function orderOf(draw: Draw, number: number, customer: number, today: number) {
  const items = Array.from({ length: 1 + draw.whole(4) }, () => {
    const [product, price] = draw.of(dataset.products) as [string, number]
    return { product, price, quantity: 1 + draw.whole(3) }
  })
  const total = items.reduce((sum, { price, quantity }) => sum + price * quantity, 0)
  return {
    order_number: number,
    customer_id: customer,
    status: draw.of(dataset.orderStates),
    items,
    total: Math.round(total * 100) / 100,
    currency: 'EUR',
    payment: { method: draw.of(['card', 'invoice', 'paypal']), card_last4: String(draw.whole(9000) + 1000) },
    created_at: new Date(today - draw.whole(400) * DAY - draw.whole(DAY)).toISOString(),
  }
}

function accountOf(draw: Draw, n: number, { domain }: Persona) {
  const given = draw.of(dataset.given)
  const family = draw.of(dataset.family)
  return {
    username: n === 1 ? 'admin' : `${given[0]}${family}`.toLowerCase(),
    email: `${n === 1 ? 'admin' : `${given}.${family}`.toLowerCase()}@${domain}`,
    password: `$2y$10$${createHash('sha512').update(String(draw.random())).digest('base64').replace(/[+=]/g, '.').slice(0, 53)}`,
    role: n === 1 ? 'administrator' : draw.of(['editor', 'sales', 'support', 'warehouse']),
    active: draw.random() < 0.9,
  }
}

/** With marks where each source finds secrets of its own, see {@link indicesFor}. */
function configOf({ hostname, domain }: Persona) {
  return {
    env: 'production',
    db: { host: `db.${domain}`, name: 'production', user: 'app', password: '{{honeytoken:password:app}}' },
    aws: {
      region: 'eu-central-1',
      access_key_id: '{{honeytoken:aws-key-id:backups}}',
      secret_access_key: '{{honeytoken:aws-secret:backups}}',
      bucket: `${hostname}-backups`,
    },
    smtp: { host: `mail.${domain}`, user: 'noreply', password: '{{honeytoken:password:noreply}}' },
    payment: { api_token: '{{honeytoken:stripe-key:payment}}' },
  }
}

function logEntryOf(draw: Draw, { hostname }: Persona, at: number) {
  const level = draw.of(['INFO', 'INFO', 'INFO', 'INFO', 'WARN', 'ERROR'] as const)
  return {
    '@timestamp': new Date(at).toISOString(),
    '@version': '1',
    host: hostname,
    service: draw.of(dataset.services),
    level,
    message: draw.of(dataset.messages[level]),
    duration_ms: draw.whole(level === 'INFO' ? 400 : 9000),
    client_ip: `10.${draw.whole(256)}.${draw.whole(256)}.${draw.whole(254) + 1}`,
  }
}
