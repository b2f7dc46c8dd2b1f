import { gnuCommand } from './gnu/command.ts'
import { runEditor } from './gnu/sensible-editor.ts'

export default gnuCommand({
  name: 'sensible-editor',
  package: 'sensible-utils',
  usage: '[file]...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    return (await runEditor(process, process.argv[1] ?? '')).status
  },
})
