import { complain, gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'stty',
  usage: ['[-F DEVICE | --file=DEVICE] [SETTING]...', '[-F DEVICE | --file=DEVICE] [-a|--all]', '[-F DEVICE | --file=DEVICE] [-g|--save]'],
  about: 'Print or change terminal characteristics.',
  authors: 'David MacKenzie',
  rawArguments: true,
  short: '',
  async run(process) {
    const { terminal } = process
    const words = process.argv.slice(1)
    if (!terminal) {
      await complain(process, "'standard input': Inappropriate ioctl for device")
      return 1
    }
    if (words.length === 0) {
      await process.stdout.write('speed 38400 baud; line = 0;\n-brkint -imaxbel\n')
      return 0
    }
    if (words.includes('size')) {
      await process.stdout.write(`${terminal.rows} ${terminal.columns}\n`)
      return 0
    }
    if (words.includes('-g') || words.includes('--save')) {
      await process.stdout.write('500:5:bf:8a3b:3:1c:7f:15:4:0:1:0:11:13:1a:0:12:f:17:16:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0\n')
      return 0
    }
    if (words.includes('-a') || words.includes('--all')) {
      await process.stdout.write(`speed 38400 baud; rows ${terminal.rows}; columns ${terminal.columns}; line = 0;
intr = ^C; quit = ^\\; erase = ^?; kill = ^U; eof = ^D; eol = <undef>;
eol2 = <undef>; swtch = <undef>; start = ^Q; stop = ^S; susp = ^Z; rprnt = ^R;
werase = ^W; lnext = ^V; discard = ^O; min = 1; time = 0;
-parenb -parodd -cmspar cs8 -hupcl -cstopb cread -clocal -crtscts
-ignbrk -brkint -ignpar -parmrk -inpck -istrip -inlcr -igncr icrnl ixon -ixoff
-iuclc -ixany -imaxbel -iutf8
opost -olcuc -ocrnl onlcr -onocr -onlret -ofill -ofdel nl0 cr0 tab0 bs0 vt0 ff0
isig icanon iexten echo echoe echok -echonl -noflsh -xcase -tostop -echoprt
echoctl echoke -flusho -extproc
`)
      return 0
    }
    for (const word of words) {
      if (word === '-echo') terminal.setMode('no-echo')
      else if (word === 'raw') terminal.setMode('raw')
      else if (word === 'echo' || word === 'sane' || word === 'cooked' || word === '-raw') terminal.setMode('cooked')
      else if (!/^(-?[a-z0-9]+|[0-9a-f:]+|\^.)$/.test(word)) {
        await complain(process, `invalid argument '${word}'`)
        await process.stderr.write("Try 'stty --help' for more information.\n")
        return 1
      }
    }
    return 0
  },
})
