import type { HostText } from '../command.ts'
import { HostError } from '../contract.ts'
import { attributesOf, attributeText } from './gnu/attributes.ts'
import { complain, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'lsattr',
  package: 'e2fsprogs',
  usage: '[-RVadlpv] [files...]',
  showsUsage: true,
  applet: false,
  short: 'RVadlpv',
  async run(process, options) {
    let status = 0
    const show = async (path: HostText): Promise<void> => {
      try {
        if (process.files.lstat(path).type === 'symlink') {
          await complain(process, `Operation not supported While reading flags on ${path}`)
          return
        }
        await process.stdout.write(`${attributeText(attributesOf(process, path))} ${path}\n`)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await complain(process, `${error.message} while trying to stat ${path}`)
        status = 1
      }
    }
    const folder = async (path: HostText): Promise<void> => {
      const names = [...(options.has('a') ? ['.', '..'] : []), ...process.files.list(path).sort()]
      for (const name of names) {
        if (name.startsWith('.') && !options.has('a')) continue
        const inside = `${path}/${name}`
        await show(inside)
        if (options.has('R') && name !== '.' && name !== '..' && process.files.lstat(inside).type === 'directory') {
          await process.stdout.write(`\n${inside}:\n`)
          await folder(inside)
          await process.stdout.write('\n')
        }
      }
    }
    for (const path of options.operands.length ? options.operands : ['.']) {
      try {
        if (process.files.stat(path).type === 'directory' && !options.has('d')) await folder(path)
        else await show(path)
      } catch (error) {
        if (!(error instanceof HostError)) throw error
        await complain(process, `${error.message} while trying to stat ${path}`)
        status = 1
      }
    }
    return status
  },
})
