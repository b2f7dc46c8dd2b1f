import { modules } from '../world/proc-modules.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'lsmod',
  package: 'base',
  paths: ['/usr/sbin/lsmod', '/usr/bin/lsmod'],
  usage: '',
  short: '',
  async run(process) {
    const rows = modules(process.world).map(
      (module) =>
        `${module.name.padEnd(19)} ${String(module.size).padStart(8)}  ${module.uses}${module.usedBy ? ` ${module.usedBy}` : ''}\n`,
    )
    await process.stdout.write(`Module                  Size  Used by\n${rows.join('')}`)
    return 0
  },
})
