/** An error that the node tells its client, with the status and the words of the release. */
export class ElasticError extends Error {
  readonly status: number
  readonly type: string
  readonly reason: string
  /** Further members, between `reason` and the end. */
  readonly detail: Record<string, unknown>
  /** What 1.x said in one line: `IndexMissingException[[x] missing]`. */
  readonly legacy: string

  constructor(status: number, type: string, reason: string, detail: Record<string, unknown> = {}, legacy?: string) {
    super(reason)
    this.name = 'ElasticError'
    this.status = status
    this.type = type
    this.reason = reason
    this.detail = detail
    this.legacy = legacy ?? `${javaName(type)}[${reason}]`
  }

  body(major: number): unknown {
    if (major < 2) return { error: this.legacy, status: this.status }
    return { error: { root_cause: [this.described], ...this.described }, status: this.status }
  }

  get described(): Record<string, unknown> {
    return { type: this.type, reason: this.reason, ...this.detail }
  }
}

/** An error of a search: every shard says the same. */
export class ShardsFailed extends ElasticError {
  readonly #failed: unknown

  constructor(cause: ElasticError, node: string, index: string) {
    const reason = `Failed to execute phase [query], all shards failed; shardFailures {[${node}][${index}][0]: ${cause.legacy}}`
    super(cause.status, cause.type, cause.reason, cause.detail, `SearchPhaseExecutionException[${reason}]`)
    this.#failed = [{ shard: 0, index, node, reason: cause.described }]
  }

  override body(major: number): unknown {
    if (major < 2) return super.body(major)
    const outer = { type: 'search_phase_execution_exception', reason: 'all shards failed', phase: 'query', grouped: true }
    return { error: { root_cause: [this.described], ...outer, failed_shards: this.#failed }, status: this.status }
  }
}

function javaName(type: string): string {
  return type.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

export function noSuchIndex(name: string, major: number): ElasticError {
  const detail = { 'resource.type': 'index_or_alias', 'resource.id': name, index_uuid: '_na_', index: name }
  return new ElasticError(
    404,
    'index_not_found_exception',
    major >= 7 ? `no such index [${name}]` : 'no such index',
    detail,
    `IndexMissingException[[${name}] missing]`,
  )
}

export function badIndexName(name: string, flaw: string): ElasticError {
  const detail = { index_uuid: '_na_', index: name }
  return new ElasticError(
    400,
    'invalid_index_name_exception',
    `Invalid index name [${name}], ${flaw}`,
    detail,
    `InvalidIndexNameException[[${name}] Invalid index name [${name}], ${flaw}]`,
  )
}

export function illegalArgument(reason: string): ElasticError {
  return new ElasticError(400, 'illegal_argument_exception', reason)
}
