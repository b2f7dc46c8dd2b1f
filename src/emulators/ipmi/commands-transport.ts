import type { Bmc } from './bmc.ts'
import { COMPLETION, type CommandTable, Completion, PRIVILEGE } from './command.ts'
import { SUITES } from './keys.ts'

const REVISION = 0x11
const SOL_PORT = 8
const WRITABLE_LAN = new Set([3, 4, 6, 12, 13, 16, 20])

/** Parameters of the LAN configuration that a client asks for (table 23-4). */
const LAN: Record<number, (bmc: Bmc) => readonly number[]> = {
  0: () => [0],
  1: () => [0x14],
  2: () => [0x14, 0x14, 0x14, 0x14, 0],
  3: ({ machine }) => machine.address,
  4: () => [1],
  5: ({ machine }) => machine.mac.split(':').map((part) => Number.parseInt(part, 16)),
  6: () => [255, 255, 255, 0],
  7: () => [64, 0, 0x10],
  10: () => [0x02],
  11: () => [0],
  12: ({ machine: { address } }) => [address[0], address[1], address[2], 1],
  13: () => [0, 0x1c, 0x73, 0, 0, 0x99],
  14: () => [0, 0, 0, 0],
  15: () => [0, 0, 0, 0, 0, 0],
  16: () => [...Buffer.from('public'.padEnd(18, '\0'))],
  17: () => [0],
  20: () => [0, 0],
  21: () => [0],
  22: () => [SUITES.size],
  23: () => [0, ...SUITES.keys(), ...Array.from({ length: 16 - SUITES.size }, () => 0)],
  24: () => [0, ...Array.from({ length: 8 }, () => 0x44)],
}

/** Parameters of serial over LAN (table 26-5). */
const SOL: Record<number, readonly number[]> = {
  0: [0],
  1: [1],
  2: [0x02],
  3: [12, 96],
  4: [7, 50],
  5: [10],
  6: [10],
  7: [1],
  8: [0x6f, 0x02],
}

/** Network function Transport (chapters 23 and 26). */
export const transportCommands: CommandTable = {
  '0c/01': {
    name: 'Set LAN Configuration Parameters',
    privilege: PRIVILEGE.administrator,
    action: 'write',
    least: 3,
    run({ bmc, data }) {
      const parameter = data[1]!
      const shape = LAN[parameter]
      if (!shape) throw new Completion(COMPLETION.unsupportedParameter)
      if (parameter !== 0 && !WRITABLE_LAN.has(parameter)) throw new Completion(0x82)
      if (parameter !== 0 && data.length - 2 !== shape(bmc).length) throw new Completion(COMPLETION.shortRequest)
      if (parameter !== 0) bmc.set('lan', parameter, data.subarray(2))
      return []
    },
  },
  '0c/02': {
    name: 'Get LAN Configuration Parameters',
    privilege: PRIVILEGE.operator,
    action: 'read',
    least: 4,
    run({ bmc, data }) {
      const parameter = data[1]!
      const value = LAN[parameter]
      if (!value) throw new Completion(COMPLETION.unsupportedParameter)
      return [REVISION, ...(bmc.setting('lan', parameter) ?? value(bmc))]
    },
  },
  '0c/21': {
    name: 'Set SOL Configuration Parameters',
    privilege: PRIVILEGE.administrator,
    action: 'write',
    least: 3,
    run({ bmc, data }) {
      const parameter = data[1]!
      const known = SOL[parameter]
      if (!known) throw new Completion(COMPLETION.unsupportedParameter)
      if (data.length - 2 !== known.length) throw new Completion(COMPLETION.shortRequest)
      // 0 is the progress of the setting itself.
      if (parameter !== 0) bmc.set('sol', parameter, data.subarray(2))
      return []
    },
  },
  '0c/22': {
    name: 'Get SOL Configuration Parameters',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 4,
    run({ bmc, data, port }) {
      const value = data[1] === SOL_PORT ? [port & 0xff, port >> 8] : SOL[data[1]!]
      if (!value) throw new Completion(COMPLETION.unsupportedParameter)
      return [REVISION, ...(bmc.setting('sol', data[1]!) ?? value)]
    },
  },
}
