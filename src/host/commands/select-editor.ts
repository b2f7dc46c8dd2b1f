import { gnuCommand } from './gnu/command.ts'
import { rememberEditor } from './gnu/sensible-editor.ts'

export default gnuCommand({
  name: 'select-editor',
  package: 'sensible-utils',
  usage: '',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    await rememberEditor(process)
    return 0
  },
})
