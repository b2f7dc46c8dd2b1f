import type { RpcInterface } from '../../../sensor/dcerpc/association.ts'
import type { NdrReader, NdrWriter } from '../../../sensor/dcerpc/ndr.ts'
import { CODE, Handles, type Operation, rpcInterface } from './interface.ts'

export interface Service {
  name: string
  displayName: string
  command: string
  isRunning: boolean
}

export interface ServiceAction {
  action: 'create' | 'start' | 'stop' | 'delete' | 'change'
  service: Service
}

export interface SvcctlSetup {
  /** Administrators only may look at services. */
  isAdministrator: boolean
  /** The services of the machine by lower-case name, as this source has left them. */
  services: Map<string, Service>
  makeHandle(): string
  /** A deed; for `start` whether the program comes up as a service does. */
  act(action: ServiceAction): boolean
}

type Handle = { manager: true } | { manager: false; service: Service }

const WIN32_OWN_PROCESS = 0x10
const STOPPED = 1
const RUNNING = 4
const SERVICES = 500

/** Service control manager (MS-SCMR 3.1.4): the way of psexec, of smbexec and of most worms that have a password. */
export function svcctl(setup: SvcctlSetup): RpcInterface {
  const { services, makeHandle, act } = setup
  const handles = new Handles<Handle>(makeHandle)
  const serviceOf = (input: NdrReader): Service | undefined => {
    const handle = handles.get(input.handle())
    return handle && !handle.manager ? handle.service : undefined
  }
  const isManager = (input: NdrReader): boolean => handles.get(input.handle())?.manager === true
  const openManager: Operation = (_, output) => {
    output.handle(setup.isAdministrator ? handles.open({ manager: true }) : Handles.NULL)
    return setup.isAdministrator ? CODE.OK : CODE.ACCESS_DENIED
  }
  const open =
    (read: (input: NdrReader) => string): Operation =>
    (input, output) => {
      const manages = isManager(input)
      const service = services.get(read(input).toLowerCase())
      output.handle(manages && service ? handles.open({ manager: false, service }) : Handles.NULL)
      return !manages ? CODE.INVALID_HANDLE : service ? CODE.OK : CODE.UNKNOWN_SERVICE
    }
  const create =
    (text: (input: NdrReader) => string, optional: (input: NdrReader) => string | undefined): Operation =>
    (input, output) => {
      const manages = isManager(input)
      const name = text(input)
      const displayName = optional(input) ?? name
      input.skipU32(4)
      const command = text(input)
      const exists = services.has(name.toLowerCase())
      const made = manages && !exists && services.size < SERVICES
      const service = { name, displayName, command, isRunning: false }
      if (made) {
        services.set(name.toLowerCase(), service)
        act({ action: 'create', service })
      }
      output.u32(0).handle(made ? handles.open({ manager: false, service }) : Handles.NULL)
      return made ? CODE.OK : exists ? CODE.SERVICE_EXISTS : CODE.INVALID_HANDLE
    }
  const start: Operation = (input) => {
    const service = serviceOf(input)
    if (!service) return CODE.INVALID_HANDLE
    service.isRunning = act({ action: 'start', service })
    return service.isRunning ? CODE.OK : CODE.SERVICE_TIMEOUT
  }
  return rpcInterface({
    name: 'svcctl',
    uuid: '367abb81-9844-35f1-ad32-98f038001003',
    major: 2,
    operations: {
      0: [
        'RCloseServiceHandle',
        (input, output) => {
          const known = handles.close(input.handle())
          output.handle(Handles.NULL)
          return known ? CODE.OK : CODE.INVALID_HANDLE
        },
      ],
      1: [
        'RControlService',
        (input, output) => {
          const service = serviceOf(input)
          const wasRunning = service?.isRunning === true
          if (service && wasRunning) {
            service.isRunning = false
            act({ action: 'stop', service })
          }
          writeStatus(output, false)
          return !service ? CODE.INVALID_HANDLE : wasRunning ? CODE.OK : CODE.SERVICE_NOT_ACTIVE
        },
      ],
      2: [
        'RDeleteService',
        (input) => {
          const service = serviceOf(input)
          if (!service) return CODE.INVALID_HANDLE
          services.delete(service.name.toLowerCase())
          act({ action: 'delete', service })
          return CODE.OK
        },
      ],
      6: [
        'RQueryServiceStatus',
        (input, output) => {
          const service = serviceOf(input)
          writeStatus(output, service?.isRunning === true)
          return service ? CODE.OK : CODE.INVALID_HANDLE
        },
      ],
      11: [
        'RChangeServiceConfigW',
        (input, output) => {
          const service = serviceOf(input)
          input.skipU32(3)
          const command = input.uniqueString()
          output.u32(0)
          if (!service) return CODE.INVALID_HANDLE
          if (command !== undefined) service.command = command
          act({ action: 'change', service })
          return CODE.OK
        },
      ],
      12: [
        'RCreateServiceW',
        create(
          (input) => input.wideString(),
          (input) => input.uniqueString(),
        ),
      ],
      14: ['REnumServicesStatusW', (_, output) => enumServices(output)],
      15: ['ROpenSCManagerW', openManager],
      16: ['ROpenServiceW', open((input) => input.wideString())],
      17: [
        'RQueryServiceConfigW',
        (input, output) => {
          const service = serviceOf(input)
          output.u32(WIN32_OWN_PROCESS).u32(3).u32(0)
          for (const text of [service?.command ?? '', '']) output.string(text)
          output.u32(0)
          for (const text of ['', 'LocalSystem', service?.displayName ?? '']) output.string(text)
          output.flush().u32(0)
          return service ? CODE.OK : CODE.INVALID_HANDLE
        },
      ],
      19: ['RStartServiceW', start],
      24: [
        'RCreateServiceA',
        create(
          (input) => input.narrowString(),
          (input) => (input.u32() === 0 ? undefined : input.narrowString()),
        ),
      ],
      27: ['ROpenSCManagerA', openManager],
      28: ['ROpenServiceA', open((input) => input.narrowString())],
      31: ['RStartServiceA', start],
      64: ['ROpenSCManager2', openManager],
    },
  })
}

/** SERVICE_STATUS */
function writeStatus(output: NdrWriter, isRunning: boolean): void {
  output
    .u32(WIN32_OWN_PROCESS)
    .u32(isRunning ? RUNNING : STOPPED)
    .u32(isRunning ? 5 : 0)
    .u32(isRunning ? 0 : 1077)
  output.u32(0).u32(0).u32(0)
}

/** None fits: the list is told without its entries, as to a caller whose buffer is empty. */
function enumServices(output: NdrWriter): number {
  output.u32(0).u32(0).u32(0).u32(0)
  return CODE.OK
}
