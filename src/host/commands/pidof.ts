import { baseName, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'pidof',
  package: 'sysvinit-utils',
  usage: '[options] [program [...]]',
  short: '+cno:qsxz',
  async run(process, options) {
    const without = options
      .values('o')
      .flatMap((list) => list.split(/[, ]/))
      .map(Number)
    const pids: number[] = []
    for (const name of options.operands) {
      for (const info of process.world.processes.list()) {
        const program = info.argv[0] ?? ''
        const isProgram =
          info.argv.length > 0 && (program === name || baseName(program) === name || info.comm === name || info.exe === name)
        if (isProgram && info.pid !== process.pid && !without.includes(info.pid)) pids.push(info.pid)
      }
    }
    const sorted = pids.sort((a, b) => b - a)
    if (sorted.length && !options.has('q')) await process.stdout.write(`${(options.has('s') ? sorted.slice(0, 1) : sorted).join(' ')}\n`)
    return sorted.length ? 0 : 1
  },
})
