import { BUILTIN_FUNCTIONS } from '../builtins/functions.ts'
import { BUILTIN_CLASSES } from '../builtins/makers.ts'
import { openFile } from '../builtins/open.ts'
import { execute } from '../builtins/source.ts'
import type { Machine } from '../machine.ts'
import { define } from '../signature.ts'
import { ELLIPSIS_VALUE, NOT_IMPLEMENTED, raise, T } from '../types.ts'
import { PyBuiltin, PyClass, PyInstance, type Value } from '../value.ts'
import '../types/str.ts'
import '../types/containers.ts'
import '../types/others.ts'

/** exit and quit of site.py. */
function quitter(name: string): Value {
  const cls = new PyClass('Quitter', [T.object], new Map(), true, T.type)
  cls.module = '_sitebuiltins'
  cls.dict.set(
    '__repr__',
    define('__repr__', 'self', () => `Use ${name}() or Ctrl-D (i.e. EOF) to exit`, true),
  )
  cls.dict.set(
    '__call__',
    define(
      '__call__',
      'self, code=',
      (_m, _self: Value, code: Value | undefined) => {
        throw code === undefined ? raise('SystemExit', null) : raise('SystemExit', code)
      },
      true,
    ),
  )
  return new PyInstance(cls)
}

/** copyright, credits, license and help say a text when they are shown. */
function saying(name: string, text: string): Value {
  const cls = new PyClass(name, [T.object], new Map(), true, T.type)
  cls.module = '_sitebuiltins'
  cls.dict.set(
    '__repr__',
    define('__repr__', 'self', () => text, true),
  )
  cls.dict.set(
    '__call__',
    define(
      '__call__',
      'self, *args',
      async (m: Machine) => {
        await m.stdout.writeText(`${text}\n`)
        return null
      },
      true,
    ),
  )
  return new PyInstance(cls)
}

const COPYRIGHT =
  'Copyright (c) 2001-2023 Python Software Foundation.\nAll Rights Reserved.\n\nCopyright (c) 2000 BeOpen.com.\nAll Rights Reserved.\n\nCopyright (c) 1995-2001 Corporation for National Research Initiatives.\nAll Rights Reserved.\n\nCopyright (c) 1991-1995 Stichting Mathematisch Centrum, Amsterdam.\nAll Rights Reserved.'
const CREDITS =
  '    Thanks to CWI, CNRI, BeOpen.com, Zope Corporation and a cast of thousands\n    for supporting Python development.  See www.python.org for more information.'

export function* builtinsModule(m: Machine): Iterable<readonly [string, Value]> {
  yield* BUILTIN_FUNCTIONS
  yield* BUILTIN_CLASSES
  yield ['NotImplemented', NOT_IMPLEMENTED]
  yield ['Ellipsis', ELLIPSIS_VALUE]
  yield ['__debug__', true]
  yield ['__build_class__', new PyBuiltin('__build_class__', () => null, T.builtin)]
  yield ['open', openFile]
  yield* execute
  yield ['exit', quitter('exit')]
  yield ['quit', quitter('quit')]
  yield ['copyright', saying('_Printer', COPYRIGHT)]
  yield ['credits', saying('_Printer', CREDITS)]
  yield ['license', saying('_Printer', 'Type license() to see the full license text')]
  yield ['help', saying('_Helper', 'Type help() for interactive help, or help(object) for help about object.')]
  void m
}
