import type { Builtin } from '../machinery.ts'
import { compgen } from './compgen.ts'
import { cd, dirs, popd, pushd, pwd } from './directories.ts'
import { breakBuiltin, colon, continueBuiltin, evalBuiltin, exit, falseBuiltin, letBuiltin, returnBuiltin, source, trap } from './flow.ts'
import { help, tellingOfItself } from './help.ts'
import { acceptKeyboardSetting, caller, fc, history } from './history.ts'
import { mapfile, read } from './input.ts'
import { bg, disown, fg, jobs, kill, suspend, wait } from './job-control.ts'
import { alias, builtin, command, enable, hash, type, unalias } from './lookup.ts'
import { echo, printf } from './output.ts'
import { set, shopt, times, ulimit, umask } from './settings.ts'
import { test } from './test.ts'
import { declare, exportBuiltin, getopts, readonly, shift, unset } from './variables.ts'

/** Builtins that every shell of ours has. */
const COMMON: Readonly<Record<string, Builtin>> = {
  '.': source,
  ':': colon,
  '[': test,
  alias,
  bg,
  break: breakBuiltin,
  cd,
  command,
  continue: continueBuiltin,
  echo,
  eval: evalBuiltin,
  exit,
  export: exportBuiltin,
  false: falseBuiltin,
  fg,
  getopts,
  hash,
  jobs,
  kill,
  local: declare,
  printf,
  pwd,
  read,
  readonly,
  return: returnBuiltin,
  set,
  shift,
  test,
  times,
  trap,
  true: colon,
  type,
  ulimit,
  umask,
  unalias,
  unset,
  wait,
}

const BASH: Readonly<Record<string, Builtin>> = {
  ...COMMON,
  bind: acceptKeyboardSetting,
  builtin,
  caller,
  compgen,
  complete: acceptKeyboardSetting,
  compopt: acceptKeyboardSetting,
  declare,
  dirs,
  disown,
  enable,
  fc,
  help,
  history,
  let: letBuiltin,
  logout: exit,
  mapfile,
  popd,
  pushd,
  readarray: mapfile,
  shopt,
  source,
  suspend,
  typeset: declare,
}

const ASH: Readonly<Record<string, Builtin>> = { ...COMMON, help, history, let: letBuiltin, source }

const MKSH: Readonly<Record<string, Builtin>> = { ...COMMON, let: letBuiltin, source, typeset: declare }

/** Builtins to which `--help` is a word as any other. */
const TAKES_ANY_WORD: ReadonlySet<string> = new Set([':', '[', 'echo', 'false', 'test', 'true'])

/** The builtins of each shell; `exec` is part of running commands. */
export const BUILTINS: Readonly<Record<'bash' | 'dash' | 'ash' | 'mksh', ReadonlyMap<string, Builtin>>> = {
  bash: new Map(Object.entries(BASH).map(([name, builtin]) => [name, TAKES_ANY_WORD.has(name) ? builtin : tellingOfItself(name, builtin)])),
  dash: new Map(Object.entries(COMMON)),
  ash: new Map(Object.entries(ASH)),
  mksh: new Map(Object.entries(MKSH)),
}
