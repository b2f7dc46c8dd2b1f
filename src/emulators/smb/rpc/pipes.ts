import { randomBytes } from 'node:crypto'
import { evidence } from '../../../events/bytes.ts'
import type { AssociationSetup, RpcInterface } from '../../../sensor/dcerpc/association.ts'
import type { Visit } from '../../../sensor/visit.ts'
import type { SmbEvents } from '../events.ts'
import type { SmbContext } from '../options.ts'
import type { Session } from '../session.ts'
import { ShellService } from './executed.ts'
import { lsarpc } from './lsarpc.ts'
import { samr } from './samr.ts'
import { srvsvc } from './srvsvc.ts'
import { svcctl } from './svcctl.ts'
import { wkssvc } from './wkssvc.ts'

/** First bytes of a call's arguments that an event keeps. */
const STUB_BYTES = 1024
/** A path longer than this is no path: NetprPathCanonicalize of MS08-067. */
const LONGEST_PATH = 260

/** What listens at a pipe of this name; undefined when nothing does. */
export function pipeSetup(name: string, visit: Visit<SmbEvents>, context: SmbContext, session: Session): AssociationSetup | undefined {
  const interfaces = interfacesOf(name, visit, context, session)
  if (!interfaces) return undefined
  return {
    interfaces,
    address: `\\PIPE\\${name}`,
    groupId: randomBytes(2).readUInt16LE() + 0x10000,
    onBind: ({ uuid, major, minor }, accepted, known) =>
      visit.record('smb.bind', { pipe: name, interface: `${uuid} ${major}.${minor}`, accepted, ...(known && { name: known }) }),
    onCall: ({ interface: called, opnum, operation, stub, fault }) =>
      visit.record('smb.call', {
        pipe: name,
        interface: called,
        opnum,
        stub: evidence(stub.subarray(0, STUB_BYTES)),
        ...(operation !== undefined && { operation }),
        ...(fault !== undefined && { fault }),
      }),
  }
}

function interfacesOf(name: string, visit: Visit<SmbEvents>, context: SmbContext, session: Session): RpcInterface[] | undefined {
  const { machine } = context.room
  const makeHandle = (): string => randomBytes(16).toString('hex')
  const { user, kind } = session.admission
  const server = (): RpcInterface =>
    srvsvc({
      machine,
      shares: () => session.shares,
      user,
      source: visit.source.ip,
      canonicalized: (path) => {
        if (path.length <= LONGEST_PATH) return
        const { sha256 } = visit.capture(Buffer.from(path, 'utf16le'), { how: 'smb.ms08-067' })
        visit.record('smb.exploit', { kind: 'ms08-067', detail: { units: path.length, sha256 } }, ['cve:CVE-2008-4250', 'attack:T1210'])
      },
    })
  switch (name) {
    case 'srvsvc':
      return [server()]
    case 'browser':
      return machine.shape === 'windows' ? [server()] : undefined
    case 'wkssvc':
      return [wkssvc(machine)]
    case 'samr':
      return [samr(machine, makeHandle)]
    case 'lsarpc':
    case 'lsass':
      return [lsarpc(machine, user, makeHandle), samr(machine, makeHandle)]
    case 'svcctl': {
      if (machine.shape === 'samba') {
        return [svcctl({ isAdministrator: false, services: new Map(), makeHandle, act: () => false })]
      }
      const shell = new ShellService(visit, context)
      const services = context.room.services.get(visit.source.ip) ?? new Map()
      context.room.services.set(visit.source.ip, services)
      return [svcctl({ isAdministrator: kind === 'user', services, makeHandle, act: (action) => shell.act(action) })]
    }
    default:
      return undefined
  }
}
