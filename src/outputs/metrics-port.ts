import { createServer } from 'node:http'
import type { Settings } from '../config/schema.ts'
import { RunningFile } from '../running-file.ts'
import { openReader } from '../store/open.ts'
import { prometheusText } from './prometheus.ts'

/** The text of `/metrics`; undefined while no sensor runs on the data folder. */
export async function metricsOf(settings: Pick<Settings, 'data' | 'store'>): Promise<string | undefined> {
  const state = RunningFile.read(settings.data)
  if (!state) return undefined
  const store = openReader(settings)
  const counts = (await store?.counts()) ?? { events: 0, sessions: 0, sources: 0 }
  await store?.close()
  return prometheusText(state, counts)
}

/** Serves `/metrics` and nothing else until the returned function is called. */
export async function openMetrics(settings: Pick<Settings, 'data' | 'store' | 'metrics'>): Promise<() => Promise<void>> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' || request.url?.split('?')[0] !== '/metrics') {
      response.writeHead(404).end()
      return
    }
    metricsOf(settings).then(
      (text) =>
        response.writeHead(text === undefined ? 503 : 200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(text),
      () => response.writeHead(503).end(),
    )
  })
  server.maxConnections = 16
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(settings.metrics.port, settings.metrics.host, resolve)
  })
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
}
