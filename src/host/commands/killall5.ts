import { complain, gnuCommand } from './gnu/command.ts'
import { multiCall } from './gnu/multi-call.ts'
import pidof from './pidof.ts'

const killall5 = gnuCommand({
  name: 'killall5',
  package: 'sysvinit-utils',
  paths: ['/usr/sbin/killall5'],
  usage: '-SIGNAL [-o PID[,PID]...]...',
  rawArguments: true,
  applet: false,
  short: '',
  async run(process) {
    if (process.uid === 0) return 0
    await complain(process, 'only root can do that')
    return 1
  },
})

export default multiCall(killall5, [pidof])
