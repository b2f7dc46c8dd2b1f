import { baseName, Failure, gnuCommand } from './gnu/command.ts'

/** Programs see the machine as it is: on a 64-bit host that is all there is. */
export default gnuCommand({
  name: 'setarch',
  package: 'util-linux',
  paths: ['/usr/bin/setarch', '/usr/bin/linux64', '/usr/bin/linux32', '/usr/bin/i386', '/usr/bin/x86_64'],
  usage: '[<arch>] [options] [<program> [<argument>...]]',
  about: '\nChange the reported architecture and set personality flags.',
  short: '+BFILRSTXZv',
  long: { 'addr-no-randomize': 'R', 'uname-2.6': 'uname-2.6', verbose: 'v', list: 'list', show: 'show?' },
  async run(process, options) {
    const words = [...options.operands]
    if (baseName(process.argv[0] ?? '') === 'setarch') {
      const arch = words.shift()
      if (arch === undefined && options.given.length === 0) throw new Failure('no architecture argument or personality flags specified')
    }
    return process.run(words.length ? words : ['/bin/sh'])
  },
})
