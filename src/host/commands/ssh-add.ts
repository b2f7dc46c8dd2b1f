import { gnuCommand } from './gnu/command.ts'

/** No agent runs on a host of ours: what is named in SSH_AUTH_SOCK does not answer. */
export default gnuCommand({
  name: 'ssh-add',
  package: 'openssh-client',
  usage: '[-cDdKkLlqvXx] [-E fingerprint_hash] [-H hostkey_file] [-h destination_constraint] [-S provider] [-t life] [file ...]',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const socket = process.env.get('SSH_AUTH_SOCK')
    if (socket === undefined || socket === '') {
      await process.stderr.write('Could not open a connection to your authentication agent.\n')
      return 2
    }
    const reason = process.files.may('w', socket) ? 'Connection refused' : 'No such file or directory'
    await process.stderr.write(`Error connecting to agent: ${reason}\n`)
    return 2
  },
})
