const keyword = { type: 'keyword', ignore_above: 8191 }
const words = (names: readonly string[]): Record<string, unknown> => Object.fromEntries(names.map((name) => [name, keyword]))

/**
 * The index template of a data stream with Sundew's events, for Elasticsearch 7.9 and later and OpenSearch. It names every field
 * that is searched; `sundew.data` is one flattened field, so that no attacker can make the mapping grow.
 * @param isOpenSearch its flattened type has another name
 */
export function indexTemplate(dataStream: string, isOpenSearch = false): Record<string, unknown> {
  return {
    index_patterns: [`${dataStream}*`],
    data_stream: {},
    priority: 200,
    template: {
      settings: { 'index.number_of_shards': 1, 'index.mapping.total_fields.limit': 500 },
      mappings: {
        dynamic: false,
        properties: {
          '@timestamp': { type: 'date' },
          message: { type: 'text' },
          tags: keyword,
          ecs: { properties: words(['version']) },
          event: {
            properties: {
              ...words(['id', 'kind', 'module', 'dataset', 'action', 'category', 'type', 'outcome']),
              duration: { type: 'long' },
            },
          },
          observer: { properties: words(['name', 'type', 'vendor', 'product', 'version']) },
          source: { properties: { ip: { type: 'ip' }, address: keyword, port: { type: 'integer' } } },
          destination: { properties: { ip: { type: 'ip' }, port: { type: 'integer' } } },
          network: { properties: words(['transport', 'protocol']) },
          user: { properties: words(['name']) },
          process: { properties: { command_line: { ...keyword, fields: { text: { type: 'text' } } } } },
          http: {
            properties: {
              request: { properties: words(['method']) },
              response: { properties: { status_code: { type: 'integer' } } },
            },
          },
          url: { properties: words(['original', 'path']) },
          file: {
            properties: {
              hash: { properties: words(['sha256', 'sha1', 'md5']) },
              size: { type: 'long' },
              ...words(['name', 'type', 'mime_type']),
            },
          },
          threat: { properties: { framework: keyword, technique: { properties: words(['id']) } } },
          related: { properties: { ip: { type: 'ip' }, user: keyword, hash: keyword } },
          sundew: {
            properties: {
              ...words(['session', 'lure', 'stands_for', 'persona', 'type', 'source']),
              data: isOpenSearch ? { type: 'flat_object' } : { type: 'flattened', ignore_above: 8191 },
            },
          },
        },
      },
    },
  }
}
