import { z } from 'zod'
import { Evidence } from '../../events/bytes.ts'

const message = { topic: Evidence, payload: Evidence, qos: z.number(), retain: z.boolean() }

/** What the mqtt lure writes down besides the sensor's own events. */
export const mqttEvents = {
  'mqtt.connect': z.object({
    clientId: Evidence,
    protocol: z.string(),
    /** 3 = 3.1, 4 = 3.1.1, 5 = 5.0. */
    level: z.number(),
    /** Seconds. */
    keepAlive: z.number(),
    cleanStart: z.boolean(),
    will: z.object(message).optional(),
    /** Pairs of version 5 that the client invented. */
    userProperties: z.array(z.tuple([Evidence, Evidence])).optional(),
    /** Of the CONNACK. */
    code: z.number(),
  }),
  'mqtt.subscribe': z.object({ filters: z.array(z.object({ filter: Evidence, qos: z.number() })) }),
  'mqtt.unsubscribe': z.object({ filters: z.array(Evidence) }),
  /** The payload is cut at 4 KiB; longer ones are artifacts. */
  'mqtt.publish': z.object({ ...message, size: z.number(), will: z.boolean() }),
  'mqtt.malformed': z.object({ message: z.string() }),
}
export type MqttEvents = typeof mqttEvents
