import type { Process } from '../command.ts'
import type { User } from '../world/accounts.ts'
import { accountsOf } from './gnu/accounts.ts'
import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

/** struct faillog of shadow: two counters of 16 bits, the terminal (12 bytes), a time and a number of seconds of 64 bits. */
const RECORD_BYTES = 32

export default gnuCommand({
  name: 'faillog',
  package: 'login',
  usage: '[options]',
  showsUsage: true,
  applet: false,
  short: 'ahl:m:rR:t:u:',
  long: { all: 'a', 'lock-secs': 'l', maximum: 'm', reset: 'r', root: 'R', time: 't', user: 'u' },
  async run(process, options) {
    const only = options.value('u')
    const users = accountsOf(process)
      .users()
      .filter((user) => only === undefined || user.name === only || inRange(user.uid, only))
    if (only !== undefined && users.length === 0) {
      await process.stderr.write(`faillog: Unknown user or range: ${only}\n`)
      return 3
    }
    const changes = options.has('r', 'm', 'l')
    if (!process.files.may(changes ? 'w' : 'r', '/var/log/faillog')) {
      const reason = process.world.files.may('r', '/var/log/faillog') ? 'Permission denied' : 'No such file or directory'
      await process.stderr.write(`faillog: Cannot open /var/log/faillog: ${reason}\n`)
      return 1
    }
    const log = process.files.read('/var/log/faillog')
    if (changes) {
      const maximum = Number(options.value('m') ?? -1)
      process.files.write(
        '/var/log/faillog',
        users.reduce((bytes, user) => changed(bytes, user, options.has('r'), maximum), log),
      )
      return 0
    }
    const shown = users.filter((user) => options.has('a') || only !== undefined || counterOf(log, user) > 0)
    if (shown.length === 0) return 0
    await process.stdout.write('Login       Failures Maximum Latest                   On\n\n')
    for (const user of shown) await process.stdout.write(row(process, log, user))
    return 0
  },
})

function inRange(uid: number, range: string): boolean {
  const [, from, dash, to] = /^(\d*)(-?)(\d*)$/.exec(range) ?? []
  if (from === undefined || range === '' || range === '-') return false
  return dash ? uid >= Number(from || 0) && uid <= Number(to || 2 ** 32) : uid === Number(from)
}

function counterOf(log: Buffer, { uid }: User): number {
  const at = uid * RECORD_BYTES
  return at + RECORD_BYTES <= log.length ? log.readUInt16LE(at) : 0
}

function changed(log: Buffer, { uid }: User, resets: boolean, maximum: number): Buffer {
  const at = uid * RECORD_BYTES
  // The file has holes as large as the user numbers; those of nobody's kind would only take room.
  if (uid > 60_000 || (maximum < 0 && at >= log.length)) return log
  const bytes = Buffer.alloc(Math.max(log.length, at + RECORD_BYTES))
  log.copy(bytes)
  if (resets) bytes.writeUInt16LE(0, at)
  if (maximum >= 0) bytes.writeUInt16LE(maximum & 0xffff, at + 2)
  return bytes
}

function row(process: Process, log: Buffer, user: User): string {
  const at = user.uid * RECORD_BYTES
  const there = at + RECORD_BYTES <= log.length
  const [failures, maximum] = there ? [log.readUInt16LE(at), log.readUInt16LE(at + 2)] : [0, 0]
  const line = there ? (log.toString('latin1', at + 4, at + 16).split('\0')[0] as string) : ''
  const time = there ? Number(log.readBigInt64LE(at + 16)) * 1000 : 0
  const when = strftime('%D %H:%M:%S %z', localTime(time, zoneOf(process)))
  return `${user.name.padEnd(9)}   ${String(failures).padStart(5)}    ${String(maximum).padStart(5)}   ${when}  ${line}\n`
}
