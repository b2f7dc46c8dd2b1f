import { gnuCommand } from './gnu/command.ts'
import { statIfThere } from './gnu/tree.ts'

/** `see`, `edit`, `compose` and `print` are links to it. A server has nothing to show files with but pagers. */
export default gnuCommand({
  name: 'run-mailcap',
  package: 'mailcap',
  usage: '[--action=view] [file]...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    const [file] = process.argv.slice(1).filter((word) => !word.startsWith('-'))
    if (file === undefined) return 0
    const isText = /\.(txt|log|conf|c|h|sh|py)$/.test(file)
    const type = isText ? 'text/plain' : 'application/octet-stream'
    if (!isText) await process.stderr.write(`Warning: unknown mime-type for "${file}" -- using "${type}"\n`)
    if (!statIfThere(process, file)) {
      await process.stderr.write(`Error: no such file "${file}"\n`)
      return 2
    }
    if (isText) return process.run(['/usr/bin/less', file])
    await process.stderr.write(`Error: no "view" mailcap rules found for type "${type}"\n`)
    return 3
  },
})
