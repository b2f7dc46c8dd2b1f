import type { Process } from '../../command.ts'
import { versionOf } from './version.ts'

/** A wrong command line, in CPython's words. */
export class PythonOptionError extends Error {}

export interface PythonOptions {
  /** What is printed instead of running anything. */
  says?: string
  unbuffered: boolean
  /** `-i` */
  inspect: boolean
  what:
    | { kind: 'command'; code: string }
    | { kind: 'module'; name: string }
    | { kind: 'file'; path: string }
    | { kind: 'stdin'; name: string }
  args: readonly string[]
}

const FLAGS = 'bBdEhiIOPqRsStuvVWxX?'

/** Reads the command line as CPython 3.11 does (Python/getopt.c). @throws PythonOptionError */
export function pythonOptions(process: Process): PythonOptions {
  const words = process.argv.slice(1)
  const name = process.argv[0] ?? 'python3'
  const usage = `usage: ${name} [option] ... [-c cmd | -m mod | file | -] [arg] ...\nTry \`python -h' for more information.\n`
  const options = { unbuffered: Boolean(process.env.get('PYTHONUNBUFFERED')), inspect: false }
  let versions = 0
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === '-' || !word.startsWith('-')) {
      if (versions > 0) break
      return { ...options, what: word === '-' ? { kind: 'stdin', name: '-' } : { kind: 'file', path: word }, args: words.slice(i + 1) }
    }
    if (word === '--') {
      const [path, ...args] = words.slice(i + 1)
      return { ...options, what: path === undefined ? { kind: 'stdin', name: '' } : { kind: 'file', path }, args }
    }
    if (word === '--version') {
      versions++
      continue
    }
    if (word === '--help' || word === '-h' || word === '-?')
      return { ...options, says: helpText(name), what: { kind: 'stdin', name: '' }, args: [] }
    if (word === '--check-hash-based-pycs') {
      i++
      continue
    }
    if (word.startsWith('--')) throw new PythonOptionError(`unknown option ${word}\n${usage}`)
    for (let at = 1; at < word.length; at++) {
      const letter = word[at] as string
      if (letter === 'c' || letter === 'm' || letter === 'W' || letter === 'X') {
        const rest = word.slice(at + 1)
        const value = rest === '' ? words[++i] : rest
        if (value === undefined) throw new PythonOptionError(`Argument expected for the -${letter} option\n${usage}`)
        if (letter === 'c')
          return versions > 0
            ? said(process, options, versions)
            : { ...options, what: { kind: 'command', code: value }, args: words.slice(i + 1) }
        if (letter === 'm')
          return versions > 0
            ? said(process, options, versions)
            : { ...options, what: { kind: 'module', name: value }, args: words.slice(i + 1) }
        break
      }
      if (!FLAGS.includes(letter)) throw new PythonOptionError(`Unknown option: -${letter}\n${usage}`)
      if (letter === 'u') options.unbuffered = true
      else if (letter === 'i') options.inspect = true
      else if (letter === 'V') versions++
      else if (letter === 'h') return { ...options, says: helpText(name), what: { kind: 'stdin', name: '' }, args: [] }
    }
  }
  if (versions > 0) return said(process, options, versions)
  return { ...options, what: { kind: 'stdin', name: '' }, args: [] }
}

function said(process: Process, options: { unbuffered: boolean; inspect: boolean }, times: number): PythonOptions {
  const { number, long } = versionOf(process)
  return { ...options, says: `Python ${times > 1 ? long : number}\n`, what: { kind: 'stdin', name: '' }, args: [] }
}

function helpText(name: string): string {
  return `usage: ${name} [option] ... [-c cmd | -m mod | file | -] [arg] ...
Options (and corresponding environment variables):
-b     : issue warnings about str(bytes_instance), str(bytearray_instance)
         and comparing bytes/bytearray with str. (-bb: issue errors)
-B     : don't write .pyc files on import; also PYTHONDONTWRITEBYTECODE=x
-c cmd : program passed in as string (terminates option list)
-d     : turn on parser debugging output (for experts only, only works on
         debug builds); also PYTHONDEBUG=x
-E     : ignore PYTHON* environment variables (such as PYTHONPATH)
-h     : print this help message and exit (also -? or --help)
-i     : inspect interactively after running script; forces a prompt even
         if stdin does not appear to be a terminal; also PYTHONINSPECT=x
-I     : isolate Python from the user's environment (implies -E and -s)
-m mod : run library module as a script (terminates option list)
-O     : remove assert and __debug__-dependent statements; add .opt-1 before
         .pyc extension; also PYTHONOPTIMIZE=x
-OO    : do -O changes and also discard docstrings; add .opt-2 before
         .pyc extension
-P     : don't prepend a potentially unsafe path to sys.path; also PYTHONSAFEPATH
-q     : don't print version and copyright messages on interactive startup
-s     : don't add user site directory to sys.path; also PYTHONNOUSERSITE
-S     : don't imply 'import site' on initialization
-u     : force the stdout and stderr streams to be unbuffered;
         this option has no effect on stdin; also PYTHONUNBUFFERED=x
-v     : verbose (trace import statements); also PYTHONVERBOSE=x
         can be supplied multiple times to increase verbosity
-V     : print the Python version number and exit (also --version)
         when given twice, print more information about the build
-W arg : warning control; arg is action:message:category:module:lineno
         also PYTHONWARNINGS=arg
-x     : skip first line of source, allowing use of non-Unix forms of #!cmd
-X opt : set implementation-specific option
--check-hash-based-pycs always|default|never:
         control how Python invalidates hash-based .pyc files
--help-env      : print help about Python environment variables and exit
--help-xoptions : print help about implementation-specific -X options and exit
--help-all      : print complete help information and exit
Arguments:
file   : program read from script file
-      : program read from stdin (default; interactive mode if a tty)
arg ...: arguments passed to program in sys.argv[1:]
`
}
