import { HostError } from '../contract.ts'
import { installedVersion } from '../world/packages.ts'
import { gnuCommand } from './gnu/command.ts'
import { configText } from './gnu/config-files.ts'

export default gnuCommand({
  name: 'rsyslogd',
  package: 'rsyslog',
  paths: ['/usr/sbin/rsyslogd'],
  usage: '[options]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const words = process.argv.slice(1)
    const version = (installedVersion(process.world, 'rsyslog') ?? '8.2302.0').replace(/[-+].*/, '')
    const [, year = '23', month = '02'] = /^8\.(\d\d)(\d\d)/.exec(version) ?? []
    const facts: [string, string][] = [
      ['PLATFORM', '\t\t\t\tx86_64-pc-linux-gnu'],
      ['PLATFORM (lsb_release -d)', '\t\t'],
      ['FEATURE_REGEXP', '\t\t\t\tYes'],
      ['GSSAPI Kerberos 5 support', '\t\tYes'],
      ['FEATURE_DEBUG (debug build, slow code)', '\tNo'],
      ['32bit Atomic operations supported', '\tYes'],
      ['64bit Atomic operations supported', '\tYes'],
      ['memory allocator', '\t\t\tsystem default'],
      ['Runtime Instrumentation (slow code)', '\tNo'],
      ['uuid support', '\t\t\t\tYes'],
      ['systemd support', '\t\t\tYes'],
      ['Config file', '\t\t\t\t/etc/rsyslog.conf'],
      ['PID file', '\t\t\t\t/run/rsyslogd.pid'],
      ['Number of Bits in RainerScript integers', ' 64'],
    ]
    if (words.includes('-v')) {
      await process.stdout.write(
        `rsyslogd  ${version} (aka 20${year}.${month}) compiled with:\n${facts.map(([name, value]) => `\t${name}:${value}\n`).join('')}\nSee https://www.rsyslog.com for more information.\n`,
      )
      return 0
    }
    const level = words.find((word) => /^-N/.test(word))
    const at = words.indexOf('-f')
    const file = at < 0 ? '/etc/rsyslog.conf' : (words[at + 1] ?? '')
    if (level !== undefined) {
      await process.stderr.write(
        `rsyslogd: version ${version}, config validation run (level ${level.slice(2) || words[words.indexOf(level) + 1] || 1}), master config ${file}\n`,
      )
      if (configText(process.files, file) instanceof HostError) {
        await process.stderr.write(
          `rsyslogd: error during parsing file ${file}, on or before line 1: could not open config file '${file}': No such file or directory [v${version} try https://www.rsyslog.com/e/2207 ]\n`,
        )
        return 1
      }
      await process.stderr.write('rsyslogd: End of config validation run. Bye.\n')
      return 0
    }
    if (process.uid !== 0) return 1
    await process.stderr.write(
      "rsyslogd: pidfile '/run/rsyslogd.pid' and pid are already in use.\nrsyslogd: run failed with error -3000 (see rsyslog.h or try https://www.rsyslog.com/e/3000 to learn what that number means)\n",
    )
    return 1
  },
})
