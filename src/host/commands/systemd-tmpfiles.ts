import { HostError } from '../contract.ts'
import { configText } from './gnu/config-files.ts'
import { systemdCommand } from './systemd/command.ts'

export default systemdCommand({
  name: 'systemd-tmpfiles',
  usage: '[OPTIONS...] [CONFIGURATION FILE...]',
  short: 'E',
  long: {
    create: 'create',
    clean: 'clean',
    remove: 'remove',
    boot: 'boot',
    user: 'user',
    'cat-config': 'cat-config',
    prefix: 'prefix=',
    'exclude-prefix': 'exclude-prefix=',
    root: 'root=',
    replace: 'replace=',
  },
  async run(process, options) {
    if (!options.has('create', 'clean', 'remove', 'cat-config')) {
      await process.stderr.write('You need to specify at least one of --clean, --create or --remove.\n')
      return 1
    }
    for (const file of options.operands) {
      const text = configText(process.files, file.startsWith('/') ? file : `${process.cwd}/${file}`)
      if (text instanceof HostError) {
        await process.stderr.write(`Failed to open '${file}': ${text.message}\n`)
        return 1
      }
    }
    return 0
  },
})
