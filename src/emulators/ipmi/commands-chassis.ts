import type { Bmc } from './bmc.ts'
import { COMPLETION, type CommandTable, Completion, PRIVILEGE } from './command.ts'
import type { Sensor } from './machine.ts'
import { passedThresholds, rawReading, rawThresholds, thresholdMask } from './repository.ts'

const BOOT_PARAMETERS = 8
/** Stay off, as before, on; and a request that only asks which of them there are. */
const POLICY_NO_CHANGE = 3
const ALL_POLICIES = 0x07

/** Network functions Chassis (chapter 28) and Sensor/Event (chapters 29 and 35). */
export const chassisCommands: CommandTable = {
  '00/00': { name: 'Get Chassis Capabilities', privilege: PRIVILEGE.user, action: 'read', run: () => [0, 0x20, 0x20, 0x20, 0x20] },
  '00/01': {
    name: 'Get Chassis Status',
    privilege: PRIVILEGE.user,
    action: 'read',
    // Bits 5 and 6 are the power restore policy. Last event: power on by command when that was so.
    run: ({ bmc }) => [
      (bmc.restorePolicy << 5) | Number(bmc.isOn),
      bmc.restartCause === 1 ? 0x10 : 0,
      0x40 | (bmc.isIdentifying ? 0x10 : 0),
      0,
    ],
  },
  '00/02': {
    name: 'Chassis Control',
    privilege: PRIVILEGE.operator,
    action: 'stop',
    least: 1,
    run({ bmc, data }) {
      const action = data[0]! & 0x0f
      if (!bmc.isOn && (action === 2 || action === 3)) throw new Completion(0xd5)
      if (!bmc.control(action)) throw new Completion(COMPLETION.invalidData)
      return []
    },
  },
  '00/04': {
    name: 'Chassis Identify',
    privilege: PRIVILEGE.operator,
    action: 'write',
    run({ bmc, data }) {
      bmc.identify(data[0] ?? 15)
      return []
    },
  },
  '00/05': { name: 'Set Chassis Capabilities', privilege: PRIVILEGE.administrator, action: 'write', least: 5, run: () => [] },
  '00/06': {
    name: 'Set Power Restore Policy',
    privilege: PRIVILEGE.operator,
    action: 'write',
    least: 1,
    run({ bmc, data }) {
      const policy = data[0]! & 0x07
      if (policy > POLICY_NO_CHANGE) throw new Completion(COMPLETION.invalidData)
      if (policy !== POLICY_NO_CHANGE) bmc.setRestorePolicy(policy)
      return [ALL_POLICIES]
    },
  },
  '00/07': { name: 'Get System Restart Cause', privilege: PRIVILEGE.user, action: 'read', run: ({ bmc }) => [bmc.restartCause, 1] },
  '00/08': {
    name: 'Set System Boot Options',
    privilege: PRIVILEGE.operator,
    action: 'write',
    least: 1,
    run({ bmc, data }) {
      const parameter = data[0]! & 0x7f
      if (parameter >= BOOT_PARAMETERS) throw new Completion(COMPLETION.unsupportedParameter)
      bmc.set('bootOptions', parameter, data.subarray(1, 20))
      return []
    },
  },
  '00/09': {
    name: 'Get System Boot Options',
    privilege: PRIVILEGE.operator,
    action: 'read',
    least: 3,
    run({ bmc, data }) {
      const parameter = data[0]! & 0x7f
      if (parameter >= BOOT_PARAMETERS) throw new Completion(COMPLETION.unsupportedParameter)
      const sizes = [1, 1, 1, 1, 2, 5, 9, 17]
      return [1, parameter, ...(bmc.setting('bootOptions', parameter) ?? Buffer.alloc(sizes[parameter]!))]
    },
  },
  '00/0f': {
    name: 'Get POH Counter',
    privilege: PRIVILEGE.user,
    action: 'read',
    run({ bmc }) {
      const hours = Buffer.alloc(4)
      hours.writeUInt32LE(bmc.poweredHours)
      return [60, ...hours]
    },
  },
  '04/25': {
    name: 'Get Sensor Hysteresis',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run: ({ bmc, data }) => ofSensor(bmc, data, [2, 2]),
  },
  '04/26': {
    name: 'Set Sensor Thresholds',
    privilege: PRIVILEGE.operator,
    action: 'write',
    least: 8,
    run({ bmc, data }) {
      const sensor = sensorOf(bmc, data)
      const set = [...thresholdsOf(bmc, data[0]!, sensor)]
      if (data[1]! & ~thresholdMask(sensor)) throw new Completion(COMPLETION.invalidData)
      for (const i of set.keys()) if (data[1]! & (1 << i)) set[i] = data[2 + i]!
      bmc.set('thresholds', data[0]!, Buffer.from(set))
      return []
    },
  },
  '04/27': {
    name: 'Get Sensor Thresholds',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run({ bmc, data }) {
      const sensor = sensorOf(bmc, data)
      return [thresholdMask(sensor), ...thresholdsOf(bmc, data[0]!, sensor)]
    },
  },
  '04/29': {
    name: 'Get Sensor Event Enable',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run: ({ bmc, data }) => ofSensor(bmc, data, [0xc0, 0x95, 0x0a, 0x95, 0x0a]),
  },
  '04/2b': {
    name: 'Get Sensor Event Status',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run: ({ bmc, data }) => ofSensor(bmc, data, [0xc0, 0, 0, 0, 0]),
  },
  '04/2d': {
    name: 'Get Sensor Reading',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run({ bmc, data }) {
      const sensor = sensorOf(bmc, data)
      // What measures in the server's own supply cannot be read while it is off.
      if (!bmc.isOn && sensor.off === 0 && sensor.type !== 2) return [0, 0xe0, 0, 0]
      const value = bmc.measure(sensor, data[0]!)
      return [rawReading(sensor, value), 0xc0, 0xc0 | passedThresholds(sensor, value, thresholdsOf(bmc, data[0]!, sensor)), 0]
    },
  },
}

/** Raw thresholds of a sensor: what somebody has set, else its own. */
function thresholdsOf(bmc: Bmc, number: number, sensor: Sensor): readonly number[] {
  return [...(bmc.setting('thresholds', number) ?? rawThresholds(sensor))]
}

/** The same answer for every sensor that is there. */
function ofSensor(bmc: Bmc, data: Buffer, answer: readonly number[]): readonly number[] {
  sensorOf(bmc, data)
  return answer
}

function sensorOf(bmc: Bmc, data: Buffer): Sensor {
  const sensor = bmc.machine.sensors[data[0]! - 1]
  if (!sensor) throw new Completion(COMPLETION.notPresent)
  return sensor
}
