import type { Process } from '../command.ts'
import { HostError } from '../contract.ts'
import { installedVersion } from '../world/packages.ts'
import { Services } from '../world/services.ts'
import { gnuCommand } from './gnu/command.ts'
import { configText, includedFiles } from './gnu/config-files.ts'

const STATIC = ['core', 'so', 'watchdog', 'http', 'log_config', 'logio', 'version', 'unixd']
/** What Debian's package turns on. */
const SHARED =
  'access_compat alias auth_basic authn_core authn_file authz_core authz_host authz_user autoindex deflate dir env filter mime mpm_event negotiation reqtimeout setenvif status'.split(
    ' ',
  )
const BUILT = '2026-11-12T08:58:41'

interface VirtualHost {
  address: string
  name: string
  place: string
}

/** `apachectl` is a link to it. */
export default gnuCommand({
  name: 'apache2ctl',
  package: 'apache2',
  paths: ['/usr/sbin/apache2ctl'],
  usage: 'start|stop|restart|graceful|configtest|status',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const { stdout, stderr, world } = process
    const [verb = ''] = process.argv.slice(1)
    const services = Services.of(world)
    const unit = services.unit('apache2')
    const sites = sitesOf(process)
    switch (verb) {
      case '-v':
      case '-V': {
        const version = (installedVersion(world, 'apache2') ?? '2.4.67').replace(/-.*/, '')
        await stdout.write(`Server version: Apache/${version} (Debian)\nServer built:   ${BUILT}\n`)
        return 0
      }
      case '-M': {
        const proxies = sites.usesProxy ? ['proxy', 'proxy_http'] : []
        const shared = [...SHARED, ...proxies].sort()
        await stdout.write(
          `Loaded Modules:\n${STATIC.map((name) => ` ${name}_module (static)\n`).join('')}${shared.map((name) => ` ${name}_module (shared)\n`).join('')}`,
        )
        return 0
      }
      case '-S':
        await stdout.write(
          `VirtualHost configuration:\n${sites.hosts.map(({ address, name, place }) => `${address.padEnd(22)} ${name} (${place})\n`).join('')}ServerRoot: "/etc/apache2"\nMain DocumentRoot: "/var/www/html"\nMain ErrorLog: "/var/log/apache2/error.log"\nMutex watchdog-callback: using_defaults\nMutex default: dir="/var/run/apache2/" mechanism=default \nPidFile: "/var/run/apache2/apache2.pid"\nDefine: DUMP_VHOSTS\nDefine: DUMP_RUN_CFG\nUser: name="www-data" id=33\nGroup: name="www-data" id=33\n`,
        )
        return 0
      case '-t':
      case 'configtest':
        await stderr.write('Syntax OK\n')
        return 0
      case 'start':
      case 'stop':
      case 'restart':
      case 'graceful':
      case 'graceful-stop':
        if (process.uid !== 0) {
          await stderr.write(
            `(13)Permission denied: AH00072: make_sock: could not bind to address [::]:80\n(13)Permission denied: AH00072: make_sock: could not bind to address 0.0.0.0:80\nno listening sockets available, shutting down\nAH00015: Unable to open logs\nAction '${verb}' failed.\nThe Apache error log may have more information.\n`,
          )
          return 1
        }
        if (verb === 'start' && unit?.state === 'active') {
          await stdout.write(`httpd (pid ${unit.pid}) already running\n`)
          return 0
        }
        if (unit && /^(stop|restart|graceful-stop)$/.test(verb)) services.stop(unit)
        if (unit && /^(start|restart|graceful)$/.test(verb)) services.start(unit)
        return 0
      case 'status':
      case 'fullstatus':
        await stderr.write(
          "/usr/sbin/apache2ctl: 113: www-browser: not found\n'www-browser -dump http://localhost:80/server-status' failed.\nMaybe you need to install a package providing www-browser or you\nneed to adjust the APACHE_LYNX variable in /etc/apache2/envvars\n",
        )
        return 1
      default:
        await stderr.write(
          'Usage: /usr/sbin/apache2 [-D name] [-d directory] [-f file]\n                         [-C "directive"] [-c "directive"]\n                         [-k start|restart|graceful|graceful-stop|stop]\n                         [-v] [-V] [-h] [-l] [-L] [-t] [-T] [-S] [-X]\n',
        )
        return 1
    }
  },
})

/** The sites that are turned on, and whether one of them hands requests on. */
function sitesOf({ world }: Process): { hosts: VirtualHost[]; usesProxy: boolean } {
  const hosts: VirtualHost[] = []
  let usesProxy = false
  for (const path of includedFiles(world.files, '/etc/apache2/sites-enabled/*.conf')) {
    const text = configText(world.files, path)
    if (text instanceof HostError) continue
    for (const [i, line] of text.split('\n').slice(0, 5000).entries()) {
      const address = /^\s*<VirtualHost\s+([^>\s]+)/i.exec(line)?.[1]
      if (address !== undefined) hosts.push({ address, name: `${world.hostname}.${world.persona.domain}`, place: `${path}:${i + 1}` })
      const name = /^\s*ServerName\s+(\S+)/i.exec(line)?.[1]
      const last = hosts.at(-1)
      if (name !== undefined && last) last.name = name
      if (/^\s*ProxyPass/i.test(line)) usesProxy = true
    }
  }
  return { hosts, usesProxy }
}
