import type { CommandFile, World } from '../../command.ts'

const NAMESPACES = ['global', 'secure', 'system'] as const
type Namespace = (typeof NAMESPACES)[number]
const MOST_CHANGES = 200

const changed = new WeakMap<World, Map<string, string>>()

/** `settings`: the settings provider's three tables; what is put stays. */
export const settings: CommandFile = {
  name: 'settings',
  paths: [],
  async run({ argv, world, stdout, stderr }) {
    const words = argv.slice(1)
    if (words[0] === '--user') words.splice(0, 2)
    const [verb = '', space = '', key, value] = words
    if (!['get', 'put', 'delete', 'list'].includes(verb)) {
      await stderr.write(verb === '' ? USAGE : `Unknown command: ${verb}\n`)
      return verb === '' ? 0 : 255
    }
    if (!isNamespace(space)) {
      await stderr.write(`Error: Invalid namespace '${space}'\n`)
      return 255
    }
    const all = valuesOf(world, space)
    if (verb === 'list') await stdout.write([...all].map(([name, is]) => `${name}=${is}\n`).join(''))
    else if (key === undefined || (verb === 'put' && value === undefined)) {
      await stderr.write('Error: Bad arguments\n')
      return 255
    } else if (verb === 'get') await stdout.write(`${all.get(key) ?? 'null'}\n`)
    else if (verb === 'delete') await stdout.write(`Deleted ${change(world, space, key, undefined) ? 1 : 0} rows\n`)
    else change(world, space, key, value as string)
    return 0
  },
}

function isNamespace(word: string): word is Namespace {
  return (NAMESPACES as readonly string[]).includes(word)
}

function changesOf(world: World): Map<string, string> {
  const known = changed.get(world)
  if (known) return known
  const made = new Map<string, string>()
  changed.set(world, made)
  return made
}

/** Puts or deletes; whether there was one before. */
function change(world: World, space: Namespace, key: string, value: string | undefined): boolean {
  const changes = changesOf(world)
  const existed = valuesOf(world, space).has(key)
  if (value === undefined) changes.delete(`${space} ${key}`)
  else if (changes.size < MOST_CHANGES || existed) changes.set(`${space} ${key}`, value)
  return existed
}

function valuesOf(world: World, space: Namespace): Map<string, string> {
  const all = new Map(Object.entries(defaultsOf(world)[space]))
  for (const [key, value] of changesOf(world)) if (key.startsWith(`${space} `)) all.set(key.slice(space.length + 1), value)
  return all
}

function defaultsOf(world: World): Record<Namespace, Record<string, string>> {
  return {
    global: {
      adb_enabled: '1',
      airplane_mode_on: '0',
      development_settings_enabled: '1',
      device_name: world.persona.facts.model ?? '',
      device_provisioned: '1',
      install_non_market_apps: '1',
      package_verifier_enable: '0',
      stay_on_while_plugged_in: '3',
      wifi_on: '0',
    },
    secure: {
      android_id: world.identity.hex(`persona/${world.persona.name}/android-id`, 8),
      default_input_method: 'com.android.inputmethod.latin/.LatinIME',
      install_non_market_apps: '1',
      location_providers_allowed: '',
      user_setup_complete: '1',
    },
    system: { screen_brightness: '102', screen_off_timeout: '2147483647', volume_music: '11' },
  }
}

const USAGE = `Settings provider (settings) commands:
  help
      Print this help text.
  get [--user <USER_ID> | current] NAMESPACE KEY
      Retrieve the current value of KEY.
  put [--user <USER_ID> | current] NAMESPACE KEY VALUE [TAG] [default]
      Change the contents of KEY to VALUE.
  delete NAMESPACE KEY
      Delete the entry for KEY.
  list NAMESPACE
      Print all defined keys.
`
