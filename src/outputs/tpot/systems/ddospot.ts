import type { SundewEvent } from '../../../events/schema.ts'
import { bytesOf, textOf } from '../../event-text.ts'
import { dstEnds, type Fields, jsonSystem, spacedTime, unnamed } from '../system.ts'

/** Logstash knows the port of these four by the name of the file, and would add it to one that is there already. */
const FILES: Readonly<Record<string, string>> = { chargen: 'chargenpot', dns: 'dnspot', ntp: 'ntpot', upnp: 'ssdpot' }

const NTP_MODES: Readonly<Record<string, string>> = { time: 'DATA', control: 'CONTROL', private: 'MONLIST' }

export const ddospot = jsonSystem({
  system: 'Ddospot',
  folder: 'ddospot',
  file: ({ lure = '' }) => `log/${FILES[lure] ?? `${lure}pot`}.log`,
  base: (event) => ({ time: spacedTime(event, 6), ...address(event), session: event.session }),
  events: {
    'dns.query': ({ data }) => ({
      dns_name: textOf(data.name),
      dns_type: data.type,
      dns_cls: data.class,
      mode: data.vector,
      resp_size: data.potentialBytes,
    }),
    'ntp.request': ({ data }) => ({
      mode: NTP_MODES[String(data.kind)] ?? String(data.kind),
      req_code: data.code,
      resp_size: data.potentialBytes,
    }),
    'chargen.request': packet,
    'coap.request': (event) => ({ mode: event.data.method, path: textOf(event.data.path), resp_size: event.data.potentialBytes }),
    'memcached.udp-request': ({ data }) => ({ mode: textOf(data.name), resp_size: data.potentialBytes }),
    datagram: ({ data }) => ({
      req_size: data.requestBytes,
      resp_size: data.answerBytes,
      req_pkt: bytesOf(data.request).toString('base64'),
      withheld: data.withheld,
    }),
    'flood.start': (event) => attack('start', event),
    'flood.update': (event) => attack('update', event),
    'flood.end': (event) => attack('end', event),
  },
  rest: unnamed,
})

function packet({ data }: SundewEvent): Fields {
  const bytes = bytesOf(data.message)
  return { req_size: bytes.length, resp_size: data.potentialBytes, req_pkt: bytes.toString('base64') }
}

function attack(phase: string, { data }: SundewEvent): Fields {
  const { vector, request, victim, packets, bytes, amplification } = data
  const sizes = { packets, bytes, resp_size: data.potentialBytes, pps_peak: data.perSecond, amplification, duration: data.durationMs }
  return { mode: 'attack', attack: phase, attack_id: data.attack, vector, asked: request, victim, ...sizes }
}

function address(event: SundewEvent): Fields {
  if (FILES[event.lure ?? ''] !== undefined) return { src_ip: event.srcIp, src_port: event.srcPort }
  const { dst_ip: dest_ip, dst_port: dest_port, ...source } = dstEnds(event)
  return { ...source, dest_ip, dest_port }
}
