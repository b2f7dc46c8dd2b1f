import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'ufw',
  package: 'ufw',
  paths: ['/usr/sbin/ufw'],
  usage: 'COMMAND',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [verb, ...rest] = process.argv.slice(1).filter((word) => word !== '--force')
    const { stdout, stderr } = process
    if (process.uid !== 0) {
      await stderr.write('ERROR: You need to be root to run this script\n')
      return 1
    }
    switch (verb) {
      case 'status':
        await stdout.write('Status: inactive\n')
        return 0
      case 'disable':
        await stdout.write('Firewall stopped and disabled on system startup\n')
        return 0
      case 'enable':
        await stdout.write('Firewall is active and enabled on system startup\n')
        return 0
      case 'allow':
      case 'deny':
      case 'limit':
      case 'reject':
        await stdout.write(rest.length ? 'Rules updated\nRules updated (v6)\n' : 'ERROR: not enough args\n')
        return rest.length ? 0 : 1
      case 'delete':
        await stdout.write('Could not delete non-existent rule\nCould not delete non-existent rule (v6)\n')
        return 0
      case 'reload':
        await stdout.write('Firewall not enabled (skipping reload)\n')
        return 0
      case 'version':
      case '--version':
        await stdout.write('ufw 0.36.2\nCopyright 2008-2023 Canonical Ltd.\n')
        return 0
      default:
        await stderr.write(verb === undefined ? 'ERROR: not enough args\n' : `ERROR: Invalid syntax\n\nUsage: ufw COMMAND\n`)
        return 1
    }
  },
})
