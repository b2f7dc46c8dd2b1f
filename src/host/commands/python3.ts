import { KernelProcess } from '../process/kernel-process.ts'
import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'python3',
  package: 'python3',
  paths: ['/usr/bin/python3.11', '/usr/bin/python3', '/usr/bin/python3.10', '/usr/bin/python3.12'],
  usage: '[option] ... [-c cmd | -m mod | file | -] [arg] ...',
  applet: false,
  rawArguments: true,
  short: '',
  // A hundred modules that most visitors never call: they are read when the first one does.
  run: async (process) => (process instanceof KernelProcess ? (await import('./python/interpreter.ts')).python(process) : 1),
})
