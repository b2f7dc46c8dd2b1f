import { shellBuiltin } from './gnu/shell-builtin.ts'

export default shellBuiltin('test', ['/usr/bin/test'])
