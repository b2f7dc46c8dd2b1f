import { shellBuiltin } from './gnu/shell-builtin.ts'

export default shellBuiltin('printf', ['/usr/bin/printf'])
