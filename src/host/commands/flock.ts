import { attempt, complain, gnuCommand, Usage } from './gnu/command.ts'

/** Nobody else holds a lock on this host, so that each is given at once. */
export default gnuCommand({
  name: 'flock',
  package: 'util-linux',
  usage: [
    '[options] <file>|<directory> <command> [<argument>...]',
    '[options] <file>|<directory> -c <command>',
    '[options] <file descriptor number>',
  ],
  about: '\nManage file locks from shell scripts.',
  short: '+sexnuw:oFE:v',
  long: {
    shared: 's',
    exclusive: 'x',
    unlock: 'u',
    nonblock: 'n',
    nb: 'n',
    timeout: 'w',
    wait: 'w',
    close: 'o',
    'no-fork': 'F',
    verbose: 'v',
  },
  trouble: 64,
  async run(process, options) {
    const [file, ...words] = options.operands
    if (file === undefined) throw new Usage('not enough arguments')
    if (words.length === 0) {
      if (/^\d+$/.test(file)) return 0
      await complain(process, `bad file descriptor: '${file}'`)
      return 64
    }
    const fine = await attempt(
      () => {
        if (process.files.may('r', file)) return
        process.openOutput(file, 'append')
      },
      (error) => complain(process, `cannot open lock file ${file}: ${error.message}`),
    )
    if (!fine) return 66
    const command = words[0] === '-c' || words[0] === '--command' ? ['/bin/sh', '-c', words.slice(1).join(' ')] : words
    return process.run(command)
  },
})
