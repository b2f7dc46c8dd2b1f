import { encodeRequest } from '../../../src/emulators/memcached/codec.ts'

const lines = (...commands: string[]): Buffer => Buffer.from(commands.map((command) => `${command}\r\n`).join(''), 'latin1')

function packet(opcode: number, given: { key?: string; extras?: string; value?: string; cas?: bigint } = {}): Buffer {
  const { key = '', extras = '', value = '', cas = 0n } = given
  return encodeRequest({
    opcode,
    opaque: 0xdeadbeef,
    cas,
    extras: Buffer.from(extras, 'hex'),
    key: Buffer.from(key),
    value: Buffer.from(value),
  })
}

export default [
  lines('version', 'stats', 'stats items', 'stats cachedump 1 10', 'stats settings', 'stats slabs', 'lru_crawler metadump all', 'quit'),
  lines(
    'set a 5 100 3',
    'abc',
    'get a',
    'gets a b c',
    'add a 0 0 1',
    'x',
    'append a 0 0 2',
    '!!',
    'cas a 0 0 1 2',
    'z',
    'gat 10 a',
    'touch a 5',
    'delete a',
  ),
  lines(
    'set n 0 0 20',
    '18446744073709551615',
    'incr n 1',
    'decr n 18446744073709551615',
    'incr n x',
    'set n 0 0 1',
    'q',
    'incr n 1',
    'set b 0 0 3 noreply',
    'abc',
  ),
  lines(
    'ms m 2 T0 F5 c',
    'hi',
    'mg m s v t f k c O1 h l',
    'ma c N0 J13 v',
    'ma c MD D2 v',
    'ms m 2 MA',
    'yo',
    'md m q',
    'mn',
    'me m',
    'mg m N30 v',
  ),
  lines('flush_all 1 noreply', 'verbosity 1', 'slabs reassign 1 2', 'shutdown', 'GET / HTTP/1.1', ''),
  Buffer.concat([
    packet(0x0a),
    packet(0x01, { key: 'b', extras: '0000000700000000', value: 'val' }),
    packet(0x0c, { key: 'b' }),
    packet(0x05, { key: 'i', extras: '0000000000000001000000000000000500000000' }),
  ]),
  Buffer.concat([
    packet(0x10, { key: 'items' }),
    packet(0x10),
    packet(0x1d, { key: 'b', extras: '00000064' }),
    packet(0x0e, { key: 'b', value: '++' }),
    packet(0x04, { key: 'b' }),
    packet(0x21, { key: 'PLAIN', value: '\0a\0b' }),
  ]),
  Buffer.concat([
    packet(0x11, { key: 'q', extras: '0000000000000000', value: 'quiet' }),
    packet(0x0d, { key: 'q' }),
    packet(0x08),
    packet(0x07),
  ]),
  Buffer.concat([Buffer.from('0001000000010000', 'hex'), lines('stats')]),
]
