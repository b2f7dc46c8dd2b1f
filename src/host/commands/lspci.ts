import { gnuCommand } from './gnu/command.ts'

/** Boards by how the machine is made: class, device and revision as pci.ids names them. */
const BOARDS: Record<string, readonly [slot: string, kind: string, name: string][]> = {
  kvm: [
    ['00:00.0', 'Host bridge', 'Intel Corporation 82G33/G31/P35/P31 Express DRAM Controller'],
    ['00:01.0', 'VGA compatible controller', 'Device 1234:1111 (rev 02)'],
    ['00:1f.0', 'ISA bridge', 'Intel Corporation 82801IB (ICH9) LPC Interface Controller (rev 02)'],
    ['00:1f.2', 'SATA controller', 'Intel Corporation 82801IR/IO/IH (ICH9R/DO/DH) 6 port SATA Controller [AHCI mode] (rev 02)'],
    ['00:1f.3', 'SMBus', 'Intel Corporation 82801I (ICH9 Family) SMBus Controller (rev 02)'],
    ['06:03.0', 'Unclassified device [00ff]', 'Red Hat, Inc. Virtio memory balloon'],
    ['06:12.0', 'Ethernet controller', 'Red Hat, Inc. Virtio network device'],
    ['06:0a.0', 'SCSI storage controller', 'Red Hat, Inc. Virtio block device'],
  ],
  vmware: [
    ['00:00.0', 'Host bridge', 'Intel Corporation 440BX/ZX/DX - 82443BX/ZX/DX Host bridge (rev 01)'],
    ['00:01.0', 'PCI bridge', 'Intel Corporation 440BX/ZX/DX - 82443BX/ZX/DX AGP bridge (rev 01)'],
    ['00:07.0', 'ISA bridge', 'Intel Corporation 82371AB/EB/MB PIIX4 ISA (rev 08)'],
    ['00:07.1', 'IDE interface', 'Intel Corporation 82371AB/EB/MB PIIX4 IDE (rev 01)'],
    ['00:07.3', 'Bridge', 'Intel Corporation 82371AB/EB/MB PIIX4 ACPI (rev 08)'],
    ['00:07.7', 'System peripheral', 'VMware Virtual Machine Communication Interface (rev 10)'],
    ['00:0f.0', 'VGA compatible controller', 'VMware SVGA II Adapter'],
    ['00:10.0', 'SCSI storage controller', 'Broadcom / LSI 53c1030 PCI-X Fusion-MPT Dual Ultra320 SCSI (rev 01)'],
    ['0b:00.0', 'Ethernet controller', 'VMware VMXNET3 Ethernet Controller (rev 01)'],
  ],
  none: [
    ['00:00.0', 'Host bridge', 'Advanced Micro Devices, Inc. [AMD] Starship/Matisse Root Complex'],
    ['00:00.2', 'IOMMU', 'Advanced Micro Devices, Inc. [AMD] Starship/Matisse IOMMU'],
    ['00:14.0', 'SMBus', 'Advanced Micro Devices, Inc. [AMD] FCH SMBus Controller (rev 61)'],
    ['00:14.3', 'ISA bridge', 'Advanced Micro Devices, Inc. [AMD] FCH LPC Bridge (rev 51)'],
    ['02:00.0', 'Non-Volatile memory controller', 'Samsung Electronics Co Ltd NVMe SSD Controller S4LV008[Pascal]'],
    ['44:00.0', 'Ethernet controller', 'Intel Corporation Ethernet Controller 10-Gigabit X540-AT2 (rev 01)'],
  ],
}
const GPUS: readonly [RegExp, string][] = [
  [/A6000/, 'NVIDIA Corporation GA102GL [RTX A6000] (rev a1)'],
  [/A100/, 'NVIDIA Corporation GA100 [A100 SXM4 80GB] (rev a1)'],
  [/4090/, 'NVIDIA Corporation AD102 [GeForce RTX 4090] (rev a1)'],
  [/3090/, 'NVIDIA Corporation GA102 [GeForce RTX 3090] (rev a1)'],
  [/T4/, 'NVIDIA Corporation TU104GL [Tesla T4] (rev a1)'],
]

export default gnuCommand({
  name: 'lspci',
  package: 'pciutils',
  version: 'lspci version 3.9.0',
  usage: '[<switches>]',
  short: 'vknxbDPs:d:tmqQi:p:H:A:O:MFG',
  async run(process, options) {
    const { hardware, os } = process.world.persona
    if (os.family === 'openwrt') return 0
    const rows = [...(BOARDS[hardware.virtualization] ?? (BOARDS.kvm as (typeof BOARDS)[string]))]
    for (const [i, gpu] of hardware.gpus.entries()) {
      const slot = i === 0 ? '01' : '41'
      rows.push(
        [
          `${slot}:00.0`,
          'VGA compatible controller',
          GPUS.find(([pattern]) => pattern.test(gpu.model))?.[1] ?? `NVIDIA Corporation ${gpu.model} (rev a1)`,
        ],
        [`${slot}:00.1`, 'Audio device', 'NVIDIA Corporation GA102 High Definition Audio Controller (rev a1)'],
      )
    }
    rows.sort((a, b) => (a[0] < b[0] ? -1 : 1))
    for (const [slot, kind, name] of rows) {
      await process.stdout.write(`${options.has('D') ? '0000:' : ''}${slot} ${kind}: ${name}\n`)
      if (options.has('k') && kind.startsWith('VGA') && name.includes('NVIDIA'))
        await process.stdout.write('\tKernel driver in use: nvidia\n\tKernel modules: nvidiafb, nouveau, nvidia_drm, nvidia\n')
      if (options.has('v')) await process.stdout.write('\n')
    }
    return 0
  },
})
