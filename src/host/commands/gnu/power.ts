import type { CommandFile } from '../../command.ts'
import { gnuCommand } from './command.ts'
import { localTime, strftime, zoneOf } from './strftime.ts'

/** How long a machine of this kind takes to end its services before the connection goes. */
const STOP_MS = 1500

/** `reboot`, `poweroff`, `halt` and `shutdown`: the session ends as it would; the machine is there again at the next visit. */
export function powerCommand(name: 'reboot' | 'poweroff' | 'halt' | 'shutdown'): CommandFile {
  return gnuCommand({
    name,
    package: 'base',
    paths: [`/usr/sbin/${name}`],
    usage: name === 'shutdown' ? '[OPTIONS...] [TIME] [WALL...]' : '[OPTIONS...]',
    short: 'cdfHhkPprwn',
    long: { force: 'f', 'no-wall': 'no-wall', halt: 'H', poweroff: 'p', reboot: 'r' },
    async run(process, options) {
      if (process.uid !== 0) {
        const verb = name === 'shutdown' ? (options.has('r') ? 'reboot' : 'power off') : name === 'poweroff' ? 'power off' : name
        await process.stderr.write(
          `Failed to set wall message, ignoring: Interactive authentication required.\nFailed to ${verb} system via logind: Interactive authentication required.\n`,
        )
        return 1
      }
      const [time = '+1'] = options.operands
      if (name === 'shutdown' && options.has('c')) return 0
      if (name === 'shutdown' && time !== 'now' && time !== '+0') {
        const minutes = /^\+?(\d{1,6})$/.exec(time)
        const at = process.world.now() + Number(minutes?.[1] ?? 1) * 60_000
        await process.stderr.write(
          `${options.has('r') ? 'Reboot' : 'Shutdown'} scheduled for ${strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(at, zoneOf(process)))}, use 'shutdown -c' to cancel.\n`,
        )
        return 0
      }
      await process.sleep(STOP_MS)
      const own = process.world.processes.get(process.pid)
      // The shell of the login goes down with its daemon: hang up everything of this session.
      for (const info of process.world.processes.list())
        if (own && info.sid === own.sid && info.pid !== process.pid) process.world.processes.signal(info.pid, 'HUP', { uid: 0 })
      return 0
    },
  })
}
