import { gzipCommand } from './gnu/gzip-command.ts'

export default gzipCommand('gzip')
