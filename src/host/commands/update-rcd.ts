import { gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

const USAGE = [
  ['-f', 'remove'],
  ['-f', 'defaults'],
  ['-f', 'defaults-disabled'],
]
  .map(([flag, verb], i) => `${i === 0 ? 'usage:' : '      '} update-rc.d [${flag}] <basename> ${verb}\n`)
  .join('')
  .concat(
    '       update-rc.d <basename> disable|enable [S|2|3|4|5]\n\t\t-f: force\n\nThe disable|enable API is not stable and might change in the future.\n',
  )

/** init-system-helpers 1.65: without insserv it leaves the links of run levels alone and looks only whether there is a script. */
export default gnuCommand({
  name: 'update-rc.d',
  package: 'base',
  paths: ['/usr/sbin/update-rc.d'],
  usage: '[-f] <basename> remove',
  applet: false,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1).filter((word) => word !== '-f' && word !== '--force')
    const [name, verb] = words
    const refuse = async (message: string, usage = '') => {
      await process.stderr.write(`update-rc.d: error: ${message}\n${usage}`)
      return 1
    }
    if (name === undefined || verb === undefined) return refuse('not enough arguments', USAGE)
    if (!/^(remove|defaults|defaults-disabled|enable|disable|start|stop)$/.test(verb)) {
      await process.stderr.write(USAGE)
      return 1
    }
    if (verb === 'remove' || statIfThere(process, `/etc/init.d/${name}`)) return 0
    return refuse(/^(en|dis)able$/.test(verb) ? `cannot find a LSB script for ${name}` : `unable to read /etc/init.d/${name}`)
  },
})
