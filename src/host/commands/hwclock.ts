import { gnuCommand } from './gnu/command.ts'
import { localTime, strftime, zoneOf } from './gnu/strftime.ts'

/** The clock of the board goes with the system's: systemd-timesyncd and the kernel keep it so. */
export default gnuCommand({
  name: 'hwclock',
  package: 'util-linux-extra',
  paths: ['/usr/sbin/hwclock', '/sbin/hwclock'],
  usage: '[function] [option...]',
  about: '\nTime clocks utility.',
  applet: false,
  short: 'hrswaulf:vVD',
  long: {
    show: 'r',
    get: 'r',
    set: 'set',
    hctosys: 's',
    systohc: 'w',
    systz: 'systz',
    adjust: 'a',
    predict: 'predict',
    utc: 'u',
    localtime: 'l',
    rtc: 'f',
    directisa: 'directisa',
    date: 'date=',
    noadjfile: 'noadjfile',
    test: 'test',
    verbose: 'v',
  },
  async run(process, options) {
    const device = options.value('f') ?? '/dev/rtc0'
    if (!process.files.may('r', device)) {
      const hint = options.has('v') ? '' : 'hwclock: Use the --verbose option to see the details of our search for an access method.\n'
      await process.stderr.write(`hwclock: Cannot access the Hardware Clock via any known method.\n${hint}`)
      return 1
    }
    if (options.has('s', 'w', 'a', 'set', 'systz', 'predict')) return 0
    // It is read when its second begins; what is shown is when the program began.
    const began = process.world.now()
    await process.sleep(1000 - (began % 1000))
    const micros = String((began % 1000) * 1000 + (process.pid % 1000)).padStart(6, '0')
    const text = strftime(`%F %H:%M:%S.${micros}%z`, localTime(began, zoneOf(process))).replace(/(\d\d)$/, ':$1')
    await process.stdout.write(`${text}\n`)
    return 0
  },
})
