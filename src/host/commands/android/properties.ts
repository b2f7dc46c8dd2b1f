import type { World } from '../../command.ts'
import { HostError } from '../../contract.ts'
import { toText } from '../../text.ts'
import { interfaces } from '../../world/network.ts'

const PROPERTY_FILES = ['/default.prop', '/system/build.prop', '/vendor/build.prop']
/** Limits of Android 9 (sys/system_properties.h). */
const LONGEST_VALUE = 91
const MOST_SET = 500

const changed = new WeakMap<World, Map<string, string>>()

function changesOf(world: World): Map<string, string> {
  const known = changed.get(world)
  if (known) return known
  const made = new Map<string, string>()
  changed.set(world, made)
  return made
}

/** Android's system properties: what the build's files say, what init and the services set at boot, what `setprop` set since. */
export function properties(world: World): Map<string, string> {
  const all = new Map<string, string>()
  for (const path of PROPERTY_FILES) for (const [name, value] of propertyLines(world, path)) all.set(name, value)
  for (const [name, value] of Object.entries(setAtBoot(world))) all.set(name, value)
  for (const [name, value] of changesOf(world)) all.set(name, value)
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Sets a property; false when init refuses it: read-only and set already, too long, or no name. */
export function setProperty(world: World, name: string, value: string): boolean {
  const changes = changesOf(world)
  if (!/^[\w.@:-]{1,128}$/.test(name) || value.length > LONGEST_VALUE) return false
  if (name.startsWith('ro.') && properties(world).has(name)) return false
  if (changes.size >= MOST_SET && !changes.has(name)) return false
  changes.set(name, value)
  return true
}

/** The serial number that adb, getprop and the boot arguments agree on. */
export function serialNumber(world: World): string {
  return world.identity.hex(`persona/${world.persona.name}/soc-serial`, 16)
}

function* propertyLines(world: World, path: string): Generator<[string, string]> {
  let text: string
  try {
    text = toText(world.files.read(path))
  } catch (error) {
    if (error instanceof HostError) return
    throw error
  }
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=')
    if (equals > 0 && !line.startsWith('#')) yield [line.slice(0, equals), line.slice(equals + 1)]
  }
}

function setAtBoot(world: World): Record<string, string> {
  const { persona } = world
  const serial = serialNumber(world)
  const wired = interfaces(world).find((entry) => !entry.loopback)
  const services = persona.services.map(({ unit }) => [`init.svc.${unit}`, 'running'])
  return {
    ...Object.fromEntries(services),
    'dev.bootcomplete': '1',
    'dhcp.eth0.gateway': persona.network.gateway,
    'dhcp.eth0.ipaddress': wired?.address ?? '',
    'net.dns1': persona.network.dns[0] ?? '',
    'net.hostname': `android-${world.identity.hex(`persona/${persona.name}/android-id`, 8)}`,
    'persist.sys.timezone': persona.timezone,
    'persist.sys.usb.config': 'adb',
    'ro.adb.secure': '0',
    'ro.allow.mock.location': '1',
    'ro.boot.hardware': 'amlogic',
    'ro.boot.selinux': 'permissive',
    'ro.boot.serialno': serial,
    'ro.boottime.init': '2841',
    'ro.debuggable': '1',
    'ro.secure': '0',
    'ro.serialno': serial,
    'selinux.reload_policy': '1',
    'service.adb.tcp.port': '5555',
    'service.bootanim.exit': '1',
    'sys.boot_completed': '1',
    'sys.usb.config': 'adb',
    'sys.usb.state': 'adb',
  }
}
