import type { HostFiles } from '../contract.ts'
import type { Value } from './value.ts'

/** Takes what a command prints, as it prints it. */
export type Sink = (text: string) => Promise<void> | void

/** What PHP code can see and do besides computing. All texts are bytes, one a character. */
export interface PhpMachine {
  version: string
  uname: string
  sapi?: 'cli' | 'fpm-fcgi'
  /** Loaded extensions, in the order of `php -m`. */
  modules?: readonly string[]
  /** Name of the code in messages: `/var/www/html/a.php`, `Command line code`. */
  file?: string
  /** Folder that the process is in. */
  cwd?: string
  /** Account that it runs as. */
  user?: string
  uid?: number
  gid?: number
  pid?: number
  /** `$_GET`, `$argv` …, by name without the dollar. */
  variables?: ReadonlyMap<string, Value>
  environment?: readonly (readonly [string, string])[]
  /** Settings of `-d name=value` over those of php.ini. */
  settings?: ReadonlyMap<string, string>
  /** Takes what is printed as it is printed; without it all is given back at the end. */
  print?: Sink
  /** Takes the lines that PHP logs: `PHP Warning:  …`. */
  complain?: Sink
  /** The rest of standard input. */
  input?: (() => Promise<string>) | undefined
  /** Runs a command as this user, and gives what it prints, if `sink` does not take that; without `run` system() and its kin print nothing. */
  run?: (command: string, sink?: Sink, cwd?: string) => Promise<string | { output: string; status: number }>
  files?: HostFiles
  /** Tries to connect. @returns the text of its failure; undefined = it was accepted */
  connect?: (host: string, port: number) => Promise<string | undefined>
  sleep?: (ms: number) => Promise<void>
  /** UTC milliseconds. */
  now?: () => number
  /** Accounts for a slice of work; the promise yields to others. */
  spend?: (steps: number) => Promise<void> | undefined
  /** Steps after which the script ends. */
  mostSteps?: number
  /** Further functions, by name in small letters. */
  functions?: Readonly<Record<string, (...args: Value[]) => Value>>
}
