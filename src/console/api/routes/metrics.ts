import { metricsOf } from '../../../outputs/metrics-port.ts'
import type { Routes } from '../app.ts'
import { NotFound } from '../not-found.ts'

/** The figures of the sensor for Prometheus, which names itself by an API token (`authorization` of its scrape_config). */
export const metricsRoutes: Routes = (app, { settings }) => {
  app.get(
    '/metrics',
    { config: { role: 'viewer' }, schema: { summary: 'Figures of the running sensor, for Prometheus' } },
    async (_, reply) => {
      const text = await metricsOf(settings)
      if (text === undefined) throw new NotFound('sensor that runs')
      return reply
        .type('text/plain; version=0.0.4; charset=utf-8')
        .serializer((value: unknown) => String(value))
        .send(text)
    },
  )
}
