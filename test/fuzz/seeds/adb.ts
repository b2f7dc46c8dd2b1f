import { encode } from '../../../src/emulators/adb/codec.ts'
import { head, message } from '../../../src/emulators/adb/sync-codec.ts'

const packet = (command: string, arg0: number, arg1: number, payload: Uint8Array | string = ''): Buffer =>
  encode({ command, arg0, arg1, payload: Buffer.from(payload as string) }, true)

const hello = packet('CNXN', 0x01000001, 0x100000, 'host::features=shell_v2,cmd,stat_v2')
/** Streams of a new process count from what the install's seed gives; the mutator finds others. */
const FIRST = 60

export default [
  Buffer.concat([hello, packet('OPEN', 1, 0, 'shell,v2,TERM=xterm,raw:id; getprop ro.product.model\0'), packet('OKAY', 1, FIRST)]),
  Buffer.concat([hello, packet('OPEN', 1, 0, 'shell:cd /data/local/tmp; echo x > y; sh y\0'), packet('CLSE', 1, FIRST)]),
  Buffer.concat([
    hello,
    packet('OPEN', 1, 0, 'sync:\0'),
    packet(
      'WRTE',
      1,
      FIRST,
      Buffer.concat([message('SEND', Buffer.from('/sdcard/x,33188')), message('DATA', Buffer.from('abc')), head('DONE', 1)]),
    ),
    packet('WRTE', 1, FIRST, Buffer.concat([message('STA2', Buffer.from('/')), message('LIST', Buffer.from('/sdcard')), head('QUIT', 0)])),
  ]),
  Buffer.concat([hello, packet('OPEN', 1, 0, "exec:cmd package 'install' -S 8\0"), packet('WRTE', 1, FIRST, 'PK\x05\x06aaaa')]),
  Buffer.concat([packet('CNXN', 0x01000000, 4096, 'host::\0'), packet('AUTH', 3, 0, 'QUJD user@host\0'), packet('STLS', 0x01000000, 0)]),
  Buffer.concat([
    hello,
    packet('OPEN', 1, 0, 'reverse:forward:tcp:1;tcp:2\0'),
    packet('OPEN', 2, 0, 'root:\0'),
    packet('OPEN', 3, 0, 'tcp:80\0'),
  ]),
]
