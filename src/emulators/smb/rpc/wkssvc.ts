import type { RpcInterface } from '../../../sensor/dcerpc/association.ts'
import type { Machine } from '../machine.ts'
import { CODE, rpcInterface } from './interface.ts'

/** Workstation service (MS-WKST 3.2.4): what computer this is, and who works at it. */
export function wkssvc(machine: Machine): RpcInterface {
  return rpcInterface({
    name: 'wkssvc',
    uuid: '6bffd098-a112-3610-9833-46c3f87e345a',
    major: 1,
    operations: {
      0: [
        'NetrWkstaGetInfo',
        (input, output) => {
          input.uniqueString()
          const level = input.u32()
          output.u32(level)
          if (level < 100 || level > 102) {
            output.u32(0)
            return CODE.INVALID_LEVEL
          }
          output.pointer().u32(500).string(machine.name).string(machine.workgroup).u32(machine.version.major).u32(machine.version.minor)
          if (level > 100) output.string('')
          if (level > 101) output.u32(1)
          return CODE.OK
        },
      ],
      2: [
        'NetrWkstaUserEnum',
        (input, output) => {
          input.uniqueString()
          const level = input.u32()
          output.u32(level).u32(level)
          if (level > 1) {
            output.u32(0).u32(0).u32(0)
            return CODE.INVALID_LEVEL
          }
          const administrator = machine.accounts[0]?.name ?? ''
          output.pointer().u32(1).pointer().u32(1).string(administrator)
          if (level === 1) output.string(machine.name).string('').string(machine.name)
          output.flush().u32(1).u32(0)
          return CODE.OK
        },
      ],
      // MS06-070 comes in here.
      22: ['NetrJoinDomain2', () => CODE.ACCESS_DENIED],
    },
  })
}
