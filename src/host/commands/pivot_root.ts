import { HostError } from '../contract.ts'
import { Failure, gnuCommand, Usage } from './gnu/command.ts'

/** A root that is the same file system as the old one cannot be changed for it. */
export default gnuCommand({
  name: 'pivot_root',
  package: 'util-linux',
  paths: ['/usr/sbin/pivot_root', '/sbin/pivot_root'],
  usage: '[options] new_root put_old',
  about: '\nChange the root filesystem.',
  applet: false,
  short: 'hV',
  run(process, options) {
    const [next, old, ...others] = options.operands
    if (next === undefined || old === undefined || others.length > 0) throw new Usage('bad usage')
    const reason = process.uid === 0 ? why(() => [next, old].map((path) => process.files.list(path))) : 'Operation not permitted'
    throw new Failure(`failed to change root from \`${next}' to \`${old}': ${reason ?? 'Device or resource busy'}`, 1, true)
  },
})

function why(look: () => unknown): string | undefined {
  try {
    look()
    return undefined
  } catch (error) {
    if (error instanceof HostError) return error.message
    throw error
  }
}
