import { z } from 'zod'
import { sensorsOf } from '../../../analysis/sensors.ts'
import type { Routes } from '../app.ts'
import { CheckShape, Health, SensorShape } from '../shapes.ts'

export const healthRoutes: Routes = (app, services) => {
  app.get(
    '/health',
    { config: { role: 'viewer' }, schema: { summary: 'The sensor, its ports, engine and store', response: { 200: Health } } },
    async () => {
      const running = services.running()
      const { store } = services.settings
      return {
        ...(running ? { running: JSON.parse(JSON.stringify(running)) } : {}),
        counts: await services.store().counts(),
        geo: [...services.geo.sources],
        retain: { days: store.retainDays, gib: store.retainGiB },
      }
    },
  )

  app.get(
    '/sensors',
    {
      config: { role: 'viewer' },
      schema: {
        summary: 'Every sensor of the store: heard of when, how far behind, which version',
        response: { 200: z.array(SensorShape) },
      },
    },
    () => sensorsOf(services.store(), { admitted: services.admitted() }),
  )

  app.post(
    '/doctor',
    {
      config: { role: 'analyst', rateLimit: { max: 6, timeWindow: '1 minute' } },
      schema: { summary: 'Look for what is wrong, and its cure', response: { 200: z.array(CheckShape) } },
    },
    () => services.doctor(),
  )
}
