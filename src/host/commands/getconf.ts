import { memory, processorCount } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'getconf',
  package: 'libc-bin',
  usage: '[-v SPEC] VAR\n  or:  getconf [-v SPEC] PATH_VAR PATH',
  applet: false,
  rawArguments: true,
  short: '',
  async run(process) {
    const words = process.argv.slice(1).filter((word, i, all) => word !== '-v' && all[i - 1] !== '-v')
    const [name] = words
    if (name === undefined) {
      await process.stderr.write('Usage: getconf [-v specification] variable_name [pathname]\n')
      return 2
    }
    const wide = process.world.persona.os.kernel.machine.includes('64')
    const pages = memory(process.world)
    const values: Record<string, string | number> = {
      LONG_BIT: wide ? 64 : 32,
      WORD_BIT: 32,
      CHAR_BIT: 8,
      INT_MAX: 2147483647,
      PAGESIZE: 4096,
      PAGE_SIZE: 4096,
      ARG_MAX: 2097152,
      NAME_MAX: 255,
      PATH_MAX: 4096,
      OPEN_MAX: 1024,
      CHILD_MAX: 31418,
      CLK_TCK: 100,
      HOST_NAME_MAX: 64,
      LOGIN_NAME_MAX: 256,
      _NPROCESSORS_CONF: processorCount(process.world),
      _NPROCESSORS_ONLN: processorCount(process.world),
      NPROCESSORS_ONLN: processorCount(process.world),
      _PHYS_PAGES: Math.floor(pages.total / 4),
      _AVPHYS_PAGES: Math.floor(pages.free / 4),
      GNU_LIBC_VERSION: 'glibc 2.36',
      GNU_LIBPTHREAD_VERSION: 'NPTL 2.36',
      PATH: '/bin:/usr/bin',
      LEVEL1_DCACHE_SIZE: 32768,
      LEVEL1_DCACHE_LINESIZE: 64,
      LEVEL2_CACHE_SIZE: 524288,
    }
    const value = values[name]
    if (value === undefined) {
      await process.stderr.write(`getconf: Unrecognized variable \`${name}'\n`)
      return 2
    }
    await process.stdout.write(`${value}\n`)
    return 0
  },
})
