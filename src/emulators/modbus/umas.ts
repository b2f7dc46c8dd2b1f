import type { Controller } from './controller.ts'

/** Services of Schneider's UMAS, as its engineering software and published analyses of it name them. */
export const UMAS: Record<number, string> = {
  1: 'INIT_COMM',
  2: 'READ_ID',
  3: 'READ_PROJECT_INFO',
  4: 'READ_PLC_INFO',
  6: 'READ_CARD_INFO',
  10: 'REPEAT',
  16: 'TAKE_PLC_RESERVATION',
  17: 'RELEASE_PLC_RESERVATION',
  18: 'KEEP_ALIVE',
  32: 'READ_MEMORY_BLOCK',
  34: 'READ_VARIABLES',
  35: 'WRITE_VARIABLES',
  36: 'READ_COILS_REGISTERS',
  37: 'WRITE_COILS_REGISTERS',
  48: 'INITIALIZE_UPLOAD',
  49: 'UPLOAD_BLOCK',
  50: 'END_STRATEGY_UPLOAD',
  51: 'INITIALIZE_DOWNLOAD',
  52: 'DOWNLOAD_BLOCK',
  53: 'END_STRATEGY_DOWNLOAD',
  57: 'READ_ETH_MASTER_DATA',
  64: 'START_PLC',
  65: 'STOP_PLC',
  80: 'MONITOR_PLC',
  88: 'CHECK_PLC',
  112: 'READ_IO_OBJECT',
  113: 'WRITE_IO_OBJECT',
  115: 'GET_STATUS_MODULE',
}

const OK = 0xfe
const REFUSED = 0xfd
/** Longest PDU that this processor takes, as INIT_COMM says. */
const FRAME_BYTES = 1021

/** The answer after function and session: a status and the service's data. */
export function answerUmas({ session, service, data }: { session: number; service: number; data: Buffer }, controller: Controller): Buffer {
  const { plant } = controller
  switch (service) {
    case 0x01:
      return ok(initialisation(controller))
    case 0x02:
      return ok(identification(controller))
    case 0x03:
      return ok(project(controller))
    case 0x04:
    case 0x58:
      return ok(status(controller))
    case 0x0a:
      return ok(data)
    case 0x10:
      if (controller.reservedBy && controller.reservedBy !== session) return refuse(0x01)
      controller.reservedBy = 1 + (controller.nameplate.serial % 254)
      return ok(Buffer.from([controller.reservedBy]))
    case 0x11:
      controller.reservedBy = 0
      return ok()
    case 0x12:
      return ok()
    case 0x40:
      plant.write('CPU_RUN', 1)
      return ok()
    case 0x41:
      plant.write('CPU_RUN', 0)
      return ok()
    default:
      return refuse(0x80)
  }
}

function ok(data: Buffer = Buffer.alloc(0)): Buffer {
  return Buffer.concat([Buffer.from([OK]), data])
}

function refuse(reason: number): Buffer {
  return Buffer.from([REFUSED, reason, 0x80])
}

function initialisation({ nameplate }: Controller): Buffer {
  const host = Buffer.from(nameplate.project.host)
  const head = Buffer.alloc(7)
  head.writeUInt16LE(FRAME_BYTES, 0)
  head.writeUInt16LE(firmware(nameplate.revision), 2)
  return Buffer.concat([head, Buffer.from([host.length]), host])
}

/** Family, hardware, firmware, and the name with its length in the 33rd byte of the whole frame. */
function identification({ nameplate }: Controller): Buffer {
  const name = Buffer.from(nameplate.product)
  const head = Buffer.alloc(22)
  head.writeUInt16LE(0x3010, 0)
  head.writeUInt32LE(nameplate.hardware, 2)
  head.writeUInt16LE(firmware(nameplate.revision), 8)
  head.writeUInt32LE(nameplate.serial, 12)
  head.writeUInt16LE(1, 20)
  return Buffer.concat([head, Buffer.from([name.length]), name])
}

function project({ nameplate, plant }: Controller): Buffer {
  const { name, signature } = nameplate.project
  const head = Buffer.alloc(16)
  head.writeUInt32LE(signature, 1)
  head.writeUInt32LE(plant.state.controller.startedAt >>> 0, 8)
  return Buffer.concat([head, Buffer.from(`${name}\0`)])
}

/** RUN is 2, STOP is 1. */
function status({ isRunning, nameplate }: Controller): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32LE(nameplate.project.signature, 0)
  bytes[8] = isRunning ? 2 : 1
  return bytes
}

/** `v2.70` as 0x0270. */
function firmware(revision: string): number {
  return Number.parseInt(revision.replace(/[^0-9]/g, ''), 16)
}
