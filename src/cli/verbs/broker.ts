import { readFileSync } from 'node:fs'
import { pino } from 'pino'
import { loadSettings } from '../../config/load.ts'
import { secretOf } from '../../outputs/secret.ts'
import { confineBroker } from '../permissions.ts'
import type { Verb } from '../verb.ts'

export const broker: Verb = {
  name: 'broker',
  summary: 'fetch what attackers point at, for the output "samples"; best on another machine (Ctrl-C, SIGTERM)',
  examples: ['BROKER_TOKEN=… sundew broker', 'sundew broker --host 0.0.0.0 --config broker.yaml'],
  options: { host: { type: 'string' } },
  about: { host: 'address to listen on, instead of broker.host' },
  async run(given, output) {
    const loaded = loadSettings(given)
    const settings = { ...loaded.settings.broker, ...(typeof given.options.host === 'string' ? { host: given.options.host } : {}) }
    const token = secretOf(settings.token, 'broker.token')
    confineBroker(loaded)
    const { BrokerServer } = await import('../../broker/server.ts')
    const log = pino({ level: loaded.settings.log.level }, pino.destination({ fd: 2, sync: false }))
    const tls = settings.tls && { cert: readFileSync(settings.tls.cert, 'utf8'), key: readFileSync(settings.tls.key, 'utf8') }
    const server = await BrokerServer.start({ settings, token, ...(tls && { tls }), log })
    const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host
    output.line(`the broker takes jobs at ${tls ? 'https' : 'http'}://${host}:${server.port}/jobs; Ctrl-C ends it`)
    await new Promise<void>((resolve) => {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
    })
    await server.close()
    return 0
  },
}
