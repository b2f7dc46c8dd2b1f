import { Failure, gnuCommand } from './gnu/command.ts'
import { OptionError, type Options, parseOptions } from './gnu/options.ts'
import { DaemonConfig } from './openssh/daemon-config.ts'
import { clientVersion } from './ssh.ts'

const CONFIG = '/etc/ssh/sshd_config'
const USAGE = `usage: sshd [-46DdeiqTtV] [-C connection_spec] [-c host_cert_file]
            [-E log_file] [-f config_file] [-g login_grace_time]
            [-h host_key_file] [-o option] [-p port] [-u len]
`

export default gnuCommand({
  name: 'sshd',
  package: 'openssh-server',
  paths: ['/usr/sbin/sshd'],
  usage: '[-46DdeiqTtV]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    let options: Options
    try {
      options = parseOptions(process.argv.slice(1), { short: '46DdeiqTtVC:c:E:f:g:h:o:p:u:' })
    } catch (error) {
      if (!(error instanceof OptionError)) throw error
      const [, letter] = /'(.)'$/.exec(error.message) ?? []
      const first = /^option requires/.test(error.message)
        ? `option requires an argument -- ${letter}`
        : `unknown option -- ${letter ?? '-'}`
      await process.stderr.write(`${first}\n${clientVersion(process)}\n${USAGE}`)
      return 1
    }
    if (options.has('V')) {
      await process.stderr.write(`${clientVersion(process).replace(/p\d+ [^,]*/, '')}\n`)
      return 0
    }
    const config = new DaemonConfig(process.files)
    try {
      for (const line of options.values('o')) config.set(line)
      for (const port of options.values('p')) config.set(`Port ${port}`)
      config.read(options.value('f') ?? CONFIG)
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      await process.stderr.write(`${error.message}\n`)
      return error.status
    }
    for (const warning of config.warnings) await process.stderr.write(`${warning}\n`)
    if (!options.has('t', 'T') && !(process.argv[0] as string).startsWith('/')) {
      await process.stderr.write('sshd re-exec requires execution with an absolute path\n')
      return 255
    }
    if (process.uid !== 0) {
      await process.stderr.write('sshd: no hostkeys available -- exiting.\n')
      return 1
    }
    if (options.has('T')) await process.stdout.write(config.effective())
    return 0
  },
})
