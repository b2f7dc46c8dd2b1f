import { AUTH_TYPE, PAYLOAD } from './codec.ts'
import { COMPLETION, type Command, type CommandTable, Completion, PRIVILEGE } from './command.ts'
import { SUITES } from './keys.ts'
import { SOL_BYTES, SolConsole } from './sol.ts'

/** The channel that all of this comes over. */
const LAN_CHANNEL = 1
const CURRENT_CHANNEL = 0x0e
const NAME_BYTES = 16

/** Network function App (chapters 20 to 24). */
export const appCommands: CommandTable = {
  '06/01': {
    name: 'Get Device ID',
    privilege: PRIVILEGE.user,
    action: 'scan',
    run({ bmc: { machine } }) {
      const [major, minor] = machine.firmware
      const ids = Buffer.alloc(5)
      ids.writeUIntLE(machine.manufacturer, 0, 3)
      ids.writeUInt16LE(machine.product, 3)
      return [0x20, 1, major, minor, 2, machine.deviceSupport, ...ids, ...machine.auxiliary]
    },
  },
  '06/02': {
    name: 'Cold Reset',
    privilege: PRIVILEGE.administrator,
    action: 'restart',
    run({ bmc }) {
      bmc.reset()
      return []
    },
  },
  '06/03': {
    name: 'Warm Reset',
    privilege: PRIVILEGE.administrator,
    action: 'restart',
    run({ bmc }) {
      bmc.reset()
      return []
    },
  },
  '06/04': read('Get Self Test Results', () => [0x55, 0]),
  '06/06': { name: 'Set ACPI Power State', privilege: PRIVILEGE.administrator, action: 'write', least: 2, run: () => [] },
  '06/07': read('Get ACPI Power State', ({ bmc }) => [bmc.isOn ? 0 : 5, 0]),
  '06/08': read('Get Device GUID', ({ bmc }) => bmc.machine.guid),
  '06/25': read('Get Watchdog Timer', () => [0, 0, 0, 0, 0, 0, 0, 0]),
  '06/2f': read('Get BMC Global Enables', () => [0x09]),
  '06/37': { name: 'Get System GUID', privilege: PRIVILEGE.none, action: 'scan', run: ({ bmc }) => bmc.machine.guid },
  '06/38': {
    name: 'Get Channel Authentication Capabilities',
    privilege: PRIVILEGE.none,
    action: 'scan',
    least: 2,
    run({ data }) {
      const channel = data[0]! & 0x0f
      if (channel !== LAN_CHANNEL && channel !== CURRENT_CHANNEL) throw new Completion(COMPLETION.invalidData)
      if ((data[1]! & 0x0f) === 0 || (data[1]! & 0x0f) > PRIVILEGE.administrator + 1) throw new Completion(COMPLETION.invalidData)
      const types = (1 << AUTH_TYPE.md5) | (1 << AUTH_TYPE.password)
      const isNew = (data[0]! & 0x80) !== 0
      // No KG; only users with names; both versions.
      return [LAN_CHANNEL, isNew ? 0x80 | types : types, 0x04, isNew ? 0x03 : 0, 0, 0, 0, 0]
    },
  },
  '06/3b': {
    name: 'Set Session Privilege Level',
    privilege: PRIVILEGE.callback,
    action: 'login',
    least: 1,
    run({ data, caller }) {
      const wanted = data[0]! & 0x0f
      if (wanted === PRIVILEGE.callback || wanted > PRIVILEGE.administrator + 1) throw new Completion(0x80)
      if (wanted > caller.limit) throw new Completion(0x81)
      if (wanted !== 0) caller.privilege = wanted
      return [caller.privilege]
    },
  },
  '06/3d': {
    name: 'Get Session Info',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run: ({ caller }) => [1, 15, 1, caller.user, caller.privilege, 0x10 | LAN_CHANNEL],
  },
  '06/41': { name: 'Get Channel Access', privilege: PRIVILEGE.user, action: 'read', least: 2, run: () => [0x02, PRIVILEGE.administrator] },
  '06/42': {
    name: 'Get Channel Info',
    privilege: PRIVILEGE.user,
    action: 'read',
    least: 1,
    run({ data }) {
      const channel = data[0]! & 0x0f
      if (channel === 0) return [0, 1, 1, 0, 0xf2, 0x1b, 0, 0, 0]
      if (channel !== LAN_CHANNEL && channel !== CURRENT_CHANNEL) throw new Completion(COMPLETION.invalidData)
      return [LAN_CHANNEL, 4, 1, 0x80, 0xf2, 0x1b, 0, 0, 0]
    },
  },
  '06/43': {
    name: 'Set User Access',
    privilege: PRIVILEGE.administrator,
    action: 'write',
    least: 3,
    run({ bmc, data }) {
      bmc.changeUser(slotOf(data[1]!, bmc.machine.maxUsers), (user) => {
        user.privilege = data[2]! & 0x0f
      })
      return []
    },
  },
  '06/44': {
    name: 'Get User Access',
    privilege: PRIVILEGE.operator,
    action: 'read',
    least: 2,
    run({ bmc, data }) {
      const id = slotOf(data[1]!, bmc.machine.maxUsers)
      const user = bmc.users.find((one) => one.id === id)
      const enabled = bmc.users.filter((one) => one.enabled).length
      const access = user?.enabled ? 0x30 | user.privilege : PRIVILEGE_NO_ACCESS
      return [bmc.machine.maxUsers, enabled | (user?.enabled ? 0x40 : 0x80), 1, access]
    },
  },
  '06/45': {
    name: 'Set User Name',
    privilege: PRIVILEGE.administrator,
    action: 'write',
    least: 1 + NAME_BYTES,
    run({ bmc, data }) {
      const name = untilNul(data.subarray(1, 1 + NAME_BYTES))
      if (bmc.users.some((user) => user.name === name && name !== '')) throw new Completion(COMPLETION.invalidData)
      bmc.changeUser(slotOf(data[0]!, bmc.machine.maxUsers), (user) => {
        user.name = name
      })
      return []
    },
  },
  '06/46': {
    name: 'Get User Name',
    privilege: PRIVILEGE.operator,
    action: 'read',
    least: 1,
    run({ bmc, data }) {
      const id = slotOf(data[0]!, bmc.machine.maxUsers)
      const name = Buffer.alloc(NAME_BYTES)
      name.write(bmc.users.find((one) => one.id === id)?.name ?? '', 'latin1')
      return name
    },
  },
  '06/47': {
    name: 'Set User Password',
    privilege: PRIVILEGE.administrator,
    action: 'write',
    least: 2,
    run({ bmc, data }) {
      const [operation, given] = [data[1]! & 3, data.subarray(2, 22)]
      const id = slotOf(data[0]! & 0x3f, bmc.machine.maxUsers)
      const user = bmc.users.find((one) => one.id === id)
      if (operation === 3) {
        if (!user || untilNul(given) !== user.password) throw new Completion(0x80)
        return []
      }
      if (operation === 2 && given.length < NAME_BYTES) throw new Completion(COMPLETION.shortRequest)
      bmc.changeUser(id, (one) => {
        if (operation === 2) one.password = untilNul(given)
        else one.enabled = operation === 1
      })
      return []
    },
  },
  '06/48': {
    name: 'Activate Payload',
    privilege: PRIVILEGE.operator,
    action: 'login',
    least: 6,
    run({ bmc, data, caller, port }) {
      if ((data[0]! & 0x3f) !== PAYLOAD.sol || caller.session === 0) throw new Completion(COMPLETION.invalidData)
      if (!bmc.hasSol) throw new Completion(PAYLOAD_DISABLED)
      if (caller.sol) throw new Completion(PAYLOAD_STATE)
      caller.sol = new SolConsole(bmc)
      // Largest packets each way, the port, no VLAN.
      return [0, 0, 0, 0, SOL_BYTES, 0, SOL_BYTES, 0, port & 0xff, port >> 8, 0xff, 0xff]
    },
  },
  '06/49': {
    name: 'Deactivate Payload',
    privilege: PRIVILEGE.operator,
    action: 'write',
    run({ caller }) {
      if (!caller.sol) throw new Completion(PAYLOAD_STATE)
      delete caller.sol
      return []
    },
  },
  '06/4a': read('Get Payload Activation Status', ({ caller }) => [1, caller.sol ? 1 : 0, 0]),
  '06/4d': read('Get User Payload Access', () => [0, 0, 0, 0]),
  '06/54': {
    name: 'Get Channel Cipher Suites',
    privilege: PRIVILEGE.none,
    action: 'scan',
    least: 3,
    run({ data }) {
      const all = Buffer.concat([...SUITES].map(([id, one]) => suiteRecord(id, one.authentication, one.integrity, one.confidentiality)))
      const from = (data[2]! & 0x3f) * 16
      return Buffer.concat([Buffer.from([LAN_CHANNEL]), all.subarray(from, from + 16)])
    },
  },
}

const PRIVILEGE_NO_ACCESS = 0x0f
/** Completion codes of the payload commands: active already, or not at all; switched off. */
const PAYLOAD_STATE = 0x80
const PAYLOAD_DISABLED = 0x81

function read(name: string, run: Command['run']): Command {
  return { name, privilege: PRIVILEGE.user, action: 'read', run }
}

function slotOf(byte: number, slots: number): number {
  const id = byte & 0x3f
  if (id === 0 || id > slots) throw new Completion(COMPLETION.invalidData)
  return id
}

function suiteRecord(id: number, authentication: number, integrity: number, confidentiality: number): Buffer {
  return Buffer.from([
    0xc0,
    id,
    authentication,
    ...(integrity ? [0x40 | integrity] : [0x40]),
    ...(confidentiality ? [0x80 | confidentiality] : [0x80]),
  ])
}

function untilNul(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return bytes.subarray(0, end < 0 ? bytes.length : end).toString('latin1')
}
