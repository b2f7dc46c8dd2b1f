import type { Machine } from '../machine.ts'
import type { Value } from '../value.ts'
import { accountModule, groupModule } from './accounts.ts'
import { base64Module, binasciiModule } from './base64.ts'
import { builtinsModule } from './builtins.ts'
import { childModule } from './child.ts'
import { requestModule } from './fetch.ts'
import { cryptModule, hashlibModule, hmacModule } from './hashes.ts'
import { ioModule } from './io.ts'
import { jsonModule } from './json.ts'
import { mathModule } from './math.ts'
import { osModule, osPathModule } from './os.ts'
import { randomModule } from './random.ts'
import { reModule } from './re.ts'
import { socketModule } from './socket.ts'
import { structModule } from './struct.ts'
import { sysModule } from './sys.ts'
import { errnoModule, gcModule, statModule, tracebackModule } from './system.ts'
import { timeModule } from './time.ts'
import { zlibModule } from './zlib.ts'

/** What a module of ours has, made anew for each program. */
type NativeModule = (m: Machine) => Iterable<readonly [string, Value]>

/** Modules in TypeScript; those in Python lie in lib/. Names with an underscore are what the latter stand on. */
export const NATIVE_MODULES: Readonly<Record<string, NativeModule>> = {
  _child: childModule,
  _fetch: requestModule,
  _random: randomModule,
  base64: base64Module,
  binascii: binasciiModule,
  builtins: builtinsModule,
  crypt: cryptModule,
  errno: errnoModule,
  gc: gcModule,
  grp: groupModule,
  hashlib: hashlibModule,
  hmac: hmacModule,
  io: ioModule,
  json: jsonModule,
  math: mathModule,
  os: osModule,
  'os.path': osPathModule,
  posix: osModule,
  posixpath: osPathModule,
  pwd: accountModule,
  re: reModule,
  socket: socketModule,
  stat: statModule,
  struct: structModule,
  sys: sysModule,
  time: timeModule,
  traceback: tracebackModule,
  zlib: zlibModule,
}
