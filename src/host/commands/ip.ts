import { ipCommand } from './ip/command.ts'

export default ipCommand
