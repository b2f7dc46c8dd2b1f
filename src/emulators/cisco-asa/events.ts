import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'
import { webEvents } from '../../http/index.ts'

/** What the cisco-asa lure writes down besides the sensor's own events. */
export const asaEvents = {
  ...webEvents('cisco-asa'),
  /** A request that uses a known hole; `detail` is what it brought. */
  'cisco-asa.exploit': z.object({ step: z.string(), detail: Evidence }),
  /** An AnyConnect client, as its config-auth says of itself. */
  'cisco-asa.anyconnect': z.object({
    type: Evidence,
    version: Evidence.optional(),
    deviceId: Evidence.optional(),
    deviceType: Evidence.optional(),
    platform: Evidence.optional(),
    uniqueId: Evidence.optional(),
    mac: Evidence.optional(),
    group: Evidence.optional(),
  }),
  /** The portal was used with the session of a login. */
  'cisco-asa.session': z.object({
    user: z.string(),
    /** Address inside that its proxy was to fetch. */
    wanted: Evidence.optional(),
  }),
  'cisco-asa.ike': z.object({
    /** 1, 2; 0 = no message of ISAKMP. */
    version: z.number(),
    exchange: z.string(),
    /** Transforms that IKEv1 offers. */
    transforms: z.number().optional(),
    vendorIds: z.array(z.string()),
    /** Tunnel group that aggressive mode names. */
    group: Evidence.optional(),
    answered: z.string().optional(),
    /** Why it got no answer. */
    refused: z.string().optional(),
    /** The hash that the asker was given, as hashcat cracks it into the group's key. */
    given: z.object({ mode: z.number(), line: z.string() }).optional(),
  }),
  /** A fragment in Cisco's payload 132. */
  'cisco-asa.fragment': z.object({
    version: z.number(),
    id: z.number(),
    sequence: z.number(),
    last: z.boolean(),
    /** Length that the payload announces, header included. */
    length: z.number(),
    bytes: Evidence,
  }),
}
export type AsaEvents = typeof asaEvents
