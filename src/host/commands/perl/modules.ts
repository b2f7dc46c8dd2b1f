import { Died } from './control.ts'
import type { Interpreter } from './interpreter.ts'
import { MODULES } from './module-table.ts'
import { type Node, Unsupported } from './syntax.ts'
import { Code, PerlHash, Ref, type Scope, text, type Value } from './value.ts'

/** Modules that come with Perl and are not played here. */
const CORE =
  /^(?:App|Archive|Attribute|AutoLoader|autodie|B|Benchmark|big(?:int|num|rat)|CPAN|Class|Compress|Config|DB_File|Devel|DirHandle|Encode|Env|Errno|Exporter|Fcntl|File|FileHandle|Filter|Getopt|HTTP::Tiny|Hash|I18N|IO|IPC|JSON::PP|List|Locale|MIME|Math|Memoize|Module|Net::(?:Cmd|Config|Domain|FTP|NNTP|Netrc|POP3|Ping|SMTP|Time|hostent|netent)|Params|Perl(?:IO)?|Pod|Safe|Search|SelectSaver|Storable|Symbol|Sys|Term|Test|Text|Thread|threads|Tie|Time|UNIVERSAL|Unicode|User|charnames|experimental|fields|if|mro|overload|re|sigtrap|sort|subs|version)(?:::|$)/

/** `use MODULE LIST`: what it exports becomes the package's. Unknown modules end the program as Perl does. */
export async function useModule(p: Interpreter, node: Node & { type: 'use' }, scope: Scope, isRequired = false): Promise<void> {
  const { module } = node
  const { machine } = p
  if (/^v?\d/.test(module)) return
  if (module === 'strict') machine.strict = !node.no
  if (node.no) return
  const known = Object.hasOwn(MODULES, module) ? MODULES[module] : undefined
  if (!known) {
    if (CORE.test(module)) throw new Unsupported(module)
    const path = `${module.replaceAll('::', '/')}.pm`
    machine.setScalar('!', 'No such file or directory')
    throw new Died(
      `Can't locate ${path} in @INC (you may need to install the ${module} module) (@INC contains: /etc/perl /usr/local/lib/x86_64-linux-gnu/perl/5.36.0 /usr/local/share/perl/5.36.0 /usr/lib/x86_64-linux-gnu/perl5/5.36 /usr/share/perl5 /usr/lib/x86_64-linux-gnu/perl-base /usr/lib/x86_64-linux-gnu/perl/5.36 /usr/share/perl/5.36 /usr/local/lib/site_perl)${node.line > 0 ? ` at ${machine.file} line ${node.line}` : ''}.\n${isRequired ? '' : `BEGIN failed--compilation aborted${node.line > 0 ? ` at ${machine.file} line ${node.line}` : ''}.\n`}`,
    )
  }
  const args = node.args ? await p.list(node.args, scope) : undefined
  if (module === 'constant') return constants(p, args ?? [])
  if (module === 'parent' || module === 'base') {
    machine.array(`${machine.package}::ISA`).items.push(...(args ?? []).filter((value) => text(value) !== '-norequire'))
    return
  }
  if (module === 'POSIX' || !machine.modules.has(module)) machine.modules.add(module)
  const functions = known.functions?.(p) ?? {}
  for (const [name, native] of Object.entries(functions))
    machine.subs.set(`${module === 'IO::Socket' ? 'IO::Socket::INET' : module}::${name}`, new Code(`${module}::${name}`, module, native))
  const wanted = args ? args.map(text).filter((name) => /^\w+$/.test(name)) : (known.exports ?? [])
  for (const name of args?.some((value) => text(value).startsWith(':')) ? Object.keys(functions) : wanted) {
    const native = functions[name]
    if (native) machine.subs.set(`${machine.package}::${name}`, new Code(name, module, native))
  }
}

function constants(p: Interpreter, args: readonly Value[]): void {
  const [first, ...rest] = args
  const define = (name: string, values: Value[]): void =>
    void p.machine.subs.set(`${p.machine.package}::${name}`, new Code(name, p.machine.package, () => values))
  if (first instanceof Ref && first.to instanceof PerlHash) for (const [name, value] of first.to.map) define(name, [value])
  else define(text(first), rest)
}
