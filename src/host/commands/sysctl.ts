import { HostError } from '../contract.ts'
import { kernelParameter, kernelParameters, sysctlChanges } from '../world/proc-sys.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'sysctl',
  package: 'procps',
  paths: ['/usr/sbin/sysctl'],
  version: 'sysctl from procps-ng 4.0.2',
  usage: '[options] [variable[=value] ...]',
  short: 'aAbeNnp::qwr:fhVX',
  long: { all: 'a', values: 'n', names: 'N', load: 'p', write: 'w', quiet: 'q', ignore: 'e', system: 'system' },
  async run(process, options) {
    const { world } = process
    let status = 0
    const show = (path: string): string =>
      options.has('N')
        ? path.replaceAll('/', '.')
        : options.has('n')
          ? (kernelParameter(world, path) ?? '')
          : `${path.replaceAll('/', '.')} = ${kernelParameter(world, path)}`
    if (options.has('a', 'A')) {
      for (const path of Object.keys(kernelParameters(world)).sort()) await process.stdout.write(`${show(path)}\n`)
      return 0
    }
    const words = [...options.operands]
    if (options.has('p', 'system')) {
      try {
        const file = options.value('p') ?? words.shift() ?? '/etc/sysctl.conf'
        words.push(
          ...world.files
            .read(file)
            .toString('utf8')
            .split('\n')
            .map((line) => line.trim())
            .filter((line) => line.includes('=') && !/^[#;]/.test(line)),
        )
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await process.stderr.write(
          `sysctl: cannot open "${options.value('p') ?? options.operands[0] ?? '/etc/sysctl.conf'}": ${error.message}\n`,
        )
        status = 1
      }
    }
    for (const word of words) {
      const at = word.indexOf('=')
      const path = (at < 0 ? word : word.slice(0, at)).trim().replaceAll('.', '/')
      if (kernelParameter(world, path) === undefined) {
        if (options.has('e')) continue
        status = 1
        await process.stderr.write(`sysctl: cannot stat /proc/sys/${path}: No such file or directory\n`)
        continue
      }
      if (at >= 0) {
        if (process.uid !== 0) {
          status = 255
          await process.stderr.write(`sysctl: permission denied on key "${path.replaceAll('/', '.')}"\n`)
          continue
        }
        sysctlChanges(world).set(
          path,
          word
            .slice(at + 1)
            .trim()
            .slice(0, 256),
        )
        if (path === 'kernel/hostname')
          world.hostname = word
            .slice(at + 1)
            .trim()
            .slice(0, 64)
        if (options.has('q')) continue
      }
      await process.stdout.write(`${show(path)}\n`)
    }
    return status
  },
})
