import { z } from 'zod'
import type { Visit } from '../../sensor/visit.ts'
import type { Mbap, ModbusRequest } from './codec.ts'
import { UMAS } from './umas.ts'

const Action = z.enum(['read', 'write', 'scan', 'stop', 'start', 'restart', 'upload', 'download'])
type Action = z.infer<typeof Action>

export const modbusEvents = {
  'modbus.request': z.object({
    transaction: z.number(),
    unit: z.number(),
    function: z.number(),
    name: z.string(),
    action: Action,
    address: z.number().optional(),
    quantity: z.number().optional(),
    /** What was written, the first 64. */
    values: z.array(z.number()).optional(),
    /** Exception code that was answered. */
    exception: z.number().optional(),
    /** The PDU in hex, its first 253 bytes being all. */
    raw: z.string(),
  }),
  /** A header that is none of Modbus. */
  'modbus.malformed': z.object({ length: z.number(), protocol: z.number() }),
}

const NAMES: Record<number, string> = {
  1: 'Read Coils',
  2: 'Read Discrete Inputs',
  3: 'Read Holding Registers',
  4: 'Read Input Registers',
  5: 'Write Single Coil',
  6: 'Write Single Register',
  7: 'Read Exception Status',
  8: 'Diagnostics',
  11: 'Get Comm Event Counter',
  12: 'Get Comm Event Log',
  15: 'Write Multiple Coils',
  16: 'Write Multiple Registers',
  17: 'Report Server ID',
  20: 'Read File Record',
  21: 'Write File Record',
  22: 'Mask Write Register',
  23: 'Read/Write Multiple Registers',
  24: 'Read FIFO Queue',
  43: 'Read Device Identification',
  90: 'UMAS',
}

/** ATT&CK for ICS: what the action is a sign of. */
const TECHNIQUES: Record<Action, string[]> = {
  read: ['attack:T0801'],
  write: ['attack:T0855', 'attack:T0836'],
  scan: ['attack:T0888'],
  stop: ['attack:T0858', 'attack:T0813'],
  start: ['attack:T0858'],
  restart: ['attack:T0816'],
  upload: ['attack:T0845'],
  download: ['attack:T0843'],
}

export function recordRequest(
  visit: Visit<typeof modbusEvents>,
  { transaction, unit }: Mbap,
  pdu: Buffer,
  request: ModbusRequest | undefined,
  exception: number | undefined,
): void {
  const code = pdu[0] ?? 0
  const name = request?.kind === 'umas' ? (UMAS[request.service] ?? 'UMAS') : (NAMES[code] ?? `Function ${code}`)
  const action = request ? actionOf(request) : 'scan'
  visit.record(
    'modbus.request',
    {
      transaction,
      unit,
      function: code,
      name,
      action,
      ...(request ? spanOf(request) : {}),
      ...(exception === undefined ? {} : { exception }),
      raw: pdu.toString('hex'),
    },
    TECHNIQUES[action],
  )
}

function actionOf(request: ModbusRequest): Action {
  switch (request.kind) {
    case 'write-coils':
    case 'write-registers':
    case 'write-file':
    case 'mask-write':
    case 'read-write':
      return 'write'
    case 'plain':
    case 'identification':
      return 'scan'
    case 'diagnostics':
      return request.subFunction === 1 || request.subFunction === 4 ? 'restart' : 'scan'
    case 'umas':
      return umasAction(request.service)
    default:
      return 'read'
  }
}

function umasAction(service: number): Action {
  if (service === 0x40) return 'start'
  if (service === 0x41) return 'stop'
  if (service >= 0x30 && service <= 0x32) return 'upload'
  if (service >= 0x33 && service <= 0x35) return 'download'
  if (service === 0x23 || service === 0x25 || service === 0x71) return 'write'
  return service === 0x20 || service === 0x22 || service === 0x24 ? 'read' : 'scan'
}

function spanOf(request: ModbusRequest): { address?: number; quantity?: number; values?: number[] } {
  switch (request.kind) {
    case 'read-bits':
    case 'read-registers':
      return { address: request.address, quantity: request.quantity }
    case 'write-coils':
      return { address: request.address, quantity: request.bits.length, values: request.bits.slice(0, 64).map(Number) }
    case 'write-registers':
      return { address: request.address, quantity: request.values.length, values: request.values.slice(0, 64) }
    case 'read-write':
      return { address: request.writeAddress, quantity: request.values.length, values: request.values.slice(0, 64) }
    case 'mask-write':
      return { address: request.address, quantity: 1, values: [request.and, request.or] }
    case 'read-fifo':
      return { address: request.address }
    default:
      return {}
  }
}
