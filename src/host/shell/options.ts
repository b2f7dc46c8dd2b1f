/** `set -o` names with their letters; those without a letter can be set by name only. */
export const SET_OPTIONS: Readonly<Record<string, string>> = {
  allexport: 'a',
  braceexpand: 'B',
  emacs: '',
  errexit: 'e',
  errtrace: 'E',
  functrace: 'T',
  hashall: 'h',
  histexpand: 'H',
  history: '',
  ignoreeof: '',
  'interactive-comments': '',
  keyword: 'k',
  monitor: 'm',
  noclobber: 'C',
  noexec: 'n',
  noglob: 'f',
  nolog: '',
  notify: 'b',
  nounset: 'u',
  onecmd: 't',
  physical: 'P',
  pipefail: '',
  posix: '',
  privileged: 'p',
  verbose: 'v',
  vi: '',
  xtrace: 'x',
}

/** `shopt` options of bash 5.2 with their defaults in a script. */
export const SHOPT_DEFAULTS: Readonly<Record<string, boolean>> = {
  autocd: false,
  assoc_expand_once: false,
  cdable_vars: false,
  cdspell: false,
  checkhash: false,
  checkjobs: false,
  checkwinsize: true,
  cmdhist: true,
  compat31: false,
  compat32: false,
  compat40: false,
  compat41: false,
  compat42: false,
  compat43: false,
  compat44: false,
  complete_fullquote: true,
  direxpand: false,
  dirspell: false,
  dotglob: false,
  execfail: false,
  expand_aliases: false,
  extdebug: false,
  extglob: false,
  extquote: true,
  failglob: false,
  force_fignore: true,
  globasciiranges: true,
  globskipdots: true,
  globstar: false,
  gnu_errfmt: false,
  histappend: false,
  histreedit: false,
  histverify: false,
  hostcomplete: true,
  huponexit: false,
  inherit_errexit: false,
  interactive_comments: true,
  lastpipe: false,
  lithist: false,
  localvar_inherit: false,
  localvar_unset: false,
  login_shell: false,
  mailwarn: false,
  no_empty_cmd_completion: false,
  nocaseglob: false,
  nocasematch: false,
  noexpand_translation: false,
  nullglob: false,
  patsub_replacement: true,
  progcomp: true,
  progcomp_alias: false,
  promptvars: true,
  restricted_shell: false,
  shift_verbose: false,
  sourcepath: true,
  varredir_close: false,
  xpg_echo: false,
}

/** The switches of one shell. */
export class Options {
  readonly #set: Set<string>
  readonly #shopt: Map<string, boolean>

  constructor(set: Iterable<string>, shopt: Iterable<[string, boolean]> = Object.entries(SHOPT_DEFAULTS)) {
    this.#set = new Set(set)
    this.#shopt = new Map(shopt)
  }

  has(name: string): boolean {
    return this.#set.has(name)
  }

  set(name: string, on: boolean): void {
    if (on) this.#set.add(name)
    else this.#set.delete(name)
  }

  shopt(name: string): boolean {
    return this.#shopt.get(name) ?? false
  }

  setShopt(name: string, on: boolean): void {
    this.#shopt.set(name, on)
  }

  knowsShopt(name: string): boolean {
    return this.#shopt.has(name)
  }

  get shoptNames(): string[] {
    return [...this.#shopt.keys()]
  }

  fork(): Options {
    return new Options(this.#set, this.#shopt)
  }

  /** The letters of `$-`, in the order in which bash keeps its flags. */
  letters(interactive: boolean, source: 'command' | 'stdin' | 'script'): string {
    const on = new Set([...this.#set].map((name) => SET_OPTIONS[name]))
    if (interactive) on.add('i')
    const letters = [...'abefhikmnptuvxBCEHPT'].filter((letter) => on.has(letter)).join('')
    return letters + (source === 'command' ? 'c' : source === 'stdin' ? 's' : '')
  }
}
