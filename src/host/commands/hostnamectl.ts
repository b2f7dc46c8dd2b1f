import { evidence } from '../../events/bytes.ts'
import { HYPERVISORS, machineIds } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'hostnamectl',
  package: 'systemd',
  usage: '[OPTIONS...] COMMAND ...',
  applet: false,
  short: 'hHM:j',
  long: { static: 'static', transient: 'transient', pretty: 'pretty', json: 'json=', 'no-ask-password': 'no-ask-password' },
  async run(process, options) {
    const [verb = 'status', name] = options.operands
    const { world } = process
    switch (verb) {
      case 'hostname':
      case 'set-hostname':
        if (name === undefined) {
          await process.stdout.write(`${world.hostname}\n`)
          return 0
        }
        if (process.uid !== 0) {
          await process.stderr.write('Could not set static hostname: Interactive authentication required.\n')
          return 1
        }
        world.hostname = name.slice(0, 64)
        world.files.write('/etc/hostname', Buffer.from(`${name}\n`))
        return 0
      case 'status':
        if (options.has('static', 'transient', 'pretty')) {
          await process.stdout.write(options.has('pretty') ? '\n' : `${world.hostname}\n`)
          return 0
        }
        break
      default:
        await process.stderr.write(`Unknown command verb ${evidence(verb)}.\n`)
        return 1
    }
    const { os, hardware } = world.persona
    const { machineId, bootId } = machineIds(world)
    const virtual = hardware.virtualization !== 'none'
    const kind = virtual ? 'vm' : hardware.gpus.length ? 'desktop' : 'server'
    const detected = HYPERVISORS[hardware.virtualization]?.detect
    const system = `${os.name} ${os.version}${os.family === 'debian' ? ` (${os.codename})` : os.family === 'ubuntu' ? ' LTS' : ''}`
    const rows: [string, string][] = [
      ['Static hostname', world.hostname],
      ['Icon name', `computer-${kind}`],
      ['Chassis', `${kind}${os.family === 'debian' ? ({ vm: ' 🖴', server: ' 🖳', desktop: ' 🖥️' }[kind] ?? '') : ''}`],
      ['Machine ID', machineId],
      ['Boot ID', bootId],
      ...(virtual && detected ? ([['Virtualization', detected]] as [string, string][]) : []),
      ['Operating System', system],
      ['Kernel', `Linux ${os.kernel.release}`],
      ['Architecture', os.kernel.machine === 'x86_64' ? 'x86-64' : os.kernel.machine],
      ['Hardware Vendor', hardware.vendor],
      ['Hardware Model', hardware.product],
    ]
    const width = Math.max(...rows.map(([title]) => title.length))
    await process.stdout.write(rows.map(([title, value]) => `${title.padStart(width)}: ${value}\n`).join(''))
    return 0
  },
})
