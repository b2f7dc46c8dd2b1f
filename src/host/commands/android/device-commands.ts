import { crc32, deflateSync } from 'node:zlib'
import type { CommandFile, Process } from '../../command.ts'
import { formatInZone } from '../../zone-time.ts'
import { app } from './apps.ts'

const WIDTH = 1920
const HEIGHT = 1080

const silent = (name: string): CommandFile => ({ name, paths: [], run: () => 0 })

/** Tools that drive the box: keys, screen, radio, log. */
export const deviceCommands: readonly CommandFile[] = [
  silent('input'),
  silent('svc'),
  silent('content'),
  silent('log'),
  silent('setenforce'),
  silent('restorecon'),
  silent('chcon'),
  {
    name: 'getenforce',
    paths: [],
    async run({ stdout }) {
      await stdout.write('Permissive\n')
      return 0
    },
  },
  {
    name: 'wm',
    paths: [],
    async run({ argv, stdout }) {
      if (argv[1] === 'size') await stdout.write(`Physical size: ${WIDTH}x${HEIGHT}\n`)
      if (argv[1] === 'density') await stdout.write('Physical density: 240\n')
      return 0
    },
  },
  {
    name: 'monkey',
    paths: [],
    async run({ argv, stdout, world }) {
      const name = argv[argv.indexOf('-p') + 1] ?? ''
      if (!app(world, name)) {
        await stdout.write('** No activities found to run, monkey aborted.\n')
        return 252
      }
      await stdout.write('Events injected: 1\n## Network stats: elapsed time=33ms (0ms mobile, 0ms wifi, 33ms not connected)\n')
      return 0
    },
  },
  {
    name: 'screencap',
    paths: [],
    async run(process) {
      const [path] = process.argv.slice(1).filter((word) => !word.startsWith('-'))
      if (path === undefined) await process.stdout.write(screen())
      else await process.openOutput(path, 'truncate').write(screen())
      return 0
    },
  },
  {
    name: 'reboot',
    paths: [],
    async run(process) {
      await process.sleep(700)
      const own = process.world.processes.get(process.pid)
      for (const info of process.world.processes.list())
        if (own && info.sid === own.sid && info.pid !== process.pid) process.world.processes.signal(info.pid, 'HUP', { uid: 0 })
      return 0
    },
  },
  { name: 'logcat', paths: [], run: logcat },
]

let drawn: Buffer | undefined

/** What the screen shows while the box sleeps: nothing. PNG, RGBA, as screencap -p writes it. */
function screen(): Buffer {
  if (drawn) return drawn
  const header = Buffer.alloc(13)
  header.writeUInt32BE(WIDTH, 0)
  header.writeUInt32BE(HEIGHT, 4)
  header.set([8, 6], 8)
  const row = Buffer.alloc(1 + WIDTH * 4)
  for (let x = 0; x < WIDTH; x++) row[4 + x * 4] = 0xff
  const rows = Buffer.concat(Array.from({ length: HEIGHT }, () => row))
  drawn = Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
  return drawn
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const bytes = Buffer.alloc(body.length + 8)
  bytes.writeUInt32BE(data.length, 0)
  bytes.set(body, 4)
  bytes.writeUInt32BE(crc32(body), body.length + 4)
  return bytes
}

/** Seconds ago, priority, tag, text: what such a box says when nobody watches. */
const LOG: readonly [number, string, string, string][] = [
  [412, 'I', 'ActivityManager', 'Start proc com.droidlogic.otaupgrade for broadcast com.droidlogic.otaupgrade/.UpdateReceiver'],
  [409, 'D', 'ConnectivityService', 'notifyType CAP_CHANGED for NetworkAgentInfo [Ethernet () - 100]'],
  [305, 'W', 'AudioFlinger', 'moveEffects() bad srcOutput 13'],
  [301, 'I', 'NetdEventListenerService', 'dns lookup latency 21 ms'],
  [122, 'D', 'SystemControl', 'display mode 1080p60hz'],
  [61, 'I', 'ActivityManager', 'Killing com.droidlogic.otaupgrade (adj 906): empty #17'],
  [3, 'I', 'adbd', 'adbd service requested'],
]

async function logcat(process: Process): Promise<number> {
  const { argv, stdout, world } = process
  if (argv.includes('-c')) return 0
  const server = world.processes.list().find((info) => info.argv[0] === 'system_server')?.pid ?? 1
  const lines = LOG.map(([ago, priority, tag, text]) => {
    const at = world.now() - ago * 1000
    const time = `${formatInZone(at, world.persona.timezone, '%m-%d %H:%M:%S')}.${String(at % 1000).padStart(3, '0')}`
    return `${time} ${String(server).padStart(5)} ${String(server + 23).padStart(5)} ${priority} ${tag}: ${text}\n`
  })
  await stdout.write(`--------- beginning of main\n${lines.join('')}`)
  // Without -d it follows the log, which stays quiet, until somebody ends it.
  while (!argv.includes('-d')) await process.sleep(60_000)
  return 0
}
