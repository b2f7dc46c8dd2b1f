import type { RunningState } from '../running-file.ts'

interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge'
  samples: { labels?: Record<string, string | number>; value: number }[]
}

/** The figures of a running sensor in the text format of Prometheus (version 0.0.4). */
export function prometheusText(state: RunningState, counts: { events: number; sessions: number; sources: number }): string {
  return families(state, counts).map(render).join('')
}

function families(
  { sensor, engine, store, bus, outputs, memoryBytes, startedAt, version }: RunningState,
  counts: { events: number; sessions: number; sources: number },
): Family[] {
  const one = (value: number): Family['samples'] => [{ value }]
  const ofOutputs = (value: (output: RunningState['outputs'][number]) => number): Family['samples'] =>
    outputs.map((output) => ({ labels: { output: output.name, kind: output.kind }, value: value(output) }))
  return [
    { name: 'sundew_info', help: 'Version of the sensor.', type: 'gauge', samples: [{ labels: { version }, value: 1 }] },
    { name: 'sundew_start_time_seconds', help: 'Start of the sensor since 1970.', type: 'gauge', samples: one(startedAt / 1000) },
    { name: 'sundew_resident_memory_bytes', help: 'Resident memory.', type: 'gauge', samples: one(memoryBytes) },
    { name: 'sundew_connections', help: 'Connections open now.', type: 'gauge', samples: one(sensor.connections) },
    {
      name: 'sundew_udp_datagrams_total',
      help: 'Datagrams by what became of them.',
      type: 'counter',
      samples: [
        { labels: { outcome: 'answered' }, value: sensor.udpAnswered },
        { labels: { outcome: 'withheld' }, value: sensor.udpWithheld },
      ],
    },
    { name: 'sundew_events_published_total', help: 'Events since the start.', type: 'counter', samples: one(bus.published) },
    {
      name: 'sundew_dead_letters_total',
      help: 'Events that fit no schema since the start.',
      type: 'counter',
      samples: one(bus.deadLetters),
    },
    { name: 'sundew_events_kept', help: 'Events in the store.', type: 'gauge', samples: one(counts.events) },
    { name: 'sundew_sessions_kept', help: 'Sessions in the store.', type: 'gauge', samples: one(counts.sessions) },
    { name: 'sundew_sources_kept', help: 'Addresses of those sessions.', type: 'gauge', samples: one(counts.sources) },
    { name: 'sundew_store_bytes', help: 'Database, spool and artifacts on disk.', type: 'gauge', samples: one(store.bytes) },
    { name: 'sundew_store_waiting_events', help: 'Accepted and not yet in the database.', type: 'gauge', samples: one(store.waiting) },
    { name: 'sundew_store_spooled_events', help: 'In the spool.', type: 'gauge', samples: one(store.spooled) },
    { name: 'sundew_store_trouble', help: '1 while the store has trouble.', type: 'gauge', samples: one(store.trouble ? 1 : 0) },
    {
      name: 'sundew_engine_answers_total',
      help: 'Questions to the engine by where the answer came from.',
      type: 'counter',
      samples: [
        { labels: { source: 'llm' }, value: engine.generated },
        { labels: { source: 'cache' }, value: engine.cacheHits },
        { labels: { source: 'fallback' }, value: engine.fallbacks },
      ],
    },
    { name: 'sundew_engine_queued', help: 'Questions that wait for a backend.', type: 'gauge', samples: one(engine.queued) },
    {
      name: 'sundew_backend_up',
      help: '1 when the model server answers.',
      type: 'gauge',
      samples: engine.backends.map(({ kind, url, model, up }) => ({ labels: { kind, url, model }, value: up ? 1 : 0 })),
    },
    { name: 'sundew_output_sent_total', help: 'Events delivered.', type: 'counter', samples: ofOutputs((o) => o.sent) },
    {
      name: 'sundew_output_failures_total',
      help: 'Calls that failed and are repeated.',
      type: 'counter',
      samples: ofOutputs((o) => o.failures),
    },
    {
      name: 'sundew_output_dead_letters_total',
      help: 'Events refused for good.',
      type: 'counter',
      samples: ofOutputs((o) => o.deadLetters),
    },
    {
      name: 'sundew_output_lag_seconds',
      help: 'Age of the oldest event that waits.',
      type: 'gauge',
      samples: ofOutputs((o) => o.lagMs / 1000),
    },
  ]
}

function render({ name, help, type, samples }: Family): string {
  if (samples.length === 0) return ''
  const lines = samples.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(String(text))}"`)
    return `${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
  })
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
