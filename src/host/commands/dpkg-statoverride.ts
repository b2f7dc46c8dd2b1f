import { installedPackages } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { globMatch } from './gnu/glob.ts'

/** Owners and modes that packages have set with it. */
const OVERRIDES: readonly [line: string, by: string][] = [
  ['root crontab 2755 /usr/bin/crontab', 'cron'],
  ['root messagebus 4754 /usr/lib/dbus-1.0/dbus-daemon-launch-helper', 'dbus'],
  ['root postdrop 2555 /usr/sbin/postdrop', 'postfix'],
  ['root postdrop 2555 /usr/sbin/postqueue', 'postfix'],
  ['postfix postdrop 2710 /var/spool/postfix/public', 'postfix'],
  ['redis redis 640 /etc/redis/redis.conf', 'redis-server'],
  ['root ssl-cert 710 /etc/ssl/private', 'ssl-cert'],
  ['root root 1733 /var/lib/php/sessions', 'php-common'],
]

export default gnuCommand({
  name: 'dpkg-statoverride',
  package: 'dpkg',
  usage: '[<option> ...] <command>',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const verb = words.find((word) => /^--(list|add|remove)$/.test(word))
    const unknown = words.find(
      (word) => word.startsWith('-') && !/^--(list|add|remove|update|force|quiet|admindir|root|instdir|force-\w+)(=|$)/.test(word),
    )
    const operands = words.filter((word) => !word.startsWith('-'))
    const help = '\nUse --help for help about overriding file stat information.\n'
    if (unknown !== undefined || verb === undefined) {
      await process.stderr.write(
        `dpkg-statoverride: error: ${unknown === undefined ? 'need an action option' : `unknown option ${unknown}`}\n${help}`,
      )
      return 2
    }
    if (verb === '--list') {
      const installed = installedPackages(process.world)
      const rows = OVERRIDES.filter(
        ([line, by]) =>
          installed.has(by) && (operands.length === 0 || operands.some((glob) => globMatch(glob, line.split(' ')[3] as string))),
      )
      for (const [line] of rows) await process.stdout.write(`${line}\n`)
      return rows.length ? 0 : 1
    }
    const wanted = verb === '--add' ? 4 : 1
    if (operands.length !== wanted) {
      await process.stderr.write(
        `dpkg-statoverride: error: ${verb} needs ${wanted === 4 ? 'four arguments' : 'a single argument'}\n${help}`,
      )
      return 2
    }
    if (process.uid === 0) {
      if (verb === '--remove') {
        await process.stderr.write('dpkg-statoverride: warning: no override present\n')
        return 2
      }
      return 0
    }
    await process.stderr.write('dpkg-statoverride: error: cannot open new statoverride file: Permission denied\n')
    return 2
  },
})
