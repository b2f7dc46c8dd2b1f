import { awkCommand } from './awk/command.ts'

export default awkCommand('mawk')
