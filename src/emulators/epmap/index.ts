/**
 * The endpoint mapper of a Windows machine, over port 135.
 *
 *   client: bind to e1af8308-… (epmapper)      us: bind_ack, secondary address 135   → epmap.bind
 *   client: ept_lookup, everything             us: some forty towers                 → epmap.lookup
 *   client: IObjectExporter::ServerAlive2      us: names and addresses               → epmap.call
 *   client: RemoteActivation (MS03-026)        us: a fault                           → epmap.call, artifact
 */
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Identity } from '../../config/identity.ts'
import type { Persona } from '../../config/persona.ts'
import { parseYaml } from '../../config/yaml.ts'
import { Evidence, evidence } from '../../events/bytes.ts'
import { Association, type RpcInterface } from '../../sensor/dcerpc/association.ts'
import { DcerpcError, encodeBindNak, HEADER_BYTES, MAX_FRAGMENT, parseHeader } from '../../sensor/dcerpc/pdu.ts'
import { defineLure } from '../../sensor/lure.ts'
import { ntlmAnswer } from './authentication.ts'
import { type Endpoint, epmapInterface } from './epmap-interface.ts'
import { activation, objectExporter } from './object-exporter.ts'

const PATIENCE_MS = 180_000
const CALLS = 2000
const STUB_BYTES = 1024
/** A call that nobody sends who only looks around. */
const LARGE_STUB = 600

const Entry = z.strictObject({ uuid: z.string(), major: z.number(), annotation: z.string(), bindings: z.array(z.string()) })
const ENTRIES = parseYaml('endpoints.yaml', readFileSync(new URL('endpoints.yaml', import.meta.url), 'utf8'), z.array(Entry))

const epmapEvents = {
  'epmap.bind': z.object({ interface: z.string(), name: z.string().optional(), accepted: z.boolean() }),
  'epmap.lookup': z.object({ operation: z.string(), interface: z.string().optional() }),
  'epmap.call': z.object({
    interface: z.string(),
    opnum: z.number(),
    operation: z.string().optional(),
    stub: Evidence,
    fault: z.number().optional(),
  }),
  'epmap.protocol-error': z.object({ message: z.string() }),
}

export default defineLure({
  name: 'epmap',
  standsFor: ['Dionaea'],
  about: 'DCE/RPC endpoint mapper and object exporter of Windows',
  profiles: ['standard', 'llm', 'mini', 'tarpit', 'windows'],
  ports: [{ transport: 'tcp', port: 135 }],
  options: z.strictObject({}),
  events: epmapEvents,

  start: ({ identity, persona }) => endpointsOf(identity, persona),

  async serve(visit, { room: endpoints, identity, persona }) {
    const name = persona.hostname.slice(0, 15).toUpperCase()
    const address = visit.local.ip.includes(':') ? '127.0.0.1' : visit.local.ip
    const interfaces: RpcInterface[] = [
      epmapInterface({
        endpoints,
        name,
        address,
        asked: ({ operation, uuid }) => visit.record('epmap.lookup', { operation, ...(uuid !== undefined && { interface: uuid }) }),
      }),
      objectExporter({ name, address }),
      ...activation(),
    ]
    const association = new Association({
      interfaces,
      address: '135',
      groupId: identity.integer('epmap/group', 0x1000, 0xffff),
      authenticate: ntlmAnswer(visit, persona),
      onBind: ({ uuid, major, minor }, accepted, known) =>
        visit.record('epmap.bind', { interface: `${uuid} ${major}.${minor}`, accepted, ...(known !== undefined && { name: known }) }),
      onCall: ({ interface: called, opnum, operation, stub, fault }) => {
        visit.record(
          'epmap.call',
          {
            interface: called,
            opnum,
            stub: evidence(stub.subarray(0, STUB_BYTES)),
            ...(operation !== undefined && { operation }),
            ...(fault !== undefined && { fault }),
          },
          called === 'IRemoteActivation' || called === 'ISystemActivator' ? ['attack:T1210'] : [],
        )
        if (stub.length > LARGE_STUB) visit.capture(stub, { how: 'epmap.call' })
      },
    })
    for (let calls = 0; calls < CALLS; calls++) {
      const pdu = await readPdu(visit)
      try {
        const answer = association.receive(pdu)
        if (answer.length) await visit.write(answer)
      } catch (error) {
        if (!(error instanceof DcerpcError)) throw error
        visit.record('epmap.protocol-error', { message: error.message })
        await visit.write(encodeBindNak(pdu.length >= HEADER_BYTES ? pdu.readUInt32LE(12) : 0, 4))
        return
      }
    }
  },
})

/** One PDU; of what has no header at all, its first sixteen bytes. */
async function readPdu(visit: { exactly(n: number, options?: { within?: number }): Promise<Buffer> }): Promise<Buffer> {
  const header = await visit.exactly(HEADER_BYTES, { within: PATIENCE_MS })
  try {
    const { length } = parseHeader(header)
    if (length > MAX_FRAGMENT * 2) return header
    return Buffer.concat([header, await visit.exactly(length - HEADER_BYTES, { within: PATIENCE_MS })])
  } catch (error) {
    if (error instanceof DcerpcError) return header
    throw error
  }
}

/** The table as this installation's boot has left it. */
function endpointsOf(identity: Identity, persona: Persona): Endpoint[] {
  const label = `epmap/${persona.name}`
  // Services get their ports in the order of their start, with a gap now and then.
  const ports: number[] = []
  for (let i = 0, port = 49152; i < 6; i++, port++) {
    if (i > 1 && identity.integer(`${label}/gap/${i}`, 0, 3) === 0) port++
    ports.push(port)
  }
  return ENTRIES.flatMap(({ uuid, major, annotation, bindings }) =>
    bindings.map((binding, i) => ({
      uuid,
      major,
      annotation,
      binding: binding
        .replace(/\{(\d)\}/, (_, n: string) => String(ports[Number(n)]))
        .replace('{lrpc}', `LRPC-${identity.hex(`${label}/lrpc/${uuid}/${i}`, 9).slice(0, 18)}`),
    })),
  )
}
