import { shellBuiltin } from './gnu/shell-builtin.ts'

export default shellBuiltin('echo', ['/usr/bin/echo'])
