import { z } from 'zod'
import { Evidence, evidence } from '../../events/bytes.ts'
import type { Witness as Recorder } from '../../sensor/visit.ts'
import type { CipAnswer, CipRequest } from './cip.ts'
import { COMMAND, type Encapsulation } from './encapsulation.ts'

const Action = z.enum(['read', 'write', 'scan', 'stop', 'start', 'restart', 'connect'])
type Action = z.infer<typeof Action>

export const enipEvents = {
  /** An encapsulated message. The context tells scanners apart. */
  'enip.command': z.object({ command: z.number(), name: z.string(), context: z.string(), bytes: z.number() }),
  'enip.request': z.object({
    service: z.number(),
    name: z.string(),
    action: Action,
    class: z.number().optional(),
    instance: z.number().optional(),
    attribute: z.number().optional(),
    tag: Evidence.optional(),
    /** Whether it went through the backplane to the controller. */
    routed: z.boolean(),
    /** Of the request, in hex. */
    data: z.string(),
    /** General status of the answer. */
    status: z.number(),
  }),
  'enip.malformed': z.object({ message: z.string() }),
}

const SERVICES: Record<number, string> = {
  1: 'Get_Attributes_All',
  3: 'Get_Attribute_List',
  5: 'Reset',
  6: 'Start',
  7: 'Stop',
  10: 'Multiple_Service_Packet',
  14: 'Get_Attribute_Single',
  16: 'Set_Attribute_Single',
  76: 'Read_Tag',
  77: 'Write_Tag',
  78: 'Forward_Close',
  82: 'Read_Tag_Fragmented',
  83: 'Write_Tag_Fragmented',
  84: 'Forward_Open',
  85: 'Get_Instance_Attribute_List',
  91: 'Large_Forward_Open',
}

/** ATT&CK for ICS: what the action is a sign of. */
const TECHNIQUES: Record<Action, string[]> = {
  read: ['attack:T0801', 'attack:T0861'],
  write: ['attack:T0855', 'attack:T0836'],
  scan: ['attack:T0888'],
  stop: ['attack:T0858', 'attack:T0813'],
  start: ['attack:T0858'],
  restart: ['attack:T0816'],
  connect: [],
}

const COMMAND_NAMES = new Map<number, string>(Object.entries(COMMAND).map(([name, code]) => [code, name]))

export function recordCommand(visit: Recorder<typeof enipEvents>, { command, context, data }: Encapsulation): void {
  const name = COMMAND_NAMES.get(command) ?? 'unknown'
  const isListing = name.startsWith('list')
  visit.record('enip.command', { command, name, context: context.toString('hex'), bytes: data.length }, isListing ? ['attack:T0846'] : [])
}

export function recordRequest(visit: Recorder<typeof enipEvents>, request: CipRequest, routed: boolean, { status }: CipAnswer): void {
  const { service, path, data } = request
  const action = actionOf(request)
  visit.record(
    'enip.request',
    {
      service,
      name: SERVICES[service] ?? `service ${service}`,
      action,
      ...(path.class === undefined ? {} : { class: path.class }),
      ...(path.instance === undefined ? {} : { instance: path.instance }),
      ...(path.attribute === undefined ? {} : { attribute: path.attribute }),
      ...(path.symbol ? { tag: evidence(Buffer.from(path.symbol.slice(0, 256), 'latin1')) } : {}),
      routed,
      data: data.subarray(0, 256).toString('hex'),
      status,
    },
    TECHNIQUES[action],
  )
}

function actionOf({ service, path }: CipRequest): Action {
  if (path.symbol) return service === 0x4d || service === 0x53 ? 'write' : 'read'
  if (service === 0x05) return 'restart'
  if (service === 0x06) return 'start'
  if (service === 0x07) return 'stop'
  if (service === 0x10) return 'write'
  return path.class === 6 ? 'connect' : 'scan'
}
