import type { SundewEvent } from '../../src/events/schema.ts'
import { uuid7 } from '../../src/events/uuid7.ts'

/** An event as the bus would publish it, of a redis visit unless `over` says otherwise. */
export function sampleEvent(over: Partial<SundewEvent> = {}): SundewEvent {
  return {
    id: uuid7(),
    time: Date.now(),
    sensor: 'test',
    lure: 'redis',
    standsFor: ['Redishoneypot'],
    persona: 'debian-web',
    transport: 'tcp',
    srcIp: '192.0.2.7',
    srcPort: 40123,
    dstIp: '198.51.100.1',
    dstPort: 6379,
    type: 'redis.command',
    data: { args: ['PING'] },
    ...over,
  }
}

const LISTING = `total 40
drwxr-xr-x  4 root root 4096 Mar  3 09:12 .
drwxr-xr-x 18 root root 4096 Jan 11 22:40 ..
-rw-------  1 root root 1342 Mar  3 09:12 .bash_history
-rw-r--r--  1 root root  571 Apr 10  2021 .bashrc
drwx------  2 root root 4096 Jan 11 22:44 .ssh
-rw-r--r--  1 root root 7821 Feb 17 14:02 backup.sql.gz
drwxr-xr-x  3 root root 4096 Feb  2 08:55 deploy
`

/** A turn of a shell with all that the engine says about it: some 1.2 KB as JSON. */
export function sampleTurn(over: Partial<SundewEvent> = {}): SundewEvent {
  return sampleEvent({
    lure: 'ssh',
    standsFor: ['Cowrie', 'Beelzebub'],
    dstPort: 22,
    type: 'turn',
    data: {
      input: 'ls -la /root; cat /root/.ssh/authorized_keys 2>/dev/null',
      output: LISTING,
      source: 'llm',
      exitCode: 0,
      durationMs: 812.4,
      kind: 'shell',
      generation: {
        persona: 'debian-web',
        promptVersion: '9f2c61aa',
        backend: 'http://127.0.0.1:11434',
        model: 'qwen3:4b-instruct',
        queuedMs: 0.2,
        firstTokenMs: 214.9,
        totalMs: 811.7,
        promptTokens: 1411,
        cachedTokens: 1280,
        outputTokens: 188,
      },
    },
    ...over,
  })
}
