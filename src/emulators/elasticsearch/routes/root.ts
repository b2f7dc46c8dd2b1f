import type { Answer, Call } from '../call.ts'
import { type Route, route } from '../router.ts'

const TAGLINE = 'You Know, for Search'

function banner({ cluster, release }: Call): unknown {
  const { name, clusterName, clusterUuid } = cluster.node
  const { number, hash, date, lucene, minimumWire, minimumIndex, major } = release
  if (major === 1) {
    const version = { number, build_hash: hash, build_timestamp: date, build_snapshot: false, lucene_version: lucene }
    return { status: 200, name, cluster_name: clusterName, version, tagline: TAGLINE }
  }
  return {
    name,
    cluster_name: clusterName,
    cluster_uuid: clusterUuid,
    version: {
      number,
      build_flavor: 'default',
      build_type: 'deb',
      build_hash: hash,
      build_date: date,
      build_snapshot: false,
      lucene_version: lucene,
      minimum_wire_compatibility_version: minimumWire,
      minimum_index_compatibility_version: minimumIndex,
    },
    tagline: TAGLINE,
  }
}

/** Who is signed in, where security is on. */
function authenticated({ user, release }: Call): Answer | undefined {
  if (user === undefined) return undefined
  const realm = { name: 'reserved', type: 'reserved' }
  const person = { username: user, roles: ['superuser'], full_name: null, email: null, metadata: { _reserved: true }, enabled: true }
  const realms = { authentication_realm: realm, lookup_realm: realm }
  return { value: { ...person, ...realms, ...(release.major >= 7 ? { authentication_type: 'realm' } : {}) } }
}

/** Features of the basic licence. */
const FEATURES =
  'aggregate_metric analytics ccr data_streams enrich eql graph ilm logstash ml monitoring rollup security slm spatial sql transform voting_only watcher'.split(
    ' ',
  )
const PAID = new Set(['ccr', 'graph', 'ml', 'security', 'watcher', 'logstash'])

function licence({ cluster }: Call): unknown {
  const { startedAt, id } = cluster.node
  return {
    license: {
      status: 'active',
      uid: `${id.slice(0, 8)}-basic`.toLowerCase(),
      type: 'basic',
      issue_date: new Date(startedAt).toISOString(),
      issue_date_in_millis: startedAt,
      max_nodes: 1000,
      issued_to: cluster.node.clusterName,
      issuer: 'elasticsearch',
      start_date_in_millis: -1,
    },
  }
}

function xpack({ release, user }: Call): unknown {
  const features = Object.fromEntries(
    FEATURES.map((name) => [name, { available: !PAID.has(name), enabled: name !== 'security' || user !== undefined }]),
  )
  return {
    build: { hash: release.hash, date: release.date },
    license: { uid: 'basic', type: 'basic', mode: 'basic', status: 'active' },
    features,
    tagline: 'You know, for X',
  }
}

/** One 16×16 icon of one bit a pixel: a magnifying glass of our own. */
const ICON = Buffer.from(
  `AAABAAEAEBACAAEAAQCwAAAAFgAAACgAAAAQAAAAIAAAAAEAAQAAAAAAgAAAAAAAAAAAAAAAAgAAAAAAAAC/ugAA////AP//AAD//wAA8P8AAO9/AADfvwAA378AAN+/AADfvwAA738AAPC/AAD/3wAA/+8AAP/3AAD/+wAA//8AAP//AAD${'A'.repeat(85)}=`,
  'base64',
)

export const rootRoutes: readonly Route[] = [
  route('GET HEAD', '/', (call) => ({ value: banner(call) })),
  route('GET', '/favicon.ico', () => ({ bytes: ICON, contentType: 'image/x-icon' })),
  route('GET', '/_license', (call) => ({ value: licence(call) }), { since: 6, query: ['local', 'accept_enterprise'] }),
  route('GET', '/_xpack', (call) => ({ value: xpack(call) }), { since: 6, query: ['categories', 'accept_enterprise'] }),
  route(
    'GET',
    '/_security/_authenticate',
    (call) =>
      authenticated(call) ?? {
        status: 500,
        value: {
          error: {
            root_cause: [
              {
                type: 'security_exception',
                reason:
                  'Security must be explicitly enabled when using a [basic] license. Enable security by setting [xpack.security.enabled] to [true] in the elasticsearch.yml file and restart the node.',
              },
            ],
            type: 'security_exception',
            reason:
              'Security must be explicitly enabled when using a [basic] license. Enable security by setting [xpack.security.enabled] to [true] in the elasticsearch.yml file and restart the node.',
          },
          status: 500,
        },
      },
    { since: 7 },
  ),
  route('POST GET', '/_analyze', (call) => ({ value: analyse(call) }), { query: ['text', 'analyzer', 'tokenizer'] }),
  route('GET', '/_remote/info', () => ({ value: {} }), { since: 6 }),
  route('GET', '/_ilm/policy', () => ({ value: {} }), { since: 6 }),
  route('POST', '/_sql', (call) => ({ value: sql(call) }), { since: 6, query: ['format'] }),
]

function analyse(call: Call): unknown {
  const given = call.request.bodyBytes > 0 && call.release.major > 1 ? call.body().text : (call.query.get('text') ?? call.text)
  const text = String(Array.isArray(given) ? given[0] : given).slice(0, 10_000)
  const tokens = [...text.matchAll(/[\p{L}\p{N}_]+/gu)].map((match, position) => ({
    token: match[0].toLowerCase(),
    start_offset: match.index,
    end_offset: match.index + match[0].length,
    type: /^\d+$/.test(match[0]) ? '<NUM>' : '<ALPHANUM>',
    position,
  }))
  return { tokens }
}

/** `SHOW TABLES`, and the columns of `SELECT … FROM index`. */
function sql(call: Call): unknown {
  const query = String(call.body().query ?? '').slice(0, 4096)
  if (/^\s*show\s+tables/i.test(query)) {
    const columns = ['catalog', 'name', 'type', 'kind'].map((name) => ({ name, type: 'keyword' }))
    return { columns, rows: call.cluster.indices.map(({ name }) => [call.cluster.node.clusterName, name, 'TABLE', 'INDEX']) }
  }
  const [, name = ''] = /\bfrom\s+"?([\w.*-]{1,255})"?/i.exec(query) ?? []
  const index = call.cluster.one(name)
  const names = Object.keys(index.properties).slice(0, 40)
  const rows = [...index.docs.values()]
    .slice(0, 100)
    .map(({ source }) => names.map((field) => (typeof source[field] === 'object' ? null : (source[field] ?? null))))
  return { columns: names.map((field) => ({ name: field, type: 'text' })), rows }
}
