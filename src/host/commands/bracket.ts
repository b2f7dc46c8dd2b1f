import { shellBuiltin } from './gnu/shell-builtin.ts'

export default shellBuiltin('[', ['/usr/bin/['])
