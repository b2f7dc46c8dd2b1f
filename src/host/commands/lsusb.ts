import { gnuCommand } from './gnu/command.ts'

export default gnuCommand({
  name: 'lsusb',
  package: 'usbutils',
  version: 'lsusb (usbutils) 014',
  usage: '[options]...',
  short: 'vs:d:D:tVh',
  async run(process) {
    const { virtualization } = process.world.persona.hardware
    const rows =
      virtualization === 'none'
        ? [
            'Bus 002 Device 001: ID 1d6b:0003 Linux Foundation 3.0 root hub',
            'Bus 001 Device 003: ID 0557:2419 ATEN International Co., Ltd Virtual mouse/keyboard device',
            'Bus 001 Device 001: ID 1d6b:0002 Linux Foundation 2.0 root hub',
          ]
        : [
            'Bus 001 Device 002: ID 0627:0001 Adomax Technology Co., Ltd QEMU USB Tablet',
            'Bus 001 Device 001: ID 1d6b:0001 Linux Foundation 1.1 root hub',
          ]
    await process.stdout.write(`${rows.join('\n')}\n`)
    return 0
  },
})
