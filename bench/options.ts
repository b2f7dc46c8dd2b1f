import { parseArgs } from 'node:util'

/** What the command line of benchmarks says: a model server for those that need one, peers for those that compare. */
export interface BenchOptions {
  /** Servers of the model, `--url` once for each: OpenAI's API with its version part, `http://127.0.0.1:8080/v1`; Ollama's own without a path, `http://127.0.0.1:11434`. */
  urls: readonly string[]
  model?: string
  /** Questions instead of all. */
  limit?: number
  /** How long a benchmark that watches over time goes on; after it no further question is asked of a model. */
  minutes?: number
  /** Seconds that an answer of a model may take. */
  deadline?: number
  /** Tokens that an answer of a model may have, instead of what the persona or the benchmark says. */
  tokens?: number
  /** Events that are made up beforehand. */
  events?: number
  /** A data folder that `console-queries` keeps, and takes as it is the next time. */
  data?: string
  /** Lures that `abuse` and `web-answers` take instead of all. */
  lures: readonly string[]
  /** Of `faults`, `hive-partition`, `session-isolation` and `peers`: those whose name has this text. */
  only?: string
  /** A file of servers that `peers` measures beside ours, instead of bench/peers.yaml. */
  peers?: string
}

/** @throws TypeError for an option that does not exist */
export function readOptions(argv: readonly string[]): { names: string[]; options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      url: { type: 'string', multiple: true, default: [] },
      model: { type: 'string' },
      limit: { type: 'string' },
      minutes: { type: 'string' },
      deadline: { type: 'string' },
      tokens: { type: 'string' },
      events: { type: 'string' },
      data: { type: 'string' },
      only: { type: 'string' },
      lure: { type: 'string', multiple: true, default: [] },
      peers: { type: 'string' },
    },
  })
  const { url: urls, model, limit, minutes, deadline, tokens, events, data, only, peers, lure: lures } = values
  return {
    names: positionals,
    options: {
      lures,
      urls,
      ...(only !== undefined && { only }),
      ...(peers !== undefined && { peers }),
      ...(model !== undefined && { model }),
      ...(limit !== undefined && { limit: Number(limit) }),
      ...(minutes !== undefined && { minutes: Number(minutes) }),
      ...(deadline !== undefined && { deadline: Number(deadline) }),
      ...(tokens !== undefined && { tokens: Number(tokens) }),
      ...(events !== undefined && { events: Number(events) }),
      ...(data !== undefined && { data }),
    },
  }
}

/** Long: a small model on a busy processor is measured for what it says, not for its speed. */
export const DEADLINE_MS = 100_000

/** Questions at once to one server. */
export const PER_SERVER = 2

/** The `llm` settings for those servers: nothing is refused for its price. */
export function llmOf({ urls, model, deadline }: BenchOptions): Record<string, unknown> {
  const budget = { source: 1e9, network: 1e9, session: 1e9, hour: 1e9 }
  return {
    model: model ?? 'default',
    deadlineMs: deadline === undefined ? DEADLINE_MS : deadline * 1000,
    breaker: { failures: 1_000, pauseMs: 1 },
    budget,
    backends: urls.map((url) => ({ kind: new URL(url).pathname === '/' ? 'ollama' : 'openai', url, concurrency: PER_SERVER })),
  }
}
