import { HYPERVISORS, machineIds, memory } from '../world/hardware.ts'
import { gnuCommand } from './gnu/command.ts'
import { askEngine } from './gnu/help.ts'

export default gnuCommand({
  name: 'dmidecode',
  package: 'dmidecode',
  paths: ['/usr/sbin/dmidecode'],
  usage: '[OPTIONS]',
  applet: false,
  short: 'd:hqs:t:H:uV',
  long: { string: 's', type: 't', quiet: 'q' },
  async run(process, options) {
    if (process.uid !== 0) {
      await process.stderr.write(
        "/sys/firmware/dmi/tables/smbios_entry_point: Permission denied\nCan't read memory from /dev/mem\n/dev/mem: Permission denied\n",
      )
      return 1
    }
    const { world } = process
    const { hardware } = world.persona
    const { productUuid, serial } = machineIds(world)
    const virtual = HYPERVISORS[hardware.virtualization]
    const strings: Record<string, string> = {
      'system-manufacturer': hardware.vendor,
      'system-product-name': hardware.product,
      'system-serial-number': serial,
      'system-uuid': productUuid,
      'bios-vendor': virtual ? virtual.vendor : hardware.vendor,
      'processor-version': hardware.cpu.model,
      'processor-manufacturer': hardware.cpu.vendor,
      'chassis-manufacturer': hardware.vendor,
      'baseboard-manufacturer': hardware.vendor,
      'baseboard-product-name': hardware.product,
    }
    const wanted = options.value('s')
    if (wanted !== undefined) {
      await process.stdout.write(`${strings[wanted] ?? 'Not Specified'}\n`)
      return 0
    }
    const types = options.values('t').flatMap((type) => type.split(','))
    const sections: [string[], string][] = [
      [
        ['1', 'system'],
        `Handle 0x0100, DMI type 1, 27 bytes\nSystem Information\n\tManufacturer: ${hardware.vendor}\n\tProduct Name: ${hardware.product}\n\tVersion: Not Specified\n\tSerial Number: ${serial}\n\tUUID: ${productUuid}\n\tWake-up Type: Power Switch\n\tSKU Number: Not Specified\n\tFamily: Not Specified\n`,
      ],
      [
        ['3', 'chassis'],
        `Handle 0x0300, DMI type 3, 22 bytes\nChassis Information\n\tManufacturer: ${hardware.vendor}\n\tType: Other\n\tLock: Not Present\n\tSerial Number: Not Specified\n`,
      ],
      [
        ['4', 'processor'],
        `Handle 0x0400, DMI type 4, 42 bytes\nProcessor Information\n\tSocket Designation: CPU 0\n\tType: Central Processor\n\tManufacturer: ${hardware.cpu.vendor}\n\tVersion: ${hardware.cpu.model}\n\tCurrent Speed: ${Math.round(hardware.cpu.mhz)} MHz\n\tStatus: Populated, Enabled\n\tCore Count: ${hardware.cpu.cores}\n\tCore Enabled: ${hardware.cpu.cores}\n\tThread Count: ${hardware.cpu.cores * hardware.cpu.threadsPerCore}\n`,
      ],
      [
        ['16', '17', 'memory'],
        `Handle 0x1100, DMI type 17, 40 bytes\nMemory Device\n\tArray Handle: 0x1000\n\tTotal Width: Unknown\n\tData Width: Unknown\n\tSize: ${Math.max(1, Math.round(memory(world).total / 1_048_576))} GB\n\tForm Factor: DIMM\n\tLocator: DIMM 0\n\tType: RAM\n`,
      ],
    ]
    const shown = sections.filter(([names]) => types.length === 0 || types.some((type) => names.includes(type)))
    if (shown.length === 0) {
      const answer = askEngine(process)
      if (answer) return answer
    }
    await process.stdout.write(
      `# dmidecode 3.4\nGetting SMBIOS data from sysfs.\nSMBIOS 2.8 present.\n${types.length === 0 ? '10 structures occupying 511 bytes.\nTable at 0x000F5A80.\n' : ''}\n${shown.map(([, text]) => text).join('\n')}\n`,
    )
    return 0
  },
})
