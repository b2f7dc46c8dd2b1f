import { gnuCommand } from './gnu/command.ts'

const LINE = '- '.repeat(40).trimEnd()
const LOG = 'Saving debug log to /var/log/letsencrypt/letsencrypt.log\n'
const COMMANDS = [
  'run',
  'certonly',
  'renew',
  'enhance',
  'certificates',
  'revoke',
  'delete',
  'reconfigure',
  'register',
  'unregister',
  'update_account',
  'show_account',
  'plugins',
  'install',
  'rollback',
]

export default gnuCommand({
  name: 'certbot',
  package: 'certbot',
  usage: '[SUBCOMMAND] [options] [-d DOMAIN] [-d DOMAIN] ...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { stdout, stderr } = process
    const words = process.argv.slice(1)
    if (words.includes('--version')) {
      await stdout.write('certbot 2.1.0\n')
      return 0
    }
    const [verb = 'run'] = words.filter((word) => !word.startsWith('-'))
    if (!COMMANDS.includes(verb)) {
      await stderr.write(
        `usage: \n  certbot [SUBCOMMAND] [options] [-d DOMAIN] [-d DOMAIN] ...\n\nCertbot can obtain and install HTTPS/TLS/SSL certificates.  By default,\nit will attempt to use a webserver both for obtaining and installing the\ncertificate. \ncertbot: error: unrecognized arguments: ${verb}\n`,
      )
      return 2
    }
    if (process.uid !== 0) {
      await stderr.write(
        "The following error was encountered:\n[Errno 13] Permission denied: '/var/log/letsencrypt/.certbot.lock'\nEither run as root, or set --config-dir, --work-dir, and --logs-dir to writeable paths.\n",
      )
      return 1
    }
    await stderr.write(LOG)
    switch (verb) {
      case 'certificates':
        await stdout.write(`\n${LINE}\nNo certificates found.\n${LINE}\n`)
        return 0
      case 'renew':
        await stdout.write(`\n${LINE}\nNo renewals were attempted.\n${LINE}\n`)
        return 0
      case 'plugins':
        await stdout.write(
          `\n${LINE}\n* nginx\nDescription: Nginx Web Server plugin\nInterfaces: Authenticator, Installer, Plugin\nEntry point: nginx = certbot_nginx._internal.configurator:NginxConfigurator\n\n* standalone\nDescription: Spin up a temporary webserver\nInterfaces: Authenticator, Plugin\nEntry point: standalone = certbot._internal.plugins.standalone:Authenticator\n\n* webroot\nDescription: Place files in webroot directory\nInterfaces: Authenticator, Plugin\nEntry point: webroot = certbot._internal.plugins.webroot:Authenticator\n${LINE}\n`,
        )
        return 0
      case 'show_account':
      case 'unregister':
        await stdout.write('Could not find an existing account for server https://acme-v02.api.letsencrypt.org/directory.\n')
        return 1
      case 'delete':
      case 'revoke':
        await stderr.write(
          verb === 'delete'
            ? 'No certificate found with name None (expected /etc/letsencrypt/renewal/None.conf).\n'
            : 'Error! Exactly one of --cert-path or --cert-name must be specified!\n',
        )
        return 1
    }
    // Nothing of it reaches the authority: its name cannot be looked up from here.
    await process.sleep(1800)
    await stderr.write(
      "An unexpected error occurred:\nrequests.exceptions.ConnectionError: HTTPSConnectionPool(host='acme-v02.api.letsencrypt.org', port=443): Max retries exceeded with url: /directory (Caused by NewConnectionError('<urllib3.connection.HTTPSConnection object>: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution'))\nAsk for help or search for solutions at https://community.letsencrypt.org. See the logfile /var/log/letsencrypt/letsencrypt.log or re-run Certbot with -v for more details.\n",
    )
    return 1
  },
})
