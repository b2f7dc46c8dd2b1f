import type { Identity } from '../../config/identity.ts'

/** What a broker counts of its life; the rest of the world's traffic is drawn by the seed. */
export interface BrokerCounters {
  version: string
  /** UTC milliseconds. */
  startedAt: number
  connected: number
  received: number
  sent: number
  publishReceived: number
  publishSent: number
  bytesReceived: number
  bytesSent: number
  subscriptions: number
  retained: number
}

/** The `$SYS` topics of mosquitto 2.0 in its order (src/sys_tree.c), as they are at `now` (UTC milliseconds). */
export function sysTopics(counters: BrokerCounters, identity: Identity, now: number): [string, string][] {
  const uptime = Math.max(0, Math.floor((now - counters.startedAt) / 1000))
  const minutes = uptime / 60
  // Devices at home here send something every few seconds.
  const perMinute = identity.integer('mqtt/rate', 9, 60)
  const others = identity.integer('mqtt/clients', 4, 13)
  const sockets = identity.integer('mqtt/sockets', 2, 40) / 100
  const received = Math.floor(minutes * perMinute) + counters.received
  const sent = Math.floor(minutes * perMinute * 1.4) + counters.sent
  const publishReceived = Math.floor(minutes * perMinute * 0.8) + counters.publishReceived
  const publishSent = Math.floor(minutes * perMinute * 1.1) + counters.publishSent
  const total = others + counters.connected
  const heap = 41_000 + total * 1500 + counters.retained * 320
  const load = (name: string, rate: number): [string, string][] =>
    ['1min', '5min', '15min'].map((span, i) => [
      `load/${name}/${span}`,
      (rate * (1 + 0.06 * Math.sin(now / (47_000 * (i + 1) ** 2) + rate))).toFixed(2),
    ])
  const topics: [string, string | number][] = [
    ['version', `mosquitto version ${counters.version}`],
    ['uptime', `${uptime} seconds`],
    ['clients/total', total],
    ['clients/inactive', 0],
    ['clients/disconnected', 0],
    ['clients/active', total],
    ['clients/connected', total],
    ['clients/expired', 0],
    ['clients/maximum', others + 3 + counters.connected],
    ...load('messages/received', perMinute),
    ...load('messages/sent', perMinute * 1.4),
    ...load('publish/dropped', 0),
    ...load('publish/received', perMinute * 0.8),
    ...load('publish/sent', perMinute * 1.1),
    ...load('bytes/received', perMinute * 61),
    ...load('bytes/sent', perMinute * 88),
    ...load('sockets', sockets),
    ...load('connections', sockets),
    ['messages/stored', counters.retained + 50],
    ['messages/received', received],
    ['messages/sent', sent],
    ['store/messages/count', counters.retained + 50],
    ['store/messages/bytes', counters.retained * 96 + 190],
    ['subscriptions/count', others * 3 + counters.subscriptions],
    ['shared_subscriptions/count', 0],
    ['retained messages/count', counters.retained + 50],
    ['heap/current', heap],
    ['heap/maximum', heap + 22_408],
    ['publish/messages/dropped', 0],
    ['publish/messages/received', publishReceived],
    ['publish/messages/sent', publishSent],
    ['publish/bytes/received', publishReceived * 44],
    ['publish/bytes/sent', publishSent * 44],
    ['bytes/received', received * 61 + counters.bytesReceived],
    ['bytes/sent', sent * 63 + counters.bytesSent],
  ]
  return topics.map(([name, value]) => [`$SYS/broker/${name}`, String(value)])
}
