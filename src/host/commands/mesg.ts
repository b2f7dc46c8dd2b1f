import { gnuCommand, Usage } from './gnu/command.ts'

export default gnuCommand({
  name: 'mesg',
  package: 'util-linux',
  version: 'mesg from util-linux 2.38.1',
  usage: '[options] [y | n]',
  about: 'Control write access of other users to your terminal.',
  trouble: 2,
  short: 'vhV',
  long: { verbose: 'v' },
  async run(process, options) {
    const own = process.world.processes.get(process.pid)?.tty
    if (!own || !process.terminal) {
      await process.stderr.write('mesg: ttyname failed: Inappropriate ioctl for device\n')
      return 2
    }
    const path = `/dev/${own}`
    const { mode } = process.world.files.stat(path)
    const [word] = options.operands
    if (word === undefined) {
      await process.stdout.write(mode & 0o020 ? 'is y\n' : 'is n\n')
      return mode & 0o020 ? 0 : 1
    }
    if (!/^[yn]/.test(word)) throw new Usage(`invalid argument: ${word}`)
    process.world.files.chmod(path, word.startsWith('y') ? mode | 0o020 : mode & ~0o022)
    return word.startsWith('y') ? 0 : 1
  },
})
