import { FAULT, RpcFault, type RpcInterface } from '../../sensor/dcerpc/association.ts'
import { NdrReader, NdrWriter } from '../../sensor/dcerpc/ndr.ts'

const TCP = 7
const NTLM = 10
const NEGOTIATE = 9
const OR_INVALID_OXID = 0x776

/** IObjectExporter (MS-DCOM 3.1.2.5.1): ServerAlive2 tells names and addresses to anybody. */
export function objectExporter({ name, address }: { name: string; address: string }): RpcInterface {
  return {
    name: 'IObjectExporter',
    uuid: '99fcfec4-5260-101b-bbcb-00aa0021347a',
    major: 0,
    operations: { 0: 'ResolveOxid', 1: 'SimplePing', 2: 'ComplexPing', 3: 'ServerAlive', 4: 'ResolveOxid2', 5: 'ServerAlive2' },
    call(opnum, stub) {
      switch (opnum) {
        case 0:
        case 4: {
          new NdrReader(stub).u64()
          const output = new NdrWriter().u32(0).bytes(Buffer.alloc(16)).u32(0)
          if (opnum === 4) output.u32(0)
          return output.u32(OR_INVALID_OXID).done()
        }
        case 1:
        case 3:
          return new NdrWriter().u32(0).done()
        case 5:
          return serverAlive2(name, address)
        default:
          throw new RpcFault(FAULT.OP_RANGE)
      }
    },
  }
}

/** COMVERSION 5.7 and a DUALSTRINGARRAY: where the machine is reached, and how one may prove oneself. */
function serverAlive2(name: string, address: string): Buffer {
  const units: number[] = []
  const text = (value: string): void => {
    for (const unit of Buffer.from(value, 'latin1')) units.push(unit)
    units.push(0)
  }
  for (const where of new Set([name, address])) {
    units.push(TCP)
    text(where)
  }
  units.push(0)
  const securityAt = units.length
  for (const service of [NTLM, NEGOTIATE]) {
    units.push(service, 0xffff)
    text('')
  }
  units.push(0)
  const output = new NdrWriter().u16(5).u16(7).pointer().u32(units.length).u16(units.length).u16(securityAt)
  for (const unit of units) output.u16(unit)
  return output.u32(0).u32(0).done()
}

/** The interfaces that activate objects, through which MS03-026 and MS04-012 came: they take the call and refuse it. */
export function activation(): RpcInterface[] {
  const refusing = (name: string, uuid: string, operations: Record<number, string>): RpcInterface => ({
    name,
    uuid,
    major: 0,
    operations,
    call: () => {
      throw new RpcFault(FAULT.ACCESS_DENIED)
    },
  })
  return [
    refusing('IRemoteActivation', '4d9f4ab8-7d1c-11cf-861e-0020af6e7c57', { 0: 'RemoteActivation' }),
    refusing('ISystemActivator', '000001a0-0000-0000-c000-000000000046', { 3: 'RemoteGetClassObject', 4: 'RemoteCreateInstance' }),
  ]
}
