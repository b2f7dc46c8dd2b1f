import type { CommandFile, Process } from '../../command.ts'
import { interfaces } from '../../world/network.ts'
import { app } from './apps.ts'

/** The binder services that `service list` and `dumpsys -l` know, with their interfaces. */
const SERVICES: Readonly<Record<string, string>> = {
  activity: 'android.app.IActivityManager',
  battery: '',
  connectivity: 'android.net.IConnectivityManager',
  cpuinfo: '',
  display: 'android.hardware.display.IDisplayManager',
  input: 'android.hardware.input.IInputManager',
  iphonesubinfo: 'com.android.internal.telephony.IPhoneSubInfo',
  meminfo: '',
  package: 'android.content.pm.IPackageManager',
  power: 'android.os.IPowerManager',
  SurfaceFlinger: 'android.ui.ISurfaceComposer',
  wifi: 'android.net.wifi.IWifiManager',
  window: 'android.view.IWindowManager',
}

export const service: CommandFile = {
  name: 'service',
  paths: [],
  async run({ argv, stdout, stderr }) {
    const [, verb, name = ''] = argv
    const names = Object.keys(SERVICES)
    if (verb === 'list')
      await stdout.write(`Found ${names.length} services:\n${names.map((one, i) => `${i}\t${one}: [${SERVICES[one]}]\n`).join('')}`)
    else if (verb === 'check') await stdout.write(`Service ${name}: ${Object.hasOwn(SERVICES, name) ? 'found' : 'not found'}\n`)
    else if (verb === 'call' && Object.hasOwn(SERVICES, name)) await stdout.write("Result: Parcel(00000000 ffffffff   '........')\n")
    else if (verb === 'call') await stderr.write(`service: Service ${name} does not exist\n`)
    else
      await stderr.write(
        'Usage: service [-h|-?]\n       service list\n       service check SERVICE\n       service call SERVICE CODE [i32 N | i64 N | f N | d N | s16 STR ] ...\n',
      )
    return verb === 'list' || verb === 'check' || Object.hasOwn(SERVICES, name) ? 0 : 10
  },
}

/** `dumpsys SERVICE`: what the services tell of a mains-powered box without telephony. */
export const dumpsys: CommandFile = {
  name: 'dumpsys',
  paths: [],
  async run(process) {
    const [, name, ...words] = process.argv
    const list = Object.keys(SERVICES)
    if (name === '-l' || name === undefined) {
      await process.stdout.write(`Currently running services:\n${list.map((one) => `  ${one}\n`).join('')}`)
      return 0
    }
    if (!Object.hasOwn(SERVICES, name)) {
      await process.stderr.write(`Can't find service: ${name}\n`)
      return 0
    }
    await process.stdout.write(dump(process, name, words))
    return 0
  },
}

function dump(process: Process, name: string, words: readonly string[]): string {
  const { world } = process
  switch (name) {
    case 'battery':
      return BATTERY
    case 'wifi':
      return 'Wi-Fi is disabled\nStay-awake conditions: 3\nmInIdleMode false\nmScanPending false\n'
    case 'iphonesubinfo':
      return 'Phone Subscriber Info:\n  Phone Type = None\n  Device ID = null\n'
    case 'connectivity': {
      const wired = interfaces(world).find((entry) => !entry.loopback)
      return `NetworkProviders for: Ethernet\n\nActive default network: 100\n\nCurrent Networks:\n  NetworkAgentInfo{ ni{[type: Ethernet[], state: CONNECTED/CONNECTED, reason: (unspecified), extra: ${wired?.mac ?? ''}]} lp{{InterfaceName: eth0 LinkAddresses: [${wired?.address ?? ''}/24,]}} }\n`
    }
    case 'window':
      return `WINDOW MANAGER LAST ANR (dumpsys window lastanr)\n  <no ANR has occurred since boot>\n\n  mCurrentFocus=Window{${world.identity.hex('window', 4)} u0 com.droidlogic.mboxlauncher/com.droidlogic.mboxlauncher.Launcher}\n  mFocusedApp=AppWindowToken{com.droidlogic.mboxlauncher}\n`
    case 'package': {
      const found = app(world, words[0] ?? '')
      if (!found)
        return words.length === 0
          ? 'Database versions:\n  Internal:\n    sdkVersion=28 databaseVersion=3\n'
          : `Unable to find package: ${words[0]}\n`
      return `Packages:\n  Package [${found.name}] (${world.identity.hex(`package/${found.name}`, 4)}):\n    codePath=${found.path.slice(0, found.path.lastIndexOf('/'))}\n    primaryCpuAbi=armeabi-v7a\n    targetSdk=28\n`
    }
    default:
      return `${name.toUpperCase()} MANAGER (dumpsys ${name})\n  (nothing)\n`
  }
}

const BATTERY = `Current Battery Service state:
  AC powered: true
  USB powered: false
  Wireless powered: false
  Max charging current: 0
  Max charging voltage: 0
  Charge counter: 0
  status: 2
  health: 2
  present: true
  level: 100
  scale: 100
  voltage: 0
  temperature: 424
  technology: Li-ion
`
