import { techniques } from '../../analysis/attack/rules.ts'
import { loadSettings } from '../../config/load.ts'
import { findingsOf } from '../../outputs/iocs/findings.ts'
import { FORMATS, type Format, written } from '../../outputs/iocs/formats.ts'
import { SafeNetworks } from '../../outputs/iocs/safe-networks.ts'
import { openReader } from '../../store/open.ts'
import { UsageProblem } from '../cli.ts'
import { parseSince } from '../duration.ts'
import type { ExitCode, Verb } from '../verb.ts'

export const exportFindings: Verb = {
  name: 'export',
  summary: 'who attacked, with which files, pointing where: for block lists and threat intelligence',
  usage: 'iocs',
  examples: [
    'sundew export iocs --since 24h > sources.txt',
    'sundew export iocs --format stix --since 7d > bundle.json',
    'sundew export iocs --format nft --since 7d --except 198.51.100.0/24 | sudo nft -f -',
  ],
  options: { format: { type: 'string' }, since: { type: 'string' }, except: { type: 'string' } },
  about: {
    format: `one of ${FORMATS.join(', ')} (default plain)`,
    since: 'from this time, as 24h, 7d or an ISO date (default 24h)',
    except: 'addresses and networks of your own, separated by commas; private and reserved ones are never listed',
  },
  async run(given, output): Promise<ExitCode> {
    if (given.words[0] !== 'iocs') throw new UsageProblem('say what to export: iocs')
    const format = formatOf(given.json ? 'json' : given.options.format)
    const since = parseSince(String(given.options.since ?? '24h'))
    if (since === undefined) throw new UsageProblem(`--since ${given.options.since} is neither a time ago (24h, 7d) nor an ISO date`)
    const safe = safeNetworks(given.options.except)
    const { settings } = loadSettings(given)
    const store = openReader(settings)
    if (!store) throw new Error(`nothing was recorded in ${settings.data} yet`)
    try {
      output.raw(written(await findingsOf(store, { sensor: settings.sensor, since, until: Date.now(), safe }), format, techniques))
    } finally {
      await store.close()
    }
    return 0
  },
}

function formatOf(given: unknown): Format {
  const format = FORMATS.find((one) => one === (given ?? 'plain'))
  if (!format) throw new UsageProblem(`--format ${given} is none of ${FORMATS.join(', ')}`)
  return format
}

function safeNetworks(given: unknown): SafeNetworks {
  const own = typeof given === 'string' ? given.split(',').map((one) => one.trim()) : []
  try {
    return new SafeNetworks(own.filter(Boolean))
  } catch (error) {
    if (error instanceof RangeError) throw new UsageProblem(`--except: ${error.message}`)
    throw error
  }
}
