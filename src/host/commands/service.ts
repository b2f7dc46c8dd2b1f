import { Services } from '../world/services.ts'
import { gnuCommand } from './gnu/command.ts'

/** What the script of a service says that hands over to systemd (/lib/lsb/init-functions.d/40-systemd). */
const HOOKED: Readonly<Record<string, string>> = { start: 'Starting', stop: 'Stopping', restart: 'Restarting', reload: 'Reloading' }

export default gnuCommand({
  name: 'service',
  package: 'base',
  paths: ['/usr/sbin/service', '/sbin/service'],
  usage: '< option > | --status-all | [ service_name [ command | --full-restart ] ]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const script = /^\/etc\/init\.d\/([^/]+)$/.exec(process.argv[0] ?? '')?.[1]
    const [name, verb, ...rest] = [...(script ? [script] : []), ...process.argv.slice(1)]
    const services = Services.of(process.world)
    if (name === '--status-all') {
      const rows = services
        .units()
        .filter((unit) => !unit.service.unit.includes('@'))
        .map((unit) => ` [ ${unit.state === 'active' ? '+' : '-'} ]  ${unit.service.unit}\n`)
        .sort()
      await process.stdout.write(rows.join(''))
      return 0
    }
    if (name === undefined || name.startsWith('-')) {
      await process.stderr.write('Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n')
      return name === undefined ? 1 : 0
    }
    if (process.world.persona.os.family === 'openwrt') {
      const unit = services.unit(name)
      if (!unit || verb === undefined) {
        await process.stderr.write(
          unit ? `Usage: service <service> <command>\n` : `Service "${name}" not found:\nthe following services are available:\n`,
        )
        return 1
      }
      if (verb === 'stop' || verb === 'restart') services.stop(unit)
      if (verb === 'start' || verb === 'restart') services.start(unit)
      if (verb === 'status') await process.stdout.write(unit.state === 'active' ? 'running\n' : 'inactive\n')
      return 0
    }
    if (!services.unit(name)) {
      await process.stderr.write(`${name}: unrecognized service\n`)
      return 1
    }
    if (verb === undefined) {
      await process.stderr.write(`Usage: /etc/init.d/${name} {start|stop|restart|reload|status}\n`)
      return 1
    }
    const said = script && HOOKED[verb]
    if (said) await process.stdout.write(`${said} ${name} (via systemctl): ${name}.service.\n`)
    return process.run(['systemctl', verb, ...rest, name])
  },
})
