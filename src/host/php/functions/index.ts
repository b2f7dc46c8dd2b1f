import { ARRAYS } from './arrays.ts'
import { CALLS } from './calls.ts'
import { CODING } from './coding.ts'
import { FILES } from './files.ts'
import { INFORMATION } from './information.ts'
import type { Natives } from './native.ts'
import { NUMBERS } from './numbers.ts'
import { REGEX } from './regex.ts'
import { SHOWING } from './showing.ts'
import { SORTING } from './sorting.ts'
import { STREAMS } from './streams.ts'
import { STRINGS } from './strings.ts'
import { SYSTEM } from './system.ts'
import { TIME } from './time.ts'
import { TYPES } from './types.ts'

/** PHP's functions by their names in small letters. */
export const NATIVE: Natives = {
  ...ARRAYS,
  ...CALLS,
  ...CODING,
  ...FILES,
  ...INFORMATION,
  ...NUMBERS,
  ...REGEX,
  ...SHOWING,
  ...SORTING,
  ...STREAMS,
  ...STRINGS,
  ...SYSTEM,
  ...TIME,
  ...TYPES,
}

/** Which arguments a function takes as places; -1 = all from the third on. */
export const REFERENCES: Readonly<Record<string, readonly number[]>> = {
  sort: [0],
  rsort: [0],
  usort: [0],
  uasort: [0],
  uksort: [0],
  asort: [0],
  arsort: [0],
  ksort: [0],
  krsort: [0],
  shuffle: [0],
  natsort: [0],
  natcasesort: [0],
  array_push: [0],
  array_pop: [0],
  array_shift: [0],
  array_unshift: [0],
  array_splice: [0],
  array_walk: [0],
  reset: [0],
  end: [0],
  next: [0],
  prev: [0],
  current: [0],
  key: [0],
  each: [0],
  settype: [0],
  preg_match: [2],
  preg_match_all: [2],
  str_replace: [3],
  str_ireplace: [3],
  preg_replace_callback: [4],
  exec: [1, 2],
  system: [1],
  passthru: [1],
  fsockopen: [2, 3],
  pfsockopen: [2, 3],
  stream_socket_client: [1, 2],
  proc_open: [2],
  openssl_sign: [1],
  similar_text: [2],
  parse_str: [1],
  is_callable: [2],
  sscanf: [-1],
  getopt: [2],
  stream_select: [0, 1, 2],
  pcntl_wait: [0],
  pcntl_waitpid: [1],
  flock: [2],
}

/** Functions that want objects as they are; others get what `__toString` gives. */
export const OBJECT_AWARE: ReadonlySet<string> = new Set([
  ...Object.keys(ARRAYS),
  ...Object.keys(CALLS),
  ...Object.keys(SHOWING),
  ...Object.keys(SORTING),
  ...Object.keys(TYPES),
  'json_encode',
  'serialize',
  'unserialize',
])

/** Functions whose first argument is an array that they call `$array`. */
export const ARRAY_FIRST: ReadonlySet<string> = new Set([
  'array_keys',
  'array_values',
  'array_flip',
  'array_filter',
  'array_slice',
  'array_splice',
  'array_sum',
  'array_product',
  'array_reverse',
  'array_unique',
  'array_pop',
  'array_push',
  'array_shift',
  'array_unshift',
  'array_key_first',
  'array_key_last',
  'array_rand',
  'array_chunk',
  'array_pad',
  'array_column',
  'array_count_values',
  'array_reduce',
  'array_walk',
  ...Object.keys(SORTING).filter((name) => name !== 'strnatcmp'),
])
