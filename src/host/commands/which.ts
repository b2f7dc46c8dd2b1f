import { gnuCommand } from './gnu/command.ts'
import { searchPath } from './gnu/search-path.ts'

export default gnuCommand({
  name: 'which',
  package: 'debianutils',
  paths: ['/usr/bin/which.debianutils', '/usr/bin/which'],
  usage: '[-as] args',
  short: 'as',
  async run(process, options) {
    let status = options.operands.length === 0 ? 1 : 0
    for (const name of options.operands) {
      const found = searchPath(process, name)
      if (found.length === 0) status = 1
      if (options.has('s')) continue
      for (const path of options.has('a') ? found : found.slice(0, 1)) await process.stdout.write(`${path}\n`)
    }
    return status
  },
})
