import { shellBuiltin } from './gnu/shell-builtin.ts'

export default shellBuiltin('pwd', ['/usr/bin/pwd'])
