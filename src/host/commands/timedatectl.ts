import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

export default gnuCommand({
  name: 'timedatectl',
  package: 'systemd',
  usage: '[OPTIONS...] COMMAND ...',
  applet: false,
  short: 'hH:M:p:a',
  long: { 'no-pager': 'no-pager', value: 'value', property: 'p', all: 'a', 'no-ask-password': 'no-ask-password', monitor: 'monitor' },
  async run(process, options) {
    const [verb = 'status', argument] = options.operands
    const { world } = process
    const zone = zoneName(world.files)
    if (verb === 'show') {
      await process.stdout.write(
        `Timezone=${zone}\nLocalRTC=no\nCanNTP=yes\nNTP=yes\nNTPSynchronized=yes\nTimeUSec=${strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(world.now(), zoneOf(process)))}\n`,
      )
      return 0
    }
    if (verb.startsWith('set-')) {
      if (process.uid !== 0) {
        await process.stderr.write(`Failed to ${verb.replaceAll('-', ' ')}: Interactive authentication required.\n`)
        return 1
      }
      if (verb !== 'set-timezone' || argument === undefined) return 0
      const target = `/usr/share/zoneinfo/${argument}`
      if (!world.files.may('r', target)) {
        await process.stderr.write(`Failed to set time zone: Invalid or not installed time zone '${argument}'\n`)
        return 1
      }
      if (world.files.may('r', '/etc/localtime')) world.files.remove('/etc/localtime')
      world.files.symlink(target, '/etc/localtime')
      world.files.write('/etc/timezone', Buffer.from(`${argument}\n`))
      return 0
    }
    const now = world.now()
    const local = localTime(now, zone)
    await process.stdout.write(`               Local time: ${strftime('%a %Y-%m-%d %H:%M:%S %Z', local)}
           Universal time: ${strftime('%a %Y-%m-%d %H:%M:%S %Z', localTime(now, 'UTC'))}
                 RTC time: ${strftime('%a %Y-%m-%d %H:%M:%S', localTime(now, 'UTC'))}
                Time zone: ${zone} (${strftime('%Z, %z', local)})
System clock synchronized: yes
              NTP service: active
          RTC in local TZ: no
`)
    return 0
  },
})

/** The zone that /etc/localtime leads to. */
function zoneName(files: { readlink(path: string): string }): string {
  return /zoneinfo\/(.+)$/.exec(linkTarget(files, '/etc/localtime'))?.[1] ?? 'UTC'
}

function linkTarget(files: { readlink(path: string): string }, path: string): string {
  try {
    return files.readlink(path)
  } catch {
    return ''
  }
}
