import type { CommandFile } from '../../command.ts'

/**
 * A program that every shell has built in (`/bin/echo`, `/usr/bin/[`): the host's own shell runs it, so that both are one.
 */
export function shellBuiltin(name: string, paths: readonly string[]): CommandFile {
  return {
    name,
    paths,
    package: 'base',
    applet: true,
    run: (process) => {
      const shell = process.world.persona.os.family === 'openwrt' ? '/bin/ash' : '/bin/bash'
      return process.run([shell, '-c', `${name} "$@"`, name, ...process.argv.slice(1)], { stdin: 'inherit' })
    },
  }
}
