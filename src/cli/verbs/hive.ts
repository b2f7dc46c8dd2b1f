import { join } from 'node:path'
import { pino } from 'pino'
import { annotatorOf } from '../../analysis/annotator.ts'
import { Geo } from '../../analysis/geo.ts'
import { type Loaded, loadSettings } from '../../config/load.ts'
import { SensorName } from '../../config/membership.ts'
import type { Settings } from '../../config/schema.ts'
import { connectToBus } from '../../hive/bus.ts'
import { Headquarters } from '../../hive/headquarters.ts'
import { HiveServer } from '../../hive/server.ts'
import { writeToken } from '../../hive/token.ts'
import { openArtifactStore } from '../../store/artifacts.ts'
import { openHiveStore } from '../../store/postgres/hive-store.ts'
import { openStateStore } from '../../store/state.ts'
import { UsageProblem } from '../cli.ts'
import { jsonLine } from '../json-line.ts'
import { confine } from '../permissions.ts'
import { type Column, table } from '../table.ts'
import type { ExitCode, Output, Verb } from '../verb.ts'

const RETAIN_EVERY_MS = 10 * 60_000

const columns: Column[] = [{ title: 'SENSOR' }, { title: 'SINCE' }, { title: 'KEY' }]

export const hive: Verb = {
  name: 'hive',
  summary: 'the place where the events of many sensors meet',
  usage: 'init URL | serve [--follow] | token new NAME | token ls | token revoke NAME',
  examples: [
    'sundew hive init nats://hive.example:4222',
    'sundew hive serve',
    'sundew hive token new dmz-1',
    'sundew hive token ls',
    'sundew hive token revoke dmz-1',
  ],
  options: { follow: { type: 'boolean' } },
  about: { follow: 'serve: consume events, and send no personas, prompts, pins or answers to the sensors' },
  async run(given, output) {
    const loaded = loadSettings(given)
    const { settings } = loaded
    const [what, ...words] = given.words
    switch (what) {
      case 'init':
        return init(settings, words[0], output)
      case 'serve':
        return serve(loaded, given.options.follow === true, output)
      case 'token':
        return token(settings, words, given.json, output)
      default:
        throw new UsageProblem('say init URL, serve, token new NAME, token ls or token revoke NAME')
    }
  },
}

async function init(settings: Settings, url: string | undefined, output: Output): Promise<ExitCode> {
  if (!url || !URL.canParse(url) || !/^nats:\/\/[^/]+\/?$/.test(url))
    throw new UsageProblem('where do sensors reach the bus? nats://HOST:4222')
  const office = await Headquarters.found(settings.data, url.replace(/\/$/, ''))
  output.line(`run the bus      nats-server -c ${office.configFile}`)
  output.line('run the hive     sundew hive serve        (store: postgresql://… in its sundew.yaml)')
  output.line('admit a sensor   sundew hive token new NAME')
  return 0
}

async function token(settings: Settings, [what, name]: string[], json: boolean, output: Output): Promise<ExitCode> {
  const office = Headquarters.open(settings.data)
  if (what === 'ls') {
    if (json) output.line(jsonLine(office.sensors))
    else
      output.line(
        table(
          columns,
          office.sensors.map((one) => [one.name, new Date(one.at).toISOString().slice(0, 10), one.key]),
        ),
      )
    return 0
  }
  if (what !== 'new' && what !== 'revoke') throw new UsageProblem('say token new NAME, token ls or token revoke NAME')
  if (!SensorName.safeParse(name).success) throw new UsageProblem('a sensor has a name of letters, digits, - and _, at most 64')
  if (what === 'revoke') {
    if (!office.revoke(name as string)) throw new UsageProblem(`there is no sensor ${name}; sundew hive token ls shows them`)
    tellOfReload(office, output)
    output.line(`${name} may not speak any more; what it has sent stays`)
    return 0
  }
  const made = office.admit(name as string)
  const isKnown = tellOfReload(office, output) && (await isAdmitted(made, office))
  if (json) output.line(jsonLine({ ...made, token: writeToken(made), isKnown }))
  else {
    output.line(writeToken(made))
    output.error('it is shown this once. On the sensor: sundew sensor join TOKEN')
  }
  return 0
}

function tellOfReload(office: Headquarters, output: Output): boolean {
  if (office.reload()) return true
  output.error(`no nats-server runs from ${office.configFile} here, or it is another user's: have it read its users again (SIGHUP)`)
  return false
}

/** The server takes a moment to read its users. */
async function isAdmitted({ url, sensor, seed }: { url: string; sensor: string; seed: string }, office: Headquarters): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    try {
      await (await connectToBus({ url, seed, certificate: office.access.certificate }, sensor)).close()
      return true
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return false
}

async function serve(loaded: Loaded, follows: boolean, output: Output): Promise<ExitCode> {
  const { settings } = loaded
  Headquarters.open(settings.data)
  const { url } = settings.store
  if (url === undefined) throw new UsageProblem('a hive keeps events in PostgreSQL: write store: postgresql://… into sundew.yaml')
  // What it stores came from attackers.
  confine(loaded)
  const log = pino({ level: settings.log.level }, pino.destination({ fd: 2, sync: false }))
  const artifacts = openArtifactStore(join(settings.data, 'artifacts'), { maxBytes: settings.limits.artifactBytes })
  const geo = Geo.open(join(settings.data, 'geo'), (file, reason) => log.warn({ file, reason }, 'no database of places'))
  const store = openHiveStore(url, { annotator: annotatorOf(geo), artifacts })
  const state = openStateStore(settings.data)
  const server = new HiveServer({
    data: settings.data,
    write: (batch) => store.write(batch),
    artifacts,
    log,
    ...(follows ? {} : { places: { prompts: settings.prompts, state } }),
  })
  server.start()
  const policy = { days: settings.store.retainDays, bytes: settings.store.retainGiB * 1024 ** 3 }
  const retention = setInterval(() => {
    store.retain(policy).catch((error: Error) => log.error({ error: error.message }, 'retention failed'))
  }, RETAIN_EVERY_MS)
  output.line(`the hive serves ${settings.data}; Ctrl-C ends it`)
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  clearInterval(retention)
  await server.close()
  state.close()
  await store.close()
  return 0
}
