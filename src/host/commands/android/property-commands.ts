import type { CommandFile } from '../../command.ts'
import { properties, setProperty } from './properties.ts'

/** Android's tools for system properties and init's services. */
export const propertyCommands: readonly CommandFile[] = [
  {
    name: 'getprop',
    paths: [],
    async run({ argv, stdout, world }) {
      const [, name, fallback = ''] = argv
      const all = properties(world)
      if (name === undefined) await stdout.write([...all].map(([key, value]) => `[${key}]: [${value}]\n`).join(''))
      else await stdout.write(`${all.get(name) || fallback}\n`)
      return 0
    },
  },
  {
    name: 'setprop',
    paths: [],
    async run({ argv, stderr, world }) {
      const [, name, value] = argv
      if (name === undefined || value === undefined || argv.length > 3) {
        await stderr.write('usage: setprop NAME VALUE\n\nSets an Android system property.\n')
        return 1
      }
      if (setProperty(world, name, value)) return 0
      await stderr.write(`setprop: failed to set property '${name}' to '${value}'\n`)
      return 1
    },
  },
  ...(['start', 'stop'] as const).map(
    (name): CommandFile => ({
      name,
      paths: [],
      async run({ argv, stderr, uid, world }) {
        if (uid !== 0) {
          await stderr.write(`${name}: must be root\n`)
          return 1
        }
        for (const service of argv.slice(1)) setProperty(world, `init.svc.${service}`, name === 'start' ? 'running' : 'stopped')
        return 0
      },
    }),
  ),
]
