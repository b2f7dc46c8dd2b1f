import { describe, expect, it } from 'vitest'
import { Settings } from '../../src/config/schema.ts'
import { openMetrics } from '../../src/outputs/metrics-port.ts'
import { prometheusText } from '../../src/outputs/prometheus.ts'
import { RunningFile, type RunningState } from '../../src/running-file.ts'
import { tempFolder } from '../store/temp-folder.ts'

const state = {
  ports: [],
  engine: {
    enabled: true,
    asked: 3,
    cacheHits: 1,
    generated: 1,
    fallbacks: 1,
    queued: 0,
    backends: [{ kind: 'ollama', url: 'http://a', model: 'm "x"', up: true }],
  },
  store: { engine: 'sqlite', waiting: 1, spooled: 2, bytes: 3 },
  sensor: { connections: 4, udpAnswered: 5, udpWithheld: 6 },
  bus: { published: 7, deadLetters: 0, listenerFaults: 0 },
  outputs: [{ name: 'siem', kind: 'splunk', sent: 8, failures: 9, deadLetters: 1, lagMs: 1500 }],
  memoryBytes: 10,
} as unknown as RunningState

describe('the figures for Prometheus', () => {
  it('are lines of its text format, each family with help and type', () => {
    const text = prometheusText({ ...state, version: '1.0', startedAt: 5000, pid: 1, updatedAt: 0 }, { events: 1, sessions: 2, sources: 3 })
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(/^(# (HELP|TYPE) sundew_\w+ .+|sundew_[a-z_]+(\{(\w+="(?:[^"\\\n]|\\.)*",?)+\})? -?[\d.e+]+)$/)
    expect(text).toContain('sundew_output_lag_seconds{output="siem",kind="splunk"} 1.5')
    expect(text).toContain('sundew_backend_up{kind="ollama",url="http://a",model="m \\"x\\""} 1')
  })

  it('are served at /metrics of their port and nowhere else, and only while a sensor runs', async () => {
    const data = tempFolder()
    const settings = Settings.parse({ data, metrics: { enabled: true, port: 47_291 } })
    const close = await openMetrics(settings)
    const at = 'http://127.0.0.1:47291'
    try {
      expect((await fetch(`${at}/metrics`)).status).toBe(503)
      new RunningFile(data).write(state)
      const answer = await fetch(`${at}/metrics`)
      expect(answer.headers.get('content-type')).toContain('version=0.0.4')
      expect(await answer.text()).toContain('sundew_connections 4')
      expect((await fetch(`${at}/`)).status).toBe(404)
    } finally {
      await close()
    }
  })
})
